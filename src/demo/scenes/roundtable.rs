//! A regional round table, held, recorded and published; and the next one, announced.

use chrono::Duration;

use crate::demo::scenes::files;
use crate::demo::stage::Stage;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::roundtables::commands::{
    self, RoundtableActionItemRecordInput, RoundtableDecisionRecordInput, RoundtableHoldInput,
    RoundtableIssueRecordInput, RoundtableParticipantAddInput, RoundtablePassageRecordInput, RoundtablePlanInput,
};
use crate::roundtables::entity::{Audience, IssueOutcome, ParticipantRole, RoundtableId, Sector, SessionKind};

/// As a spreadsheet writes it.
const ANSWERS: &str = "\u{FEFF}問,はい,いいえ\r\n話し合いの内容はよく分かったか,21,2\r\nまた参加したいか,19,4\r\n";

const TITLE: &str = "第1回 地域円卓会議";

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("roundtables", "title", TITLE).await? {
        return Ok(());
    }
    let held = announce(stage, TITLE, "買い物に困る世帯をどう支えるか", -30).await?;
    stage.act("org-officer", move |tx| Box::pin(record(tx, held))).await?;
    let file = files::send(stage, "org-officer", "来場者アンケート.csv", ANSWERS).await?;
    stage.act("org-officer", move |tx| Box::pin(commands::attach_file(tx, held, file))).await?;
    stage.act("org-officer", move |tx| Box::pin(commands::submit(tx, held))).await?;
    stage.act("planning-staff", move |tx| Box::pin(commands::publish(tx, held))).await?;
    announce(stage, "第2回 地域円卓会議", "空き家を若い世代の住まいに", 30).await?;
    Ok(())
}

async fn announce(stage: &Stage<'_>, title: &str, theme: &str, days: i64) -> Result<RoundtableId> {
    let input = RoundtablePlanInput {
        organization_id: Some(OrganizationId(stage.id("organization", "o1")?)),
        district_id: None,
        title: title.into(),
        theme: theme.into(),
        purpose: "立場の異なる人が困りごとを持ち寄り、事実から話し合う。".into(),
        starts_at: stage.app.clock.now() + Duration::days(days),
        venue: "交流センター 大会議室".into(),
        audience: Audience::Public,
    };
    let id = stage.act("org-officer", |tx| Box::pin(commands::plan(tx, input))).await?;
    stage.act("org-officer", move |tx| Box::pin(commands::announce(tx, id))).await
}

async fn record(tx: &Tx, id: RoundtableId) -> Result<RoundtableId> {
    let held_on = Date(tx.today() - Duration::days(30));
    commands::hold(tx, id, RoundtableHoldInput { held_on, audience_count: 25 }).await?;
    let people = [
        (ParticipantRole::IssuePresenter, "例岡 さくら", "民生委員", Sector::Community),
        (ParticipantRole::CenterMember, "仮岡 健", "商店会", Sector::Company),
        (ParticipantRole::Moderator, "試岡 直子", "市民活動センター", Sector::Nonprofit),
    ];
    for (role, name, affiliation, sector) in people {
        let input = RoundtableParticipantAddInput {
            roundtable_id: id,
            role,
            name: name.into(),
            name_public: role != ParticipantRole::CenterMember,
            affiliation: Some(affiliation.into()),
            sector,
        };
        commands::add_participant(tx, input).await?;
    }
    passages(tx, id).await?;
    outcomes(tx, id).await?;
    Ok(id)
}

async fn passages(tx: &Tx, id: RoundtableId) -> Result<()> {
    let passages = [
        (1, SessionKind::Opening, "開会。進め方と、来場者にも話してもらうことを確認した。"),
        (2, SessionKind::Presentation, "商店が閉じて一年、車を持たない三十世帯の買い物の実情が示された。"),
        (3, SessionKind::Session1, "移動販売と乗り合いの両面から、続けられる形を話し合った。"),
    ];
    for (number, session, text) in passages {
        let input =
            RoundtablePassageRecordInput { roundtable_id: id, number, revision: None, session, text: text.into() };
        commands::record_passage(tx, input).await?;
    }
    Ok(())
}

async fn outcomes(tx: &Tx, id: RoundtableId) -> Result<()> {
    let issue = RoundtableIssueRecordInput {
        roundtable_id: id,
        title: "買い物に困る世帯".into(),
        text: "車を持たない三十世帯が、週に一度の買い物にも困っている。".into(),
        outcome: Some(IssueOutcome::NewProject),
    };
    commands::record_issue(tx, issue).await?;
    let text = "移動販売を月に二度試し、利用を記録する。".to_owned();
    commands::record_decision(tx, RoundtableDecisionRecordInput { roundtable_id: id, text }).await?;
    let item = RoundtableActionItemRecordInput {
        roundtable_id: id,
        what: "移動販売の事業者と日程を決める".into(),
        owner: "事務局".into(),
        due_on: Date(tx.today() + Duration::days(14)),
    };
    commands::record_action_item(tx, item).await?;
    Ok(())
}
