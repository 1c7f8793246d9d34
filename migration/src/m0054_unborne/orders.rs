//! A surplus that waits for an allocation which does not come is ordered back, by an approver.

use crate::table::Rewording;
use crate::table::fk;

/// Where a decision was revoked, what is given back afterwards waits as well, until it is ordered.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_applications
            ADD COLUMN surplus_ordered_on date, ADD COLUMN surplus_ordered_by uuid, ADD COLUMN owed_since date, ADD {orderer},
            ADD CONSTRAINT grant_applications_surplus_ordered
                CHECK ((surplus_ordered_on IS NULL) = (surplus_ordered_by IS NULL) AND owed_since <= surplus_ordered_on),
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
    ('grant_applications', 'SURPLUS_ORDER', 'reported_by');

-- Whoever ordered a surplus of a grant back; the row names the last of them.
CREATE FUNCTION entaku_surplus_orderers(p_application uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT h.actor_id FROM grant_acts h WHERE h.municipality_id = entaku_municipality()
        AND h.application_id = p_application AND h.act = 'SURPLUS_ORDER' AND h.actor_id IS NOT NULL $$;

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
        OR EXISTS (SELECT FROM after f WHERE f.state = 'CLOSED'
            OR f.state = 'PUBLISHED' AND f.closes_on < entaku_today())) $$;

-- Is what waits, and nothing else, ordered back by who does it now?
CREATE FUNCTION grant_surplus_is_ordered(was grant_applications, becomes grant_applications) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT becomes.state = 'REPAYMENT_ORDERED' AND becomes.offset_done_yen = was.offset_done_yen
        AND becomes.offset_yen = was.offset_done_yen
        AND becomes.ordered_yen = was.ordered_yen + was.offset_yen - was.offset_done_yen
        AND becomes.surplus_ordered_on = entaku_today()
        AND becomes.owed_since IS NOT DISTINCT FROM (CASE WHEN was.ordered_yen = was.repaid_yen THEN entaku_today()
            ELSE was.owed_since END)
        AND becomes.surplus_ordered_by = NULLIF(current_setting('entaku.actor', true), '')::uuid
        AND entaku_waits_in_vain(was.id) $$;
GRANT EXECUTE ON FUNCTION entaku_surplus_orderers(uuid), entaku_waits_in_vain(uuid),
    grant_surplus_is_ordered(grant_applications, grant_applications) TO entaku_app;

-- What is approved is a sum: what waits is another one once something of it was deducted, or given back.
CREATE FUNCTION grant_surplus_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM entaku_approvals_end(NEW.id, 'GRANT_REPAYMENT_ORDER', 'VOID');
    RETURN NULL;
END $$;
CREATE TRIGGER unsettles_order AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.offset_done_yen <> OLD.offset_done_yen) EXECUTE FUNCTION grant_surplus_changed();

-- The fixing orders a part of the whole surplus, and finds its route by that; what is ordered later, by what is owed then.
DROP TRIGGER routed_order ON grant_applications;
CREATE TRIGGER routed_order AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.revoked_on IS NULL AND NEW.ordered_yen > OLD.ordered_yen AND OLD.fixed_yen IS NULL)
    EXECUTE FUNCTION entaku_act_routed('GRANT_REPAYMENT_ORDER', 'kept_yen,offset_yen,ordered_yen', 'ordered_yen');
CREATE TRIGGER routed_order_surplus AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.revoked_on IS NULL AND NEW.ordered_yen > OLD.ordered_yen AND OLD.fixed_yen IS NOT NULL)
    EXECUTE FUNCTION entaku_act_routed('GRANT_REPAYMENT_ORDER', 'ordered_yen', 'ordered_yen');
";

pub(super) const CHANGES: &[Rewording] = &[
    (
        "grant_application_settled()",
        "    kept text[] := CASE",
        "    kept text[] := CASE
        WHEN OLD.offset_yen > OLD.offset_done_yen AND grant_surplus_is_ordered(OLD, NEW)
            THEN decision || fixing || money || ARRAY['kept_yen', 'repaid_yen', 'revoked_on', 'revoked_by']",
    ),
    (
        "grant_application_settled()",
        "    IF NOT grant_life_follows(OLD.state, NEW.state) THEN",
        "    IF (NEW.surplus_ordered_on, NEW.surplus_ordered_by, NEW.owed_since)
            IS DISTINCT FROM (OLD.surplus_ordered_on, OLD.surplus_ordered_by, OLD.owed_since)
        AND NOT (OLD.offset_yen > OLD.offset_done_yen AND grant_surplus_is_ordered(OLD, NEW)) THEN
        RAISE EXCEPTION 'who ordered a surplus back is settled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
    END IF;
    IF NOT grant_life_follows(OLD.state, NEW.state) THEN",
    ),
    (
        "entaku_duties_kept()",
        "'REPAYMENT_RECORD', 'DECISION_REVOKE')",
        "'REPAYMENT_RECORD', 'DECISION_REVOKE', 'SURPLUS_ORDER')",
    ),
    (
        "entaku_duties_kept()",
        "    RETURN NULL;",
        "    IF NEW.act = 'REPAYMENT_RECORD' AND NEW.actor_id IN (SELECT entaku_surplus_orderers(NEW.application_id)) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;",
    ),
    (
        "entaku_reversal_apart(uuid, boolean)",
        "    UNION SELECT entaku_recommenders(p_application)",
        "    UNION SELECT entaku_surplus_orderers(p_application) WHERE p_return
    UNION SELECT entaku_recommenders(p_application)",
    ),
    (
        "grant_repayment_told()",
        "greatest(NEW.fixed_on, NEW.revoked_on)",
        "greatest(NEW.fixed_on, NEW.revoked_on, NEW.owed_since)",
    ),
    // What waits is ordered by the route of what is owed then, also of a revoked grant, and approved until its task is due.
    (
        "entaku_matter(text, uuid)",
        "CASE WHEN s.surplus > 0 THEN s.surplus ELSE",
        "CASE WHEN s.surplus > 0 THEN s.surplus
                WHEN a.offset_yen > a.offset_done_yen THEN a.ordered_yen + a.offset_yen - a.offset_done_yen ELSE",
    ),
    (
        "entaku_matter(text, uuid)",
        "AND entaku_revocable(a.state) AND a.revoked_on IS NULL AND a.paid_yen > a.offset_done_yen",
        "AND (entaku_revocable(a.state) AND a.revoked_on IS NULL OR a.offset_yen > a.offset_done_yen)
            AND a.paid_yen > a.offset_done_yen",
    ),
    (
        "entaku_due(text, uuid)",
        "WHEN 'GRANT_REPAYMENT_ORDER' THEN CASE WHEN a.state = 'REPORT_REVIEWED' THEN a.fixing_due END END",
        "WHEN 'GRANT_REPAYMENT_ORDER' THEN CASE WHEN a.state = 'REPORT_REVIEWED' THEN a.fixing_due
                    WHEN a.offset_yen > a.offset_done_yen THEN make_date(a.fiscal_year + 2, 5, 31) END END",
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
DROP TRIGGER unsettles_order ON grant_applications;
DROP FUNCTION grant_surplus_changed();
DROP TRIGGER routed_order_surplus ON grant_applications;
DROP TRIGGER routed_order ON grant_applications;
CREATE TRIGGER routed_order AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.revoked_on IS NULL AND NEW.ordered_yen > OLD.ordered_yen)
    EXECUTE FUNCTION entaku_act_routed('GRANT_REPAYMENT_ORDER', 'kept_yen,offset_yen,ordered_yen', 'ordered_yen');
DROP FUNCTION entaku_surplus_orderers(uuid);
DROP FUNCTION grant_surplus_is_ordered(grant_applications, grant_applications);
DROP FUNCTION entaku_waits_in_vain(uuid);
DELETE FROM duties_apart WHERE act = 'SURPLUS_ORDER';
UPDATE personal_tables SET acted = array_remove(acted, 'surplus_ordered_by') WHERE name = 'grant_applications';
ALTER TABLE grant_applications DROP CONSTRAINT grant_applications_surplus_ordered,
    DROP COLUMN surplus_ordered_on, DROP COLUMN surplus_ordered_by, DROP COLUMN owed_since,
    DROP CONSTRAINT grant_applications_surplus,
    ADD CONSTRAINT grant_applications_surplus CHECK (
        revoked_on IS NULL AND fixed_yen IS NULL AND kept_yen + offset_yen + ordered_yen = 0
        OR revoked_on IS NULL AND kept_yen + offset_yen + ordered_yen = greatest(paid_yen - fixed_yen, 0)
        OR revoked_on IS NOT NULL AND kept_yen = 0 AND offset_yen = offset_done_yen
            AND ordered_yen + offset_yen = paid_yen);
";
