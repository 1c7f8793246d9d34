//! Papers of a calculation: the 算定調書 as PDF and as a workbook, the whole run as a table, a rule in plain Japanese.

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(DECLARE, "282-grant-declaration-record");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(RUN_APPROVE, "284-grant-run-approve");

/// What somebody reads who opens a PDF, by poppler's pdftotext.
fn read(pdf: &[u8]) -> String {
    let command =
        Command::new("pdftotext").args(["-raw", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut reader = command.expect("pdftotext is installed (poppler-utils)");
    reader.stdin.take().expect("an input").write_all(pdf).expect("written");
    let output = reader.wait_with_output().expect("an end");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The same without what is between words and lines.
pub(super) fn words(pdf: &[u8]) -> String {
    read(pdf).split_whitespace().collect()
}

/// A part of a workbook.
fn part(xlsx: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).expect("an archive");
    let mut text = String::new();
    archive.by_name(name).expect("a part").read_to_string(&mut text).expect("XML");
    text
}

/// All of a workbook.
pub(super) fn whole(xlsx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).expect("an archive");
    let mut text = String::new();
    for n in 0..archive.len() {
        archive.by_index(n).expect("a part").read_to_string(&mut text).expect("XML");
    }
    text
}

impl Office {
    /// Where the papers of an organization's line are, by its name.
    async fn papers_of(&self, run: &str, name: &str) -> Value {
        let query =
            "query($id: ID!) { grantRun(id: $id) { xlsxUrl csvUrl rule { methodologyPdfUrl methodologyMarkdownUrl }
            lines(first: 100) { nodes { id name sheetPdfUrl sheetXlsxUrl } } } }";
        let mut run = self.staff.run(query, json!({ "id": run })).await.data()["grantRun"].take();
        let line = run["lines"]["nodes"]
            .as_array()
            .expect("lines")
            .iter()
            .find(|n| n["name"] == name)
            .expect("a line")
            .clone();
        run["line"] = line;
        run
    }
}

#[tokio::test]
async fn every_yen_of_a_sheet_is_on_paper_with_its_article_day_and_source() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    let url = text(&o.papers_of(&run, "青葉の会").await["line"]["sheetPdfUrl"]);
    let draft = words(&o.staff.get(&url).await.bytes);
    assert!(draft.contains("算定調書(案)") && draft.contains("されていない"), "{draft}");
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    let answer = o.staff.get(&url).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type").as_str()), (200, "application/pdf"));
    assert!(answer.header("content-disposition").starts_with("attachment; "));
    assert_eq!(answer.bytes, o.staff.get(&url).await.bytes, "the same frozen run is the same bytes");
    assert!(answer.bytes.starts_with(b"%PDF-1.7") && !answer.text.contains("/JavaScript"));
    assert!(answer.text.contains("pdfaid"), "it says that it is PDF/A");
    let said = words(&answer.bytes);
    let query = "query($id: ID!) { grantRun(id: $id) { ruleHash inputsHash approvedOn approvedBy { name } lines(first: 9) {
        nodes { name amountYen terms { label legalReference expression amountYen inputs { value asOf source } } } } } }";
    let found = o.staff.run(query, json!({ "id": run })).await.data()["grantRun"].clone();
    let line = found["lines"]["nodes"]
        .as_array()
        .expect("lines")
        .iter()
        .find(|n| n["name"] == "青葉の会")
        .expect("a line")
        .clone();
    let yen = |v: &Value| entaku::kernel::money::Yen(v.as_i64().expect("yen")).to_string();
    let mut wanted =
        vec![yen(&line["amountYen"]), "算定調書(確定)".to_owned(), "1/1".to_owned(), "2026-04-01".to_owned()];
    for term in line["terms"].as_array().expect("terms") {
        wanted.extend([
            yen(&term["amountYen"]),
            text(&term["label"]),
            text(&term["legalReference"]),
            text(&term["expression"]),
        ]);
        wanted.extend(term["inputs"].as_array().expect("inputs").iter().map(|input| text(&input["source"])));
    }
    wanted.extend(["ruleHash", "inputsHash", "approvedOn"].map(|name| text(&found[name])));
    wanted.push(text(&found["approvedBy"]["name"]));
    for piece in wanted {
        let piece: String = piece.split_whitespace().collect();
        assert!(said.contains(&piece), "{piece} is not in {said}");
    }
}

#[tokio::test]
async fn z22_a_paper_is_for_whoever_may_read_its_row_and_tells_the_public_of_no_person() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let papers = o.papers_of(&run, "青葉の会").await;
    let urls = [&papers["line"]["sheetPdfUrl"], &papers["line"]["sheetXlsxUrl"], &papers["xlsxUrl"], &papers["csvUrl"]]
        .map(text);
    let stranger = Town::beside(o.town.app.clone()).await.staff(Role::GrantStaff).await;
    let public = o.town.public();
    let nothing = public.get("/files/gln_00000000000070008000000000000000.pdf").await;
    assert_eq!(nothing.status, 404);
    for url in &urls {
        for nobody in [&public, &stranger] {
            assert_eq!(nobody.get(url).await.text, nothing.text, "{url}");
        }
        assert_eq!(o.staff.get(url).await.status, 200, "{url}");
    }
    for wrong in ["csv", "md", "exe", ""] {
        let path = format!("{}.{wrong}", urls[0].trim_end_matches(".pdf"));
        assert_eq!(o.staff.get(&path).await.text, nothing.text, "{path}");
    }
    o.made_public(&run).await;
    let query = "query($id: ID!) { grantRun(id: $id) { approvedBy { name } } }";
    let approver = text(&o.staff.run(query, json!({ "id": run })).await.data()["grantRun"]["approvedBy"]["name"]);
    let inside = words(&o.staff.get(&urls[0]).await.bytes);
    let approver: String = approver.split_whitespace().collect();
    let shown = public.get(&urls[0]).await;
    assert_eq!(shown.status, 200);
    assert!(inside.contains(&approver) && !words(&shown.bytes).contains(&approver), "{approver}");
    for url in &urls[1..] {
        let answer = public.get(url).await;
        assert_eq!(answer.status, 200, "{url}");
        assert!(!answer.text.contains(&approver));
    }
}

#[tokio::test]
async fn v6_what_people_wrote_is_text_on_paper_whatever_it_looks_like() {
    let o = Office::new().await;
    let name = "#set text(9pt) $x$ \\input{a} 𠮷田👪\u{202E}会";
    o.joined_by(name).await;
    o.joined_by(&"ながいなまえx".repeat(12)).await;
    let mut rule = Office::rule("4000");
    rule["terms"][0]["label"] = json!("=HYPERLINK(\"x\") *均等割*");
    rule["terms"][0]["legalReference"] = json!("w".repeat(50));
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    o.approver.run(RULE_ENACT, json!({ "id": id })).await.data();
    let run = o.approved(&id).await;
    let papers = o.papers_of(&run, name).await;
    let pdf = o.staff.get(&text(&papers["line"]["sheetPdfUrl"])).await.bytes;
    let said = words(&pdf);
    for piece in
        ["#settext(9pt)$x$\\input{a}〓田〓会", "=HYPERLINK(\"x\")*均等割*", "U+20BB7", "U+1F46A", "1,476,000円"]
    {
        assert!(said.contains(piece), "{piece} is not in {said}");
    }
    assert_eq!(said.matches('w').count(), 50, "a word without an end is broken, not cut");
    let xlsx = o.staff.get(&text(&papers["line"]["sheetXlsxUrl"])).await.bytes;
    assert!(!part(&xlsx, "xl/worksheets/sheet1.xml").contains("<f>"));
    assert!(part(&xlsx, "xl/sharedStrings.xml").contains("=HYPERLINK(\"x\") *均等割*"));
    let csv = o.staff.get(&text(&papers["csvUrl"])).await.text;
    assert!(csv.contains("'=HYPERLINK") && csv.contains("#set text(9pt)"), "{csv}");
}

#[tokio::test]
async fn a_run_is_a_table_whose_rows_and_columns_sum() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let papers = o.papers_of(&run, "青葉の会").await;
    let csv = o.staff.get(&text(&papers["csvUrl"])).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<Vec<&str>> =
        csv.text.trim_start_matches('\u{FEFF}').lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(lines[0][1..], ["団体名", "均等割(第4条第1号)", "世帯割(第4条第2号)", "人口割(第4条第3号)", "額(円)"]);
    let mut total = 0;
    for row in &lines[1..] {
        let yen: Vec<i64> = row[2..].iter().map(|cell| cell.parse().expect("yen")).collect();
        assert_eq!(yen[..3].iter().sum::<i64>(), yen[3]);
        total += yen[3];
    }
    assert_eq!((lines.len(), total), (3, 1_476_000 + 1_224_000));
    let xlsx = o.staff.get(&text(&papers["xlsxUrl"])).await.bytes;
    assert!(part(&xlsx, "xl/worksheets/sheet1.xml").contains("<v>1476000</v>"));
}

#[tokio::test]
async fn a_rule_is_told_in_plain_japanese() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let urls = &o.papers_of(&run, "青葉の会").await["rule"];
    let markdown = o.town.public().get(&text(&urls["methodologyMarkdownUrl"])).await;
    assert_eq!(markdown.header("content-type"), "text/markdown; charset=utf-8");
    let pdf = words(&o.town.public().get(&text(&urls["methodologyPdfUrl"])).await.bytes);
    for said in
        ["世帯数 × 4,000円", "一団体につき500,000円", "第4条第2号", "年度の始まる年の4月1日", "地区の統計(世帯数)"]
    {
        assert!(markdown.text.contains(said), "{said} is not in {}", markdown.text);
        assert!(pdf.contains(&said.replace(' ', "")), "{said} is not in {pdf}");
    }
}

#[tokio::test]
async fn z22_neither_papers_nor_lines_tell_the_public_of_an_organization_that_is_not_public() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.made_public(&run).await;
    published(&o.town, "青葉の会", false).await;
    published(&o.town, "若葉の会", true).await;
    let papers = o.papers_of(&run, "青葉の会").await;
    let public = o.town.public();
    let sheet = text(&papers["line"]["sheetPdfUrl"]);
    let (inside, outside) = (o.staff.get(&sheet).await, public.get(&sheet).await);
    assert!(words(&inside.bytes).contains("青葉の会") && inside.header("content-disposition").contains("filename"));
    let said = words(&outside.bytes);
    assert!(said.contains("非公開の団体") && said.contains("1,476,000円") && !said.contains("青葉"), "{said}");
    let csv = public.get(&text(&papers["csvUrl"])).await.text;
    assert!(csv.contains("若葉の会") && !csv.contains("青葉") && csv.contains("\r\n,非公開の団体,"), "{csv}");
    assert!(!csv.contains(&o.organizations[0]) && csv.contains(&o.organizations[1]), "{csv}");
    assert!(o.staff.get(&text(&papers["csvUrl"])).await.text.contains("青葉の会"));
    let query = "query($id: ID!) { grantRun(id: $id) { lines(first: 9) { edges { cursor } nodes { name amountYen
        organization { name } } } } }";
    let lines = public.run(query, json!({ "id": run })).await.data()["grantRun"]["lines"].clone();
    assert_eq!(lines["nodes"].as_array().map(Vec::len), Some(2));
    assert!(lines["nodes"].as_array().expect("nodes").iter().all(|line| line["name"].is_null()), "{lines}");
    for edge in lines["edges"].as_array().expect("edges") {
        let cursor = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text(&edge["cursor"]));
        assert!(!String::from_utf8_lossy(&cursor.expect("base64")).contains("青葉"));
    }
    let own = o.staff.run(query, json!({ "id": run })).await.data()["grantRun"]["lines"]["nodes"].clone();
    assert_eq!([&own[0]["name"], &own[1]["name"]], [&json!("若葉の会"), &json!("青葉の会")], "by name");
}

/// Makes an organization public, or no longer.
pub(super) async fn published(town: &Town, name: &str, is: bool) {
    let tx = town.system();
    let mut sql =
        entaku::kernel::read::sql::Sql::new(&format!("UPDATE organizations SET published = {is} WHERE name = "));
    sql.param(entaku::kernel::read::sql::Param::text(name));
    tx.run(sql).await.expect("written");
    tx.commit().await.expect("committed");
}

/// An approved run by a rule that asks for declared numbers, which were declared with this source.
pub(super) async fn declared(o: &Office, source: &str) -> String {
    let mut rule = Office::rule("4000");
    let lamps = json!({"key": "lamps", "label": "防犯灯", "type": "NUMBER", "unit": "灯", "of": "BODY",
        "source": {"declaration": "防犯灯"}, "asOf": {"month": 3, "day": 31, "yearOffset": 0, "missing": "LATEST_BEFORE"}});
    rule["metrics"].as_array_mut().expect("metrics").push(lamps);
    rule["terms"][0]["kind"] = json!({"perUnit": {"metric": "lamps", "yen": "1000"}});
    rule["terms"][0]["rounding"] = json!({"mode": "FLOOR", "unit": "1"});
    for organization in &o.organizations {
        let input = json!({"organizationId": organization, "item": "防犯灯", "asOf": "2026-03-01", "number": "3",
            "source": source});
        o.staff.run(DECLARE, json!({ "input": input })).await.data();
    }
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    o.approver.run(RULE_ENACT, json!({ "id": id })).await.data();
    o.approved(&id).await
}

#[tokio::test]
async fn z22_what_was_written_in_a_declaration_is_not_everybodys() {
    let o = Office::new().await;
    let run = declared(&o, "山田会長の携帯へ電話して確認").await;
    o.made_public(&run).await;
    let public = o.town.public();
    let sheet = text(&o.papers_of(&run, "青葉の会").await["line"]["sheetPdfUrl"]);
    let query = "query($id: ID!) { grantRun(id: $id) { lines(first: 9) { nodes { terms { inputs { source } } } } } }";
    let terms = format!("/open-data/{}/terms.csv", o.town.code.as_str());
    for (who, reads) in [(&o.staff, true), (&public, false)] {
        assert_eq!(words(&who.get(&sheet).await.bytes).contains("山田会長"), reads);
        assert_eq!(who.run(query, json!({ "id": run })).await.data().to_string().contains("山田会長"), reads);
        let everybodys = who.get(&terms).await.text;
        assert!(everybodys.contains("、申告)") && !everybodys.contains("山田"), "{everybodys}");
    }
}

#[tokio::test]
async fn a_sheet_that_was_corrected_says_so_and_by_what() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let first = o.approved(&rule).await;
    let old = text(&o.papers_of(&first, "青葉の会").await["line"]["sheetPdfUrl"]);
    assert!(words(&o.staff.get(&old).await.bytes).contains("算定調書(確定)"));
    let second = o.run(&rule, "REAL").await;
    assert!(words(&o.staff.get(&old).await.bytes).contains("算定調書(確定)"), "what is not approved corrects nothing");
    o.approver.run(RUN_APPROVE, json!({"id": second})).await.data();
    let said = words(&o.staff.get(&old).await.bytes);
    assert!(said.contains("算定調書(確定(訂正済み))") && said.contains(&second), "{said}");
    let papers = o.papers_of(&second, "青葉の会").await;
    let new = o.staff.get(&text(&papers["line"]["sheetPdfUrl"])).await;
    let said = words(&new.bytes);
    assert!(said.contains("算定調書(確定)") && said.contains(&first), "{said}");
    assert!(new.header("content-disposition").contains(&second), "the run is in the file's name");
}

/// A day in a workbook is a date: a number that its format shows as a day, so that it sorts and is reckoned with.
#[tokio::test]
async fn a_day_in_a_workbook_is_a_date() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let xlsx = o.staff.get(&text(&o.papers_of(&run, "青葉の会").await["line"]["sheetXlsxUrl"])).await.bytes;
    let (sheet, styles) = (part(&xlsx, "xl/worksheets/sheet1.xml"), part(&xlsx, "xl/styles.xml"));
    // 2026-04-01, the day of the statistics, is the 46,113th day of Excel's.
    let cell = sheet.split("<c ").find(|cell| cell.contains("<v>46113</v>")).expect("a date");
    assert!(!cell.contains("t=\"s\""), "a number: {cell}");
    let between =
        |text: &str, before: &str| text.split(before).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let style: usize = between(cell, "s=\"").expect("a style").parse().expect("a number");
    let formats = styles.split("<cellXfs").nth(1).expect("formats").split("<xf ").nth(style + 1).expect("the format");
    let id = between(formats, "numFmtId=\"").expect("an id");
    let code = styles.split("<numFmt ").find(|one| one.contains(&format!("numFmtId=\"{id}\""))).expect("its code");
    assert_eq!(between(code, "formatCode=\"").as_deref(), Some("yyyy-mm-dd"));
}
