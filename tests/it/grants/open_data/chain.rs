//! Everybody can follow each yen: from the budget to the allocations, the decisions, the payments, and what was used,
//! kept, deducted and returned.

use std::collections::HashMap;

use super::super::life::{of, quarters};
#[allow(clippy::wildcard_imports)] // the scene and the files of these tests
use super::*;

/// A table by the names of its columns.
struct Table(Vec<HashMap<String, String>>);

impl Table {
    /// A file of a year as the public gets it; of no rows where there is none.
    async fn of(town: &Town, file: &str, year: i32) -> Self {
        let answer = town.public().get(&format!("{}?fiscalYear={year}", path(town, file))).await;
        if answer.status == 404 {
            return Self(Vec::new());
        }
        assert_eq!(answer.status, 200, "{file}: {}", answer.text);
        let all = rows(&answer.text);
        let named = |row: &Vec<String>| all[0].iter().cloned().zip(row.iter().cloned()).collect();
        Self(all[1..].iter().map(named).collect())
    }

    fn sum(&self, column: &str, of: impl Fn(&HashMap<String, String>) -> bool) -> i64 {
        self.0.iter().filter(|row| of(row)).map(|row| yen(row, column)).sum()
    }
}

fn yen(row: &HashMap<String, String>, column: &str) -> i64 {
    row.get(column).unwrap_or_else(|| panic!("{column} is not in {row:?}")).parse().expect("yen")
}

/// The amounts of decisions, which allocations sum up.
const CHAIN: [&str; 11] = [
    "交付決定額",
    "交付決定額のうち交付しないこととなった額",
    "支払額",
    "未払額",
    "額が確定していない額",
    "確定額",
    "繰越・積立額",
    "後の年度の配分から差し引く額",
    "返還を命じた額",
    "返還された額",
    "返還を待つ額",
];

/// Adds up the files of a year as anybody can; what was allocated, decided, paid and returned.
pub(in crate::grants) async fn adds_up(town: &Town, year: i32) -> [i64; 4] {
    let programmes = Table::of(town, "programmes.csv", year).await;
    let allocations = Table::of(town, "allocations.csv", year).await;
    let awards = Table::of(town, "awards.csv", year).await;
    let payments = Table::of(town, "payments.csv", year).await;
    for programme in &programmes.0 {
        let allocated = allocations.sum("配分額", |row| row["制度名"] == programme["制度名"]);
        assert_eq!(yen(programme, "公表された配分額"), allocated, "{programme:?}");
        assert_eq!(yen(programme, "予算額"), allocated + yen(programme, "配分額が公表されていない額"));
    }
    for row in &allocations.0 {
        let of = |column| yen(row, column);
        assert_eq!(of("配分額"), of("前の年度の剰余金として差し引かれた額") + of("交付を受けられる額"));
        let promised = of("交付決定額") - of("交付決定額のうち交付しないこととなった額");
        assert_eq!(of("交付を受けられる額"), promised + of("交付決定をしていない額"), "{row:?}");
        for column in CHAIN {
            assert_eq!(of(column), awards.sum(column, |award| award["配分のID"] == row["ID"]), "{column} of {row:?}");
        }
    }
    for row in &awards.0 {
        let of = |column| yen(row, column);
        let promised = of("支払額") + of("未払額");
        assert_eq!(of("交付決定額"), of("交付決定額のうち交付しないこととなった額") + promised, "{row:?}");
        let settled = of("確定額") + of("繰越・積立額") + of("後の年度の配分から差し引く額") + of("返還を命じた額");
        assert_eq!(promised, of("額が確定していない額") + settled, "{row:?}");
        assert_eq!(of("返還を命じた額"), of("返還された額") + of("返還を待つ額"), "{row:?}");
        assert!(CHAIN.iter().all(|column| of(column) >= 0), "{row:?}");
        let own = |payment: &HashMap<String, String>| payment["交付決定のID"] == row["ID"];
        assert_eq!(of("支払額"), payments.sum("額", |payment| own(payment) && payment["種類"] != "返還"), "{row:?}");
        assert_eq!(of("返還された額"), payments.sum("額", |payment| own(payment) && payment["種類"] == "返還"));
    }
    let awards_of = |column: &str| awards.sum(column, |_| true);
    [allocations.sum("配分額", |_| true), awards_of("交付決定額"), awards_of("支払額"), awards_of("返還された額")]
}

/// Open, settled with something kept, ordered back and returned in part, revoked: it adds up at every step.
#[tokio::test]
async fn m12_the_public_adds_up_each_yen_whatever_became_of_a_grant() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let s = Scene::with_terms(&terms).await;
    let next = async || {
        s.town.app.clock.advance(chrono::Duration::seconds(61));
        adds_up(&s.town, 2026).await
    };
    // Beside the programme of the scene there is another with 1,500,000 yen.
    assert_eq!(next().await, [3_000_000, 0, 0, 0]);
    let revoked = s.revoked().await;
    let returned = of(&revoked, json!({"amountYen": 250_000, "receivedOn": "2026-05-20"}));
    s.payer.run(include_str!("../../../../docs/stories/266-grant-repayment-record.graphql"), returned).await.data();
    assert_eq!(next().await, [3_000_000, 900_000, 900_000, 250_000]);
    let kept = s.granted(300_000).await;
    s.pay(&kept, Some(300_000)).await;
    s.returned_and_paid_again(&kept).await;
    assert_eq!(s.fixed(&kept, 250_000).await["keptYen"], 50_000);
    let less = s.granted(200_000).await;
    s.pay(&less, Some(60_000)).await;
    assert_eq!(next().await, [3_000_000, 1_400_000, 1_260_000, 250_000]);
    s.fixed(&less, 150_000).await;
    assert_eq!(next().await, [3_000_000, 1_400_000, 1_260_000, 250_000]);
    let package = s.town.public().get(&path(&s.town, "grants.json")).await.body;
    is_of_the_standard(&package);
    let said: Vec<_> = package["grants"].as_array().expect("grants").iter().map(|g| text(&g["description"])).collect();
    assert!(said.iter().any(|words| words.contains("確定額 250,000円、繰越・積立額 50,000円")), "{said:?}");
    assert!(said.iter().any(|words| words.contains("返還を命じた額 900,000円、返還された額 250,000円")), "{said:?}");
}
