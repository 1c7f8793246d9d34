//! A rule of every kind is told.

use crate::grants::allocation::methodology::{methodology, times};
use crate::grants::allocation::rule::{Instalments, Rule};
use crate::kernel::paper::Block;

fn told(fixture: &str) -> String {
    let fixture: serde_json::Value = serde_json::from_str(fixture).expect("JSON");
    let rule: Rule = serde_json::from_value(fixture["rule"].clone()).expect("a rule");
    let mut text = String::new();
    for block in methodology(&rule, &|id| format!("{id}地区")) {
        match block {
            Block::Heading(line) | Block::Text(line) => text += &(line + "\n"),
            Block::Facts(facts) => facts.into_iter().for_each(|(name, what)| text += &format!("{name}: {what}\n")),
            Block::Table(table) => table.rows.iter().for_each(|row| text += &format!("{row:?}\n")),
        }
    }
    text
}

#[test]
fn a_by_law_is_told_with_its_numbers_articles_days_and_rounding() {
    let text = told(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation/nabari-h28.json")));
    for said in [
        "「基本額」の70% × 人口 ÷ 市人口。端数の残りは自治体に留保する",
        "「基本額」の30%を団体の数で等しく",
        "基本額: 35,000,000円",
        "第3条第1号ア",
        "薦原地区・錦生地区・箕曲地区: 400,000円",
        "年度の始まる年の4月1日",
        "基礎的コミュニティの数 × 72,000円",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn the_months_of_the_parts_are_told() {
    let parts = |parts: serde_json::Value| serde_json::from_value::<Instalments>(parts).expect("instalments");
    let mut quarters = serde_json::json!({"count": 2, "unit": 1000, "rest": "FIRST"});
    assert_eq!(times(&parts(quarters.clone())), "");
    quarters["times"] = serde_json::json!([{"month": 6}, {"month": 12}]);
    assert_eq!(times(&parts(quarters.clone())), "支払の時期は6月、12月。");
    quarters["notBefore"] = true.into();
    assert_eq!(times(&parts(quarters)), "支払の時期は6月、12月で、その前には請求できない。");
}

#[test]
fn every_kind_of_term_and_adjustment_is_told() {
    let text =
        told(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation/terms-of-every-kind.json")));
    for word in ["ごと", "以上", "倍", "%"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}
