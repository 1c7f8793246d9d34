//! A surplus that waits for an allocation which does not come is ordered back, by an approver.

use super::Change;
use crate::table::fk;

/// Where a decision was revoked, what is given back afterwards waits as well, until it is ordered.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_applications
            ADD COLUMN surplus_ordered_on date, ADD COLUMN surplus_ordered_by uuid, ADD {orderer},
            ADD CONSTRAINT grant_applications_surplus_ordered
                CHECK ((surplus_ordered_on IS NULL) = (surplus_ordered_by IS NULL)),
            DROP CONSTRAINT grant_applications_surplus,
            ADD CONSTRAINT grant_applications_surplus CHECK (
                revoked_on IS NULL AND fixed_yen IS NULL AND kept_yen + offset_yen + ordered_yen = 0
                OR revoked_on IS NULL AND kept_yen + offset_yen + ordered_yen = greatest(paid_yen - fixed_yen, 0)
                OR revoked_on IS NOT NULL AND kept_yen = 0 AND ordered_yen + offset_yen = paid_yen);
        UPDATE personal_tables SET acted = array_append(acted, 'surplus_ordered_by') WHERE name = 'grant_applications';
        {FUNCTIONS}",
        orderer = fk("surplus_ordered_by", "accounts"),
    )
}

const FUNCTIONS: &str = "
INSERT INTO duties_apart (object, act, done_by) VALUES
    ('grant_applications', 'SURPLUS_ORDER', 'submitted_by'),
    ('grant_applications', 'SURPLUS_ORDER', 'reported_by'),
    ('grant_applications', 'REPAYMENT_RECORD', 'surplus_ordered_by');

-- Does something of a surplus wait, though applications for a later programme of its line have closed, or the year after
-- the grant's is over, or its organization has ended?
CREATE FUNCTION entaku_waits_in_vain(p_application uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    WITH RECURSIVE surplus AS (
        SELECT a.municipality_id, a.programme_id, a.fiscal_year, g.stage FROM grant_applications a
            JOIN organizations g ON g.municipality_id = a.municipality_id AND g.id = a.organization_id
            WHERE a.municipality_id = entaku_municipality() AND a.id = p_application AND a.offset_yen > a.offset_done_yen
    ), after AS (
        SELECT p.municipality_id, p.id, p.state, p.closes_on FROM surplus s
            JOIN grant_programmes p ON p.municipality_id = s.municipality_id AND p.previous_id = s.programme_id
        UNION SELECT p.municipality_id, p.id, p.state, p.closes_on FROM after f
            JOIN grant_programmes p ON p.municipality_id = f.municipality_id AND p.previous_id = f.id)
    SELECT EXISTS (SELECT FROM surplus s WHERE s.stage IN ('DISSOLVED', 'MERGED', 'REVOKED')
        OR entaku_today() > make_date(s.fiscal_year + 2, 3, 31)
        OR EXISTS (SELECT FROM after f WHERE f.state <> 'DRAFT' AND f.closes_on < entaku_today())) $$;

-- Is what waits, and nothing else, ordered back by who does it now?
CREATE FUNCTION grant_surplus_is_ordered(was grant_applications, becomes grant_applications) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT becomes.state = 'REPAYMENT_ORDERED' AND becomes.offset_done_yen = was.offset_done_yen
        AND becomes.offset_yen = was.offset_done_yen
        AND becomes.ordered_yen = was.ordered_yen + was.offset_yen - was.offset_done_yen
        AND becomes.surplus_ordered_on = entaku_today()
        AND becomes.surplus_ordered_by = NULLIF(current_setting('entaku.actor', true), '')::uuid
        AND entaku_waits_in_vain(was.id) $$;
GRANT EXECUTE ON FUNCTION entaku_waits_in_vain(uuid), grant_surplus_is_ordered(grant_applications, grant_applications)
    TO entaku_app;
";

pub(super) const CHANGES: &[Change] = &[
    (
        "grant_application_settled()",
        "    kept text[] := CASE",
        "    kept text[] := CASE
        WHEN OLD.offset_yen > OLD.offset_done_yen AND grant_surplus_is_ordered(OLD, NEW)
            THEN decision || fixing || money || ARRAY['kept_yen', 'repaid_yen', 'revoked_on', 'revoked_by']",
    ),
    (
        "entaku_duties_kept()",
        "'REPAYMENT_RECORD', 'DECISION_REVOKE')",
        "'REPAYMENT_RECORD', 'DECISION_REVOKE', 'SURPLUS_ORDER')",
    ),
    (
        "entaku_reversal_apart(uuid, boolean)",
        "ARRAY[a.revoked_by, (SELECT",
        "ARRAY[a.revoked_by, a.surplus_ordered_by, (SELECT",
    ),
    // What waits of a revoked grant's surplus is ordered by the same route.
    (
        "entaku_matter(text, uuid)",
        "AND entaku_revocable(a.state) AND a.revoked_on IS NULL AND a.paid_yen > a.offset_done_yen",
        "AND (entaku_revocable(a.state) AND a.revoked_on IS NULL OR a.offset_yen > a.offset_done_yen)
            AND a.paid_yen > a.offset_done_yen",
    ),
];

/// What the release before would owe nobody.
pub(super) fn held_before() -> String {
    crate::table::held_before(
        "m0054",
        "grant_applications WHERE surplus_ordered_on IS NOT NULL OR revoked_on IS NOT NULL AND offset_yen <> offset_done_yen",
        "% surpluses that waited were ordered back, or wait of a revoked grant, which the schema before cannot hold",
    )
}

pub(super) const DOWN: &str = "
DROP FUNCTION grant_surplus_is_ordered(grant_applications, grant_applications);
DROP FUNCTION entaku_waits_in_vain(uuid);
DELETE FROM duties_apart WHERE act = 'SURPLUS_ORDER' OR done_by = 'surplus_ordered_by';
UPDATE personal_tables SET acted = array_remove(acted, 'surplus_ordered_by') WHERE name = 'grant_applications';
ALTER TABLE grant_applications DROP CONSTRAINT grant_applications_surplus_ordered,
    DROP COLUMN surplus_ordered_on, DROP COLUMN surplus_ordered_by,
    DROP CONSTRAINT grant_applications_surplus,
    ADD CONSTRAINT grant_applications_surplus CHECK (
        revoked_on IS NULL AND fixed_yen IS NULL AND kept_yen + offset_yen + ordered_yen = 0
        OR revoked_on IS NULL AND kept_yen + offset_yen + ordered_yen = greatest(paid_yen - fixed_yen, 0)
        OR revoked_on IS NOT NULL AND kept_yen = 0 AND offset_yen = offset_done_yen
            AND ordered_yen + offset_yen = paid_yen);
";
