//! Awards as a package of the 360Giving Data Standard 1.1 (<https://standard.threesixtygiving.org/>). Ids without a public
//! register follow its rule for internal ones: `360G-`, the publisher, the id.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Of;
use crate::grants::open_data::{Award, Organization};
use crate::grants::papers::NOT_PUBLIC;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;

/// The version of the standard.
const VERSION: &str = "1.1";

/// Writes a package.
pub(super) fn package(of: &Of, awards: &[Award]) -> Result<Vec<u8>> {
    let publisher = publisher(of);
    let grants: Vec<Value> = awards.iter().map(|award| grant(of, &publisher, award)).collect();
    let package = json!({
        "version": VERSION,
        "title": format!("{} {} 交付金", of.town.name, of.year.label()),
        "publisher": { "identifier": funder(&publisher), "name": of.town.name },
        "grants": grants,
    });
    serde_json::to_vec_pretty(&package).map_err(Error::internal)
}

fn publisher(of: &Of) -> String {
    format!("entaku{}", of.town.code.as_str())
}

fn funder(publisher: &str) -> String {
    format!("360G-{publisher}-ORG:municipality")
}

fn grant(of: &Of, publisher: &str, award: &Award) -> Value {
    let Award { id, title, chain, decided_on, organization, programme, .. } = award;
    let mut grant = json!({
        "id": format!("360G-{publisher}-{id}"),
        "title": title,
        "description": format!("{}({}、{}){}", title, programme.title, of.year.label(), became(award)),
        "currency": "JPY",
        "amountAwarded": chain.decided,
        "awardDate": decided_on.to_string(),
        "recipientOrganization": [recipient(publisher, id, organization)],
        "fundingOrganization": [{ "id": funder(publisher), "name": of.town.name }],
        "grantProgramme": [{ "code": programme.id, "title": programme.title, "description": programme.legal_basis }],
        "beneficiaryLocation": [{ "name": organization.district, "countryCode": "JP" }],
    });
    if chain.paid.0 > 0 {
        grant["amountDisbursed"] = json!(chain.paid);
    }
    grant
}

/// What became of the award, for which the standard has no fields.
fn became(award: &Award) -> String {
    let Award { chain, fixed_on, revoked_on, .. } = award;
    let told = |name: &str, yen: Yen| (yen.0 > 0).then(|| format!("{name} {yen}"));
    let day = |name: &str, day: &Option<NaiveDate>| day.map(|day| format!("{name} {day}"));
    let parts = [
        day("額の確定", fixed_on),
        told("確定額", chain.fixed),
        day("交付決定の取消し", revoked_on),
        told("繰越・積立額", chain.kept),
        told("後の年度の配分から差し引く額", chain.offset),
        told("返還を命じた額", chain.ordered),
        told("返還された額", chain.repaid),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("。{}", parts.join("、")) }
}

/// Of an organization that is not public the award's id stands for its own.
fn recipient(publisher: &str, award: &str, organization: &Organization) -> Value {
    let Organization { id, name, corporate_number, .. } = organization;
    let id = id.as_deref().unwrap_or(award);
    // JP-JCN: the list of 法人番号 in org-id.guide.
    let id = match corporate_number {
        Some(number) => format!("JP-JCN-{number}"),
        None => format!("360G-{publisher}-ORG:{id}"),
    };
    json!({ "id": id, "name": name.as_deref().unwrap_or(NOT_PUBLIC) })
}
