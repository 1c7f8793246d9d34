//! What a programme asks of who has its grant, laid down before it is published.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::grants::allocation::bounds;
use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::rule::Instalments;
use crate::grants::commands::calculation::run::approved;
use crate::grants::commands::calculation::{by_law, freeze, rule};
use crate::grants::commands::{GRANT_PROGRAMME_TERMS_SET, kept, offset, predecessor};
use crate::grants::entity::{
    GrantBookRule, GrantProgrammeId, GrantProgrammeState, GrantSurplusRule, grant_programme, grant_run,
};
use crate::grants::rules;
use crate::grants::rules::terms::Terms;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::error::{Error, Result};
use crate::kernel::read::sql::{Param, Sql};
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
    /// 前年度の交付金制度。その剰余金を、この制度の配分から差し引く。公開した後も、これも初年度であることも定めていなければ、どちらかを一度だけ定められる。
    pub previous_programme_id: Option<GrantProgrammeId>,
    /// 初年度の制度か。前年度の額に基づく項・調整(激変緩和など)を、前年度と比べずに算定する。前年度の交付金制度とともには指定できない。
    #[graphql(default)]
    pub first_year: bool,
    /// 額を確定するときに、帳簿に求めること。指定しなければ、締めてあること。
    pub book_rule: Option<GrantBookRule>,
    /// 算定に用いる要綱(算定規則)の名称。指定しなければ、前年度の交付金制度のものによるか、最初に承認された算定で定まる。
    pub by_law: Option<String>,
}

/// Lays the terms down, as long as the programme is prepared; of a public one only the year before, once, with the other
/// terms as they are or left out. What they leave open, and the by-law of an approved run says,
/// is as that says (CONFLICT/TERMS_DIFFER where they contradict it; CONFLICT/BY_LAW_FIXED where they name another by-law). Where it has allocations already, what waits of its
/// predecessors' surpluses is deducted from them.
pub async fn set_terms(tx: &Tx, id: GrantProgrammeId, input: GrantProgrammeTermsInput) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_TERMS_SET).await?;
    rules::programme(&row, GRANT_PROGRAMME_TERMS_SET, tx.now)?;
    let GrantProgrammeTermsInput {
        instalments,
        conditions,
        surplus_rule,
        repayment_days,
        previous_programme_id,
        first_year,
        book_rule,
        by_law,
    } = input;
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
        predecessor::is_earlier(tx, &mut checks, previous, &row).await?;
    }
    let (ja, en) =
        ("前年度の交付金制度がある制度は、初年度ではありません。", "With a predecessor it is not the first year.");
    checks.check(!first_year || previous_programme_id.is_none(), "input.firstYear", "EXCLUSIVE", ja, en);
    if row.state != GrantProgrammeState::Draft {
        let kept: Terms = kept(row.terms.as_deref())?;
        let changes = terms.instalments.as_ref().is_some_and(|own| kept.instalments.as_ref() != Some(own))
            || terms.conditions.as_ref().is_some_and(|own| kept.conditions.as_ref() != Some(own))
            || (surplus_rule, repayment_days) != (row.surplus_rule, row.repayment_days)
            || book_rule.is_some_and(|own| own != row.book_rule)
            || by_law.as_ref().is_some_and(|own| row.by_law.as_ref() != Some(own));
        rules::only_the_year_before(row.state, previous_programme_id.is_some() || first_year, changes)?;
        checks.done()?;
        return year_before(tx, row, previous_programme_id, first_year).await;
    }
    let approved = approved(tx, id).await?;
    if let Some(run) = &approved {
        predecessor::unless_compared(tx, &row, run, (previous_programme_id, first_year)).await?;
    }
    let by_law = by_law::laid_down(tx, &mut checks, &row, by_law.as_deref(), approved.is_some()).await?;
    checks.done()?;
    let terms = match approved {
        Some(run) => terms.joined(&of_by_law(tx, &run).await?)?,
        None => terms,
    };
    let mut next: grant_programme::ActiveModel = row.into();
    next.terms = Set(Some(serde_json::to_string(&terms).map_err(Error::internal)?));
    next.surplus_rule = Set(surplus_rule);
    next.repayment_days = Set(repayment_days);
    next.previous_id = Set(previous_programme_id);
    next.first_year = Set(first_year);
    next.book_rule = Set(book_rule.unwrap_or(GrantBookRule::Closed));
    next.by_law = Set(by_law);
    next.update(tx).await?;
    freeze::outdated(tx).await?;
    Ok(id)
}

/// Says which year was before a public programme.
async fn year_before(
    tx: &Tx,
    row: grant_programme::Model,
    previous: Option<GrantProgrammeId>,
    first_year: bool,
) -> Result<GrantProgrammeId> {
    let id = row.id;
    let mut next: grant_programme::ActiveModel = row.into();
    next.previous_id = Set(previous);
    next.first_year = Set(first_year);
    next.update(tx).await?;
    freeze::outdated(tx).await?;
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
        checks.check(
            of.times_fit(),
            "input.instalments.times",
            "RANGE",
            "回数と同じだけの時期を、年度の中の順に指定してください。",
            "A time for each part, in the order of the fiscal year.",
        );
    }
    if let Some(of) = &terms.conditions {
        checks.found(bounds::faults(of, "input.conditions"));
    }
}

/// What the by-law of a run asks becomes a programme's terms where these say nothing of it, or what the by-law of the run
/// that it corrects said; as long as nothing is decided under them.
///
/// # Errors
/// CONFLICT/TERMS_DIFFER where programme and by-law say something different.
pub(super) async fn adopt(tx: &Tx, run: &grant_run::Model, corrected: Option<&grant_run::Model>) -> Result<()> {
    let (row, own) = terms_of(tx, run.programme_id).await?;
    if decided(tx, run.programme_id).await? {
        return Ok(());
    }
    let laid_down = match corrected {
        Some(corrected) => own.clone().beyond(&of_by_law(tx, corrected).await?),
        None => own.clone(),
    };
    let joined = laid_down.joined(&of_by_law(tx, run).await?)?;
    if joined == own {
        return Ok(());
    }
    let mut next: grant_programme::ActiveModel = row.into();
    next.terms = Set(Some(serde_json::to_string(&joined).map_err(Error::internal)?));
    next.update(tx).await?;
    Ok(())
}

async fn of_by_law(tx: &Tx, run: &grant_run::Model) -> Result<Terms> {
    let rule = rule::of_run(tx, run).await?;
    Ok(Terms { instalments: rule.instalments, conditions: rule.conditions })
}

/// Is there a decision of the programme?
async fn decided(tx: &Tx, id: GrantProgrammeId) -> Result<bool> {
    let mut sql = Sql::new(
        "SELECT EXISTS (SELECT FROM grant_applications a WHERE a.decided_on IS NOT NULL AND a.programme_id = ",
    );
    sql.param(Param::Uuid(Some(id.0)));
    sql.push(") AS found");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    Ok(row.try_get("found")?)
}

/// A programme with its terms.
pub(super) async fn terms_of(tx: &Tx, id: GrantProgrammeId) -> Result<(grant_programme::Model, Terms)> {
    let row = grant_programme::Entity::find_by_id(id).one(tx).await?;
    let row = row.ok_or_else(|| Error::internal("an application without its programme"))?;
    let terms = kept(row.terms.as_deref())?;
    Ok((row, terms))
}
