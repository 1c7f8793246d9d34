//! The proposal, by the one who proposes: drafted, submitted, withdrawn.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use super::{PROPOSAL_CHANGE, PROPOSAL_CREATE, PROPOSAL_SUBMIT, PROPOSAL_WITHDRAW, begin, write};
use crate::challenges::entity::{
    CallId, CallState, ChallengeCategory, ProposalId, ProposalState, ProposerKind, call, proposal,
};
use crate::challenges::shapes::{ChallengeCall, ChallengeProposal};
use crate::challenges::{notices, rules};
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::entity::account;

/// 提案の内容。
#[derive(InputObject)]
pub struct ChallengeProposalCreateInput {
    /// 公募。
    pub call_id: CallId,
    /// 部門。公募が認める部門から。
    pub category: ChallengeCategory,
    /// 題名。
    pub title: String,
    /// 概要。
    pub summary: String,
    /// 自分のこと(my): なぜ自分がするのか。
    pub my_text: String,
    /// 社会のこと(social): 地域のどんな課題か。
    pub social_text: String,
    /// 行動(action): 何をするのか。
    pub action_text: String,
    /// 希望する額。
    pub requested_yen: Yen,
    /// 本人が氏名の公開に同意しているか。
    pub name_public: bool,
    /// 提案者の種類。
    pub proposer_kind: ProposerKind,
    /// グループ・団体・企業の名称。個人なら指定しない。
    pub group_name: Option<String>,
    /// 地域組織として提案するときの地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 保護者の同意を得ているか(子どもチャレンジの提出に必要)。
    pub guardian_consent: bool,
}

/// Drafts a proposal for an open call.
pub async fn create_proposal(tx: &Tx, input: ChallengeProposalCreateInput) -> Result<ProposalId> {
    let ChallengeProposalCreateInput {
        call_id,
        category,
        title,
        summary,
        my_text,
        social_text,
        action_text,
        requested_yen,
        name_public,
        proposer_kind,
        group_name,
        organization_id,
        guardian_consent,
    } = input;
    let call = tx.peek::<ChallengeCall>(call_id, Action::READ).await?;
    tx.may_create::<ChallengeProposal>(PROPOSAL_CREATE, &[])?;
    speaks_for(tx, organization_id).await?;
    let proposer = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let name = account::Entity::find_by_id(proposer).one(tx).await?.ok_or(Error::Unauthenticated)?.name;
    if call.state != CallState::Open {
        return Err(Refusal::new("CALL_NOT_OPEN", "この公募は受け付けていません。", "The call is not open.").into());
    }
    let mut checks = Checks::new();
    check_fit(&mut checks, &call, category, requested_yen);
    let row = proposal::ActiveModel {
        id: Set(ProposalId::new()),
        call_id: Set(call_id),
        category: Set(category),
        title: Set(checks.text("input.title", &title, 100)),
        summary: Set(checks.text("input.summary", &summary, 2000)),
        my_text: Set(checks.text("input.myText", &my_text, 4000)),
        social_text: Set(checks.text("input.socialText", &social_text, 4000)),
        action_text: Set(checks.text("input.actionText", &action_text, 4000)),
        requested_yen: Set(requested_yen),
        proposer_id: Set(proposer),
        proposer_name: Set(name),
        name_public: Set(name_public),
        proposer_kind: Set(proposer_kind),
        group_name: Set(group(&mut checks, proposer_kind, group_name.as_deref())),
        organization_id: Set(organization_id),
        guardian_consent: Set(guardian_consent),
        state: Set(ProposalState::Draft),
        ..Default::default()
    };
    let (ja, en) = ("地域組織を指定するのは、団体として提案するときだけです。", "Only an organization names one.");
    let fits = organization_id.is_none() || proposer_kind == ProposerKind::Organization;
    checks.check(fits, "input.organizationId", "KIND", ja, en);
    checks.done()?;
    tx.insert_later(row)
}

/// Who proposes for an organization is one of its officers.
async fn speaks_for(tx: &Tx, organization: Option<OrganizationId>) -> Result<()> {
    let Some(id) = organization else { return Ok(()) };
    tx.peek::<CommunityOrganization>(id, Action::READ).await?;
    let held = tx.principal.scopes(&[Role::OrgOfficer], ScopeKind::Organization);
    if held.contains(&id.0) { Ok(()) } else { Err(Error::Forbidden("NOT_OFFICER")) }
}

fn check_fit(checks: &mut Checks, call: &call::Model, category: ChallengeCategory, requested: Yen) {
    let allowed = rules::categories(call).contains(&category);
    let (ja, en) = ("この公募では受け付けていない部門です。", "The call does not take this category.");
    checks.check(allowed, "input.category", "CATEGORY", ja, en);
    let within = requested > Yen(0) && requested <= call.max_yen;
    let (ja, en) = ("1円から公募の上限額までで入力してください。", "1 yen to the maximum of the call.");
    checks.check(within, "input.requestedYen", "RANGE", ja, en);
}

/// A group has a name, a person has none.
fn group(checks: &mut Checks, kind: ProposerKind, name: Option<&str>) -> Option<String> {
    if kind == ProposerKind::Person {
        let (ja, en) = ("個人の提案には名称を入れないでください。", "A person's proposal has no group name.");
        checks.check(name.is_none(), "input.groupName", "KIND", ja, en);
        return None;
    }
    Some(checks.text("input.groupName", name.unwrap_or(""), 100))
}

/// 提案の下書きの変更。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct ChallengeProposalChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 部門。
    pub category: Option<ChallengeCategory>,
    /// 題名。
    pub title: Option<String>,
    /// 概要。
    pub summary: Option<String>,
    /// 自分のこと(my)。
    pub my_text: Option<String>,
    /// 社会のこと(social)。
    pub social_text: Option<String>,
    /// 行動(action)。
    pub action_text: Option<String>,
    /// 希望する額。
    pub requested_yen: Option<Yen>,
    /// 本人が氏名の公開に同意しているか。
    pub name_public: Option<bool>,
    /// グループ・団体・企業の名称。
    pub group_name: MaybeUndefined<String>,
    /// 保護者の同意を得ているか。
    pub guardian_consent: Option<bool>,
}

/// Changes a draft.
pub async fn change_proposal(tx: &Tx, id: ProposalId, input: ChallengeProposalChangeInput) -> Result<ProposalId> {
    let old = begin(tx, id, PROPOSAL_CHANGE).await?;
    let ChallengeProposalChangeInput {
        revision,
        category,
        title,
        summary,
        my_text,
        social_text,
        action_text,
        requested_yen,
        name_public,
        group_name,
        guardian_consent,
    } = input;
    same_revision::<ChallengeProposal>(id, old.revision, revision)?;
    let call = tx.peek::<ChallengeCall>(old.call_id, Action::READ).await?;
    let mut checks = Checks::new();
    let (category, requested) = (category.unwrap_or(old.category), requested_yen.unwrap_or(old.requested_yen));
    check_fit(&mut checks, &call, category, requested);
    let kind = old.proposer_kind;
    let (public, consent) = (name_public.unwrap_or(old.name_public), guardian_consent.unwrap_or(old.guardian_consent));
    let mut row: proposal::ActiveModel = old.into();
    row.category = Set(category);
    row.requested_yen = Set(requested);
    row.name_public = Set(public);
    row.guardian_consent = Set(consent);
    if !group_name.is_undefined() {
        row.group_name = Set(group(&mut checks, kind, group_name.value().map(String::as_str)));
    }
    let texts = [
        ("input.title", title, &mut row.title, 100),
        ("input.summary", summary, &mut row.summary, 2000),
        ("input.myText", my_text, &mut row.my_text, 4000),
        ("input.socialText", social_text, &mut row.social_text, 4000),
        ("input.actionText", action_text, &mut row.action_text, 4000),
    ];
    for (path, text, column, most) in texts {
        if let Some(text) = text {
            *column = Set(checks.text(path, &text, most));
        }
    }
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// Submits a draft, within the days of the call.
pub async fn submit(tx: &Tx, id: ProposalId) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_SUBMIT).await?;
    let call = tx.peek::<ChallengeCall>(row.call_id, Action::READ).await?;
    rules::taken(&call, tx.today())?;
    notices::submitted(tx, &row).await?;
    let now = tx.now;
    write(tx, row, move |row| {
        row.state = Set(ProposalState::Submitted);
        row.submitted_at = Set(Some(now));
    })
    .await
}

/// Takes a proposal back before it is decided.
pub async fn withdraw(tx: &Tx, id: ProposalId) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_WITHDRAW).await?;
    notices::withdrawn(tx, &row).await?;
    write(tx, row, |row| row.state = Set(ProposalState::Withdrawn)).await
}
