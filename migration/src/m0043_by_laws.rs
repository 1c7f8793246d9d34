//! A programme is calculated by one by-law: the versions of the rules of one title, of which that one counts that is in
//! force for its fiscal year (docs/adr/0040-one-by-law-for-a-programme.md).

use sea_orm_migration::prelude::*;

use crate::table::{reworded, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [COLUMN, BACKFILL, FUNCTIONS, GUARDS] {
            run(manager, statements).await?;
        }
        run(manager, &reworded(MATTER, WAITS, IN_FORCE)).await
    }

    /// A by-law that was laid down before anything was approved is forgotten; what was approved says it again on the way up.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &reworded(MATTER, IN_FORCE, WAITS)).await?;
        run(manager, BACK).await
    }
}

const COLUMN: &str = "ALTER TABLE grant_programmes ADD COLUMN by_law text CHECK (by_law <> '');";

/// What was approved says by which by-law: the newest of several. Runs that were approved stay as they are.
const BACKFILL: &str = "
ALTER TABLE grant_programmes DISABLE TRIGGER USER;
UPDATE grant_programmes p SET by_law = (SELECT v.title FROM grant_runs r
        JOIN grant_rules v ON v.municipality_id = r.municipality_id AND v.id = r.rule_id
        WHERE r.municipality_id = p.municipality_id AND r.programme_id = p.id AND r.state = 'APPROVED'
        ORDER BY r.id DESC LIMIT 1);
ALTER TABLE grant_programmes ENABLE TRIGGER USER;
";

/// Predecessors are of earlier fiscal years (m0029), so going from one to the next ends.
const FUNCTIONS: &str = "
-- The by-law of a programme: its own, else that of its nearest predecessor that has one.
CREATE FUNCTION entaku_by_law(p_municipality uuid, p_programme uuid) RETURNS text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line(by_law, previous_id, fiscal_year) AS (
        SELECT p.by_law, p.previous_id, p.fiscal_year FROM grant_programmes p
            WHERE p.municipality_id = p_municipality AND p.id = p_programme
        UNION ALL
        SELECT p.by_law, p.previous_id, p.fiscal_year FROM line l JOIN grant_programmes p
            ON p.municipality_id = p_municipality AND p.id = l.previous_id AND p.fiscal_year < l.fiscal_year
            WHERE l.by_law IS NULL)
    SELECT by_law FROM line WHERE by_law IS NOT NULL $$;

-- Why a version does not make the allocations of a programme of this fiscal year; nothing where it does.
CREATE FUNCTION entaku_rule_fault(p_municipality uuid, p_programme uuid, p_year int, p_rule uuid)
    RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN entaku_by_law(p_municipality, p_programme) <> v.title THEN 'RULE_NOT_OF_PROGRAMME'
        WHEN v.state <> 'IN_FORCE' OR v.from_fiscal_year > p_year THEN 'RULE_NOT_IN_FORCE'
        WHEN EXISTS (SELECT FROM grant_rules n WHERE n.municipality_id = v.municipality_id AND n.title = v.title
            AND n.state = 'IN_FORCE' AND n.from_fiscal_year <= p_year
            AND (n.from_fiscal_year, n.version) > (v.from_fiscal_year, v.version)) THEN 'RULE_SUPERSEDED'
        END
    FROM grant_rules v WHERE v.municipality_id = p_municipality AND v.id = p_rule $$;

GRANT EXECUTE ON FUNCTION entaku_by_law(uuid, uuid), entaku_rule_fault(uuid, uuid, int, uuid) TO entaku_app;
";

const GUARDS: &str = "
CREATE FUNCTION grant_run_by_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fault text := entaku_rule_fault(NEW.municipality_id, NEW.programme_id, NEW.fiscal_year, NEW.rule_id);
BEGIN
    IF fault IS NULL AND NEW.state = 'APPROVED' AND EXISTS (SELECT FROM grant_programmes p
        WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.programme_id AND p.by_law IS NULL) THEN
        fault := 'BY_LAW_MISSING';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'the programme is not calculated by this version of a rule: %', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_' || lower(fault);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER by_law_made BEFORE INSERT ON grant_runs FOR EACH ROW
    WHEN (NEW.kind = 'REAL') EXECUTE FUNCTION grant_run_by_law();
CREATE TRIGGER by_law_approved BEFORE UPDATE OF state ON grant_runs FOR EACH ROW
    WHEN (OLD.state <> 'APPROVED' AND NEW.state = 'APPROVED') EXECUTE FUNCTION grant_run_by_law();

CREATE FUNCTION grant_programme_by_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grant_runs r WHERE r.municipality_id = OLD.municipality_id AND r.programme_id = OLD.id
        AND r.state = 'APPROVED') THEN
        RAISE EXCEPTION 'allocations were approved under the by-law of this programme'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_by_law_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER by_law_fixed BEFORE UPDATE OF by_law ON grant_programmes FOR EACH ROW
    WHEN (OLD.by_law IS DISTINCT FROM NEW.by_law) EXECUTE FUNCTION grant_programme_by_law();
";

/// Nobody is asked to approve what can be approved no more.
const WAITS: &str = "AND r.programme_state <> 'CLOSED' AND r.corrects_id";
const IN_FORCE: &str = "AND r.programme_state <> 'CLOSED'
            AND entaku_rule_fault(r.municipality_id, r.programme_id, r.fiscal_year, r.rule_id) IS NULL AND r.corrects_id";

const MATTER: &str = "entaku_matter(text, uuid)";

const BACK: &str = "
DROP TRIGGER by_law_fixed ON grant_programmes;
DROP TRIGGER by_law_approved ON grant_runs;
DROP TRIGGER by_law_made ON grant_runs;
DROP FUNCTION grant_programme_by_law();
DROP FUNCTION grant_run_by_law();
DROP FUNCTION entaku_rule_fault(uuid, uuid, int, uuid);
DROP FUNCTION entaku_by_law(uuid, uuid);
ALTER TABLE grant_programmes DROP COLUMN by_law;
";
