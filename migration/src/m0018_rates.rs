//! What callers have spent and where they failed to prove who they are, as all processes share it; a municipality's own
//! networks.

use sea_orm_migration::prelude::*;

use crate::table::{drop, run, wall};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABS).await?;
        run(manager, TRIES).await?;
        run(manager, &wall("sign_in_tries")).await?;
        run(manager, "ALTER TABLE municipality_settings ADD COLUMN networks text").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "ALTER TABLE municipality_settings DROP COLUMN networks").await?;
        drop(manager, &["sign_in_tries", "rate_tabs"]).await
    }
}

/// No wall: an address may ask for many municipalities. Keyed hashes and times, never who. Written each second and of
/// no use after a minute, so it needs no log.
const TABS: &str = "
CREATE UNLOGGED TABLE rate_tabs (
    who uuid PRIMARY KEY,
    spent_until timestamptz NOT NULL,
    alarmed_at timestamptz
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_tabs TO entaku_app;
";

/// Behind the wall, but about requests, so without a trigger: the audit has each failure.
const TRIES: &str = "
CREATE TABLE sign_in_tries (
    municipality_id uuid NOT NULL DEFAULT entaku_municipality() REFERENCES municipalities (id),
    who uuid NOT NULL,
    failures int NOT NULL CHECK (failures >= 0),
    last_at timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, who)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_tries TO entaku_app;
";
