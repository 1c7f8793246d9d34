//! The lock on a published round table's record asks for the row by its key: with lists of old and new ids
//! PostgreSQL read all meetings of the town for every passage.

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
CREATE OR REPLACE FUNCTION entaku_roundtable_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text;
    becomes text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT state INTO was FROM roundtables
            WHERE municipality_id = OLD.municipality_id AND id = OLD.roundtable_id FOR SHARE;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT state INTO becomes FROM roundtables
            WHERE municipality_id = NEW.municipality_id AND id = NEW.roundtable_id FOR SHARE;
    END IF;
    IF was IN ('PUBLISHED', 'CLOSED') OR becomes IN ('PUBLISHED', 'CLOSED') THEN
        RAISE EXCEPTION 'the record of a published round table is locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
";

/// As m0007 made it.
const DOWN: &str = "
CREATE OR REPLACE FUNCTION entaku_roundtable_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    locked boolean;
BEGIN
    SELECT bool_or(r.state IN ('PUBLISHED', 'CLOSED')) INTO locked FROM (
        SELECT state FROM roundtables
        WHERE municipality_id IN (OLD.municipality_id, NEW.municipality_id)
            AND id IN (OLD.roundtable_id, NEW.roundtable_id) FOR SHARE) r;
    IF locked THEN
        RAISE EXCEPTION 'the record of a published round table is locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
