//! Root fields of grants: the queries here, the acts by what they are done to.

pub mod application;
pub mod calculation;
pub mod life;
pub mod programme;

use crate::grants::shapes::{
    GrantAllocation, GrantApplication, GrantChange, GrantComparison, GrantDeclaration, GrantProgramme, GrantRule,
    GrantRun, GrantRunLine, GrantSubgrant,
};
use crate::kernel::read::Queries;

/// Queries of grants.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<GrantProgramme>("grantProgrammes", "交付金制度の一覧。新しい年度から。")
        .one::<GrantProgramme>("grantProgramme", "交付金制度を一つ読む。")
        .one::<GrantAllocation>("grantAllocation", "配分を一つ読む。")
        .list::<GrantApplication>("grantApplications", "交付申請の一覧。新しい順。")
        .one::<GrantApplication>("grantApplication", "交付申請を一つ読む。")
        .list::<GrantChange>("grantChanges", "変更承認申請の一覧。古い順。")
        .one::<GrantChange>("grantChange", "変更承認申請を一つ読む。")
        .list::<GrantSubgrant>("grantSubgrants", "地域内の申請の一覧。古い順。")
        .one::<GrantSubgrant>("grantSubgrant", "地域内の申請を一つ読む。")
        .list::<GrantRule>("grantRules", "算定規則の版の一覧。名称と版の順。")
        .one::<GrantRule>("grantRule", "算定規則の版を一つ読む。")
        .list::<GrantDeclaration>("grantDeclarations", "算定に用いる値の申告の一覧。新しい日付から。")
        .list::<GrantRun>("grantRuns", "配分の算定の一覧。新しい順。")
        .one::<GrantRun>("grantRun", "配分の算定を一つ読む。")
        .one::<GrantRunLine>("grantRunLine", "算定の明細(算定調書)を一つ読む。")
        .one::<GrantComparison>("grantComparison", "算定の比較を一つ読む。")
}
