//! The bank: accounts that two people stand for, files that two people make, reports that pay once; and who would like to
//! be paid instead.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entaku::kernel::id::decode;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::{Value, json};

use crate::grants::Scene;
use crate::organizations::text;
use crate::support::Client;
use crate::support::client::Answer;

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/", $file, ".graphql"));
    };
}

mod accounts;
mod awaited;
pub(crate) mod by_hand;
mod came_back;
mod due;
mod instalments;
mod refusals;
mod reports;
mod rests;
mod statements;
mod taken_back;
mod transfers;

story!(REGISTER, "420-bank-account-register");
story!(CONFIRM, "421-bank-account-confirm");
story!(SOURCE, "424-transfer-source-set");
story!(PREPARE, "425-bank-transfer-prepare");
story!(PRODUCE, "426-bank-transfer-produce");
story!(CANCEL, "427-bank-transfer-cancel");
story!(IMPORT, "428-bank-report-import");
story!(TRANSFERS, "429-bank-transfers-read");
const EXECUTE: &str = include_str!("../../docs/stories/23-grant-payment-execute.graphql");
const PAYMENT_REQUEST: &str = include_str!("../../docs/stories/22-grant-payment-request.graphql");

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

    /// Somebody who is an officer of the organization and a payer of the town, a payment that they have asked for, and the
    /// file that holds it.
    async fn asked_for_by_a_payer(&self) -> (Client, String, String) {
        let s = &self.scene;
        let over = decode(&s.organization).expect("an id").1;
        let (both, _) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(over)).await;
        s.town.appoint(both, Role::Payer, ScopeKind::Municipality, None).await;
        let both = s.town.as_account(both).await;
        let payment = s.decided().await;
        both.run(PAYMENT_REQUEST, json!({ "id": payment })).await.data();
        let file = text(&self.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
        (both, payment, file)
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
