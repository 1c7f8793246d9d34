//! What of a deduction no decision bore is given back, by a row that takes another one back, in part or whole.

use crate::table::Rewording;

/// An allocation is as good as used once its programme is closed and the town hall has nothing of it left to decide on.
pub(super) const UP: &str = "
ALTER TABLE grant_offsets
    ADD COLUMN reverses uuid,
    ADD FOREIGN KEY (municipality_id, reverses) REFERENCES grant_offsets (municipality_id, id),
    DROP CONSTRAINT grant_offsets_amount_yen_check,
    ADD CONSTRAINT grant_offsets_amount CHECK (CASE WHEN reverses IS NULL THEN amount_yen > 0 ELSE amount_yen < 0 END);
CREATE INDEX grant_offsets_reverses ON grant_offsets (municipality_id, reverses) WHERE reverses IS NOT NULL;

-- What of an allocation's deductions is still to be given back. Where nothing was granted, none of them lowered a grant;
-- where something was, as much of them as is left has not: it could have been had.
CREATE FUNCTION entaku_unborne(p_allocation uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(CASE a.granted WHEN 0 THEN o.deducted
        ELSE least(o.deducted, l.amount_yen - o.deducted - a.granted) END - o.back, 0)
    FROM grant_allocations l
    CROSS JOIN LATERAL (SELECT coalesce(sum(d.amount_yen) FILTER (WHERE d.amount_yen > 0), 0)::bigint AS deducted,
            -coalesce(sum(d.amount_yen) FILTER (WHERE d.amount_yen < 0), 0)::bigint AS back
        FROM grant_offsets d WHERE d.municipality_id = l.municipality_id AND d.allocation_id = l.id) o
    CROSS JOIN LATERAL (SELECT coalesce(sum(g.decided_yen) FILTER (WHERE g.state <> 'WITHDRAWN'
                AND g.revoked_on IS NULL), 0)::bigint AS granted,
            count(*) FILTER (WHERE g.state IN ('SUBMITTED', 'UNDER_REVIEW', 'REVIEWED')) AS undecided
        FROM grant_applications g WHERE g.municipality_id = l.municipality_id AND g.allocation_id = l.id) a
    WHERE l.municipality_id = entaku_municipality() AND l.id = p_allocation AND l.programme_state = 'CLOSED'
        AND a.undecided = 0 AND NOT EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = l.municipality_id
            AND y.fiscal_year = l.fiscal_year AND y.closed_at IS NOT NULL) $$;
GRANT EXECUTE ON FUNCTION entaku_unborne(uuid) TO entaku_app;

CREATE FUNCTION grant_offset_given_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM grant_offsets d WHERE d.municipality_id = NEW.municipality_id AND d.id = NEW.reverses
            AND d.application_id = NEW.application_id AND d.allocation_id = NEW.allocation_id AND d.reverses IS NULL
            AND d.amount_yen + NEW.amount_yen + (SELECT coalesce(sum(r.amount_yen), 0) FROM grant_offsets r
                WHERE r.municipality_id = d.municipality_id AND r.reverses = d.id) >= 0)
        OR -NEW.amount_yen > coalesce(entaku_unborne(NEW.allocation_id), 0) THEN
        RAISE EXCEPTION 'what was borne is not given back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_offsets_unborne';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER given_back BEFORE INSERT ON grant_offsets FOR EACH ROW WHEN (NEW.reverses IS NOT NULL)
    EXECUTE FUNCTION grant_offset_given_back();

-- Is something deducted in a year of which nobody knows yet whether it will be borne? The ledger's own role reads no grants.
CREATE FUNCTION entaku_deductions_open(p_fiscal_year int) RETURNS bool LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM grant_allocations l WHERE l.municipality_id = entaku_municipality() AND l.fiscal_year = p_fiscal_year
        AND l.offset_yen > 0 AND (l.programme_state <> 'CLOSED' OR entaku_unborne(l.id) > 0
            OR EXISTS (SELECT FROM grant_applications a WHERE a.municipality_id = l.municipality_id
                AND a.allocation_id = l.id AND a.state IN ('SUBMITTED', 'UNDER_REVIEW', 'REVIEWED')))) $$;
REVOKE ALL ON FUNCTION entaku_deductions_open(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_deductions_open(int) TO entaku_app, entaku_ledger;
";

pub(super) const CHANGES: &[Rewording] = &[
    // What is deducted falls by rows that give it back, and by nothing else.
    (
        "grant_application_settled()",
        "OR NEW.offset_done_yen < OLD.offset_done_yen THEN",
        "OR NEW.offset_done_yen < OLD.offset_done_yen AND NEW.offset_done_yen <> (SELECT coalesce(sum(o.amount_yen), 0)
            FROM grant_offsets o WHERE o.municipality_id = NEW.municipality_id AND o.application_id = NEW.id) THEN",
    ),
    // What was given back whole is a deduction of nobody's.
    (
        "entaku_surplus_of_others(uuid, uuid)",
        "WHERE o.municipality_id = entaku_municipality() AND l.programme_id IN (SELECT id FROM after)",
        "WHERE o.municipality_id = entaku_municipality() AND o.amount_yen > (SELECT coalesce(-sum(r.amount_yen), 0)
                FROM grant_offsets r WHERE r.municipality_id = o.municipality_id AND r.reverses = o.id)
            AND l.programme_id IN (SELECT id FROM after)",
    ),
    (
        "ledger_close(uuid, uuid, int, text)",
        "    SELECT array_agg(a.kind), array_agg(a.owner_id)",
        "    IF entaku_deductions_open(p_fiscal_year) THEN
        RETURN 'DEDUCTED';
    END IF;
    SELECT array_agg(a.kind), array_agg(a.owner_id)",
    ),
];

/// What the release before would count as deducted.
pub(super) fn held_before() -> String {
    crate::table::held_before(
        "m0054",
        "grant_offsets WHERE reverses IS NOT NULL",
        "% deductions were given back, which the schema before cannot hold",
    )
}

pub(super) const DOWN: &str = "
DROP FUNCTION entaku_deductions_open(int);
DROP TRIGGER given_back ON grant_offsets;
DROP FUNCTION grant_offset_given_back();
DROP FUNCTION entaku_unborne(uuid);
ALTER TABLE grant_offsets DROP CONSTRAINT grant_offsets_amount, DROP COLUMN reverses,
    ADD CONSTRAINT grant_offsets_amount_yen_check CHECK (amount_yen > 0);
";
