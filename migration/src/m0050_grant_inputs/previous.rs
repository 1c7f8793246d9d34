//! A real run is compared with the programme's own predecessor; with none only where the programme says that it is the first
//! year.

use crate::table::fk;

/// What was public before and had nothing of an earlier year beside it was the first year.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_programmes ADD COLUMN first_year boolean NOT NULL DEFAULT false,
            ADD CONSTRAINT grant_programmes_first_year CHECK (NOT first_year OR previous_id IS NULL);
        ALTER TABLE grant_runs ADD COLUMN previous_id uuid, ADD COLUMN not_compared text, ADD {previous};
        CREATE INDEX grant_runs_previous ON grant_runs (municipality_id, previous_id);
        ALTER TABLE grant_programmes DISABLE TRIGGER USER;
        UPDATE grant_programmes p SET first_year = true WHERE p.state <> 'DRAFT' AND p.previous_id IS NULL
            AND NOT EXISTS (SELECT FROM grant_programmes e WHERE e.municipality_id = p.municipality_id
                AND e.fiscal_year < p.fiscal_year);
        ALTER TABLE grant_programmes ENABLE TRIGGER USER;
        {GUARD}",
        previous = fk("previous_id", "grant_programmes"),
    )
}

const GUARD: &str = "
CREATE FUNCTION grant_run_previous() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    programme record;
BEGIN
    SELECT p.previous_id, p.first_year INTO programme FROM grant_programmes p
        WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.programme_id;
    IF NEW.previous_id IS DISTINCT FROM programme.previous_id THEN
        RAISE EXCEPTION 'the year before is the programme''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_previous';
    END IF;
    IF NEW.not_compared IS NOT NULL AND NOT programme.first_year THEN
        RAISE EXCEPTION 'this run looks at a year before that there is not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_not_compared';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER previous_made BEFORE INSERT ON grant_runs FOR EACH ROW
    WHEN (NEW.kind = 'REAL') EXECUTE FUNCTION grant_run_previous();
CREATE TRIGGER previous_approved BEFORE UPDATE OF state ON grant_runs FOR EACH ROW
    WHEN (OLD.state <> 'APPROVED' AND NEW.state = 'APPROVED') EXECUTE FUNCTION grant_run_previous();
";

/// Nobody is asked to approve what was compared with another year.
pub(super) const MATTER: &str = "entaku_matter(text, uuid)";
pub(super) const IN_FORCE: &str =
    "AND entaku_rule_fault(r.municipality_id, r.programme_id, r.fiscal_year, r.rule_id) IS NULL AND r.corrects_id";
pub(super) const AS_COMPARED: &str =
    "AND entaku_rule_fault(r.municipality_id, r.programme_id, r.fiscal_year, r.rule_id) IS NULL
            AND r.previous_id IS NOT DISTINCT FROM (SELECT p.previous_id FROM grant_programmes p
                WHERE p.municipality_id = r.municipality_id AND p.id = r.programme_id) AND r.corrects_id";

pub(super) const DOWN: &str = "
DROP TRIGGER previous_approved ON grant_runs;
DROP TRIGGER previous_made ON grant_runs;
DROP FUNCTION grant_run_previous();
ALTER TABLE grant_runs DROP COLUMN previous_id, DROP COLUMN not_compared;
ALTER TABLE grant_programmes DROP COLUMN first_year;
";
