//! Numbers that no statistic has: lamps, sub-communities, costs. Declared by the organization or for it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::allocation::exact::Exact;
use crate::grants::commands::{GRANT_DECLARATION_CONFIRM, GRANT_DECLARATION_RECORD};
use crate::grants::entity::{GrantDeclarationId, GrantDeclarationState, grant_declaration};
use crate::grants::shapes::GrantDeclaration;
use crate::grants::{notices, rules};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::DUTIES_APART;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::notifications::entity::NotificationKind;

/// 申告の内容。数・真偽・語のいずれか一つを指定する。
#[derive(InputObject)]
pub struct GrantDeclarationRecordInput {
    /// 地域組織。指定しないと、自治体全体の値(職員だけが記録できる)。
    pub organization_id: Option<OrganizationId>,
    /// 申告の項目(規則の指標が名前で指す)。
    pub item: String,
    /// いつの値か。
    pub as_of: Date,
    /// 数。
    pub number: Option<Exact>,
    /// 真偽。
    pub flag: Option<bool>,
    /// 語。
    pub word: Option<String>,
    /// 出典(台帳、請求書など)。
    pub source: String,
}

/// Records a declaration. What it says does not change; a later one for the same item and day corrects it. What an
/// organization says of itself counts for allocations once staff have confirmed it; what staff record counts at once.
pub async fn record_declaration(tx: &Tx, input: GrantDeclarationRecordInput) -> Result<GrantDeclarationId> {
    let GrantDeclarationRecordInput { organization_id, item, as_of, number, flag, word, source } = input;
    let organization = match organization_id {
        Some(id) => Some(tx.peek::<CommunityOrganization>(id, Action::READ).await?),
        None => None,
    };
    let scope: Vec<_> = organization_id.iter().map(|id| ("organization_id", id.0)).collect();
    tx.may_create::<GrantDeclaration>(GRANT_DECLARATION_RECORD, &scope)?;
    let mut checks = Checks::new();
    let given = usize::from(number.is_some()) + usize::from(flag.is_some()) + usize::from(word.is_some());
    let (ja, en) = ("数・真偽・語のいずれか一つを指定してください。", "Give a number, a flag or a word.");
    checks.check(given == 1, "input", "ONE_OF", ja, en);
    let negative = number.as_ref().is_some_and(Exact::is_negative);
    checks.check(!negative, "input.number", "RANGE", "0以上で入力してください。", "0 or more.");
    let row = grant_declaration::ActiveModel {
        id: Set(GrantDeclarationId::new()),
        organization_id: Set(organization_id),
        district_id: Set(organization.map(|row| row.district_id)),
        item: Set(checks.text("input.item", &item, 60)),
        as_of: Set(as_of),
        number: Set(number.map(|number| number.written())),
        flag: Set(flag),
        word: Set(word.map(|word| checks.text("input.word", &word, 60))),
        source: Set(checks.text("input.source", &source, 200)),
        state: Set(state(tx, organization_id)),
        ..Default::default()
    };
    checks.done()?;
    let row = row.insert(tx).await?;
    if row.state == GrantDeclarationState::Declared {
        notices::tell_of_declaration(tx, &row, NotificationKind::GrantDeclared).await?;
    }
    Ok(row.id)
}

/// Whoever holds an office of the organization speaks for it, whatever else they are.
fn state(tx: &Tx, organization: Option<OrganizationId>) -> GrantDeclarationState {
    let own = tx.principal.scopes(Role::ORGANIZATION, ScopeKind::Organization);
    if organization.is_some_and(|id| own.contains(&id.0)) {
        GrantDeclarationState::Declared
    } else {
        GrantDeclarationState::Recorded
    }
}

/// Confirms what an organization declared. Somebody else than who declared it does.
///
/// # Errors
/// CONFLICT/STATE where there is nothing to confirm; CONFLICT/CORRECTED where a newer one says it otherwise;
/// FORBIDDEN/DUTIES_APART for the people of the organization.
pub async fn confirm_declaration(tx: &Tx, id: GrantDeclarationId) -> Result<GrantDeclarationId> {
    let row = tx.load::<GrantDeclaration>(id, GRANT_DECLARATION_CONFIRM).await?;
    rules::declaration(&row, GRANT_DECLARATION_CONFIRM, tx.now)?;
    if state(tx, row.organization_id) == GrantDeclarationState::Declared {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    uncorrected(tx, id).await?;
    let mut next: grant_declaration::ActiveModel = row.clone().into();
    next.state = Set(GrantDeclarationState::Confirmed);
    next.confirmed_by = Set(tx.principal.account);
    next.confirmed_at = Set(Some(tx.now));
    next.update(tx).await?;
    notices::tell_of_declaration(tx, &row, NotificationKind::GrantDeclarationConfirmed).await?;
    Ok(id)
}

/// The newest word of an item and day is the one to look at.
async fn uncorrected(tx: &Tx, id: GrantDeclarationId) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT 1 FROM grant_declarations d JOIN grant_declarations n ON n.municipality_id = d.municipality_id \
         AND n.organization_id = d.organization_id AND n.item = d.item AND n.as_of = d.as_of \
         AND (n.created_at, n.id) > (d.created_at, d.id) WHERE d.id = ",
    );
    sql.param(Param::Uuid(Some(id.0)));
    if tx.rows(sql).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "CORRECTED",
        "同じ項目・同じ日の新しい申告で訂正されています。新しい申告を確認してください。",
        "A newer declaration of the same item and day corrects it. Look at that one.",
    )))
}
