//! How the amounts of a year's programmes are calculated, in plain Japanese.

use std::collections::HashMap;

use chrono::NaiveDate;
use tokio_postgres::Row;

use super::{of_year, visible};
use crate::grants::allocation::methodology::methodology;
use crate::grants::allocation::rule::Rule;
use crate::grants::papers::districts;
use crate::grants::shapes::{GrantProgramme, GrantRule, GrantRun};
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::paper::{Block, Paper};
use crate::kernel::read::sql::Sql;
use crate::kernel::tx::Tx;

/// How the programmes of a fiscal year are calculated, each by the rule of the newest run whose results are published; nothing where there
/// is no such run.
pub async fn methods(tx: &Tx, year: FiscalYear, town: &str) -> Result<Option<Paper>> {
    let mut sql = Sql::new(
        "SELECT DISTINCT ON (p.title, p.id) p.title AS programme, p.legal_basis, p.budget_yen, t.total_yen, \
         t.organizations, t.approved_on, t.superseded_on, r.title AS rule, r.version, r.document",
    );
    of_methods(&mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY p.title, p.id, t.id DESC");
    let rows = tx.rows(sql).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let (names, mut blocks, mut day) = (districts(tx).await?, Vec::new(), NaiveDate::MIN);
    for row in &rows {
        day = day.max(row.try_get::<_, Option<NaiveDate>>("approved_on")?.unwrap_or_else(|| year.first_day()));
        blocks.extend(method(row, &names)?);
    }
    let title = format!("{town} {} 交付金の算定方法", year.label());
    Ok(Some(Paper { foot: title.clone(), title, day, blocks }))
}

/// The tables of runs with their rules, and a condition.
pub(super) fn of_methods(sql: &mut Sql) {
    sql.push(
        " FROM grant_runs t \
         JOIN grant_programmes p ON p.municipality_id = t.municipality_id AND p.id = t.programme_id \
         JOIN grant_rules r ON r.municipality_id = t.municipality_id AND r.id = t.rule_id WHERE ",
    );
    visible::<GrantRun>("t", sql);
    sql.push(" AND ");
    visible::<GrantProgramme>("p", sql);
    sql.push(" AND ");
    visible::<GrantRule>("r", sql);
}

fn method(row: &Row, names: &HashMap<String, String>) -> Result<Vec<Block>> {
    let document: &str = row.try_get("document")?;
    let rule: Rule = serde_json::from_str(document).map_err(Error::internal)?;
    let text = |name: &str| row.try_get::<_, String>(name);
    let yen = |name: &str| row.try_get::<_, i64>(name).map(|yen| Yen(yen).to_string());
    let facts = [
        ("根拠", text("legal_basis")?),
        ("算定規則", format!("{} 第{}版", text("rule")?, row.try_get::<_, i32>("version")?)),
        ("規則のSHA-256", sha256(document.as_bytes())),
        ("予算額", yen("budget_yen")?),
        ("算定による合計", yen("total_yen")?),
        ("団体の数", row.try_get::<_, i32>("organizations")?.to_string()),
    ];
    let mut facts: Vec<_> = facts.into_iter().map(|(name, what)| (name.to_owned(), what)).collect();
    if let Some(day) = row.try_get::<_, Option<NaiveDate>>("superseded_on")? {
        let said = format!("{day}に訂正の算定が承認された。その結果は公表されていない");
        facts.insert(0, ("訂正済み".to_owned(), said));
    }
    let mut blocks = vec![Block::Heading(text("programme")?), Block::Facts(facts)];
    blocks.extend(methodology(&rule, &|id| names.get(id).cloned().unwrap_or_else(|| id.to_owned())));
    Ok(blocks)
}
