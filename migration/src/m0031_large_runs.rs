//! A journal of as many entries as there are organizations is checked once, not once for each of its entries; the lines
//! of a run are read in the order they were written (docs/adr/0031-papers-and-open-data.md).

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, WITHIN).await?;
        run(manager, "DROP TRIGGER balanced ON ledger_entries").await?;
        run(manager, "CREATE INDEX grant_run_lines_order ON grant_run_lines (municipality_id, run_id, created_at, id)")
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP INDEX grant_run_lines_order").await?;
        run(manager, BACK).await
    }
}

/// At its commit a journal has exactly as many entries as it says (`balanced` on `ledger_journals`), and at no time more:
/// so none comes to one that was whole. Whoever wants to write an entry later finds it full.
pub(crate) const WITHIN: &str = "
CREATE FUNCTION ledger_within() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    full_one uuid;
BEGIN
    SELECT j.id INTO full_one
        FROM (SELECT DISTINCT municipality_id, journal_id FROM added) a
        JOIN ledger_journals j ON j.municipality_id = a.municipality_id AND j.id = a.journal_id
        WHERE j.legs < (SELECT count(*) FROM ledger_entries e
                        WHERE e.municipality_id = a.municipality_id AND e.journal_id = a.journal_id)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % has all its entries', full_one
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER within AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_within();
";

const BACK: &str = "
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
DROP TRIGGER within ON ledger_entries;
DROP FUNCTION ledger_within();
";
