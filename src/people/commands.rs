//! What is done with people: one function a verb.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};
use uuid::Uuid;

use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, MunicipalityId, Role, ScopeKind, SessionId};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{
    AppointmentId, InvitationId, SectionId, SettingsId, account, appointment, invitation, municipality, section,
    settings,
};
use crate::people::rules::{self, INVITATION_LIFE};
use crate::people::shapes::{Account, Appointment, MunicipalitySettings, Section, Session};
use crate::people::{housekeeping, scope as scopes, session, token};

/// アカウントを作る。
pub const ACCOUNT_CREATE: Action = Action("accountCreate");
/// アカウントを停止する。
pub const ACCOUNT_SUSPEND: Action = Action("accountSuspend");
/// 任命する。
pub const APPOINTMENT_CREATE: Action = Action("appointmentCreate");
/// 任命を終える。
pub const APPOINTMENT_END: Action = Action("appointmentEnd");
/// 部署を作る。
pub const SECTION_CREATE: Action = Action("sectionCreate");
/// 部署の連絡先などを変える。
pub const SECTION_CHANGE: Action = Action("sectionChange");
/// 部署を廃止する。
pub const SECTION_ABOLISH: Action = Action("sectionAbolish");
/// 設定を変える。
pub const SETTINGS_CHANGE: Action = Action("municipalitySettingsChange");
/// サインアウトする。
pub const SESSION_END: Action = Action("sessionEnd");

/// アカウントの内容。
#[derive(InputObject)]
pub struct AccountCreateInput {
    /// メールアドレス。サインインに使う。
    pub email: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// 最初のパスワード(12文字以上)。
    pub initial_password: String,
}

/// Makes an account. `hash` is the initial password's.
pub async fn create_account(tx: &Tx, input: AccountCreateInput, hash: String) -> Result<AccountId> {
    tx.may_create::<Account>(ACCOUNT_CREATE, &[])?;
    let AccountCreateInput { email, name, name_kana, initial_password: _ } = input;
    let mut checks = Checks::new();
    let row = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(checks.email("input.email", &email)),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        password_hash: Set(Some(hash)),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Suspends an account and ends its sessions.
pub async fn suspend_account(tx: &Tx, id: AccountId) -> Result<AccountId> {
    let row = tx.load::<Account>(id, ACCOUNT_SUSPEND).await?;
    let mut row: account::ActiveModel = row.into();
    row.suspended_at = Set(Some(tx.now));
    row.update(tx).await?;
    session::end_others(tx, id, None, "SUSPENDED").await?;
    Ok(id)
}

/// One's own password, as it is stored.
pub struct OwnPassword {
    /// Whose it is.
    pub account: AccountId,
    /// The address, which must not be the password.
    pub email: String,
    /// Its hash.
    pub hash: String,
}

/// The signed-in account's password.
pub async fn own_password(tx: &Tx) -> Result<OwnPassword> {
    use sea_orm::EntityTrait;
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let row = account::Entity::find_by_id(account).one(tx).await?.ok_or(Error::Unauthenticated)?;
    Ok(OwnPassword { account, email: row.email, hash: row.password_hash.ok_or(Error::Forbidden("NO_PASSWORD"))? })
}

/// Changes one's own password; every other session ends. `old` is the hash that was verified, `hash` the
/// new password's.
pub async fn change_password(tx: &Tx, old: String, hash: String) -> Result<AccountId> {
    let id = tx.principal.account.ok_or(Error::Unauthenticated)?;
    if !session::confirm(tx, &session::Known { id, hash: Some(old) }).await? {
        return Err(Error::Unauthenticated);
    }
    let row = account::ActiveModel { id: Set(id), password_hash: Set(Some(hash)), ..Default::default() };
    row.update(tx).await?;
    session::end_others(tx, id, tx.principal.session, "PASSWORD_CHANGED").await?;
    Ok(id)
}

/// Ends a session of one's own.
pub async fn end_session(tx: &Tx, id: SessionId) -> Result<SessionId> {
    tx.load::<Session>(id, SESSION_END).await?;
    session::end(tx, id, "SIGNED_OUT").await?;
    Ok(id)
}

/// 任命の内容。
#[derive(InputObject)]
pub struct AppointmentCreateInput {
    /// 任命される人。
    pub account_id: AccountId,
    /// 役割。
    pub role: Role,
    /// 対象の種類。
    pub scope: ScopeKind,
    /// 対象の ID。自治体全体なら指定しない。
    pub scope_id: Option<async_graphql::ID>,
    /// 任期の始まり。
    pub starts_on: Date,
    /// 任期の終わり。定めがなければ指定しない。
    pub ends_on: Option<Date>,
}

/// Appoints somebody. Nobody appoints themselves.
pub async fn create_appointment(tx: &Tx, input: AppointmentCreateInput) -> Result<AppointmentId> {
    tx.may_create::<Appointment>(APPOINTMENT_CREATE, &[])?;
    let AppointmentCreateInput { account_id, role, scope, scope_id, starts_on, ends_on } = input;
    refuse_oneself(tx, account_id)?;
    tx.peek::<Account>(account_id, Action::READ).await?;
    let scope_id = scopes::find(tx, scope, scope_id.as_ref().map(|id| id.as_str())).await?;
    let mut checks = Checks::new();
    let ordered = ends_on.is_none_or(|end| end >= starts_on);
    checks.check(
        ordered,
        "input.endsOn",
        "ORDER",
        "任期の終わりが始まりより前です。",
        "The term ends before it starts.",
    );
    checks.done()?;
    appoint(tx, NewAppointment { account_id, role, scope, scope_id, starts_on, ends_on }).await
}

fn refuse_oneself(tx: &Tx, account: AccountId) -> Result<()> {
    if tx.principal.account == Some(account) { Err(Error::Forbidden("SELF_APPOINTMENT")) } else { Ok(()) }
}

/// An appointment that an act of a noun brings with it.
pub struct NewAppointment {
    /// Who is appointed.
    pub account_id: AccountId,
    /// As what.
    pub role: Role,
    /// Over which kind of thing.
    pub scope: ScopeKind,
    /// Over which one.
    pub scope_id: Option<Uuid>,
    /// The first day.
    pub starts_on: Date,
    /// The last day.
    pub ends_on: Option<Date>,
}

/// Makes the appointment that an act of a noun brings with it. The noun has authorized its act and
/// checked its input; that nobody appoints themselves holds here too.
pub async fn appoint(tx: &Tx, new: NewAppointment) -> Result<AppointmentId> {
    let NewAppointment { account_id, role, scope, scope_id, starts_on, ends_on } = new;
    refuse_oneself(tx, account_id)?;
    let row = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(account_id),
        role: Set(role),
        scope: Set(scope),
        scope_id: Set(scope_id),
        starts_on: Set(starts_on),
        ends_on: Set(ends_on),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Ends an appointment at once.
pub async fn end_appointment(tx: &Tx, id: AppointmentId) -> Result<AppointmentId> {
    let row = tx.load::<Appointment>(id, APPOINTMENT_END).await?;
    rules::appointment(&row, APPOINTMENT_END, tx.now)?;
    refuse_oneself(tx, row.account_id)?;
    let mut row: appointment::ActiveModel = row.into();
    row.ended_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}

/// Ends the appointment that an act of a noun brought with it, where it has not ended already. The noun
/// has authorized its act.
pub async fn end_office(tx: &Tx, id: AppointmentId) -> Result<()> {
    use sea_orm::{EntityTrait, QuerySelect, sea_query::LockType};
    let row = appointment::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?.ok_or(Error::NotFound)?;
    if rules::appointment(&row, APPOINTMENT_END, tx.now).is_err() {
        return Ok(());
    }
    refuse_oneself(tx, row.account_id)?;
    let mut row: appointment::ActiveModel = row.into();
    row.ended_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(())
}

/// 部署の内容。
#[derive(InputObject)]
pub struct SectionCreateInput {
    /// 名称。
    pub name: String,
    /// 上位の部署。
    pub parent_id: Option<SectionId>,
    /// 設置日。
    pub established_on: Date,
    /// 郵便番号。
    pub postal_code: Option<String>,
    /// 所在地。
    pub address: Option<String>,
    /// 電話番号。
    pub phone: Option<String>,
    /// ファクス番号。
    pub fax: Option<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: Option<String>,
}

/// Makes a section.
pub async fn create_section(tx: &Tx, input: SectionCreateInput) -> Result<SectionId> {
    tx.may_create::<Section>(SECTION_CREATE, &[])?;
    let SectionCreateInput { name, parent_id, established_on, postal_code, address, phone, fax, email } = input;
    if let Some(parent) = parent_id {
        tx.peek::<Section>(parent, Action::READ).await?;
    }
    let mut checks = Checks::new();
    let row = section::ActiveModel {
        id: Set(SectionId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        parent_id: Set(parent_id),
        established_on: Set(established_on),
        postal_code: Set(checks.optional("input.postalCode", postal_code.as_deref(), 10)),
        address: Set(checks.optional("input.address", address.as_deref(), 200)),
        phone: Set(checks.optional("input.phone", phone.as_deref(), 30)),
        fax: Set(checks.optional("input.fax", fax.as_deref(), 30)),
        email: Set(email.map(|text| checks.email("input.email", &text))),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// 部署の変更。指定した項目だけが変わり、null は消去。
#[derive(InputObject)]
pub struct SectionChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 郵便番号。
    pub postal_code: MaybeUndefined<String>,
    /// 所在地。
    pub address: MaybeUndefined<String>,
    /// 電話番号。
    pub phone: MaybeUndefined<String>,
    /// ファクス番号。
    pub fax: MaybeUndefined<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: MaybeUndefined<String>,
}

/// Changes how a section is reached.
pub async fn change_section(tx: &Tx, id: SectionId, input: SectionChangeInput) -> Result<SectionId> {
    let row = tx.load::<Section>(id, SECTION_CHANGE).await?;
    let SectionChangeInput { revision, postal_code, address, phone, fax, email } = input;
    same_revision(row.revision, revision)?;
    let mut checks = Checks::new();
    let mut row: section::ActiveModel = row.into();
    postal_code.map_value(|t| checks.text("input.postalCode", &t, 10)).apply(&mut row.postal_code);
    address.map_value(|t| checks.text("input.address", &t, 200)).apply(&mut row.address);
    phone.map_value(|t| checks.text("input.phone", &t, 30)).apply(&mut row.phone);
    fax.map_value(|t| checks.text("input.fax", &t, 30)).apply(&mut row.fax);
    email.map_value(|t| checks.email("input.email", &t)).apply(&mut row.email);
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// 部署の廃止。
#[derive(InputObject)]
pub struct SectionAbolishInput {
    /// 廃止日。
    pub abolished_on: Date,
    /// 事務を引き継ぐ部署。
    pub successor_id: SectionId,
}

/// Abolishes a section in a reorganization; its successor takes over.
pub async fn abolish_section(tx: &Tx, id: SectionId, input: SectionAbolishInput) -> Result<SectionId> {
    let row = tx.load::<Section>(id, SECTION_ABOLISH).await?;
    rules::section(&row, SECTION_ABOLISH, tx.now)?;
    let SectionAbolishInput { abolished_on, successor_id } = input;
    tx.peek::<Section>(successor_id, Action::READ).await?;
    let mut checks = Checks::new();
    checks.check(
        successor_id != id,
        "input.successorId",
        "SELF",
        "自分自身に引き継ぐことはできません。",
        "A section cannot succeed itself.",
    );
    checks.check(
        abolished_on > row.established_on,
        "input.abolishedOn",
        "ORDER",
        "廃止日が設置日より前です。",
        "It would end before it began.",
    );
    checks.done()?;
    let mut row: section::ActiveModel = row.into();
    row.abolished_on = Set(Some(abolished_on));
    row.successor_id = Set(Some(successor_id));
    row.update(tx).await?;
    Ok(id)
}

/// 設定の変更。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct MunicipalitySettingsChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 住民に示す問い合わせ先。null は消去。
    pub public_contact: MaybeUndefined<String>,
    /// 交付決定の通知を受けてから申請を取り下げられる日数(0〜365)。
    pub grant_withdrawal_days: Option<i32>,
}

/// Changes the settings.
pub async fn change_settings(tx: &Tx, id: SettingsId, input: MunicipalitySettingsChangeInput) -> Result<SettingsId> {
    let row = tx.load::<MunicipalitySettings>(id, SETTINGS_CHANGE).await?;
    let MunicipalitySettingsChangeInput { revision, public_contact, grant_withdrawal_days } = input;
    same_revision(row.revision, revision)?;
    let mut checks = Checks::new();
    let mut row: settings::ActiveModel = row.into();
    public_contact.map_value(|t| checks.text("input.publicContact", &t, 500)).apply(&mut row.public_contact);
    if let Some(days) = grant_withdrawal_days {
        checks.check(
            (0..=365).contains(&days),
            "input.grantWithdrawalDays",
            "RANGE",
            "0から365までで指定してください。",
            "0 to 365.",
        );
        row.grant_withdrawal_days = Set(days);
    }
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// Invites the first administrator of a municipality. Returns the secret, which is shown once.
pub async fn invite_first_admin(tx: &Tx, email: &str) -> Result<String> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let email = checks.email("email", email);
    checks.done()?;
    let id = InvitationId::new();
    let secret = token::bearer(INVITATION, &session::code(tx).await?, id.0)?;
    invitation::ActiveModel {
        id: Set(id),
        email: Set(email),
        role: Set(Role::Admin),
        scope: Set(ScopeKind::Municipality),
        token_hash: Set(sha256(secret.as_bytes())),
        expires_at: Set(tx.now + INVITATION_LIFE),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    Ok(secret)
}

/// The kind of bearer secret an invitation is.
pub const INVITATION: &str = "inv";

/// 招待の受諾。
#[derive(InputObject)]
pub struct InvitationAcceptInput {
    /// 招待の文字列。
    pub token: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// パスワード(12文字以上)。
    pub password: String,
}

/// Accepts an invitation: the account and its appointment are made, once. `hash` is the password's.
pub async fn accept_invitation(tx: &Tx, input: InvitationAcceptInput, hash: String) -> Result<AccountId> {
    use sea_orm::{EntityTrait, QuerySelect, sea_query::LockType};
    let InvitationAcceptInput { token, name, name_kana, password: _ } = input;
    let bearer = token::read_bearer(INVITATION, &token)?;
    session::same_town(tx, &bearer).await?;
    let found = invitation::Entity::find_by_id(InvitationId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    let open = |i: &invitation::Model| i.accepted_at.is_none() && i.expires_at > tx.now;
    let invited = found.filter(open).ok_or(Error::Unauthenticated)?;
    if !crate::kernel::keys::same_hash(&invited.token_hash, &sha256(token.as_bytes())) {
        return Err(Error::Unauthenticated);
    }
    let mut checks = Checks::new();
    let account = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(invited.email.clone()),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        password_hash: Set(Some(hash)),
        ..Default::default()
    };
    checks.done()?;
    let account = account.insert(tx).await?.id;
    let appointment = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(account),
        role: Set(invited.role),
        scope: Set(invited.scope),
        scope_id: Set(invited.scope_id),
        starts_on: Set(Date(tx.today())),
        ..Default::default()
    };
    appointment.insert(tx).await?;
    let mut invited: invitation::ActiveModel = invited.into();
    invited.accepted_at = Set(Some(tx.now));
    invited.update(tx).await?;
    Ok(account)
}

/// Registers a municipality; its settings and jobs are made inside its own wall by
/// [`ensure_settings`].
pub async fn create_municipality(
    tx: &Tx,
    code: LocalGovernmentCode,
    name: &str,
    kana: &str,
    prefecture: &str,
) -> Result<MunicipalityId> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let row = municipality::ActiveModel {
        id: Set(MunicipalityId::new()),
        code: Set(code),
        name: Set(checks.text("name", name, 50)),
        name_kana: Set(kana.to_owned()),
        prefecture: Set(prefecture.to_owned()),
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Makes the settings and the jobs of a municipality that has none yet.
pub async fn ensure_settings(tx: &Tx) -> Result<SettingsId> {
    use sea_orm::EntityTrait;
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    if let Some(known) = settings::Entity::find().one(tx).await? {
        return Ok(known.id);
    }
    housekeeping::schedule(tx).await?;
    let row = settings::ActiveModel { id: Set(SettingsId::new()), ..Default::default() };
    Ok(row.insert(tx).await?.id)
}
