//! Which year was before stays what it was once a run is approved whose by-law looks at it, also as long as the programme is
//! a draft (docs/adr/0047-what-a-grant-is-calculated-from.md).

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Of a public programme m0050 and m0051 say more.
const UP: &str = "
CREATE FUNCTION grant_programme_compared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grant_runs r
            JOIN grant_rules v ON v.municipality_id = r.municipality_id AND v.id = r.rule_id
            WHERE r.municipality_id = NEW.municipality_id AND r.programme_id = NEW.id AND r.state = 'APPROVED'
                AND entaku_looks_back(v.document::jsonb, NEW.fiscal_year)) THEN
        RAISE EXCEPTION 'an approved run rests on the year before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_compared';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER compared BEFORE UPDATE OF previous_id, first_year ON grant_programmes FOR EACH ROW
    WHEN (OLD.state = 'DRAFT'
        AND (OLD.previous_id, OLD.first_year) IS DISTINCT FROM (NEW.previous_id, NEW.first_year))
    EXECUTE FUNCTION grant_programme_compared();
";

const DOWN: &str = "
DROP TRIGGER compared ON grant_programmes;
DROP FUNCTION grant_programme_compared();
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
