//! The papers that terms ask for: named where they are missing, and kept where something rests on them.

use entaku::kernel::read::sql::Sql;

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::files::sent;
use crate::grants::life::{of, report};
use crate::tasks::due;

story!(TERMS_SET, "260-grant-programme-terms-set");
story!(COMPLETION, "261-grant-completion-record");
story!(REPORT_SUBMIT, "262-grant-report-submit");
story!(REPORT_RETURN, "263-grant-report-return");
story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(ATTACH, "81-grant-application-file-attach");
story!(DETACH, "82-grant-application-file-detach");
story!(PAPERS, "299-grant-papers-read");

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";

fn paper(name: &str, name_en: &str, article: &str, at: &str) -> Value {
    json!({"name": name, "nameEn": name_en, "legalReference": article, "at": at})
}

/// Papers at each step; one of them for large grants only.
fn asking() -> Value {
    let mut audit = paper("監査報告書", "audit report", "第9条第2項", "REPORT");
    audit["fromYen"] = json!(1_000_000);
    let papers = json!([
        paper("事業計画書", "project plan", "第4条", "APPLICATION"),
        paper("収支予算書", "budget", "第4条", "APPLICATION"),
        paper("請求書", "invoice", "第7条", "PAYMENT_REQUEST"),
        paper("収支決算書", "settlement of accounts", "第9条", "REPORT"),
        audit
    ]);
    json!({"conditions": {"papers": papers}, "surplusRule": "RETURN", "repaymentDays": 20})
}

/// Sends a file and attaches it as one of the papers.
async fn enclose(who: &Client, id: &str, paper: Option<&str>) -> Answer {
    let file = sent(who, "書類.pdf", PDF).await;
    who.run(ATTACH, json!({"id": id, "fileId": file, "paper": paper})).await
}

/// The names of the papers that are missing, as a phone shows them.
async fn missing(who: &Client, id: &str) -> Vec<String> {
    let papers = who.run(PAPERS, json!({ "id": id })).await.data()["grantApplication"]["papers"].clone();
    let papers = papers.as_array().expect("papers").clone();
    papers.iter().filter(|paper| paper["missing"] == true).map(|paper| text(&paper["name"])).collect()
}

/// The file of an application that is a paper.
async fn file_of(who: &Client, id: &str, name: &str) -> Value {
    let papers = who.run(PAPERS, json!({ "id": id })).await.data()["grantApplication"]["papers"].clone();
    let papers = papers.as_array().expect("papers").clone();
    papers.into_iter().find(|paper| paper["name"] == name).expect(name)["file"]["id"].clone()
}

/// A decision on so many yen, with the papers of the application.
async fn granted(s: &Scene, yen: i64) -> String {
    let id = s.draft_of(&s.officer, yen).await;
    for paper in ["事業計画書", "収支予算書"] {
        enclose(&s.officer, &id, Some(paper)).await.data();
    }
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, yen)).await.data();
    s.approver.run(DECIDE, opinion(&id, yen)).await.data();
    id
}

/// What the database says to a statement; nothing of it stays.
async fn by_hand(s: &Scene, sql: &str) -> std::result::Result<u64, String> {
    s.town.system().run(Sql::new(sql)).await.map_err(|failure| format!("{failure:?}"))
}

#[tokio::test]
async fn a_submission_is_refused_until_every_paper_is_there() {
    let s = Scene::with_terms(&asking()).await;
    let id = s.draft_of(&s.officer, 900_000).await;
    let uuid = decode(&id).expect("an id").1;
    let forced =
        format!("UPDATE grant_applications SET state = 'SUBMITTED', submitted_on = '2026-05-20' WHERE id = '{uuid}'");
    let plan = ("事業計画書", "project plan");

    for (language, told) in
        [("ja", "事業計画書(第4条)、収支予算書(第4条)"), ("en", "project plan (第4条), budget (第4条)")]
    {
        let refused = s.officer.with("accept-language", language).run(SUBMIT, json!({"id": id})).await;
        let refused = refused.expect_code("CONFLICT/PAPERS_MISSING");
        assert!(refused.text.contains(told), "{}", refused.text);
    }
    assert!(by_hand(&s, &forced).await.expect_err("the database keeps it as well").contains("RULE"));
    assert_eq!(due(&s.officer, "grantApplicationFileAttach").await, ["2026-06-30"]);
    assert_eq!(due(&s.officer, "grantApplicationSubmit").await, Vec::<Value>::new());

    // A file that is none of them, and names of which none is asked for now, bring nothing.
    enclose(&s.officer, &id, None).await.data();
    for wrong in ["じぎょう計画書", "収支決算書", ""] {
        enclose(&s.officer, &id, Some(wrong)).await.expect_code("INVALID_INPUT");
    }
    enclose(&s.officer, &id, Some(plan.0)).await.data();
    let refused = s.officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert!(refused.text.contains("budget (第4条)") && !refused.text.contains(plan.1), "{}", refused.text);

    let (_, other) = organization(&s.staff, "別の会").await;
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    let theirs = sent(&stranger, "収支予算書.pdf", PDF).await;
    let attach = json!({"id": id, "fileId": theirs, "paper": "収支予算書"});
    s.officer.run(ATTACH, attach.clone()).await.expect_code("INVALID_INPUT");
    assert_ne!(stranger.run(ATTACH, attach).await.code(), "(none)");
    assert_eq!(missing(&s.officer, &id).await, ["収支予算書", "請求書", "収支決算書"], "the audit is for large grants");

    enclose(&s.officer, &id, Some("収支予算書")).await.data();
    assert_eq!(due(&s.officer, "grantApplicationSubmit").await, ["2026-06-30"]);
    by_hand(&s, &forced).await.expect("nothing is missing; nothing is committed");
    s.officer.run(SUBMIT, json!({"id": id})).await.data();

    let file = file_of(&s.officer, &id, plan.0).await;
    let detach = json!({"id": id, "fileId": file});
    s.officer.run(DETACH, detach.clone()).await.expect_code("CONFLICT/STATE");
    let gone = format!("DELETE FROM grant_application_files WHERE application_id = '{uuid}' AND paper = '{}'", plan.0);
    assert!(by_hand(&s, &gone).await.expect_err("an application that is submitted rests on it").contains("RULE"));
    // What is returned may be put right, and is complete again when it comes back.
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RETURN, of(&id, json!({"reason": "計画を具体的に。"}))).await.data();
    s.officer.run(DETACH, detach).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert_eq!(due(&s.officer, "grantApplicationFileAttach").await.len(), 1);
    enclose(&s.officer, &id, Some(plan.0)).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
}

#[tokio::test]
async fn a_payment_and_a_report_have_papers_of_their_own() {
    let s = Scene::with_terms(&asking()).await;
    let id = granted(&s, 1_200_000).await;
    assert_eq!(missing(&s.officer, &id).await, ["請求書", "収支決算書", "監査報告書"]);
    enclose(&s.officer, &id, Some("事業計画書")).await.expect_code("INVALID_INPUT");

    let refused = s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert!(refused.text.contains("invoice (第7条)") && !refused.text.contains("settlement"), "{}", refused.text);
    let uuid = decode(&id).expect("an id").1;
    let forced =
        format!("UPDATE grant_applications SET state = 'PAYMENT_REQUESTED', pending_yen = 1200000 WHERE id = '{uuid}'");
    assert!(by_hand(&s, &forced).await.expect_err("the database keeps it as well").contains("RULE"));
    enclose(&s.officer, &id, Some("請求書")).await.data();
    by_hand(&s, &forced).await.expect("nothing is missing; nothing is committed");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let invoice = json!({"id": id, "fileId": file_of(&s.officer, &id, "請求書").await});
    s.officer.run(DETACH, invoice).await.expect_code("CONFLICT/PAPER_USED");
    let gone = format!("DELETE FROM grant_application_files WHERE application_id = '{uuid}' AND paper = '請求書'");
    assert!(by_hand(&s, &gone).await.expect_err("a payment rests on it").contains("RULE"));

    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    assert_eq!(due(&s.officer, "grantApplicationFileAttach").await, ["2026-06-20"]);
    enclose(&s.officer, &id, Some("収支決算書")).await.data();
    let refused = s.officer.run(REPORT_SUBMIT, report(&id, 1_200_000)).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert!(
        refused.text.contains("audit report (第9条第2項)") && !refused.text.contains("settlement"),
        "{}",
        refused.text
    );
    enclose(&s.officer, &id, Some("監査報告書")).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 1_200_000)).await.data();
    s.staff.run(REPORT_RETURN, of(&id, json!({"reason": "費目を分けてください。"}))).await.data();
    let accounts = json!({"id": id, "fileId": file_of(&s.officer, &id, "収支決算書").await});
    s.officer.run(DETACH, accounts).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 1_200_000)).await.expect_code("CONFLICT/PAPERS_MISSING");
    s.is_sound().await;
}

/// An invoice is asked for with each request, and a list of officers at the beginning and at the end.
#[tokio::test]
async fn each_request_brings_its_own_invoice() {
    let mut terms = crate::grants::life::quarters();
    let mut invoice = paper("請求書", "invoice", "第7条", "PAYMENT_REQUEST");
    invoice["eachTime"] = json!(true);
    let officers = |at: &str| paper("役員名簿", "list of officers", "第4条", at);
    terms["conditions"] = json!({"papers": [officers("APPLICATION"), invoice, officers("REPORT")]});
    let s = Scene::with_terms(&terms).await;
    let id = s.draft_of(&s.officer, 1_200_000).await;
    enclose(&s.officer, &id, Some("役員名簿")).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_200_000)).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_200_000)).await.data();
    assert_eq!(missing(&s.officer, &id).await, ["請求書", "役員名簿"], "the list of the end is another one");
    enclose(&s.officer, &id, Some("請求書")).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(missing(&s.officer, &id).await, ["役員名簿"]);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    let uuid = decode(&id).expect("an id").1;
    let forced =
        format!("UPDATE grant_applications SET state = 'PAYMENT_REQUESTED', pending_yen = 300000 WHERE id = '{uuid}'");
    assert!(by_hand(&s, &forced).await.expect_err("the database keeps it as well").contains("RULE"));
    enclose(&s.officer, &id, Some("請求書")).await.data();
    by_hand(&s, &forced).await.expect("nothing is missing; nothing is committed");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn what_a_small_grant_need_not_bring_is_not_asked_for() {
    let s = Scene::with_terms(&asking()).await;
    let id = granted(&s, 999_999).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    enclose(&s.officer, &id, Some("収支決算書")).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 999_999)).await.data();
}

/// The rest is asked for after the fixing: its papers may come then, and no others.
#[tokio::test]
async fn once_the_amount_is_fixed_only_the_papers_of_the_request_come() {
    let s = Scene::with_terms(&asking()).await;
    let id = granted(&s, 900_000).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    enclose(&s.officer, &id, Some("収支決算書")).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    let examined = of(&id, json!({"eligibleYen": 900_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, examined).await.data();
    s.approver.run(AMOUNT_FIX, of(&id, json!({"reason": "審査の意見のとおり。"}))).await.data();
    assert_eq!(s.state(&id).await, "AMOUNT_FIXED");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    for late in [None, Some("収支決算書")] {
        enclose(&s.officer, &id, late).await.expect_code("CONFLICT/STATE");
    }
    let accounts = json!({"id": id, "fileId": file_of(&s.officer, &id, "収支決算書").await});
    s.officer.run(DETACH, accounts).await.expect_code("CONFLICT/STATE");
    enclose(&s.officer, &id, Some("請求書")).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn papers_of_one_name_and_without_an_article_are_refused() {
    let s = Scene::new().await;
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 1_000_000);
    input["input"]["title"] = json!("書類のある交付金");
    let id = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    for (place, value) in
        [("/1/name", json!("事業計画書")), ("/0/legalReference", json!(" ")), ("/4/fromYen", json!(0))]
    {
        let mut terms = asking();
        *terms["conditions"]["papers"].pointer_mut(place).expect(place) = value;
        let refused = s.staff.run(TERMS_SET, of(&id, terms)).await.expect_code("INVALID_INPUT");
        let at = place.replacen('/', "input.conditions.papers[", 1).replacen('/', "].", 1);
        assert!(refused.text.contains(&at), "{at}: {}", refused.text);
    }
    s.staff.run(TERMS_SET, of(&id, asking())).await.data();
}

/// The conditions of a by-law of tests/fixtures/allocation as a programme's terms.
fn by_law(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/allocation/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).expect(name)).expect("JSON");
    json!({"conditions": fixture["rule"]["conditions"], "surplusRule": "RETURN", "repaymentDays": 20})
}

#[tokio::test]
async fn toyooka_asks_for_plan_and_budget_and_for_a_report_by_the_end_of_may() {
    let s = Scene::with_terms(&by_law("toyooka")).await;
    let id = s.draft_of(&s.officer, 600_000).await;
    let refused = s.officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert!(refused.text.contains("project plan (第4条), budget (第4条)"), "{}", refused.text);
    for paper in ["事業計画書", "予算書"] {
        enclose(&s.officer, &id, Some(paper)).await.data();
    }
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 600_000)).await.data();
    s.approver.run(DECIDE, opinion(&id, 600_000)).await.data();
    let day = async || {
        let read = "query($id: ID!) { grantApplication(id: $id) { reportDue } }";
        s.staff.run(read, json!({ "id": id })).await.data()["grantApplication"]["reportDue"].clone()
    };
    assert_eq!(day().await, "2027-05-31");
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    assert_eq!(day().await, "2027-05-31", "however early the work was done");
    s.officer.run(REPORT_SUBMIT, report(&id, 600_000)).await.expect_code("CONFLICT/PAPERS_MISSING");
    for paper in ["事業報告書", "決算書"] {
        enclose(&s.officer, &id, Some(paper)).await.data();
    }
    s.officer.run(REPORT_SUBMIT, report(&id, 600_000)).await.data();
}

#[tokio::test]
async fn koura_asks_for_a_copy_of_the_accounts_with_the_report() {
    let s = Scene::with_terms(&by_law("koura")).await;
    let id = s.granted(269_750).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    let refused = s.officer.run(REPORT_SUBMIT, report(&id, 269_750)).await.expect_code("CONFLICT/PAPERS_MISSING");
    assert!(refused.text.contains("settlement of accounts (copy) (第4条第2項)"), "{}", refused.text);
    enclose(&s.officer, &id, Some("決算書(写し)")).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 269_750)).await.data();
}
