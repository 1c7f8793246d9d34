//! The links that seal the audit's entries are written at once: one statement for all of them costs a quarter less than one
//! for each (docs/adr/0016-what-a-mutation-costs.md). What a link is has not changed.

use sea_orm_migration::prelude::*;

use crate::table::{Rewording, reword, reword_back};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SEAL: &str = "entaku_audit_seal(integer)";
const CHANGES: &[Rewording] = &[
    (SEAL, "    sealed int := 0;", "    links audit_links[];\n    sealed int := 0;"),
    (
        SEAL,
        "        INSERT INTO audit_links (municipality_id, position, xid, seq, at, content, hash)
            VALUES (town, place, entry.xid, entry.seq, entry.at, entry.content, head);",
        "        links := links || ROW(town, place, entry.xid, entry.seq, entry.at, entry.content, head)::audit_links;",
    ),
    (
        SEAL,
        "    END LOOP;
    RETURN sealed;",
        "    END LOOP;
    INSERT INTO audit_links SELECT * FROM unnest(links);
    RETURN sealed;",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reword(manager, CHANGES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reword_back(manager, CHANGES).await
    }
}
