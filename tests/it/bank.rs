//! The bank: accounts that two people stand for, files that two people make, reports that pay once; and who would like to
//! be paid instead.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::sealed;
use serde_json::{Value, json};

use crate::grants::Scene;
use crate::organizations::{organization, text};
use crate::support::Client;
use crate::support::client::Answer;

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/", $file, ".graphql"));
    };
}

story!(REGISTER, "420-bank-account-register");
story!(CONFIRM, "421-bank-account-confirm");
story!(REJECT, "422-bank-account-reject");
story!(ACCOUNTS, "423-bank-accounts-read");
story!(SOURCE, "424-transfer-source-set");
story!(PREPARE, "425-bank-transfer-prepare");
story!(PRODUCE, "426-bank-transfer-produce");
story!(CANCEL, "427-bank-transfer-cancel");
story!(IMPORT, "428-bank-report-import");
story!(TRANSFERS, "429-bank-transfers-read");
const EXECUTE: &str = include_str!("../../docs/stories/23-grant-payment-execute.graphql");
const PAYMENT_REQUEST: &str = include_str!("../../docs/stories/22-grant-payment-request.graphql");

mod awaited;
pub(crate) mod by_hand;
mod came_back;
mod due;
mod instalments;
mod refusals;
mod rests;
mod taken_back;

const NUMBER: &str = "1234567";

/// An organization with a confirmed account, and a town hall that knows from where it pays.
struct Hall {
    scene: Scene,
    second: Client,
}

impl Hall {
    async fn new() -> Self {
        Self::of(Scene::new().await).await
    }

    async fn of(scene: Scene) -> Self {
        let second = scene.town.staff(Role::GrantStaff).await;
        let admin = scene.town.staff(Role::Admin).await;
        admin.run(SOURCE, json!({ "input": source() })).await.data();
        let hall = Self { scene, second };
        let id = hall.registered(NUMBER).await;
        hall.second.run(CONFIRM, number(&id, NUMBER)).await.data();
        hall
    }

    async fn registered(&self, number: &str) -> String {
        let answer = self.scene.officer.run(REGISTER, account(&self.scene.organization, number)).await.data();
        text(&answer["bankAccountRegister"]["id"])
    }

    async fn prepare(&self, ids: &[&str]) -> Answer {
        let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": ids});
        self.scene.staff.run(PREPARE, json!({ "input": input })).await
    }

    /// A file with one payment in it: its id, the payment's and the bytes.
    async fn produced(&self) -> (String, String, Vec<u8>) {
        let payment = self.scene.payable().await;
        let file = text(&self.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
        let made = self.scene.payer.run(PRODUCE, json!({ "id": file })).await.data()["bankTransferProduce"].clone();
        let bytes = STANDARD.decode(text(&made["content"])).expect("Base64");
        assert_eq!(made["checksum"], sha256(&bytes));
        (file, payment, bytes)
    }

    async fn import(&self, format: &str, bytes: &[u8]) -> Answer {
        import(&self.scene.payer, format, bytes).await
    }

    async fn paid_yen(&self) -> String {
        let tx = self.scene.town.system();
        let sql = "SELECT coalesce(sum(e.amount), 0)::text AS paid FROM ledger_entries e JOIN ledger_accounts a
            ON a.municipality_id = e.municipality_id AND a.id = e.account_id WHERE a.kind = 'PAID'";
        tx.rows(Sql::new(sql)).await.expect("rows")[0].get("paid")
    }
}

async fn import(who: &Client, format: &str, bytes: &[u8]) -> Answer {
    let input = json!({"format": format, "name": "結果", "content": STANDARD.encode(bytes)});
    who.run(IMPORT, json!({ "input": input })).await
}

fn source() -> Value {
    json!({"consignorCode": "9876543210", "consignorName": "シケンマチ", "bankCode": "0167", "bankName": "ゴウギン",
        "branchCode": "001", "branchName": "ホンテン", "kind": "ORDINARY", "number": "0000123"})
}

fn account(organization: &str, number: &str) -> Value {
    json!({"input": {"organizationId": organization, "bankCode": "０１６７", "bankName": "ごうぎん", "branchCode": "045",
        "branchName": "キスキ", "kind": "ORDINARY", "number": number, "holderKana": "あおばのかい　カイチョウ"}})
}

fn number(id: &str, number: &str) -> Value {
    json!({"id": id, "input": {"number": number}})
}

fn table(lines: &[(&str, &str, i64, &str)]) -> Vec<u8> {
    let heads = "振込日,銀行番号,支店番号,預金種目,口座番号,受取人名,金額,結果\r\n";
    let line = |(day, number, yen, result): &(&str, &str, i64, &str)| {
        format!("{day},0167,045,1,{number},ｱｵﾊﾞﾉｶｲ,{yen},{result}\r\n")
    };
    (heads.to_owned() + &lines.iter().map(line).collect::<String>()).into_bytes()
}

/// The statement of the account that pays: the day and yen of what a transfer took from it.
fn statement(debits: &[(&str, i64)]) -> Vec<u8> {
    let entry = |(day, yen): &(&str, i64)| format!("200000001{day}{day}211{yen:012}{:12}", 0);
    let total: i64 = debits.iter().map(|(_, yen)| yen).sum();
    let mut records = vec![format!("1030080520080501080520{:4}{:15}{:3}{:15}0001{:010}", "0167", "", "001", "", 123)];
    records.extend(debits.iter().map(entry));
    records.push(format!("8{:019}{:06}{total:013}1{:014}{:07}", 0, debits.len(), 0, debits.len()));
    records.push(format!("9{:010}{:05}", debits.len() + 3, 1));
    records.iter().flat_map(|record| format!("{record:200}\r\n").into_bytes()).collect()
}

/// A file for the bank in lines, as programs hand it on.
fn in_lines(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(120).flat_map(|record| [record, b"\r\n"].concat()).collect()
}

fn outcomes(answer: &Value) -> Vec<String> {
    let lines = answer["bankReportImport"]["lines"]["nodes"].as_array().expect("lines");
    lines.iter().map(|line| text(&line["outcome"])).collect()
}

#[tokio::test]
async fn numbers_are_sealed_and_shown_to_payers_alone() {
    let hall = Hall::new().await;
    let read = async |who: &Client| who.run(ACCOUNTS, json!({})).await.data()["bankAccounts"]["nodes"][0].clone();
    for who in [&hall.scene.officer, &hall.scene.staff] {
        let seen = read(who).await;
        assert_eq!((&seen["maskedNumber"], &seen["number"]), (&json!("****567"), &Value::Null));
        assert_eq!(seen["holderKana"], "ｱｵﾊﾞﾉｶｲ ｶｲﾁﾖｳ");
        assert_eq!(seen["redacted"], json!([{"field": "number", "reason": "PAYERS"}]));
    }
    let seen = read(&hall.scene.payer).await;
    assert_eq!((&seen["number"], &seen["redacted"]), (&json!(NUMBER), &json!([])));
    assert_eq!((&seen["bankCode"], &seen["bankName"]), (&json!("0167"), &json!("ｺﾞｳｷﾞﾝ")));
    assert_eq!(read(&hall.scene.town.public()).await, Value::Null);
    let tx = hall.scene.town.system();
    let rows = tx.rows(Sql::new("SELECT row_to_json(b)::text AS r FROM bank_accounts b")).await.expect("rows");
    assert!(!rows[0].get::<_, String>("r").contains(NUMBER));
    let told = "SELECT count(*) AS n FROM audit_entries WHERE coalesce(before::text, '') || coalesce(after::text, '') LIKE '%1234567%'";
    assert_eq!(tx.rows(Sql::new(told)).await.expect("rows")[0].get::<_, i64>("n"), 0, "nor is it in the record");
    assert_eq!(sealed::keys_in_use(&tx).await.expect("keys").iter().map(|(_, n)| n).sum::<u64>(), 1);
}

/// An account is used after another person of the town hall has confirmed it, and the organization's people know.
#[tokio::test]
async fn m14_an_account_takes_a_second_person_and_a_fresh_proof() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let by_staff = s.staff.run(REGISTER, account(&s.organization, "7654321")).await.data();
    let id = text(&by_staff["bankAccountRegister"]["id"]);
    s.staff.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.officer.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN");
    s.payer.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN");
    let wrong = hall.second.run(CONFIRM, number(&id, "7654320")).await.expect_code("INVALID_INPUT");
    assert!(!wrong.text.contains("7654321"));
    let told = "{ viewer { notifications(first: 10) { nodes { kind textJa } } } }";
    let told = s.officer.run(told, json!({})).await.text;
    assert!(told.contains("BANK_ACCOUNT_PROPOSED") && told.contains("****321") && !told.contains("7654321"), "{told}");
    let file = s.payable().await;
    let seen = hall.prepare(&[&file]).await.data()["bankTransferPrepare"]["lines"][0]["bankAccount"].clone();
    assert_eq!(seen["maskedNumber"], "****567", "what waits is not used");
    let tx = s.town.system();
    let aged = "UPDATE sessions SET authenticated_at = authenticated_at - interval '16 minutes'";
    tx.run(Sql::new(aged)).await.expect("run");
    tx.commit().await.expect("committed");
    hall.second.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN/STEP_UP");
    s.officer.run(REGISTER, account(&s.organization, NUMBER)).await.expect_code("FORBIDDEN/STEP_UP");
    let third = s.town.staff(Role::GrantStaff).await;
    third.run(CONFIRM, number(&id, "7654321")).await.data();
    third.run(REJECT, json!({"id": id, "input": {"reason": "x"}})).await.expect_code("CONFLICT/STATE");
    let now =
        third.run(ACCOUNTS, json!({"filter": {"state": ["CONFIRMED"]}})).await.data()["bankAccounts"]["nodes"].clone();
    assert_eq!((now.as_array().map(Vec::len), &now[0]["maskedNumber"]), (Some(1), &json!("****321")));
}

/// V3, V4: names that would forge records, numbers that are none, other people's organizations.
#[tokio::test]
async fn v3_v4_what_does_not_fit_a_bank_file_is_no_account() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    for (field, value) in [
        ("holderKana", "山田 太郎"),
        ("holderKana", "ア\r\n9"),
        ("holderKana", "ア\u{0}"),
        ("holderKana", "ガガガガガガガガガガガガガガガガ"),
        ("holderKana", " "),
        ("number", "123456"),
        ("number", "-234567"),
        ("bankCode", "167"),
        ("branchCode", "0O1"),
        ("bankName", "<銀行>"),
    ] {
        let mut input = account(&s.organization, NUMBER);
        input["input"][field] = json!(value);
        s.officer.run(REGISTER, input).await.expect_code("INVALID_INPUT");
    }
    let (_, other) = organization(&s.staff, "若葉の会").await;
    s.officer.run(REGISTER, account(&other, NUMBER)).await.expect_code("FORBIDDEN");
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    stranger.run(REGISTER, account(&s.organization, NUMBER)).await.expect_code("FORBIDDEN");
    let none = stranger.run(ACCOUNTS, json!({})).await.data()["bankAccounts"]["nodes"].clone();
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn m14_a_payment_goes_through_a_file_that_two_people_make() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    let made = hall.prepare(&[&payment, &payment]).await.data()["bankTransferPrepare"].clone();
    assert_eq!((&made["count"], &made["totalYen"]), (&json!(1), &json!(1_100_000)), "one payment is one line");
    let file = text(&made["id"]);
    hall.prepare(&[&payment]).await.expect_code("CONFLICT/IN_TRANSFER");
    s.staff.run(PRODUCE, json!({ "id": file })).await.expect_code("FORBIDDEN");
    s.officer.run(PRODUCE, json!({ "id": file })).await.expect_code("NOT_FOUND");
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": [payment]});
    s.staff.run(CANCEL, json!({ "id": file })).await.data();
    let own = text(&s.payer.run(PREPARE, json!({ "input": input })).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": own })).await.expect_code("FORBIDDEN/DUTIES_APART");
    let other = s.town.staff(Role::Payer).await;
    let done = other.run(PRODUCE, json!({ "id": own })).await.data()["bankTransferProduce"].clone();
    let bytes = STANDARD.decode(text(&done["content"])).expect("Base64");
    assert_eq!((bytes.len(), &done["checksum"]), (480, &json!(sha256(&bytes))));
    assert_eq!(&bytes[163..170], NUMBER.as_bytes());
    assert_eq!(&bytes[200..210], b"0001100000");
    other.run(PRODUCE, json!({ "id": own })).await.expect_code("CONFLICT/STATE");
    s.staff.run(CANCEL, json!({ "id": own })).await.expect_code("CONFLICT/STATE");
    let read = "query($id: ID!) { bankTransfer(id: $id) { content redacted { field reason } } }";
    let seen = s.staff.run(read, json!({ "id": own })).await.data()["bankTransfer"].clone();
    assert_eq!(seen, json!({"content": null, "redacted": [{"field": "content", "reason": "PAYERS"}]}));
    let mine = hall.prepare(&[&s.draft().await]).await;
    mine.expect_code("CONFLICT/STATE");
}

/// What was sent to the bank is not the bank's word, however it comes back: in lines, in part, with another name or total.
#[tokio::test]
async fn m14_what_was_sent_pays_nothing_in_whatever_form() {
    let hall = Hall::new().await;
    let (_, payment, bytes) = hall.produced().await;
    let mut renamed = bytes.clone();
    renamed[14..24].copy_from_slice(b"9999999999");
    let ended = [bytes.as_slice(), b"\x1a"].concat();
    for sent in [&bytes, &in_lines(&bytes), &ended, &renamed, &bytes[..240].to_vec()] {
        for format in ["ZENGIN", "CSV"] {
            hall.import(format, sent).await.expect_code("CONFLICT/OWN_FILE");
        }
    }
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    let kept = "{ bankReports(first: 10) { nodes { id } } }";
    assert_eq!(hall.scene.payer.run(kept, json!({})).await.data()["bankReports"]["nodes"], json!([]));
}

/// A statement tells of a whole file; what is known to have failed was not paid by it.
#[tokio::test]
async fn m14_a_debit_of_a_files_total_pays_what_did_not_fail() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (large, small) = (s.payable_of(300_000).await, s.payable_of(200_000).await);
    let file = text(&hall.prepare(&[&large, &small]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    for other in [&[("080520", 300_000)], &[("080520", 500_001)], &[("080518", 500_000)]] {
        hall.import("ZENGIN", &statement(other)).await.expect_code("CONFLICT/NOTHING_MATCHED");
    }
    let twice = statement(&[("080520", 500_000), ("080520", 500_000)]);
    hall.import("ZENGIN", &twice).await.expect_code("CONFLICT/NOTHING_MATCHED");
    hall.import("CSV", &table(&[("2026-05-20", NUMBER, 200_000, "不能")])).await.data();
    assert_eq!(hall.paid_yen().await, "0");
    let among = statement(&[("080519", 7), ("080520", 500_000)]);
    assert_eq!(outcomes(&hall.import("ZENGIN", &among).await.data()), ["MATCHED"]);
    assert_eq!((s.state(&large).await.as_str(), s.state(&small).await.as_str()), ("PAID", "PAYMENT_REQUESTED"));
    assert_eq!(hall.paid_yen().await, "300000");
    s.is_sound().await;
}

/// Nothing that the bank took pays two files: neither those of the same day, nor what is taken in advance of the next.
#[tokio::test]
async fn m14_one_debit_is_one_file() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (first, next) = (s.payable_of(300_000).await, s.payable_of(300_000).await);
    for (id, day) in [(&first, "2026-05-20"), (&next, "2026-05-21")] {
        let input = json!({"transferOn": day, "grantApplicationIds": [id]});
        let file = s.staff.run(PREPARE, json!({ "input": input })).await.data()["bankTransferPrepare"]["id"].clone();
        s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    }
    s.town.app.clock.advance(chrono::Duration::days(1));
    let payer = s.town.staff(Role::Payer).await;
    let debit = statement(&[("080520", 300_000)]);
    assert_eq!(outcomes(&import(&payer, "ZENGIN", &debit).await.data()), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "300000");
    import(&payer, "ZENGIN", &debit).await.expect_code("CONFLICT/IMPORTED");
    let both = statement(&[("080520", 300_000), ("080521", 300_000)]);
    assert_eq!(outcomes(&import(&payer, "ZENGIN", &both).await.data()), ["ALREADY_SETTLED", "MATCHED"]);
    assert_eq!(hall.paid_yen().await, "600000");
}

/// A file is paid from the account from which it was made to be, whatever account pays since.
#[tokio::test]
async fn m14_statements_tell_of_the_files_of_their_account() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let pays_from = async |number: &str| {
        let mut input = source();
        input["number"] = json!(number);
        s.town.staff(Role::Admin).await.run(SOURCE, json!({ "input": input })).await.data();
    };
    let made = async |yen: i64| {
        let id = s.payable_of(yen).await;
        let file = hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"].clone();
        s.payer.run(PRODUCE, json!({ "id": file })).await.data();
        id
    };
    let before = made(300_000).await;
    pays_from("0000456").await;
    let since = made(200_000).await;
    let debits = statement(&[("080520", 300_000), ("080520", 200_000)]);
    assert_eq!(outcomes(&hall.import("ZENGIN", &debits).await.data()), ["MATCHED"]);
    assert_eq!((s.state(&before).await.as_str(), s.state(&since).await.as_str()), ("PAID", "PAYMENT_REQUESTED"));
    pays_from("0000123").await;
    hall.import("ZENGIN", &statement(&[("080520", 200_000)])).await.expect_code("CONFLICT/NOTHING_MATCHED");
    assert_eq!(hall.paid_yen().await, "300000");
    let tx = s.town.system();
    let other = "UPDATE bank_transfers SET source_account = '0167 001 1 0000123'";
    let refused = tx.run(Sql::new(other)).await.expect_err("it stays");
    assert!(format!("{refused:?}").contains("RULE"), "{refused:?}");
}

/// A report pays once, however often and in whatever form it comes.
#[tokio::test]
async fn a_report_pays_once() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let told = statement(&[("080520", 1_100_000)]);
    let done = hall.import("ZENGIN", &told).await.data();
    assert_eq!(outcomes(&done), ["MATCHED"]);
    assert_eq!(hall.scene.state(&payment).await, "PAID");
    assert_eq!(hall.paid_yen().await, "1100000");
    hall.import("ZENGIN", &told).await.expect_code("CONFLICT/IMPORTED");
    let other_bytes = [told.as_slice(), b"\x1a"].concat();
    hall.import("ZENGIN", &other_bytes).await.expect_code("CONFLICT/IMPORTED");
    let again = hall.import("CSV", &table(&[("2026-05-20", NUMBER, 1_100_000, "済")])).await;
    again.expect_code("CONFLICT/NOTHING_MATCHED");
    let kept = "{ bankReports(first: 10) { nodes { format matched } } }";
    let kept = hall.scene.payer.run(kept, json!({})).await.data()["bankReports"]["nodes"].clone();
    assert_eq!(kept, json!([{"format": "ZENGIN", "matched": 1}]), "what told nothing new is not kept");
    assert_eq!(hall.paid_yen().await, "1100000");
    let seen = hall.scene.staff.run(TRANSFERS, json!({})).await.data()["bankTransfers"]["nodes"][0].clone();
    assert_eq!((&seen["state"], &seen["lines"][0]["paidOn"]), (&json!("DONE"), &json!("2026-05-20")));
    let paid = json!({"id": payment, "input": {"paidOn": "2026-05-20"}});
    hall.scene.payer.run(EXECUTE, paid).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn what_fits_no_payment_is_listed_and_pays_nothing() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let strange = table(&[
        ("2026-05-20", NUMBER, 1_100_001, "済"),
        ("2026-05-19", NUMBER, 1_100_000, "済"),
        ("2026-05-20", "7654321", 1_100_000, "済"),
        ("2026-05-20", NUMBER, 1_100_000, "不能"),
        ("2026-05-20", NUMBER, 1_100_000, "済"),
    ]);
    let done = hall.import("CSV", &strange).await.data();
    assert_eq!(outcomes(&done), ["UNMATCHED", "UNMATCHED", "UNMATCHED", "FAILED", "ALREADY_SETTLED"]);
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    // Another report tells the opposite: nobody is paid by that, and nothing is kept.
    let contrary = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    hall.import("CSV", &contrary).await.expect_code("CONFLICT/CONTRARY_REPORT");
    // What failed goes into the next file.
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    hall.scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let paid = json!({"id": payment, "input": {"paidOn": "2026-05-20"}});
    hall.scene.payer.run(EXECUTE, paid).await.expect_code("CONFLICT/IN_TRANSFER");
    let late = hall.import("CSV", &table(&[("2026-05-20", NUMBER, 1_100_000, "振込済")])).await.data();
    assert_eq!(outcomes(&late), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "1100000");
}

/// V14: a report that was tampered with, or is none, is refused whole and pays nothing.
#[tokio::test]
async fn v14_a_tampered_report_pays_nothing() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let bytes: Vec<u8> = statement(&[("080520", 1_100_000)]).into_iter().filter(|b| *b >= b' ').collect();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    for (format, bytes) in [
        ("ZENGIN", with(230, b'9').as_slice()),
        ("ZENGIN", &with(72, b'4')),
        ("ZENGIN", &bytes[..600]),
        ("ZENGIN", &bytes[200..]),
        ("ZENGIN", b"" as &[u8]),
        ("ZENGIN", &statement(&[("080521", 1_100_000)])),
        ("CSV", &bytes),
        ("CSV", "振込日,金額\n".as_bytes()),
        ("CSV", &table(&[("2026-05-20", NUMBER, -1_100_000, "済")])),
        ("CSV", &table(&[("2026-05-20", NUMBER, 0, "済")])),
        ("CSV", &table(&[("2026-05-20", NUMBER, 10_000_000_000, "済")])),
        ("CSV", &table(&[("2026-05-21", NUMBER, 1_100_000, "済")])),
        ("CSV", &table(&vec![("2026-05-20", NUMBER, 1, "済"); 401])),
        ("CSV", &table(&[])),
    ] {
        hall.import(format, bytes).await.expect_code("INVALID_INPUT");
    }
    let input = json!({"format": "CSV", "name": "x", "content": "%%%"});
    hall.scene.payer.run(IMPORT, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    import(&hall.scene.staff, "ZENGIN", &bytes).await.expect_code("FORBIDDEN");
    import(&hall.scene.officer, "ZENGIN", &bytes).await.expect_code("FORBIDDEN");
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
}

/// Z1: a payment without an account, an account that changed after the file was put together.
#[tokio::test]
async fn z1_money_goes_where_two_people_said() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    let id = hall.registered("7654321").await;
    hall.second.run(CONFIRM, number(&id, "7654321")).await.data();
    s.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/BANK_ACCOUNT_CHANGED");
    let tx = s.town.system();
    for statement in [
        "UPDATE bank_accounts SET organization_id = gen_random_uuid()",
        "UPDATE bank_accounts SET bank_code = '9999'",
        "UPDATE bank_transfer_lines SET amount_yen = 1",
        "UPDATE bank_transfers SET total_yen = 1",
        "DELETE FROM bank_report_lines",
    ] {
        let tx = s.town.system();
        let told = format!("{:?}", tx.run(Sql::new(statement)).await.expect_err(statement));
        assert!(told.contains("permission denied"), "{statement}: {told}");
    }
    let undone = tx.run(Sql::new(
        "UPDATE bank_accounts SET state = 'CONFIRMED', confirmed_on = '2026-05-20' WHERE state = 'REPLACED'",
    ));
    assert!(undone.await.is_err(), "what was replaced does not come back");
    let bare = Scene::new().await;
    let payment = bare.payable().await;
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": [payment]});
    bare.staff.run(PREPARE, json!({ "input": input })).await.expect_code("CONFLICT/NO_BANK_ACCOUNT");
}

/// Two payers import at once; one payment is posted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_at_once_pay_once() {
    let hall = Hall::new().await;
    hall.produced().await;
    let text = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    let other = hall.scene.town.staff(Role::Payer).await;
    let back = statement(&[("080520", 1_100_000)]);
    let (one, two, three) = tokio::join!(
        import(&hall.scene.payer, "ZENGIN", &back),
        import(&other, "CSV", &text),
        import(&hall.scene.payer, "ZENGIN", &back)
    );
    let matched = [one, two, three].iter().filter(|answer| answer.text.contains("\"MATCHED\"")).count();
    assert_eq!((matched, hall.paid_yen().await.as_str()), (1, "1100000"));
}

/// M14: whoever had a hand in a payment neither makes the file that pays it nor takes in the report that says so.
#[tokio::test]
async fn m14_a_file_is_made_by_whom_could_pay_by_hand() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let over = entaku::kernel::id::decode(&s.organization).expect("an id").1;
    let (both, _) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(over)).await;
    s.town.appoint(both, Role::Payer, ScopeKind::Municipality, None).await;
    let both = s.town.as_account(both).await;
    let payment = s.decided().await;
    both.run(PAYMENT_REQUEST, json!({ "id": payment })).await.data();
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    both.run(PRODUCE, json!({ "id": file })).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let report = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    import(&both, "CSV", &report).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(hall.paid_yen().await, "0");
    assert_eq!(outcomes(&import(&s.payer, "CSV", &report).await.data()), ["MATCHED"]);
}

/// Nobody finds a number out by trying: no trial runs, and the fifth mistake ends it.
#[tokio::test]
async fn m14_the_confirmation_tells_nobody_the_number() {
    let hall = Hall::new().await;
    let id = hall.registered("7654321").await;
    let trial = hall.second.with("entaku-dry-run", "true");
    trial.run(CONFIRM, number(&id, "7654321")).await.expect_code("BAD_REQUEST/CREDENTIALS");
    trial.run(CONFIRM, number(&id, "7654320")).await.expect_code("BAD_REQUEST/CREDENTIALS");
    hall.second.run(CONFIRM, number(&id, "765432")).await.expect_code("INVALID_INPUT");
    let read = "query($id: ID!) { bankAccount(id: $id) { state mismatches rejectionReason } }";
    for n in 1..=5 {
        hall.second.run(CONFIRM, number(&id, &format!("000000{n}"))).await.expect_code("INVALID_INPUT");
        let seen = hall.second.run(read, json!({ "id": id })).await.data()["bankAccount"].clone();
        let state = if n < 5 { "PROPOSED" } else { "REJECTED" };
        assert_eq!((&seen["mismatches"], &seen["state"]), (&json!(n), &json!(state)));
    }
    hall.second.run(CONFIRM, number(&id, "7654321")).await.expect_code("CONFLICT/STATE");
    let tx = hall.scene.town.system();
    let noted = "SELECT count(*) AS n FROM audit_entries WHERE kind = 'bank_accounts' AND op = 'UPDATE'
        AND act = 'bankAccountConfirm' AND actor_id IS NOT NULL AND after ->> 'mismatches' <> '0'";
    assert_eq!(tx.rows(Sql::new(noted)).await.expect("rows")[0].get::<_, i64>("n"), 5);
    let used = hall.scene.staff.run(ACCOUNTS, json!({"filter": {"state": ["CONFIRMED"]}})).await.data();
    assert_eq!(used["bankAccounts"]["nodes"][0]["maskedNumber"], "****567");
}

#[tokio::test]
async fn a_file_is_made_for_a_day_on_which_banks_work_and_in_time() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    for day in ["2026-05-23", "2026-05-24", "2026-05-19", "2026-07-20"] {
        let input = json!({"transferOn": day, "grantApplicationIds": [payment]});
        s.staff.run(PREPARE, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    }
    let many: Vec<String> = (0..201).map(|_| entaku::kernel::id::encode("gap", uuid::Uuid::now_v7())).collect();
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": many});
    s.staff.run(PREPARE, json!({ "input": input })).await.expect_code("BAD_REQUEST/LIST_TOO_LONG");
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    s.town.app.clock.advance(chrono::Duration::days(1));
    let payer = s.town.staff(Role::Payer).await;
    payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/TRANSFER_DAY_PASSED");
}

/// M14: the database says the same to whoever comes to it past the program.
#[tokio::test]
async fn m14_the_database_keeps_what_the_bank_has() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let payment = entaku::kernel::id::decode(&payment).expect("an id").1;
    for statement in [
        "UPDATE bank_transfer_lines SET state = 'CANCELLED'",
        "UPDATE bank_transfers SET sha256 = repeat('0', 64)",
        "UPDATE bank_transfers SET produced_by = NULL",
        "UPDATE bank_transfers SET state = 'CANCELLED', sha256 = NULL",
        "INSERT INTO bank_transfer_lines (id, transfer_id, number, application_id, payment_number, organization_id,
            bank_account_id, amount_yen, state) SELECT gen_random_uuid(), transfer_id, 2, application_id, 2, organization_id, bank_account_id,
            amount_yen, 'WAITING' FROM bank_transfer_lines",
        "INSERT INTO bank_transfers (id, transfer_on, state, count, total_yen, prepared_by, produced_by, sha256)
            SELECT gen_random_uuid(), transfer_on, 'PRODUCED', 1, 1, prepared_by, produced_by, sha256 FROM bank_transfers",
        "INSERT INTO bank_accounts (id, organization_id, bank_code, bank_name, branch_code, branch_name, kind, key_id, secret,
            tail, holder_kana, state, registered_by, confirmed_by, confirmed_on)
            SELECT gen_random_uuid(), organization_id, '9999', bank_name, branch_code, branch_name, kind, key_id, secret,
            tail, holder_kana, 'CONFIRMED', registered_by, confirmed_by, confirmed_on FROM bank_accounts",
        "UPDATE bank_accounts SET confirmed_by = NULL",
        &format!("UPDATE grant_applications SET pending_yen = 1 WHERE id = '{payment}'"),
    ] {
        let tx = hall.scene.town.system();
        let told = format!("{:?}", tx.run(Sql::new(statement)).await.expect_err(statement));
        assert!(told.contains("RULE"), "{statement}: {told}");
    }
}
