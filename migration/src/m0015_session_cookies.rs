//! The secrets by which browsers keep a session: only their hashes, each for a short time.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = format!(
            "session_id uuid NOT NULL, hash text NOT NULL, expires_at timestamptz NOT NULL,
             UNIQUE (municipality_id, session_id, hash), {}",
            fk("session_id", "sessions")
        );
        Tenant::new("session_cookies", columns).secret(&["hash"]).deletable().create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["session_cookies"]).await
    }
}
