//! What a programme asks of who has its grant, laid down before it is published.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::rule::Instalments;
use crate::grants::commands::{GRANT_PROGRAMME_TERMS_SET, kept, offset};
use crate::grants::entity::{GrantProgrammeId, GrantSurplusRule, grant_programme};
use crate::grants::rules;
use crate::grants::rules::terms::Terms;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 交付の条件。
#[derive(InputObject)]
pub struct GrantProgrammeTermsInput {
    /// 分割払。指定しなければ、一度に支払う。
    pub instalments: Option<Instalments>,
    /// 実績報告の期限、軽微な変更、積立ての限度など。指定しなければ、期限は完了から1月(年度内)、軽微な変更は費目ごとに2割。
    pub conditions: Option<Conditions>,
    /// 剰余金の扱い。
    pub surplus_rule: GrantSurplusRule,
    /// 返還を命じた日から期限までの日数。
    pub repayment_days: i32,
    /// 前年度の交付金制度。その剰余金を、この制度の配分から差し引く。
    pub previous_programme_id: Option<GrantProgrammeId>,
}

/// Lays the terms down, as long as the programme is prepared. Where it has allocations already, what waits of its
/// predecessors' surpluses is deducted from them.
pub async fn set_terms(tx: &Tx, id: GrantProgrammeId, input: GrantProgrammeTermsInput) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_TERMS_SET).await?;
    rules::programme(&row, GRANT_PROGRAMME_TERMS_SET, tx.now)?;
    let GrantProgrammeTermsInput { instalments, conditions, surplus_rule, repayment_days, previous_programme_id } =
        input;
    let mut checks = Checks::new();
    checks.check(
        (1..=365).contains(&repayment_days),
        "input.repaymentDays",
        "RANGE",
        "1日から365日までで指定してください。",
        "From 1 to 365 days.",
    );
    let terms = Terms { instalments, conditions };
    check(&mut checks, &terms);
    if let Some(previous) = previous_programme_id {
        let previous = tx.peek::<GrantProgramme>(previous, Action::READ).await?;
        checks.check(
            previous.fiscal_year < row.fiscal_year,
            "input.previousProgrammeId",
            "ORDER",
            "前の年度の交付金制度を指定してください。",
            "A programme of an earlier fiscal year.",
        );
    }
    checks.done()?;
    let mut next: grant_programme::ActiveModel = row.into();
    next.terms = Set(Some(serde_json::to_string(&terms).map_err(Error::internal)?));
    next.surplus_rule = Set(surplus_rule);
    next.repayment_days = Set(repayment_days);
    next.previous_id = Set(previous_programme_id);
    next.update(tx).await?;
    offset::deduct(tx, id).await?;
    Ok(id)
}

fn check(checks: &mut Checks, terms: &Terms) {
    if let Some(of) = &terms.instalments {
        let within = (1..=12).contains(&of.count);
        checks.check(
            within,
            "input.instalments.count",
            "RANGE",
            "1から12までの回数を指定してください。",
            "From 1 to 12 parts.",
        );
        checks.check(of.unit.0 > 0, "input.instalments.unit", "RANGE", "1円以上で指定してください。", "1 yen or more.");
    }
    let Some(of) = &terms.conditions else { return };
    if let Some(report) = of.report {
        let within = (0..=24).contains(&report.months);
        checks.check(
            within,
            "input.conditions.report.months",
            "RANGE",
            "0から24までの月数を指定してください。",
            "From 0 to 24 months.",
        );
    }
    if let Some(reserve) = of.reserve {
        checks.check(
            reserve.most.0 >= 0,
            "input.conditions.reserve.most",
            "RANGE",
            "0円以上で指定してください。",
            "0 yen or more.",
        );
    }
}

/// A programme with its terms.
pub(super) async fn terms_of(tx: &Tx, id: GrantProgrammeId) -> Result<(grant_programme::Model, Terms)> {
    let row = grant_programme::Entity::find_by_id(id).one(tx).await?;
    let row = row.ok_or_else(|| Error::internal("an application without its programme"))?;
    let terms = kept(row.terms.as_deref())?;
    Ok((row, terms))
}
