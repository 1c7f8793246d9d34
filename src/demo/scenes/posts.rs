//! Posts and the reshuffle of next April: who holds what, who is next, what is handed over; roles that one person does
//! not hold together; and support that came, looked and left.

use chrono::Duration;

use crate::demo::stage::Stage;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::encode;
use crate::kernel::principal::{AccountId, Role};
use crate::people::posts::commands::{
    self, DutySeparationCreateInput, HandoverNoteInput, PersonnelMoveInput, PersonnelTransferOrderInput,
    PostCreateInput, PostHandOverInput,
};
use crate::people::posts::entity::{HandoverId, PostId};
use crate::people::support::commands::{self as support, NewSupport};

const LIAISON: &str = "地域担当職員(第1地区)";
const GRANTS: &str = "交付金担当主任";
const SUPPORTER: &str = "集落支援員";

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("posts", "name", LIAISON).await? {
        return Ok(());
    }
    let district = encode("dst", stage.id("district", "d1")?);
    let liaison = post(stage, LIAISON, Role::Liaison, Some(district), "liaison").await?;
    let grants = post(stage, GRANTS, Role::GrantStaff, None, "grant-staff").await?;
    reshuffle(stage, liaison, grants).await?;
    vacant(stage).await?;
    let apart = DutySeparationCreateInput {
        one: Role::OrgAccountant,
        other: Role::OrgAuditor,
        reason: "会計と監事は兼ねられない(地域組織の会則)".to_owned(),
    };
    stage.act("admin", |tx| Box::pin(commands::create_separation(tx, apart))).await?;
    help(stage).await
}

/// A post that somebody takes today.
async fn post(stage: &Stage<'_>, name: &str, role: Role, over: Option<String>, holder: &str) -> Result<PostId> {
    let today = Date(stage.today());
    let input = PostCreateInput { name: name.to_owned(), role, scope_id: over.map(Into::into), established_on: today };
    let id = stage.act("admin", |tx| Box::pin(commands::create_post(tx, input))).await?;
    let successor_account_id = Some(AccountId(stage.id("account", holder)?));
    let input = PostHandOverInput { successor_account_id, takes_effect_on: today, ends_on: None };
    stage.act("admin", move |tx| Box::pin(commands::hand_over(tx, id, input))).await
}

/// A post that nobody has taken yet.
async fn vacant(stage: &Stage<'_>) -> Result<PostId> {
    let established_on = Date(stage.today());
    let input = PostCreateInput { name: SUPPORTER.to_owned(), role: Role::Coordinator, scope_id: None, established_on };
    stage.act("admin", |tx| Box::pin(commands::create_post(tx, input))).await
}

/// On the first of April the liaison's post passes on, and the other is left vacant.
async fn reshuffle(stage: &Stage<'_>, liaison: PostId, grants: PostId) -> Result<()> {
    let april = FiscalYear::of(stage.today()).last_day().succ_opt().ok_or_else(|| Error::internal("no day"))?;
    let next = AccountId(stage.id("account", "planning-staff")?);
    let one = |post_id, successor_account_id| PersonnelMoveInput { post_id, successor_account_id, ends_on: None };
    let input = PersonnelTransferOrderInput {
        title: format!("{}4月1日付け人事異動", FiscalYear::of(april).label().replace("年度", "年")),
        takes_effect_on: Date(april),
        moves: vec![one(liaison, Some(next)), one(grants, None)],
    };
    stage.act("admin", |tx| Box::pin(commands::order_transfer(tx, input))).await?;
    let note = HandoverNoteInput {
        notes: Some("防災訓練の打合せは毎月第2火曜。要望の回答は会長に電話で伝えてから書面で。".to_owned()),
        contacts: Some("交流センターの窓口を通すと、役員全員に伝わる。".to_owned()),
    };
    stage
        .act("liaison", move |tx| {
            Box::pin(async move {
                let planned = commands::planned(tx, liaison).await?.ok_or(Error::NotFound)?;
                commands::note(tx, HandoverId(planned.id.0), note).await
            })
        })
        .await?;
    Ok(())
}

/// Support looks at why a mail did not arrive, and the administrator ends its session.
async fn help(stage: &Stage<'_>) -> Result<()> {
    let tx = stage.system();
    let new = NewSupport {
        operator: "運用 太郎",
        reason: "招待メールが届かないとの問い合わせの調査",
        duration: Duration::hours(1),
    };
    let (id, _) = support::open(&tx, &stage.app.settings.issuer, new).await?;
    tx.commit().await?;
    stage.act("admin", move |tx| Box::pin(support::end(tx, id))).await?;
    Ok(())
}
