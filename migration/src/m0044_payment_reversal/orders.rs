//! What an approval is bound to depends on the act. A decision, a payment or a fixing is bound to the application as it is,
//! with its files. An order against the organization (revocation, repayment) is bound to what the town decided, paid and
//! examined: what the organization attaches, tells or asks for meanwhile is shown to the approvers and voids nothing.

use super::Change;

pub(super) const UP: &str = "
ALTER TABLE approvals ADD COLUMN organization_acted_at timestamptz;
GRANT UPDATE (organization_acted_at) ON approvals TO entaku_app;

-- Is it an order against the organization?
CREATE FUNCTION entaku_is_order(p_act text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT p_act IN ('GRANT_DECISION_REVOKE', 'GRANT_REPAYMENT_ORDER') $$;

-- The hash of what an approval of an act is bound to.
CREATE FUNCTION entaku_bound(p_act text, p_row jsonb) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN entaku_is_order(p_act) THEN md5(entaku_essence(p_row - ARRAY['state', 'costs', 'pending_yen',
            'payment_requested_by', 'change_id', 'completed_on', 'report_due', 'reported_on', 'reported_by',
            'payment_due', 'fixing_due', 'correction_due', 'request_from', 'request_due']))
        ELSE entaku_as_it_is(p_row) END $$;

-- Ends the approvals of an object that changed, or whose files did (no rows then); an order where that is bound to something
-- else now, or possible no more. What goes on shows that something happened.
CREATE FUNCTION entaku_approvals_unsettle(p_object uuid, p_was jsonb, p_is jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ends text[] := ARRAY(SELECT DISTINCT v.act FROM approvals v WHERE v.municipality_id = entaku_municipality()
        AND v.object_id = p_object AND v.state IN ('OPEN', 'APPROVED')
        AND (NOT entaku_is_order(v.act) OR entaku_bound(v.act, p_was) <> entaku_bound(v.act, p_is)
            OR NOT entaku_revocable(p_is ->> 'state')));
BEGIN
    PERFORM entaku_approvals_end(p_object, act, 'VOID') FROM unnest(ends) act;
    UPDATE approvals SET organization_acted_at = entaku_now() WHERE municipality_id = entaku_municipality()
        AND object_id = p_object AND state IN ('OPEN', 'APPROVED');
END $$;
GRANT EXECUTE ON FUNCTION entaku_is_order(text), entaku_bound(text, jsonb), entaku_approvals_unsettle(uuid, jsonb, jsonb)
    TO entaku_app;
";

pub(super) const CHANGES: &[Change] = &[
    Change {
        function: "entaku_matter(text, uuid)",
        was: "entaku_as_it_is(to_jsonb(a)),
            CASE WHEN s.surplus > 0",
        is: "entaku_bound('GRANT_REPAYMENT_ORDER', to_jsonb(a)),
            CASE WHEN s.surplus > 0",
    },
    Change {
        function: "entaku_matter(text, uuid)",
        was: "entaku_as_it_is(to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by], NULL)",
        is: "entaku_bound('GRANT_DECISION_REVOKE', to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by], NULL)",
    },
    Change {
        function: "entaku_act_routed()",
        was: "entaku_as_it_is(to_jsonb(OLD))",
        is: "entaku_bound(TG_ARGV[0], to_jsonb(OLD))",
    },
    Change {
        function: "entaku_matter_changed()",
        was: "entaku_approvals_end(NEW.id, NULL, 'VOID')",
        is: "entaku_approvals_unsettle(NEW.id, to_jsonb(OLD), to_jsonb(NEW))",
    },
    Change {
        function: "entaku_files_changed()",
        was: "entaku_approvals_end(attached.application_id, NULL, 'VOID')",
        is: "entaku_approvals_unsettle(attached.application_id, NULL, NULL)",
    },
];

/// What is being approved stays the same matter.
pub(super) const REHASHED: &str = "
ALTER TABLE approvals DISABLE TRIGGER USER;
UPDATE approvals v SET object_hash = entaku_bound(v.act, to_jsonb(a)) FROM grant_applications a
    WHERE a.municipality_id = v.municipality_id AND a.id = v.object_id AND entaku_is_order(v.act)
        AND v.state IN ('OPEN', 'APPROVED', 'RETURNED') AND v.object_hash = entaku_as_it_is(to_jsonb(a));
ALTER TABLE approvals ENABLE TRIGGER USER;
";

pub(super) const HASHED_BEFORE: &str = "
ALTER TABLE approvals DISABLE TRIGGER USER;
UPDATE approvals v SET object_hash = entaku_as_it_is(to_jsonb(a)) FROM grant_applications a
    WHERE a.municipality_id = v.municipality_id AND a.id = v.object_id AND entaku_is_order(v.act)
        AND v.state IN ('OPEN', 'APPROVED', 'RETURNED') AND v.object_hash = entaku_bound(v.act, to_jsonb(a));
ALTER TABLE approvals ENABLE TRIGGER USER;
";

pub(super) const DOWN: &str = "
DROP FUNCTION entaku_approvals_unsettle(uuid, jsonb, jsonb);
DROP FUNCTION entaku_bound(text, jsonb);
DROP FUNCTION entaku_is_order(text);
ALTER TABLE approvals DROP COLUMN organization_acted_at;
";
