//! What is paid in parts is paid by several, and what is changed twice is changed by several: a name in the application is
//! the last one's. Duties are kept apart from all of them.

pub(super) const UP: &str = "
-- Whoever paid something of an application, or decided on a change of it.
CREATE FUNCTION entaku_doers(p_application uuid, p_what text) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT p.paid_by FROM grant_payments p WHERE p_what = 'PAID' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.kind <> 'RETURN' AND p.paid_by IS NOT NULL
    UNION SELECT c.decided_by FROM grant_changes c WHERE p_what = 'CHANGED' AND c.municipality_id = entaku_municipality()
        AND c.application_id = p_application AND c.state = 'APPROVED' AND c.decided_by IS NOT NULL $$;
GRANT EXECUTE ON FUNCTION entaku_doers(uuid, text) TO entaku_app;

CREATE FUNCTION entaku_apart_from_all() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    becomes jsonb := to_jsonb(NEW);
BEGIN
    IF (becomes ->> TG_ARGV[0])::uuid IN (SELECT entaku_doers((becomes ->> TG_ARGV[1])::uuid, TG_ARGV[2])) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fixer_apart AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.fixed_by IS DISTINCT FROM OLD.fixed_by)
    EXECUTE FUNCTION entaku_apart_from_all('fixed_by', 'id', 'PAID');
CREATE TRIGGER changer_apart AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.changed_by IS DISTINCT FROM OLD.changed_by)
    EXECUTE FUNCTION entaku_apart_from_all('changed_by', 'id', 'PAID');
CREATE TRIGGER payer_apart AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.paid_by IS DISTINCT FROM OLD.paid_by)
    EXECUTE FUNCTION entaku_apart_from_all('paid_by', 'id', 'CHANGED');
CREATE TRIGGER requester_apart AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.payment_requested_by IS DISTINCT FROM OLD.payment_requested_by)
    EXECUTE FUNCTION entaku_apart_from_all('payment_requested_by', 'id', 'CHANGED');
CREATE TRIGGER decider_apart AFTER UPDATE ON grant_changes
    FOR EACH ROW WHEN (NEW.decided_by IS DISTINCT FROM OLD.decided_by)
    EXECUTE FUNCTION entaku_apart_from_all('decided_by', 'application_id', 'PAID');
";

pub(super) const DOWN: &str = "
DROP TRIGGER decider_apart ON grant_changes;
DROP TRIGGER requester_apart ON grant_applications;
DROP TRIGGER payer_apart ON grant_applications;
DROP TRIGGER changer_apart ON grant_applications;
DROP TRIGGER fixer_apart ON grant_applications;
DROP FUNCTION entaku_apart_from_all();
DROP FUNCTION entaku_doers(uuid, text);
";
