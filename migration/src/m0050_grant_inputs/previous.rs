//! A real run is compared with the programme's own predecessor; with none only where the programme says that it is the first
//! year.

use crate::table::fk;

/// An approved run said in its inputs with whose amounts it compared: by the title, which programmes of several years may
/// have; it was the last of them. What was public before and had nothing of an earlier year beside it was the first year.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_programmes ADD COLUMN first_year boolean NOT NULL DEFAULT false,
            ADD CONSTRAINT grant_programmes_first_year CHECK (NOT first_year OR previous_id IS NULL);
        ALTER TABLE grant_runs ADD COLUMN previous_id uuid, ADD COLUMN not_compared text,
            ADD COLUMN previous_hash text, ADD {previous};
        CREATE INDEX grant_runs_previous ON grant_runs (municipality_id, previous_id);
        ALTER TABLE grant_programmes DISABLE TRIGGER USER;
        UPDATE grant_programmes p SET previous_id = named.id FROM (
            SELECT DISTINCT ON (r.municipality_id, r.programme_id) r.municipality_id, r.programme_id, e.id
            FROM (SELECT DISTINCT ON (n.municipality_id, n.programme_id) n.* FROM grant_runs n
                WHERE n.state = 'APPROVED' ORDER BY n.municipality_id, n.programme_id, n.id DESC) r
            JOIN grant_programmes e ON e.municipality_id = r.municipality_id AND e.fiscal_year < r.fiscal_year
                AND e.id <> r.programme_id
            WHERE EXISTS (SELECT FROM jsonb_array_elements(r.inputs::jsonb -> 'bodies') b
                WHERE b.value #>> '{{previous,source}}' = '「' || e.title || '」の配分額')
            ORDER BY r.municipality_id, r.programme_id, e.fiscal_year DESC, e.id DESC) named
            WHERE p.municipality_id = named.municipality_id AND p.id = named.programme_id AND p.previous_id IS NULL;
        UPDATE grant_programmes p SET first_year = true WHERE p.state <> 'DRAFT' AND p.previous_id IS NULL
            AND NOT EXISTS (SELECT FROM grant_programmes e WHERE e.municipality_id = p.municipality_id
                AND e.fiscal_year < p.fiscal_year);
        ALTER TABLE grant_programmes ENABLE TRIGGER USER;
        {ONCE}
        {AMOUNTS}
        {GUARD}",
        previous = fk("previous_id", "grant_programmes"),
    )
}

/// A public programme that did not say which year was before may say so once.
const ONCE: &str = "
CREATE FUNCTION grant_programme_year_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'PUBLISHED' OR OLD.previous_id IS NOT NULL OR OLD.first_year THEN
        RAISE EXCEPTION 'which year was before a public programme is said once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_year_before';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER year_before BEFORE UPDATE OF previous_id, first_year ON grant_programmes FOR EACH ROW
    WHEN (OLD.state <> 'DRAFT' AND (OLD.previous_id, OLD.first_year) IS DISTINCT FROM (NEW.previous_id, NEW.first_year))
    EXECUTE FUNCTION grant_programme_year_before();
";

/// A run is compared with amounts, not with a name: they may be corrected after it.
const AMOUNTS: &str = "
-- What was settled of a programme, as one word; nothing where nothing is.
CREATE FUNCTION entaku_previous_hash(p_town uuid, p_programme uuid) RETURNS text LANGUAGE sql STABLE COST 10000 AS $$
    SELECT md5(string_agg(a.organization_id || ':' || a.amount_yen, ',' ORDER BY a.organization_id))
    FROM grant_allocations a
    JOIN grant_programmes p ON p.municipality_id = a.municipality_id AND p.id = a.programme_id
    WHERE a.municipality_id = p_town AND a.programme_id = p_programme
        AND (a.line_id IS NOT NULL OR a.run_id IS NULL AND p.state <> 'DRAFT') $$;

-- Is the year before still what a run was compared with?
CREATE FUNCTION entaku_as_compared(p_town uuid, p_programme uuid, p_previous uuid, p_not_compared text, p_hash text)
    RETURNS bool LANGUAGE sql STABLE COST 10000 AS $$
    SELECT EXISTS (SELECT FROM grant_programmes p WHERE p.municipality_id = p_town AND p.id = p_programme
            AND p.previous_id IS NOT DISTINCT FROM p_previous AND (p_not_compared IS NULL OR p.first_year))
        AND p_hash IS NOT DISTINCT FROM entaku_previous_hash(p_town, p_previous) $$;
GRANT EXECUTE ON FUNCTION entaku_previous_hash(uuid, uuid), entaku_as_compared(uuid, uuid, uuid, text, text) TO entaku_app;
";

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
    IF NEW.state = 'APPROVED'
        AND NEW.previous_hash IS DISTINCT FROM entaku_previous_hash(NEW.municipality_id, NEW.previous_id) THEN
        RAISE EXCEPTION 'the amounts of the year before have changed since'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_previous_hash';
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
            AND entaku_as_compared(r.municipality_id, r.programme_id, r.previous_id, r.not_compared, r.previous_hash)
            AND r.corrects_id";

pub(super) const DOWN: &str = "
DROP TRIGGER previous_approved ON grant_runs;
DROP TRIGGER previous_made ON grant_runs;
DROP FUNCTION grant_run_previous();
DROP FUNCTION entaku_as_compared(uuid, uuid, uuid, text, text);
DROP FUNCTION entaku_previous_hash(uuid, uuid);
DROP TRIGGER year_before ON grant_programmes;
DROP FUNCTION grant_programme_year_before();
ALTER TABLE grant_runs DROP COLUMN previous_id, DROP COLUMN not_compared, DROP COLUMN previous_hash;
ALTER TABLE grant_programmes DROP COLUMN first_year;
";
