//! What an application becomes by the reversal of its newest payment, and by nothing else: what was paid falls by it, the
//! payment before it is the last one, and it waits to be paid again, unless it is being reported on.

use super::Change;

pub(super) const UP: &str = "
-- Does the application follow from the reversal of its newest payment?
CREATE FUNCTION grant_payment_came_back(was grant_applications, becomes grant_applications) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    undone grant_payments;
    latest grant_payments;
BEGIN
    SELECT * INTO undone FROM grant_payments p WHERE p.municipality_id = was.municipality_id
        AND p.application_id = was.id AND p.journal_id = was.payment_id AND p.reversal_id IS NOT NULL;
    SELECT * INTO latest FROM grant_payments p WHERE p.municipality_id = was.municipality_id
        AND p.application_id = was.id AND p.kind <> 'RETURN' AND p.reversal_id IS NULL ORDER BY p.number DESC LIMIT 1;
    RETURN undone.id IS NOT NULL AND becomes.paid_yen = was.paid_yen - undone.amount_yen
        AND becomes.payment_id IS NOT DISTINCT FROM latest.journal_id
        AND becomes.paid_on IS NOT DISTINCT FROM latest.paid_on
        AND becomes.paid_by IS NOT DISTINCT FROM latest.paid_by
        AND CASE WHEN was.state IN ('REPORTED', 'REPORT_REVIEWED') THEN becomes.state = was.state
            WHEN was.state IN ('PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID', 'AMOUNT_FIXED', 'SETTLED')
                THEN becomes.state = 'PAYMENT_REQUESTED'
                    AND becomes.pending_yen = coalesce(was.pending_yen, 0) + undone.amount_yen
            ELSE false END;
END $$;
GRANT EXECUTE ON FUNCTION grant_payment_came_back(grant_applications, grant_applications) TO entaku_app;

-- What is undone is not paid: it asks for no approvals.
DROP TRIGGER routed_pay ON grant_applications;
CREATE TRIGGER routed_pay AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.payment_id IS NOT NULL AND (NEW.paid_yen > OLD.paid_yen
        OR (NEW.payment_id IS DISTINCT FROM OLD.payment_id AND NEW.paid_yen = OLD.paid_yen)))
    EXECUTE FUNCTION entaku_act_routed('GRANT_PAYMENT_EXECUTE', 'decided_yen', 'decided_yen');
";

pub(super) const CHANGES: &[Change] = &[
    Change {
        function: "grant_life_follows(text, text)",
        was: "('PAID', 'PARTLY_PAID'),",
        is: "('PAID', 'PARTLY_PAID'), ('PAID', 'PAYMENT_REQUESTED'), ('SETTLED', 'PAYMENT_REQUESTED'),",
    },
    Change {
        function: "grant_application_settled()",
        was: "    kept text[] := CASE",
        is: "    kept text[] := CASE
        WHEN NEW.paid_yen < OLD.paid_yen THEN decision || fixing || surplus
            || ARRAY['payment_requested_by', 'change_id', 'repaid_yen', 'revoked_on', 'revoked_by']",
    },
    Change {
        function: "grant_application_settled()",
        was: "IF NEW.paid_yen < OLD.paid_yen OR NEW.repaid_yen < OLD.repaid_yen",
        is: "IF NEW.paid_yen < OLD.paid_yen AND NOT grant_payment_came_back(OLD, NEW) OR NEW.repaid_yen < OLD.repaid_yen",
    },
];

pub(super) const DOWN: &str = "
DROP TRIGGER routed_pay ON grant_applications;
CREATE TRIGGER routed_pay AFTER UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.payment_id IS NOT NULL
        AND (NEW.paid_yen > OLD.paid_yen OR NEW.payment_id IS DISTINCT FROM OLD.payment_id))
    EXECUTE FUNCTION entaku_act_routed('GRANT_PAYMENT_EXECUTE', 'decided_yen', 'decided_yen');
DROP FUNCTION grant_payment_came_back(grant_applications, grant_applications);
";
