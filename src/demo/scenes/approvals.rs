//! An approval route for large grants, and who stands in for the approver next week.

use chrono::Days;

use crate::demo::stage::Stage;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::principal::{AccountId, Role};
use crate::people::approvals::commands::{self, ApprovalRouteCreateInput, ApprovalStepInput, DelegationCreateInput};
use crate::people::approvals::entity::RoutedAct;

const TITLE: &str = "三百万円以上の交付決定";

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("approval_routes", "title", TITLE).await? {
        return Ok(());
    }
    let step = |name: &str, role| ApprovalStepInput { name: name.into(), role: Some(role), post_id: None, needed: 1 };
    let route = ApprovalRouteCreateInput {
        title: TITLE.into(),
        act: RoutedAct::GrantApplicationDecide,
        from_yen: Yen(3_000_000),
        in_order: true,
        steps: vec![step("企画担当の合議", Role::PlanningStaff), step("部長決裁", Role::Approver)],
    };
    stage.act("admin", |tx| Box::pin(commands::create_route(tx, route))).await?;
    let day = |days| stage.today().checked_add_days(Days::new(days)).map(Date).ok_or_else(|| Error::internal("no day"));
    let away = DelegationCreateInput {
        account_id: None,
        delegate_account_id: AccountId(stage.id("account", "planning-staff")?),
        starts_on: day(7)?,
        ends_on: day(11)?,
        reason: "出張のため。".into(),
    };
    stage.act("approver", |tx| Box::pin(commands::delegate(tx, away))).await?;
    Ok(())
}
