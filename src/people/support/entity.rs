//! Rows of sessions of support, and their ids.

use chrono::{DateTime, Utc};

use crate::kernel::principal::{AccountId, Role};
use crate::{entity, id_type, text_enum};

id_type!(/// 運用サポート
    SupportSessionId = "sup");

text_enum! {
    /// 運用サポートに貸すことのできる役割。交付の決定・支払・審査は貸せない。
    SupportRole {
        /// 管理者(利用者と設定)
        Admin,
        /// 交付金担当職員
        GrantStaff,
        /// 企画担当職員
        PlanningStaff,
    }
}

impl From<SupportRole> for Role {
    fn from(role: SupportRole) -> Self {
        match role {
            SupportRole::Admin => Self::Admin,
            SupportRole::GrantStaff => Self::GrantStaff,
            SupportRole::PlanningStaff => Self::PlanningStaff,
        }
    }
}

entity! {
    /// Sessions of support.
    support_session in "support_sessions" {
        id: SupportSessionId,
        account_id: AccountId,
        operator: String,
        reason: String,
        opened_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        ended_at: Option<DateTime<Utc>>,
        ended_by: Option<AccountId>,
        lent_role: Option<SupportRole>,
        lent_by: Option<AccountId>,
        lent_at: Option<DateTime<Utc>>,
    }
}
