//! An explanation is one statement however many terms it has, and the papers show the same yen.

use std::io::{Cursor, Read};

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::grants::papers::words;

story!(RULE_ENACT, "281-grant-rule-enact");
story!(EXPLAIN, "287-grant-allocation-explain");

/// 九戸村's by-law with fixed terms in the place of its own, so many of them.
fn rule_of(terms: usize) -> Value {
    let mut rule = Office::rule("4000");
    let term = |n| {
        json!({"key": format!("t{n}"), "label": format!("第{n}の項"), "legalReference": format!("第{n}条"),
        "kind": {"perUnit": {"metric": "households", "yen": format!("{}", 100 + n)}}})
    };
    rule["terms"] = (1..=terms).map(term).collect();
    rule
}

impl Office {
    async fn approved_with(&self, terms: usize) -> String {
        let id = text(&self.draft(&rule_of(terms), 2026).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({ "id": id })).await.data();
        self.approved(&id).await
    }
}

#[tokio::test]
async fn explaining_an_allocation_is_one_statement_with_three_terms_and_with_sixty() {
    let o = Office::new().await;
    for terms in [3, 60] {
        let run = o.approved_with(terms).await;
        if terms == 3 {
            o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
        }
        o.staff.run("mutation($id: ID!) { grantRunPublish(id: $id) { id } }", json!({"id": run})).await.data();
        let query = "query($id: ID!) { grantProgramme(id: $id) { allocations(first: 1) { nodes { id } } } }";
        let data = o.staff.run(query, json!({"id": o.programme})).await.data();
        let id = data["grantProgramme"]["allocations"]["nodes"][0]["id"].clone();
        for who in [&o.staff, &o.town.public()] {
            let answer = who.run(EXPLAIN, json!({ "id": id })).await;
            let statements = answer.statements;
            let told = answer.data()["grantAllocation"].clone();
            let lines = told["calculation"]["terms"].as_array().expect("terms").clone();
            assert_eq!((lines.len(), statements), (terms, 1));
            let sum: i64 = lines.iter().map(|line| line["amountYen"].as_i64().expect("yen")).sum();
            assert_eq!(told["amountYen"], sum);
            assert!(lines.iter().all(|line| line["inputs"][0]["asOf"] == "2026-04-01"), "{told}");
        }
    }
}

/// The numbers of a workbook's first sheet that are shown as yen, in the order of rows.
fn yen_of(xlsx: &[u8]) -> Vec<i64> {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).expect("an archive");
    let mut sheet = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").expect("a sheet").read_to_string(&mut sheet).expect("XML");
    let numbers = sheet.split("<c ").skip(1).filter(|cell| !cell.contains("t=\"s\"") && cell.contains("<v>"));
    let value = |cell: &str| cell.split("<v>").nth(1)?.split("</v>").next()?.parse::<i64>().ok();
    // Days are numbers, too: of 1900 and after, below 100,000. No amount here is.
    numbers.filter_map(value).filter(|number| *number == 0 || number.abs() >= 100_000).collect()
}

#[tokio::test]
async fn every_amount_of_a_line_is_on_its_sheet_to_the_yen() {
    let o = Office::new().await;
    let mut rule = Office::rule("4001");
    rule["terms"][2]["kind"]["perUnit"]["yen"] = json!("1600.3");
    let adjustment = |key: &str, label: &str, kind: Value| json!({"key": key, "label": label, "legalReference": "第6条", "kind": kind});
    rule["adjustments"] = json!([
        adjustment("cap", "上限", json!({"cap": {"yen": 1_476_000}})),
        adjustment("round", "端数", json!({"round": {"mode": "FLOOR", "unit": "1"}})),
    ]);
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    o.approver.run(RULE_ENACT, json!({ "id": id })).await.data();
    let run = o.approved(&id).await;
    let query = "query($id: ID!) { grantRun(id: $id) { totalYen xlsxUrl lines(first: 9) { nodes { name amountYen
        sheetPdfUrl sheetXlsxUrl terms { label amountYen counted } } } } }";
    let found = o.staff.run(query, json!({ "id": run })).await.data()["grantRun"].clone();
    let lines = found["lines"]["nodes"].as_array().expect("lines").clone();
    assert_eq!(lines.len(), 2);
    let mut rows = Vec::new();
    for line in &lines {
        let terms = line["terms"].as_array().expect("terms");
        assert!(terms.iter().all(|term| term["counted"] == true), "{line}");
        let yen = |value: &Value| value.as_i64().expect("yen");
        let mut wanted: Vec<i64> = terms.iter().map(|term| yen(&term["amountYen"])).collect();
        assert_eq!(wanted.iter().sum::<i64>(), yen(&line["amountYen"]));
        wanted.push(yen(&line["amountYen"]));
        let large =
            |all: &[i64]| all.iter().copied().filter(|yen| *yen == 0 || yen.abs() >= 100_000).collect::<Vec<_>>();
        let xlsx = o.staff.get(&text(&line["sheetXlsxUrl"])).await.bytes;
        assert_eq!(yen_of(&xlsx), large(&wanted), "{line}");
        // In the PDF each term is followed by its own amount, before the next term.
        let mut pdf = words(&o.staff.get(&text(&line["sheetPdfUrl"])).await.bytes);
        pdf = pdf.split_off(pdf.find("計算").expect("the table"));
        for (term, yen) in terms.iter().zip(&wanted) {
            let amount = entaku::kernel::money::Yen(*yen).to_string();
            let (label, shown) = (text(&term["label"]), amount.split_whitespace().collect::<String>());
            let at = pdf.find(&label).unwrap_or_else(|| panic!("{label} is not in {pdf}"));
            pdf = pdf.split_off(at + label.len());
            let at = pdf.find(&shown).unwrap_or_else(|| panic!("{shown} is not in {pdf}"));
            pdf = pdf.split_off(at);
        }
        rows.push(yen(&line["amountYen"]));
    }
    let xlsx = o.staff.get(&text(&found["xlsxUrl"])).await.bytes;
    let table = yen_of(&xlsx);
    for yen in rows {
        assert!(table.contains(&yen), "{yen} is not in {table:?}");
    }
}
