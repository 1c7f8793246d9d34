//! What can be read of people, and by whom.

use chrono::{DateTime, Utc};

use crate::files::shapes::Export;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{AccountId, MunicipalityId, Role, ScopeKind, SessionId};
use crate::kernel::read::{Cells, Key, Mask, Ty};
use crate::kernel::request::Request;
use crate::kernel::text_enum::from_word;
use crate::people::commands::{
    ACCOUNT_CREATE, ACCOUNT_LANGUAGE_SET, ACCOUNT_SUSPEND, APPOINTMENT_CREATE, APPOINTMENT_END, SECTION_ABOLISH,
    SECTION_CHANGE, SECTION_CREATE, SESSION_ELEVATE, SESSION_END, SESSIONS_END_OTHERS, SETTINGS_CHANGE,
};
use crate::people::entity::{
    AppointmentId, Language, SectionId, SettingsId, account, appointment, municipality, section, session, settings,
};
use crate::people::factor::commands::{
    RECOVERY_CODES_RENEW, SECOND_FACTOR_CONFIRM, SECOND_FACTOR_DISABLE, SECOND_FACTOR_ENROL, SECOND_FACTOR_RESET,
};
use crate::people::invitations::commands::INVITATION_CLAIM;
use crate::people::notifications::commands::NOTIFICATIONS_MARK_ALL_READ;
use crate::people::notifications::shapes::{Notification, NotificationChoice};
use crate::people::posts::shapes::Post;
use crate::people::proofs::commands::EMAIL_CHANGE_REQUEST;
use crate::people::records::shapes::AuditEntry;
use crate::people::sso::shapes::Identity;
use crate::people::tasks::rules as reminding;
use crate::people::tasks::shapes::Task;
use crate::people::{rules, scope};
use crate::shape;

const ADMIN: &[Role] = &[Role::Admin];
/// What a municipality lays down about accounts and access, after the ministry's guideline on information security.
const SECURITY: &str = "情報セキュリティ対策基準";
const ADMIN_AND_AUDITOR: &[Role] = &[Role::Admin, Role::Auditor];

fn own_or_admin(column: &'static str) -> Vec<Permit> {
    vec![
        Permit { action: Action::READ, roles: &[], over: Over::Own(column) },
        Permit { action: Action::READ, roles: ADMIN, over: Over::Municipality },
    ]
}

/// What is nobody else's.
fn own() -> Mask {
    let permits = vec![Permit { action: Action::READ, roles: &[], over: Over::Own("id") }];
    Mask { permits, unless: None, personal: false, reason: "PERSONAL" }
}

fn staff() -> Vec<Permit> {
    vec![Permit { action: Action::READ, roles: Role::STAFF, over: Over::Municipality }]
}

shape! {
    Municipality("Municipality", "自治体(市町村)。", "municipalities") { id: MunicipalityId, row: municipality::Entity }
    |shape| shape
        .shared()
        .column_named::<LocalGovernmentCode>("lgCode", "code", "全国地方公共団体コード。")
        .column::<String>("name", "名称。")
        .column::<String>("nameKana", "名称のふりがな。")
        .column::<String>("prefecture", "都道府県。")
        .published("true")
        .ordered([Key::up("code", Ty::Text)])
}

shape! {
    Account("Account", "アカウント。サインインする人。", "accounts") { id: AccountId, row: account::Entity, may: rules::account }
    |shape| shape
        .revision()
        .column::<String>("name", "氏名。")
        .column::<String>("nameKana", "氏名のふりがな。")
        .column::<String>("email", "メールアドレス。本人と管理者だけに表示される。")
        .masked(Mask { permits: own_or_admin("id"), unless: None, personal: true, reason: "PERSONAL" })
        .column::<Language>("language", "届くメールの言語。本人と管理者だけに表示される。")
        .masked(Mask { permits: own_or_admin("id"), unless: None, personal: false, reason: "PERSONAL" })
        .column::<Option<DateTime<Utc>>>("suspendedAt", "停止された日時。")
        .column::<bool>("support", "運用サポートのためのアカウントか。")
        .column::<Option<DateTime<Utc>>>("anonymizedAt", "個人情報を消去した日時。")
        .column::<Option<DateTime<Utc>>>("secondFactorAt", "二要素認証を始めた日時。していなければ null。本人と管理者だけに表示される。")
        .masked(Mask { permits: own_or_admin("id"), unless: None, personal: false, reason: "PERSONAL" })
        .many::<Appointment>("appointments", "account_id", "任命。")
        .many::<Identity>("identities", "account_id", "結び付けた市の認証の ID。本人と管理者だけに表示される。")
        .connection::<Session>("sessions", "account_id", "サインインの記録。")
        .withheld(own())
        .connection::<Notification>("notifications", "account_id", "お知らせ。新しい順。本人だけに表示される。")
        .withheld(own())
        .many::<NotificationChoice>("notificationChoices", "account_id", "お知らせの受け取り方。決めた種類だけ。本人だけに表示される。")
        .withheld(own())
        .connection::<AuditEntry>("auditEntries", "object_id", "このアカウントについての記録。誰が見て、誰が変えたか。新しい順。")
        .connection::<Export>("exports", "account_id", "頼んだ書き出し。新しい順。本人だけに表示される。")
        .withheld(own())
        .connection::<Task>("tasks", "account_id", "やること。今できて、あなたを待っている操作。期限の近い順。本人だけに表示される。")
        .withheld(own())
        .ordered([Key::up("name_kana", Ty::Text)])
        .readable(&[], Over::Own("id"))
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(SECURITY)
        .create(ACCOUNT_CREATE, "", ADMIN, Over::Municipality)
        .act(ACCOUNT_SUSPEND, "", ADMIN, Over::Municipality)
        .apart(ACCOUNT_SUSPEND, &["id"])
        .act(NOTIFICATIONS_MARK_ALL_READ, "", &[], Over::Own("id"))
        .act(SESSIONS_END_OTHERS, "", &[], Over::Own("id"))
        .act(SECOND_FACTOR_ENROL, "", &[], Over::Own("id"))
        .step_up(SECOND_FACTOR_ENROL)
        .act(SECOND_FACTOR_CONFIRM, "", &[], Over::Own("id"))
        .step_up(SECOND_FACTOR_CONFIRM)
        .act(SECOND_FACTOR_DISABLE, "", &[], Over::Own("id"))
        .step_up(SECOND_FACTOR_DISABLE)
        .act(RECOVERY_CODES_RENEW, "", &[], Over::Own("id"))
        .step_up(RECOVERY_CODES_RENEW)
        .act(SECOND_FACTOR_RESET, "", ADMIN, Over::Municipality)
        .apart(SECOND_FACTOR_RESET, &["id"])
        .step_up(SECOND_FACTOR_RESET)
        .act(ACCOUNT_LANGUAGE_SET, "", &[], Over::Own("id"))
        .act(EMAIL_CHANGE_REQUEST, "", &[], Over::Own("id"))
        .step_up(EMAIL_CHANGE_REQUEST)
}

shape! {
    Session("Session", "サインインしてからサインアウトするまで。", "sessions") { id: SessionId, row: session::Entity }
    |shape| shape
        .column::<String>("device", "端末の名前。")
        .computed::<bool>("current", "今使っているサインインか。", &["id"], is_current)
        .column::<DateTime<Utc>>("createdAt", "サインインした日時。")
        .column::<DateTime<Utc>>("lastSeenAt", "最後に使われた日時(1分ごとに記録)。")
        .column::<DateTime<Utc>>("authenticatedAt", "最後に本人であることを確かめた日時。15分以内なら、本人確認の要る操作ができる。")
        .column::<bool>("singleSignOn", "市の認証によるサインインか。")
        .column::<DateTime<Utc>>("expiresAt", "期限。町の仕事をする人と名前のない端末は24時間で、1時間使わないとその前に終わる。ほかは30日。")
        .column::<Option<DateTime<Utc>>>("endedAt", "終わった日時。")
        .column::<Option<String>>("endReason", "終わった理由。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(&[], Over::Own("account_id"))
        .ruled_by(SECURITY)
        .act(SESSION_END, "", &[], Over::Own("account_id"))
        .create(SESSION_ELEVATE, "", &[], Over::Own("account_id"))
}

/// Is it the session that asks?
fn is_current(row: &Cells<'_>, request: &Request) -> Result<async_graphql::Value> {
    let id: uuid::Uuid = row.get("id")?;
    Ok(request.principal.session.is_some_and(|own| own.0 == id).into())
}

shape! {
    Appointment("Appointment", "任命。役割 × 対象 × 任期。", "appointments") { id: AppointmentId, row: appointment::Entity, may: rules::appointment }
    |shape| shape
        .revision()
        .one::<Account>("account", "account_id", "任命された人。")
        .column::<Role>("role", "役割。")
        .column::<ScopeKind>("scope", "対象の種類。")
        .computed::<Option<async_graphql::ID>>("scopeId", "対象の ID。自治体全体なら null。", &["scope", "scope_id"], scope_id)
        .column::<Date>("startsOn", "任期の始まり。")
        .column::<Option<Date>>("endsOn", "任期の終わり。")
        .column::<Option<DateTime<Utc>>>("endedAt", "解かれた日時。")
        .one::<Post>("post", "post_id", "就いている役職。役職によらない任命なら null。")
        .one::<Account>("appointedBy", "appointed_by", "任命した人。システムによる任命なら null。")
        .ordered([Key::up("starts_on", Ty::Date)])
        .readable(&[], Over::Own("account_id"))
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .ruled_by("地方公務員法第6条・情報セキュリティ対策基準")
        .create(APPOINTMENT_CREATE, "", ADMIN, Over::Municipality)
        .step_up(APPOINTMENT_CREATE)
        .create(INVITATION_CLAIM, "", &[], Over::SignedIn)
        .act(APPOINTMENT_END, "", ADMIN, Over::Municipality)
        .apart(APPOINTMENT_END, &["account_id"])
}

/// The prefixed id of what an appointment is over.
pub(crate) fn scope_id(row: &Cells<'_>, _request: &Request) -> Result<async_graphql::Value> {
    let id: Option<uuid::Uuid> = row.get("scope_id")?;
    let kind: ScopeKind = from_word(&row.get::<String>("scope")?)?;
    let prefix = scope::things(kind).map_or("mun", |(prefix, _)| prefix);
    Ok(id.map_or(async_graphql::Value::Null, |id| crate::kernel::id::encode(prefix, id).into()))
}

shape! {
    Section("Section", "部・課。組織改正の後も、廃止された部署の記録は残る。", "sections") { id: SectionId, row: section::Entity, may: rules::section }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .one::<Section>("parent", "parent_id", "上位の部署。")
        .one::<Section>("successor", "successor_id", "廃止後に事務を引き継いだ部署。")
        .column::<Date>("establishedOn", "設置日。")
        .column::<Option<Date>>("abolishedOn", "廃止日。")
        .column::<Option<String>>("postalCode", "郵便番号。")
        .column::<Option<String>>("address", "所在地。")
        .column::<Option<String>>("phone", "電話番号。")
        .column::<Option<String>>("fax", "ファクス番号。")
        .column::<Option<String>>("email", "メールアドレス。")
        .ordered([Key::up("name", Ty::Text)])
        .published("true")
        .ruled_by("地方自治法第158条・組織規則")
        .create(SECTION_CREATE, "", ADMIN, Over::Municipality)
        .act(SECTION_CHANGE, "", ADMIN, Over::Municipality)
        .act(SECTION_ABOLISH, "", ADMIN, Over::Municipality)
}

fn reminder_days(row: &Cells<'_>, _request: &Request) -> Result<async_graphql::Value> {
    Ok(reminding::read(row.get("task_reminder_days")?).into())
}

shape! {
    MunicipalitySettings("MunicipalitySettings", "自治体の設定。変更はすべて記録される。", "municipality_settings") { id: SettingsId, row: settings::Entity }
    |shape| shape
        .revision()
        .column::<Option<String>>("publicContact", "住民に示す問い合わせ先。")
        .column::<i32>("grantWithdrawalDays", "交付決定の通知を受けてから申請を取り下げられる日数。")
        .computed::<Vec<i32>>("taskReminderDays", "期限の何日前に、やることを知らせるか。", &["task_reminder_days"], reminder_days)
        .column::<bool>("secondFactorRequired", "町の仕事をする人に二要素認証を求めるか。")
        .column::<bool>("selfRegistration", "住民などが自分でアカウントを登録できるか。")
        .column::<Option<String>>("networks", "庁舎など、多くの職員が一つのアドレスを使うネットワーク(CIDR、「,」区切り)。")
        .masked(Mask { permits: staff(), unless: None, personal: false, reason: "INTERNAL" })
        .column::<Option<i32>>("bookClosingDays", "年度の末日から、団体が会計を締めるまでの日数。定めなければ null。")
        .column::<Option<i32>>("bookAuditDays", "会計を締めた日から、監事が確認するまでの日数。定めなければ null。")
        .column::<i32>("bankReportDays", "振込指定日から、銀行の報告を取り込むまでの開庁日の日数。")
        .published("true")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(SECURITY)
        .act(SETTINGS_CHANGE, "", ADMIN, Over::Municipality)
        .step_up(SETTINGS_CHANGE)
}
