//! The demo may be loaded again, and after a load that was cut short: nothing is made twice.

use std::collections::BTreeMap;

use entaku::api::schema::Nouns;
use entaku::demo::{CODES, load_as};
use entaku::kernel::read::Catalogue;
use entaku::kernel::read::sql::Sql;

use crate::support::Town;

async fn counts(town: &Town) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for shape in Nouns::queries().shapes().iter().filter(|s| s.tenant) {
        let tx = town.system();
        let rows = tx.rows(Sql::new(&format!("SELECT count(*) AS n FROM {}", shape.table))).await.expect("a count");
        counts.insert(shape.name, rows[0].get("n"));
    }
    counts
}

#[tokio::test]
async fn loading_twice_is_loading_once_for_every_municipality() {
    for code in CODES {
        let town = Town::new().await;
        load_as(&town.app, code, town.code.as_str(), "no password").await.expect("loaded");
        let once = counts(&town).await;
        assert!(once["CommunityOrganization"] >= 2 && once["Strategy"] >= 1 && once["GrantApplication"] >= 1, "{code}");
        load_as(&town.app, code, town.code.as_str(), "no password").await.expect("loaded again");
        assert_eq!(counts(&town).await, once, "{code}");
    }
}
