//! Two runs beside each other: who gains and who loses.

use async_graphql::{SimpleObject, Value};

use crate::grants::allocation::chart::{Bar, chart};
use crate::grants::commands::GRANT_COMPARISON_CREATE;
use crate::grants::entity::{GrantComparisonId, grant_comparison};
use crate::grants::shapes::GRANT_RULES;
use crate::grants::shapes::calculation::{GrantRun, parsed};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty, told};
use crate::kernel::request::Request;
use crate::shape;

/// 団体の額の増減。
#[derive(SimpleObject)]
pub struct GrantComparisonBody {
    /// 地域組織のID。
    pub organization_id: String,
    /// 地域組織の名称。
    pub name: String,
    /// 比較の基にした額(円)。
    pub before_yen: Yen,
    /// 額(円)。
    pub after_yen: Yen,
    /// 増減(円)。
    pub difference_yen: Yen,
    /// 項ごとの増減。
    pub terms: Vec<GrantComparisonTerm>,
}

/// 項の額の増減。
#[derive(SimpleObject)]
pub struct GrantComparisonTerm {
    /// 規則の項または調整の名前。
    pub key: String,
    /// 名称。
    pub label: String,
    /// 比較の基にした額(円)。
    pub before_yen: Yen,
    /// 額(円)。
    pub after_yen: Yen,
    /// 増減(円)。
    pub difference_yen: Yen,
}

fn compared_bodies(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(parsed(row, "document")?["bodies"].take(), "GrantComparisonBody", &[("terms", "GrantComparisonTerm")])
}

fn compared_terms(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(parsed(row, "document")?["terms"].take(), "GrantComparisonTerm", &[])
}

fn compared_chart(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let bars: Vec<Bar> = serde_json::from_value(parsed(row, "document")?["bars"].take()).map_err(Error::internal)?;
    Ok(Value::from(chart(&bars)))
}

shape! {
    GrantComparison("GrantComparison", "二つの算定の比較。団体ごと、項ごとの増減。", "grant_comparisons") { id: GrantComparisonId, row: grant_comparison::Entity }
    |shape| shape
        .one::<GrantRun>("run", "run_id", "比べる算定。")
        .one::<GrantRun>("base", "base_id", "比較の基にする算定。")
        .column::<i32>("winners", "増額となる団体の数。")
        .column::<i32>("losers", "減額となる団体の数。")
        .column::<Yen>("differenceYen", "合計の増減(円)。")
        .computed::<Vec<GrantComparisonBody>>("bodies", "団体ごとの増減。", &["document"], compared_bodies)
        .computed::<Vec<GrantComparisonTerm>>("terms", "項ごとの、全団体の増減。", &["document"], compared_terms)
        .computed::<String>("chartSvg", "増減の図(SVG)。増減の大きい順に20団体ずつ。", &["document"], compared_chart)
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(GRANT_RULES)
        .create(GRANT_COMPARISON_CREATE, "", Role::STAFF, Over::Municipality)
}
