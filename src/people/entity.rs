//! Rows of people, and their ids.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::date::Date;
pub use crate::kernel::principal::AppointmentId;
use crate::kernel::principal::{AccountId, Role, ScopeKind, SessionId};
use crate::people::posts::entity::PostId;
use crate::{entity, id_type, text_enum};

id_type!(/// 部・課
    SectionId = "sec");
id_type!(/// 招待
    InvitationId = "inv");
id_type!(/// 更新トークン
    RefreshTokenId = "rft");
id_type!(/// サインインのクッキー
    SessionCookieId = "scv");
id_type!(/// 二要素認証の登録
    SecondFactorId = "sfc");
id_type!(/// 回復コード
    RecoveryCodeId = "rcc");
id_type!(/// 自治体の設定
    SettingsId = "set");

text_enum! {
    /// メールの言語。
    Language {
        /// 日本語
        Ja,
        /// やさしい日本語
        JaEasy,
        /// 英語
        En,
    }
}

entity! {
    /// Accounts.
    account in "accounts" {
        id: AccountId,
        email: String,
        name: String,
        name_kana: String,
        password_hash: Option<String>,
        language: Language,
        suspended_at: Option<DateTime<Utc>>,
        second_factor_at: Option<DateTime<Utc>>,
        support: bool,
        anonymized_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Sessions.
    session in "sessions" {
        id: SessionId,
        account_id: AccountId,
        device: String,
        lasting: bool,
        created_at: DateTime<Utc>,
        authenticated_at: DateTime<Utc>,
        last_seen_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        ended_at: Option<DateTime<Utc>>,
        end_reason: Option<String>,
        single_sign_on: bool,
        provider_second_factor: bool,
    }
}

entity! {
    /// Refresh tokens, by their hash.
    refresh_token in "refresh_tokens" {
        id: RefreshTokenId,
        session_id: SessionId,
        hash: String,
        parent_id: Option<RefreshTokenId>,
        consumed_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Second factors: one for an account, its secret sealed with a key of the ring.
    second_factor in "second_factors" {
        id: SecondFactorId,
        account_id: AccountId,
        key_id: String,
        secret: String,
        last_step: Option<i64>,
        tries: i32,
        tried_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Recovery codes, by their hash.
    recovery_code in "recovery_codes" {
        id: RecoveryCodeId,
        account_id: AccountId,
        hash: String,
        used_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Secrets of sessions that a browser keeps, by their hash.
    session_cookie in "session_cookies" {
        id: SessionCookieId,
        session_id: SessionId,
        hash: String,
        expires_at: DateTime<Utc>,
    }
}

entity! {
    /// Sections of the town hall.
    section in "sections" {
        id: SectionId,
        name: String,
        parent_id: Option<SectionId>,
        successor_id: Option<SectionId>,
        established_on: Date,
        abolished_on: Option<Date>,
        postal_code: Option<String>,
        address: Option<String>,
        phone: Option<String>,
        fax: Option<String>,
        email: Option<String>,
    }
}

entity! {
    /// Appointments.
    appointment in "appointments" {
        id: AppointmentId,
        account_id: AccountId,
        role: Role,
        scope: ScopeKind,
        scope_id: Option<Uuid>,
        starts_on: Date,
        ends_on: Option<Date>,
        ended_at: Option<DateTime<Utc>>,
        post_id: Option<PostId>,
        appointed_by: Option<AccountId>,
    }
}

entity! {
    /// Invitations.
    invitation in "invitations" {
        id: InvitationId,
        email: String,
        role: Role,
        scope: ScopeKind,
        scope_id: Option<Uuid>,
        token_hash: String,
        expires_at: DateTime<Utc>,
        accepted_at: Option<DateTime<Utc>>,
        invited_by: Option<AccountId>,
        revoked_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// A municipality's settings.
    settings in "municipality_settings" {
        id: SettingsId,
        public_contact: Option<String>,
        grant_withdrawal_days: i32,
        task_reminder_days: String,
        second_factor_required: bool,
        self_registration: bool,
        networks: Option<String>,
        book_closing_days: Option<i32>,
        book_audit_days: Option<i32>,
        bank_report_days: i32,
    }
}

/// Municipalities have no wall and no revision.
#[allow(missing_docs)]
pub mod municipality {
    use sea_orm::entity::prelude::{
        ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
        PrimaryKeyTrait,
    };

    use crate::kernel::codes::LocalGovernmentCode;
    use crate::kernel::principal::MunicipalityId;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "municipalities")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MunicipalityId,
        pub code: LocalGovernmentCode,
        pub name: String,
        pub name_kana: String,
        pub prefecture: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
