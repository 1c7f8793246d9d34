//! The liaison of a district: appointed, visiting, relaying a request.

use crate::demo::stage::Stage;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::principal::AccountId;
use crate::liaison::commands::{self, LiaisonAssignmentProposeInput, LiaisonRequestReceiveInput, LiaisonVisitLogInput};
use crate::liaison::entity::{LiaisonKind, LiaisonRole, LiaisonVisitKind};
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::people::entity::SectionId;

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    let district_id = DistrictId(stage.id("district", "d1")?);
    if stage.is_there("liaison_assignments", "district_id::text", &district_id.0.to_string()).await? {
        return Ok(());
    }
    let year = FiscalYear::of(stage.today());
    let input = LiaisonAssignmentProposeInput {
        account_id: AccountId(stage.id("account", "liaison")?),
        district_id,
        role: LiaisonRole::Main,
        kind: LiaisonKind::LiaisonStaff,
        term_start: Date(year.first_day()),
        term_end: Some(Date(year.last_day())),
    };
    let id = stage.act("planning-staff", |tx| Box::pin(commands::propose_assignment(tx, input))).await?;
    stage.act("planning-staff", move |tx| Box::pin(commands::appoint_assignment(tx, id))).await?;
    visit(stage, district_id).await
}

async fn visit(stage: &Stage<'_>, district_id: DistrictId) -> Result<()> {
    let organization_id = Some(OrganizationId(stage.id("organization", "o1")?));
    let input = LiaisonVisitLogInput {
        district_id,
        organization_id,
        visited_on: Date(stage.today()),
        minutes: 90,
        kind: LiaisonVisitKind::Meeting,
        place: Some("交流センター".into()),
        content: "役員会に同席し、交付金の申請書の書き方を確認した。".into(),
        requests_heard: Some("通学路の街灯が切れている。".into()),
    };
    let visit = stage.act("liaison", |tx| Box::pin(commands::log_visit(tx, input))).await?;
    let input = LiaisonRequestReceiveInput {
        district_id,
        organization_id,
        visit_id: Some(visit),
        subject: "通学路の街灯".into(),
        content: "小学校前の街灯が二か所切れている。日が短くなる前に直してほしい。".into(),
    };
    let request = stage.act("liaison", |tx| Box::pin(commands::receive_request(tx, input))).await?;
    let section = SectionId(stage.id("section", "community")?);
    stage.act("liaison", move |tx| Box::pin(commands::forward_request(tx, request, section))).await?;
    Ok(())
}
