//! What everybody may read of grants, as files.

use entaku::kernel::config::{Rate, WireConfig};

use super::calculation::Office;
use super::papers::published;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::support::town::app_with;

pub(super) mod chain;

const FILES: [&str; 7] = [
    "grants.json",
    "awards.csv",
    "programmes.csv",
    "allocations.csv",
    "terms.csv",
    "methodology.md",
    "methodology.pdf",
];
/// Those that are there once something has been decided, or paid.
const LATER: [&str; 3] = ["grants.json", "awards.csv", "payments.csv"];

fn path(town: &Town, file: &str) -> String {
    format!("/open-data/{}/{file}", town.code.as_str())
}

fn rows(csv: &str) -> Vec<Vec<String>> {
    let text = csv.strip_prefix('\u{FEFF}').expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// The column of a name as yen, summed.
fn sum(rows: &[Vec<String>], column: &str) -> i64 {
    let at = rows[0].iter().position(|label| label == column).expect("a column");
    rows[1..].iter().map(|row| row[at].parse::<i64>().expect("yen")).sum()
}

#[tokio::test]
async fn z22_what_is_not_published_is_answered_as_what_is_not_there() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let nobody = Client::new(o.town.app.clone());
    let nothing = nobody.get("/open-data/999999/grants.json").await;
    assert_eq!(nothing.status, 404);
    for file in FILES.into_iter().chain(["payments.csv", "x.csv", "..%2Fgrants.json"]) {
        assert_eq!(nobody.get(&path(&o.town, file)).await.text, nothing.text, "{file}");
        assert_eq!(o.staff.get(&path(&o.town, file)).await.text, nothing.text, "staff are nobody here");
    }
    o.made_public(&run).await;
    for file in FILES.into_iter().filter(|file| !LATER.contains(file)) {
        assert_eq!(nobody.get(&path(&o.town, file)).await.status, 200, "{file}");
        let other = format!("{}?fiscalYear=2001", path(&o.town, file));
        assert_eq!(nobody.get(&other).await.text, nothing.text, "{file}");
    }
    for file in LATER {
        assert_eq!(nobody.get(&path(&o.town, file)).await.text, nothing.text, "nothing has been decided: {file}");
    }
    assert_eq!(nobody.by("POST", &path(&o.town, "terms.csv"), "").await.status, 405);
}

#[tokio::test]
async fn everybody_can_add_up_each_yen_of_the_allocations() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.made_public(&run).await;
    let nobody = Client::new(o.town.app.clone());
    let allocations = nobody.get(&path(&o.town, "allocations.csv")).await;
    assert_eq!(allocations.header("content-type"), "text/csv; charset=utf-8");
    let all = rows(&allocations.text);
    assert_eq!(all[0][..4], ["全国地方公共団体コード", "法人番号", "ID", "地方公共団体名"]);
    assert_eq!((all.len(), sum(&all, "配分額")), (3, 2_700_000));
    assert_eq!(all[1][0], o.town.code.as_str(), "with its leading zero");
    let terms = rows(&nobody.get(&path(&o.town, "terms.csv")).await.text);
    assert_eq!((terms.len(), sum(&terms, "合計に入る額")), (7, 2_700_000));
    assert!(terms.iter().any(|row| row.contains(&"4,000円 × 120世帯 = 480,000円".to_owned())), "{terms:?}");
    let method = nobody.get(&path(&o.town, "methodology.md")).await.text;
    for said in ["世帯数 × 4,000円", "第4条第2号", "算定による合計: 2,700,000円", "第1版"] {
        assert!(method.contains(said), "{said} is not in {method}");
    }
    assert!(nobody.get(&path(&o.town, "methodology.pdf")).await.bytes.starts_with(b"%PDF-1.7"));
}

#[tokio::test]
async fn awards_are_a_package_of_360giving_without_a_person_and_cached_until_they_change() {
    let scene = Scene::new().await;
    let id = scene.decided().await;
    let nobody = Client::new(scene.town.app.clone());
    let answer = nobody.get(&path(&scene.town, "grants.json")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type").as_str()), (200, "application/json"));
    let package = answer.body.clone();
    assert_eq!((&package["version"], package["grants"].as_array().map(Vec::len)), (&json!("1.1"), Some(1)));
    assert!(package["publisher"]["name"].is_string());
    let grant = &package["grants"][0];
    is_of_the_standard(&package);
    assert_eq!((&grant["amountAwarded"], &grant["currency"]), (&json!(1_100_000), &json!("JPY")));
    assert_eq!(grant["id"], format!("360G-entaku{}-{id}", scene.town.code.as_str()));
    assert!(grant["awardDate"].as_str().and_then(|day| day.parse::<chrono::NaiveDate>().ok()).is_some());
    assert_eq!(grant["recipientOrganization"][0]["name"], "青葉の会");
    for hidden in ["週1回", "requested", "acc_", "@"] {
        assert!(!answer.text.contains(hidden), "{hidden} is in {}", answer.text);
    }
    let tag = answer.header("etag");
    assert!(tag.starts_with('"') && answer.header("cache-control").starts_with("public"));
    let again = nobody.with("if-none-match", &format!("\"x\", W/{tag}")).get(&path(&scene.town, "grants.json")).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    let same = scene.staff.get(&path(&scene.town, "grants.json")).await;
    assert_eq!(same.bytes, answer.bytes, "everybody gets the same");
}

/// Fails unless a package is as the 360Giving Data Standard wants it (tests/fixtures/360giving).
pub(super) fn is_of_the_standard(package: &Value) {
    let schema = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/360giving/package.schema.json"));
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("package.json", serde_json::from_str(schema).expect("JSON")).expect("a schema");
    let schema = compiler.compile("package.json", &mut schemas).expect("a schema");
    if let Err(error) = schemas.validate(package, schema) {
        panic!("{error:#}\n{package:#}");
    }
}

#[tokio::test]
async fn a_package_says_what_was_paid_so_far_and_every_one_is_of_the_standard() {
    let s = Scene::with_terms(&super::life::quarters()).await;
    let nobody = s.town.public();
    let read = async || {
        s.town.app.clock.advance(chrono::Duration::seconds(61));
        let package = nobody.get(&path(&s.town, "grants.json")).await.body;
        is_of_the_standard(&package);
        package["grants"][0].clone()
    };
    let id = s.granted(1_000_000).await;
    assert_eq!(read().await["amountDisbursed"], json!(null), "nothing yet");
    s.pay(&id, Some(400_000)).await;
    assert_eq!(read().await["amountDisbursed"], 400_000);
    published(&s.town, "青葉の会", false).await;
    let hidden = read().await;
    assert_eq!(hidden["recipientOrganization"][0]["name"], "非公開の団体");
    assert_eq!((&hidden["amountAwarded"], &hidden["amountDisbursed"]), (&json!(1_000_000), &json!(400_000)));
    // The schema is no mere form: what is missing, of another type or unknown is found.
    let whole = nobody.get(&path(&s.town, "grants.json")).await.body;
    for (at, wrong) in [
        ("/grants/0/awardDate", json!("令和8年5月20日")),
        ("/grants/0/amountAwarded", json!("1,000,000")),
        ("/grants/0/currency", json!("円")),
        ("/grants/0/recipientOrganization", json!([])),
        ("/grants/0/recipientOrganization/0/id", json!("org_1")),
        ("/grants/0/beneficiaryLocation/0/countryCode", json!("日本")),
        ("/version", json!("1")),
        ("/grants", json!([])),
    ] {
        let mut bent = whole.clone();
        *bent.pointer_mut(at).expect(at) = wrong;
        assert!(std::panic::catch_unwind(|| is_of_the_standard(&bent)).is_err(), "{at}");
    }
}

#[tokio::test]
async fn g35_a_file_is_paid_for_by_the_row_and_one_that_is_kept_as_a_question() {
    // To ask is 1, to have it made 200, and each of two allocations 1.
    for (points, first, again) in [(202_u32, 429, 429), (203, 200, 429), (204, 200, 200)] {
        let rate = Rate { points: points.try_into().expect("some"), seconds: 3_600.try_into().expect("some") };
        let o =
            Office::of(Town::beside(app_with(WireConfig { address_rate: Some(rate), ..WireConfig::default() })).await)
                .await;
        let rule = o.enacted("4000").await;
        let run = o.approved(&rule).await;
        o.made_public(&run).await;
        let nobody = Client::new(o.town.app.clone());
        let answer = nobody.get(&path(&o.town, "terms.csv")).await;
        assert_eq!(answer.status, first, "{points} points");
        if first == 429 {
            assert!(!answer.header("retry-after").is_empty());
            answer.expect_code("RATE_LIMITED");
        }
        assert_eq!(nobody.get(&path(&o.town, "terms.csv")).await.status, again, "{points} points, again");
    }
}

/// While all places are taken and the queue is full, who comes is told to come again, and nothing waits for the database.
#[tokio::test]
async fn a_rush_is_unavailable_over_http_and_says_when_to_come_again() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.made_public(&run).await;
    let nobody = Client::new(o.town.app.clone());
    let paper = format!("/files/{run}.csv");
    let (mut held, mut waiting) = (Vec::new(), Vec::new());
    loop {
        let mut next = Box::pin(o.town.app.workshop.place());
        match futures_util::poll!(&mut next) {
            std::task::Poll::Ready(Ok(place)) => held.push(place),
            std::task::Poll::Ready(Err(_)) => break,
            std::task::Poll::Pending => waiting.push(next),
        }
    }
    assert!(!held.is_empty() && !waiting.is_empty());
    for (who, url) in
        [(&nobody, path(&o.town, "terms.csv")), (&nobody, path(&o.town, "methodology.pdf")), (&o.staff, paper.clone())]
    {
        let answer = who.get(&url).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after").as_str()),
            (503, "1"),
            "{url}: {}",
            answer.text
        );
        assert!(answer.header("cache-control").contains("no-store"), "{url}");
        answer.expect_code("UNAVAILABLE");
    }
    drop((held, waiting));
    for (who, url) in [(&nobody, path(&o.town, "terms.csv")), (&o.staff, paper)] {
        assert_eq!(who.get(&url).await.status, 200, "{url}");
    }
}

/// Everything that the public gets of a year, as what somebody reads who opens it.
async fn everything(o: &Office, run: &str) -> Vec<(String, String)> {
    let nobody = o.town.public();
    let query = "query($id: ID!) { grantRun(id: $id) { xlsxUrl csvUrl rule { methodologyPdfUrl methodologyMarkdownUrl }
        lines(first: 9) { nodes { sheetPdfUrl sheetXlsxUrl } } } }";
    let told = nobody.run(query, json!({ "id": run })).await.data()["grantRun"].clone();
    let mut urls: Vec<String> = FILES.iter().map(|file| path(&o.town, file)).collect();
    let rule = &told["rule"];
    urls.extend(
        [&told["xlsxUrl"], &told["csvUrl"], &rule["methodologyPdfUrl"], &rule["methodologyMarkdownUrl"]].map(text),
    );
    for line in told["lines"]["nodes"].as_array().expect("lines") {
        urls.extend([&line["sheetPdfUrl"], &line["sheetXlsxUrl"]].map(text));
    }
    let mut all = Vec::new();
    for url in urls {
        let answer = nobody.get(&url).await;
        assert_eq!(answer.status, 200, "{url}: {}", answer.text);
        let said = match url.rsplit('.').next() {
            Some("pdf") => super::papers::words(&answer.bytes),
            Some("xlsx") => super::papers::whole(&answer.bytes),
            _ => answer.text.clone(),
        };
        all.push((url, format!("{said} {}", answer.header("content-disposition"))));
    }
    all
}

#[tokio::test]
async fn z22_no_file_names_a_hidden_organization_a_person_or_what_a_declaration_says() {
    let o = Office::new().await;
    let tx = o.town.system();
    for sql in [
        "UPDATE organizations SET name = '秘匿の会', name_kana = 'ひとくのかい', corporate_number = '4000020242081', published = false
            WHERE name = '青葉の会'",
        "UPDATE accounts SET name = '秘密花子', name_kana = 'ひみつはなこ'",
    ] {
        tx.run(entaku::kernel::read::sql::Sql::new(sql)).await.expect("written");
    }
    tx.commit().await.expect("committed");
    let run = super::papers::declared(&o, "山田会長の携帯へ電話して確認").await;
    o.made_public(&run).await;
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let input = json!({"programmeId": o.programme, "organizationId": o.organizations[0], "title": "居場所づくり",
        "purpose": "田中さん宅の見守り。", "requestedYen": 500_000});
    let id = text(&officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"]);
    officer.run(SUBMIT, json!({"id": id})).await.data();
    o.staff.run(REVIEW_START, json!({"id": id})).await.data();
    o.staff.run(RECOMMEND, opinion(&id, 500_000)).await.data();
    o.approver.run(DECIDE, opinion(&id, 500_000)).await.data();
    let hidden = [
        "秘匿",
        "ひとく",
        "4000020242081",
        "秘密",
        "ひみつ",
        "花子",
        "山田",
        "携帯",
        "田中",
        "要綱に適合",
        "acc_",
        "@",
        o.organizations[0].as_str(),
    ];
    let all = everything(&o, &run).await;
    assert_eq!(all.len(), FILES.len() + 4 + 4);
    for (url, said) in &all {
        for word in hidden {
            assert!(!said.contains(word), "{word} is in {url}: {said}");
        }
    }
    let says = |url: &str, word: &str| all.iter().any(|(of, said)| of.contains(url) && said.contains(word));
    for (url, word) in [
        ("grants.json", "非公開の団体"),
        ("grants.json", "居場所づくり"),
        ("awards.csv", "居場所づくり"),
        ("terms.csv", "、申告)"),
        ("allocations.csv", "若葉の会"),
    ] {
        assert!(says(url, word), "{word} is not in {url}");
    }
}

#[tokio::test]
async fn a_year_of_which_there_is_nothing_yet_hides_no_older_one() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.made_public(&run).await;
    let query = "query($id: ID!) { grantProgramme(id: $id) { section { id } } }";
    let section =
        o.staff.run(query, json!({"id": o.programme})).await.data()["grantProgramme"]["section"]["id"].clone();
    let mut next = programme_input(&section, 1_000);
    next["input"]["fiscalYear"] = json!(2027);
    next["input"]["opensOn"] = json!("2027-05-01");
    next["input"]["closesOn"] = json!("2027-06-30");
    let next = text(&o.staff.run(PROGRAMME_CREATE, next).await.data()["grantProgrammeCreate"]["id"]);
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({ "id": next })).await.data();
    let nobody = Client::new(o.town.app.clone());
    for file in FILES.into_iter().filter(|file| !LATER.contains(file)) {
        assert_eq!(nobody.get(&path(&o.town, file)).await.status, 200, "{file}");
    }
}

#[tokio::test]
async fn a_file_is_made_once_while_caches_may_keep_it_and_each_time_where_none_may() {
    for (max_age, kept) in [(60, "public, max-age=60"), (0, "no-store")] {
        let app = app_with(WireConfig { max_age, ..WireConfig::default() });
        let town = Town::beside(app).await;
        let o = Office::of(town).await;
        let rule = o.enacted("4000").await;
        let run = o.approved(&rule).await;
        o.made_public(&run).await;
        let nobody = Client::new(o.town.app.clone());
        let first = nobody.get(&path(&o.town, "allocations.csv")).await;
        assert_eq!(first.header("cache-control"), kept);
        let tx = o.town.system();
        tx.run(entaku::kernel::read::sql::Sql::new("UPDATE grant_allocations SET basis = '別の根拠'"))
            .await
            .expect("written");
        tx.commit().await.expect("committed");
        let second = nobody.get(&path(&o.town, "allocations.csv")).await;
        assert_eq!(second.bytes == first.bytes, max_age > 0);
        let other = nobody.get(&format!("{}?fiscalYear=2026", path(&o.town, "allocations.csv"))).await;
        assert!(other.text.contains("別の根拠"), "another address is another file");
    }
}

#[tokio::test]
async fn what_is_not_there_costs_no_connection() {
    let town = Town::new().await;
    let nobody = Client::new(town.app.clone());
    let connection = async || {
        let tx = town.system();
        let row = tx.rows(entaku::kernel::read::sql::Sql::new("SELECT pg_backend_pid() AS pid")).await.expect("a row");
        tx.commit().await.expect("committed");
        row[0].get::<_, i32>("pid")
    };
    let mut known = std::collections::HashSet::new();
    for _ in 0..20 {
        known.insert(connection().await);
    }
    for _ in 0..10 {
        assert_eq!(nobody.get(&path(&town, "grants.json")).await.status, 404);
        assert_eq!(town.public().get("/files/gln_00000000000070008000000000000000.pdf").await.status, 404);
    }
    for _ in 0..20 {
        assert!(known.contains(&connection().await), "a connection was closed");
    }
}
