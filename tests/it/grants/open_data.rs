//! What everybody may read of grants, as files.

use entaku::kernel::config::WireConfig;

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::support::town::app_with;

const FILES: [&str; 5] = ["grants.json", "allocations.csv", "terms.csv", "methodology.md", "methodology.pdf"];

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
    for file in FILES.into_iter().chain(["x.csv", "..%2Fgrants.json"]) {
        assert_eq!(nobody.get(&path(&o.town, file)).await.text, nothing.text, "{file}");
        assert_eq!(o.staff.get(&path(&o.town, file)).await.text, nothing.text, "staff are nobody here");
    }
    o.made_public(&run).await;
    for file in FILES.into_iter().filter(|file| *file != "grants.json") {
        assert_eq!(nobody.get(&path(&o.town, file)).await.status, 200, "{file}");
        let other = format!("{}?fiscalYear=2001", path(&o.town, file));
        assert_eq!(nobody.get(&other).await.text, nothing.text, "{file}");
    }
    assert_eq!(nobody.get(&path(&o.town, "grants.json")).await.text, nothing.text, "nothing has been decided");
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
    // What the standard's schema requires of a grant and of the organizations in it, with its types.
    for field in ["id", "title", "description", "currency", "awardDate"] {
        assert!(grant[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    for organization in ["recipientOrganization", "fundingOrganization"] {
        assert_eq!(grant[organization].as_array().map(Vec::len), Some(1));
        assert!(["id", "name"].iter().all(|field| grant[organization][0][field].is_string()), "{organization}");
    }
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
    o.staff.run(PROGRAMME_PUBLISH, json!({ "id": next })).await.data();
    let nobody = Client::new(o.town.app.clone());
    for file in FILES.into_iter().filter(|file| *file != "grants.json") {
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
