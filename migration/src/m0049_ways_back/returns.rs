//! A return that was recorded by mistake is reversed as a payment is: the newest first, by the reverse of its own journal,
//! by somebody else. What was ordered back waits again.

use crate::table::Rewording;

/// What an organization tells of its return stands until something comes, or what came is undone.
pub(super) const UP: &str = "
ALTER TABLE grant_payments
    DROP CONSTRAINT grant_payments_reversed,
    ADD CONSTRAINT grant_payments_reversed CHECK ((reversal_id IS NOT NULL) = (reversed_on IS NOT NULL)
        AND (reversal_id IS NOT NULL) = (reversal_kind IS NOT NULL) AND (reversal_id IS NOT NULL) = (reversed_by IS NOT NULL)
        AND (reversal_kind IS NULL OR kind <> 'RETURN' OR reversal_kind = 'RECORDED_BY_MISTAKE')
        AND reversed_on >= paid_on);
ALTER TABLE grant_applications ADD COLUMN repayment_reported_on date,
    ADD CONSTRAINT grant_applications_repayment_reported
        CHECK (repayment_reported_on IS NULL OR state = 'REPAYMENT_ORDERED');
CREATE FUNCTION grant_repayment_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.repayment_reported_on > entaku_today()
        OR NEW.repayment_reported_on < greatest(NEW.fixed_on, NEW.revoked_on) THEN
        RAISE EXCEPTION 'nothing is returned before it is ordered, or on a day that is yet to come'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_repayment_reported';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER repayment_told BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.repayment_reported_on IS DISTINCT FROM OLD.repayment_reported_on)
    EXECUTE FUNCTION grant_repayment_told();

-- Does the application follow from the reversal of its newest return? Its sum is compared with its rows besides.
CREATE FUNCTION grant_return_undone(was grant_applications, becomes grant_applications) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT was.state IN ('REPAYMENT_ORDERED', 'REPAID') AND becomes.state = 'REPAYMENT_ORDERED'
        AND becomes.paid_yen = was.paid_yen AND becomes.ordered_yen = was.ordered_yen
        AND becomes.repaid_yen = (SELECT coalesce(sum(p.amount_yen), 0) FROM grant_payments p
            WHERE p.municipality_id = was.municipality_id AND p.application_id = was.id AND p.kind = 'RETURN'
                AND p.reversal_id IS NULL) $$;
GRANT EXECUTE ON FUNCTION grant_return_undone(grant_applications, grant_applications) TO entaku_app;
";

pub(super) const CHANGES: &[Rewording] = &[
    (
        "grant_payment_reversed()",
        "n.number > NEW.number AND n.kind <> 'RETURN'",
        "n.number > NEW.number AND (n.kind = 'RETURN') = (NEW.kind = 'RETURN')",
    ),
    (
        "grant_sums_kept()",
        "FILTER (WHERE p.kind = 'RETURN'), 0) <> kept.repaid_yen",
        "FILTER (WHERE p.kind = 'RETURN' AND p.reversal_id IS NULL), 0) <> kept.repaid_yen",
    ),
    (
        "grant_application_settled()",
        "OR NEW.repaid_yen < OLD.repaid_yen",
        "OR NEW.repaid_yen < OLD.repaid_yen AND NOT grant_return_undone(OLD, NEW)",
    ),
    (
        "ledger_faults()",
        "AND p.application_id = g.id AND p.kind = 'RETURN')",
        "AND p.application_id = g.id AND p.kind = 'RETURN' AND p.reversal_id IS NULL)",
    ),
    // What an organization tells of its return voids no order against it.
    (
        "entaku_bound(text, jsonb)",
        "'fixing_due', 'correction_due',",
        "'fixing_due', 'correction_due', 'repayment_reported_on',",
    ),
    // Who undid a return had no hand in what was paid.
    (
        "entaku_doers(uuid, text)",
        "WHERE p_what = 'PAID' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL",
        "WHERE p_what = 'PAID' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL AND p.kind <> 'RETURN'",
    ),
    (
        "entaku_doers(uuid, text)",
        "WHERE p_what = 'REVERSED' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL",
        "WHERE p_what = 'REVERSED' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL AND p.kind <> 'RETURN'",
    ),
];

/// What the release before would count as returned.
pub(super) fn held_before() -> String {
    crate::table::held_before(
        "m0049",
        "grant_payments WHERE reversal_id IS NOT NULL AND kind = 'RETURN'",
        "% returns were reversed, which the schema before cannot hold",
    )
}

pub(super) const DOWN: &str = "
DROP TRIGGER repayment_told ON grant_applications;
DROP FUNCTION grant_repayment_told();
DROP FUNCTION grant_return_undone(grant_applications, grant_applications);
ALTER TABLE grant_applications DROP COLUMN repayment_reported_on;
ALTER TABLE grant_payments
    DROP CONSTRAINT grant_payments_reversed,
    ADD CONSTRAINT grant_payments_reversed CHECK ((reversal_id IS NOT NULL) = (reversed_on IS NOT NULL)
        AND (reversal_id IS NOT NULL) = (reversal_kind IS NOT NULL) AND (reversal_id IS NOT NULL) = (reversed_by IS NOT NULL)
        AND (reversal_id IS NULL OR kind <> 'RETURN') AND reversed_on >= paid_on);
";
