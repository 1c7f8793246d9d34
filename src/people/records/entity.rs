//! Rows of the record. They are written by the database itself, and have no revision.
#![allow(missing_docs)] // the columns are described where they are shown, in the shapes

use crate::id_type;

id_type!(/// 記録
    AuditEntryId = "aud");
id_type!(/// 記録の鎖の先頭
    AuditHeadId = "auh");

/// Entries.
pub mod entry {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;
    use uuid::Uuid;

    use super::AuditEntryId;
    use crate::kernel::principal::{AccountId, AppointmentId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditEntryId,
        pub at: DateTime<Utc>,
        pub actor_id: Option<AccountId>,
        pub appointment_id: Option<AppointmentId>,
        pub act: String,
        pub request_id: Option<Uuid>,
        pub purpose: Option<String>,
        pub kind: String,
        pub object_id: Uuid,
        pub op: String,
        pub detail: String,
        pub before: Option<Json>,
        pub after: Option<Json>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Heads.
pub mod head {
    use sea_orm::entity::prelude::*;

    use super::AuditHeadId;
    use crate::kernel::date::Date;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_heads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditHeadId,
        pub day: Date,
        pub position: i64,
        pub hash: String,
        pub key_id: String,
        pub signature: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
