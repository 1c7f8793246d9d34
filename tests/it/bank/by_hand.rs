//! A payment of which the bank tells by a notice only: recorded by hand, with the notice, once; and who would say so of what
//! the bank did not.

mod late;
mod walls;

#[allow(clippy::wildcard_imports)] // the hall and the documents of the noun's tests
use super::*;
use crate::files::sent;

story!(RECORD, "300-bank-transfer-outcome-record");
const NOTICE: &[u8] = "振込日,受取人,結果\n2026-05-20,ｱｵﾊﾞﾉｶｲ,済\n".as_bytes();

/// A notice that somebody has sent.
async fn notice(who: &Client) -> String {
    sent(who, "銀行の通知.csv", NOTICE).await
}

fn told(file: &str, notice: &str, number: i32, paid: bool) -> Value {
    let reason = if paid { Value::Null } else { json!("口座名義の相違") };
    json!({"id": file, "fileId": notice, "input": {"number": number, "paid": paid, "toldOn": "2026-05-20", "reason": reason}})
}

/// The same on another day, or without its reason.
fn but(mut told: Value, field: &str, value: Value) -> Value {
    told["input"][field] = value;
    told
}

/// What was posted of payments: kinds, texts and amounts.
async fn posted(hall: &Hall) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', j.kind, j.fiscal_year, j.memo, a.kind, e.amount) AS line FROM ledger_entries e
        JOIN ledger_journals j ON j.municipality_id = e.municipality_id AND j.id = e.journal_id
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id ORDER BY 1";
    let rows = hall.scene.town.system().rows(Sql::new(sql)).await.expect("rows");
    rows.iter().map(|row| row.get("line")).collect()
}

impl Hall {
    /// A file with payments of these amounts, made by the payer.
    async fn file_of(&self, yen: &[i64]) -> (String, Vec<String>) {
        let mut payments = Vec::new();
        for yen in yen {
            payments.push(self.scene.payable_of(*yen).await);
        }
        let ids: Vec<&str> = payments.iter().map(String::as_str).collect();
        let file = text(&self.prepare(&ids).await.data()["bankTransferPrepare"]["id"]);
        self.scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
        (file, payments)
    }

    async fn other_payer(&self) -> Client {
        self.scene.town.staff(Role::Payer).await
    }
}

/// For the standing tests: a payment of which a notice told, in a town that pays already.
pub(crate) async fn came_on_paper(scene: &Scene) {
    let registered = scene.officer.run(REGISTER, account(&scene.organization, NUMBER)).await.data();
    let id = text(&registered["bankAccountRegister"]["id"]);
    scene.town.staff(Role::GrantStaff).await.run(CONFIRM, number(&id, NUMBER)).await.data();
    let payment = scene.payable_of(50_000).await;
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": [payment]});
    let file = scene.staff.run(PREPARE, json!({ "input": input })).await.data();
    let file = text(&file["bankTransferPrepare"]["id"]);
    scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let other = scene.town.staff(Role::Payer).await;
    let notice = notice(&other).await;
    other.run(RECORD, told(&file, &notice, 1, true)).await.data();
}

#[tokio::test]
async fn m14_what_a_notice_says_was_paid_is_posted_as_by_a_report() {
    let by_report = Hall::new().await;
    by_report.file_of(&[300_000]).await;
    by_report.import("CSV", &table(&[("2026-05-20", NUMBER, 300_000, "済")])).await.data();

    let hall = Hall::new().await;
    let s = &hall.scene;
    let (file, payments) = hall.file_of(&[300_000]).await;
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    let done = other.run(RECORD, told(&file, &paper, 1, true)).await.data()["bankTransferOutcomeRecord"].clone();
    let line = &done["lines"][0];
    assert_eq!(
        (&done["state"], &line["state"], &line["paidOn"]),
        (&json!("DONE"), &json!("PAID"), &json!("2026-05-20"))
    );
    assert_eq!(done["awaitedLines"], json!([]));
    assert_eq!((s.state(&payments[0]).await.as_str(), hall.paid_yen().await.as_str()), ("PAID", "300000"));
    assert_eq!(posted(&hall).await, posted(&by_report).await);
    s.is_sound().await;
    // The notice is for those who pay and who audit.
    let kept = &line["notice"];
    assert_eq!(
        (&kept["paid"], &kept["toldOn"], &kept["checksum"]),
        (&json!(true), &json!("2026-05-20"), &json!(sha256(NOTICE)))
    );
    let url = text(&kept["downloadUrl"]);
    let auditor = s.town.staff(Role::Auditor).await;
    for reader in [&other, &s.payer, &auditor] {
        assert_eq!(reader.get(&url).await.bytes, NOTICE);
    }
    let stranger = Hall::new().await.scene.payer;
    for nobody in [&s.staff, &s.officer, &stranger] {
        assert_eq!(nobody.get(&url).await.status, 404);
    }
    let seen = "query($id: ID!) { bankTransfer(id: $id) { lines { notice { id } redacted { field reason } } } }";
    let seen = s.staff.run(seen, json!({ "id": file })).await.data()["bankTransfer"]["lines"][0].clone();
    assert_eq!(seen, json!({"notice": null, "redacted": [{"field": "notice", "reason": "PAYERS"}]}));
}

#[tokio::test]
async fn m14_what_a_notice_says_failed_is_paid_again_by_others() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (file, payments) = hall.file_of(&[300_000, 200_000]).await;
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    let done = other.run(RECORD, told(&file, &paper, 2, false)).await.data()["bankTransferOutcomeRecord"].clone();
    assert_eq!((&done["state"], &done["lines"][1]["state"]), (&json!("PRODUCED"), &json!("FAILED")));
    assert_eq!(done["lines"][1]["notice"]["reason"], "口座名義の相違");
    assert_eq!(done["awaitedLines"], json!([{"number": 1, "amountYen": 300_000}]));
    assert_eq!((s.state(&payments[1]).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    // Who freed it does not make it again.
    let by_hand = json!({"id": payments[1], "input": {"paidOn": "2026-05-20"}});
    other.run(EXECUTE, by_hand.clone()).await.expect_code("FORBIDDEN/DUTIES_APART");
    let again = text(&hall.prepare(&[&payments[1]]).await.data()["bankTransferPrepare"]["id"]);
    other.run(PRODUCE, json!({ "id": again })).await.expect_code("FORBIDDEN/DUTIES_APART");
    let payment = entaku::kernel::id::decode(&payments[1]).expect("an id").1;
    let freed = async || {
        let sql =
            format!("SELECT attached_by IN (SELECT entaku_doers('{payment}', 'REVERSED')) AS apart FROM bank_notices");
        s.town.system().rows(Sql::new(&sql)).await.expect("rows")[0].get::<_, bool>("apart")
    };
    assert!(freed().await, "triggers know as well");
    // The town has other payers, and then it is over.
    s.payer.run(PRODUCE, json!({ "id": again })).await.data();
    let report = table(&[("2026-05-20", NUMBER, 200_000, "済"), ("2026-05-20", NUMBER, 300_000, "済")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["MATCHED", "MATCHED"]);
    assert_eq!(hall.paid_yen().await, "500000");
    assert!(!freed().await, "somebody else has paid it");
    s.is_sound().await;
}

/// What a later report says of it is known already, or contradicts it: then people find out.
#[tokio::test]
async fn m14_a_later_report_pays_nothing_twice_and_tells_what_differs() {
    let hall = Hall::new().await;
    let (file, payments) = hall.file_of(&[300_000, 200_000]).await;
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    other.run(RECORD, told(&file, &paper, 1, true)).await.data();
    let line = |yen, result| ("2026-05-20", NUMBER, yen, result);
    let alone = table(&[line(300_000, "済")]);
    hall.import("CSV", &alone).await.expect_code("CONFLICT/NOTHING_MATCHED");
    let contrary = table(&[line(300_000, "不能"), line(200_000, "済")]);
    let differs = hall.import("CSV", &contrary).await.expect_code("CONFLICT/CONTRARY_REPORT");
    assert!(
        differs.text.contains("Line 1") && differs.text.contains("recorded by the bank's notice"),
        "{}",
        differs.text
    );
    assert_eq!(hall.paid_yen().await, "300000", "nothing of it was imported");
    let whole = statement(&[("080520", 500_000)]);
    assert_eq!(outcomes(&hall.import("ZENGIN", &whole).await.data()), ["ALREADY_SETTLED", "MATCHED"]);
    assert_eq!(hall.paid_yen().await, "500000");
    assert_eq!(hall.scene.state(&payments[1]).await, "PAID");
    let (file, _) = hall.file_of(&[100_000]).await;
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    other.run(RECORD, told(&file, &paper, 1, false)).await.data();
    hall.import("CSV", &table(&[line(100_000, "不能")])).await.expect_code("CONFLICT/NOTHING_MATCHED");
    hall.import("CSV", &table(&[line(100_000, "済")])).await.expect_code("CONFLICT/CONTRARY_REPORT");
    hall.scene.is_sound().await;
}

#[tokio::test]
async fn m14_a_notice_is_recorded_by_somebody_else_with_its_file_and_in_its_time() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable_of(300_000).await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    other.run(RECORD, told(&file, &paper, 1, true)).await.expect_code("CONFLICT/STATE");
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let own = notice(&s.payer).await;
    s.payer.run(RECORD, told(&file, &own, 1, true)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let staffs = notice(&s.staff).await;
    s.staff.run(RECORD, told(&file, &staffs, 1, true)).await.expect_code("FORBIDDEN");
    s.officer.run(RECORD, told(&file, &staffs, 1, true)).await.expect_code("NOT_FOUND");
    // Without a file of one's own that has come.
    other.run(RECORD, told(&file, &own, 1, true)).await.expect_code("NOT_FOUND");
    let announce =
        "mutation($sha: String!) { fileUploadCreate(input: {name: \"a.csv\", size: 3, sha256: $sha}) { id } }";
    let announced =
        other.run(announce, json!({ "sha": sha256(b"a,b") })).await.data()["fileUploadCreate"]["id"].clone();
    other.run(RECORD, told(&file, &text(&announced), 1, true)).await.expect_code("CONFLICT/FILE_NOT_STORED");
    let right = told(&file, &paper, 1, true);
    for (field, value, rule) in [
        ("number", json!(2), "MISSING"),
        ("toldOn", json!("2026-05-19"), "ORDER"),
        ("toldOn", json!("2026-05-21"), "FUTURE"),
    ] {
        let told = other.run(RECORD, but(right.clone(), field, value)).await.expect_code("INVALID_INPUT");
        assert!(told.text.contains(rule), "{rule}: {}", told.text);
    }
    for reason in [Value::Null, json!(" ")] {
        let told = but(told(&file, &paper, 1, false), "reason", reason);
        other.run(RECORD, told).await.expect_code("INVALID_INPUT");
    }
    other.run(RECORD, right.clone()).await.data();
    other.run(RECORD, right).await.expect_code("CONFLICT/STATE");
    assert_eq!(hall.paid_yen().await, "300000");
}

/// Z20: whoever had a hand in a payment does not say what became of it.
#[tokio::test]
async fn z20_m14_who_could_not_pay_records_no_notice() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (both, _, file) = hall.asked_for_by_a_payer().await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let paper = notice(&both).await;
    for paid in [true, false] {
        both.run(RECORD, told(&file, &paper, 1, paid)).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    assert_eq!(hall.paid_yen().await, "0");
}

/// Pressed twice, by two at once, beside the report that says the same.
#[tokio::test]
async fn m5_m13_m14_a_notice_is_recorded_once() {
    let hall = Hall::new().await;
    let (file, _) = hall.file_of(&[300_000, 200_000]).await;
    let (one, two) = (hall.other_payer().await, hall.other_payer().await);
    let (first, second) = (notice(&one).await, notice(&two).await);
    let keyed = one.with("idempotency-key", "noticed");
    let done = keyed.run(RECORD, told(&file, &first, 1, true)).await.data();
    assert_eq!(keyed.run(RECORD, told(&file, &first, 1, true)).await.data(), done);
    two.run(RECORD, told(&file, &second, 1, true)).await.expect_code("CONFLICT/LINE_SETTLED");
    one.run(RECORD, told(&file, &first, 2, true)).await.expect_code("CONFLICT/FILE_ATTACHED");
    let again = notice(&one).await;
    let report = table(&[("2026-05-20", NUMBER, 200_000, "済")]);
    let (a, b, c) = tokio::join!(
        one.run(RECORD, told(&file, &again, 2, true)),
        two.run(RECORD, told(&file, &second, 2, true)),
        hall.import("CSV", &report)
    );
    let done = [&a, &b, &c].iter().filter(|answer| answer.code() == "(none)").count();
    assert_eq!(done, 1, "{} {} {}", a.text, b.text, c.text);
    assert_eq!(hall.paid_yen().await, "500000");
    hall.scene.is_sound().await;
}
