//! A public programme that names a wrong predecessor names the right one, as long as nothing was approved by it.

use crate::table::fk;

/// Nothing was deducted for a predecessor that is none: the ledger has it.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_programmes
            ADD COLUMN previous_corrected_by uuid, ADD COLUMN previous_corrected_on date,
            ADD COLUMN previous_correction text CHECK (previous_correction <> ''), ADD {corrector},
            ADD CONSTRAINT grant_programmes_previous_corrected
                CHECK (num_nulls(previous_corrected_by, previous_corrected_on, previous_correction) IN (0, 3));
        UPDATE personal_tables SET acted = array_append(acted, 'previous_corrected_by') WHERE name = 'grant_programmes';
        {FUNCTIONS}",
        corrector = fk("previous_corrected_by", "accounts"),
    )
}

const FUNCTIONS: &str = "
-- A programme and those before it; nothing where it is none.
CREATE FUNCTION entaku_line_of(p_programme uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line (id) AS (
        SELECT p_programme WHERE p_programme IS NOT NULL
        UNION SELECT p.previous_id FROM line l JOIN grant_programmes p
            ON p.municipality_id = entaku_municipality() AND p.id = l.id
            WHERE p.previous_id IS NOT NULL)
    SELECT id FROM line $$;

-- An organization from whose allocation a surplus was deducted that is none of the programme's line any more, once another
-- predecessor is named. What succeeds the programme has its line.
CREATE FUNCTION entaku_surplus_of_others(p_programme uuid, p_previous uuid) RETURNS text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE after (id) AS (
        SELECT p_programme
        UNION SELECT p.id FROM after f JOIN grant_programmes p
            ON p.municipality_id = entaku_municipality() AND p.previous_id = f.id)
    SELECT min(g.name) FROM grant_offsets o
        JOIN grant_allocations l ON l.municipality_id = o.municipality_id AND l.id = o.allocation_id
        JOIN grant_applications a ON a.municipality_id = o.municipality_id AND a.id = o.application_id
        JOIN organizations g ON g.municipality_id = o.municipality_id AND g.id = o.organization_id
        WHERE o.municipality_id = entaku_municipality() AND l.programme_id IN (SELECT id FROM after)
            AND a.programme_id <> p_programme AND a.programme_id IN (SELECT entaku_line_of(p_programme))
            AND a.programme_id NOT IN (SELECT entaku_line_of(p_previous)) $$;
GRANT EXECUTE ON FUNCTION entaku_line_of(uuid), entaku_surplus_of_others(uuid, uuid) TO entaku_app;

-- Is it corrected, by somebody who could have published it, before anything was approved by it?
CREATE FUNCTION grant_previous_is_corrected(was grant_programmes, becomes grant_programmes) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT coalesce((becomes.previous_id IS NULL) = becomes.first_year
        AND becomes.previous_correction IS NOT NULL AND becomes.previous_corrected_on = entaku_today()
        AND becomes.previous_corrected_by = NULLIF(current_setting('entaku.actor', true), '')::uuid
        AND becomes.previous_corrected_by NOT IN (SELECT entaku_programme_makers(was.id))
        AND NOT EXISTS (SELECT FROM grant_runs r WHERE r.municipality_id = was.municipality_id
            AND r.programme_id = was.id AND r.state = 'APPROVED')
        AND entaku_surplus_of_others(was.id, becomes.previous_id) IS NULL, false) $$;
GRANT EXECUTE ON FUNCTION grant_previous_is_corrected(grant_programmes, grant_programmes) TO entaku_app;
";

pub(super) const FUNCTION: &str = "grant_programme_year_before()";
pub(super) const ONCE: &str = "IF OLD.state <> 'PUBLISHED' OR OLD.previous_id IS NOT NULL OR OLD.first_year THEN";
pub(super) const UNLESS_CORRECTED: &str =
    "IF OLD.state <> 'PUBLISHED' OR (OLD.previous_id IS NOT NULL OR OLD.first_year)
        AND NOT grant_previous_is_corrected(OLD, NEW) THEN";

/// That it was corrected, and why, is in the record still.
pub(super) const DOWN: &str = "
DROP FUNCTION grant_previous_is_corrected(grant_programmes, grant_programmes);
DROP FUNCTION entaku_surplus_of_others(uuid, uuid);
DROP FUNCTION entaku_line_of(uuid);
UPDATE personal_tables SET acted = array_remove(acted, 'previous_corrected_by') WHERE name = 'grant_programmes';
ALTER TABLE grant_programmes DROP COLUMN previous_corrected_by, DROP COLUMN previous_corrected_on,
    DROP COLUMN previous_correction;
";
