//! An approval is given by whoever it is of, once their turn has come. An act that a route covers is done when its
//! approvals are complete; an object that changes takes its approvals along.

pub(crate) const GUARDS: &str = "
ALTER TABLE grant_applications
    ADD CONSTRAINT grant_applications_decided_on CHECK (decided_yen IS NULL OR decided_on IS NOT NULL);

CREATE FUNCTION entaku_seat_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('APPROVED', 'RETURNED') OR (TG_OP = 'UPDATE' AND OLD.state = NEW.state) THEN
        RETURN NULL;
    END IF;
    -- Of two who approve at once, the second sees the first.
    PERFORM FROM approvals a WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.approval_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' OR OLD.state <> 'OPEN'
        OR NEW.account_id IS DISTINCT FROM NULLIF(current_setting('entaku.actor', true), '')::uuid
        OR NOT entaku_entitled(NEW.id)
        OR EXISTS (SELECT FROM approval_seats o WHERE o.municipality_id = NEW.municipality_id
            AND o.approval_id = NEW.approval_id AND o.id <> NEW.id AND o.state = 'APPROVED'
            AND ARRAY[o.account_id, o.for_id] && ARRAY[NEW.account_id, NEW.for_id])
        OR EXISTS (SELECT FROM approvals a
            JOIN approval_routes r ON r.municipality_id = a.municipality_id AND r.id = a.route_id AND r.in_order
            CROSS JOIN LATERAL jsonb_array_elements(r.steps::jsonb) WITH ORDINALITY AS earlier
            WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.approval_id AND earlier.ordinality < NEW.step
                AND (earlier.value ->> 'needed')::bigint > (SELECT count(*) FROM approval_seats s
                    WHERE s.municipality_id = a.municipality_id AND s.approval_id = a.id
                        AND s.step = earlier.ordinality AND s.state = 'APPROVED')) THEN
        RAISE EXCEPTION 'not theirs to approve' USING ERRCODE = '23514', CONSTRAINT = 'approval_seat';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER taken AFTER INSERT OR UPDATE ON approval_seats FOR EACH ROW EXECUTE FUNCTION entaku_seat_taken();

-- Ends the approvals of an object: of one act, or of all.
CREATE FUNCTION entaku_approvals_end(p_object uuid, p_act text, p_state text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approvals SET state = p_state WHERE municipality_id = entaku_municipality() AND object_id = p_object
        AND state IN ('OPEN', 'APPROVED') AND (p_act IS NULL OR act = p_act);
    IF FOUND THEN
        UPDATE approval_seats s SET state = 'CLOSED' FROM approvals a
            WHERE a.municipality_id = s.municipality_id AND a.id = s.approval_id AND a.object_id = p_object
                AND a.state NOT IN ('OPEN', 'APPROVED')
                AND s.municipality_id = entaku_municipality() AND s.state IN ('WAITING', 'OPEN');
    END IF;
END $$;

-- An act is done: refused where its approvals are not complete, else they are used up.
CREATE FUNCTION entaku_routed(p_act text, p_object uuid, p_hash text, p_proposed bigint, p_yen bigint) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF entaku_complete(p_act, p_object, p_hash, p_proposed, p_yen) IS NOT TRUE THEN
        RAISE EXCEPTION 'the approvals are not complete' USING ERRCODE = '23514', CONSTRAINT = 'approval_route';
    END IF;
    UPDATE approvals SET state = 'DONE' WHERE municipality_id = entaku_municipality() AND object_id = p_object
        AND act = p_act AND state = 'APPROVED' AND object_hash = p_hash AND amount_yen = p_yen;
    PERFORM entaku_approvals_end(p_object, p_act, 'VOID');
END $$;

CREATE FUNCTION entaku_application_routed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := CASE TG_OP WHEN 'UPDATE' THEN entaku_as_it_is(to_jsonb(OLD)) END;
BEGIN
    IF NEW.decided_yen IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.decided_yen IS NULL) THEN
        PERFORM entaku_routed('GRANT_APPLICATION_DECIDE', NEW.id, was, NEW.recommended_yen, NEW.decided_yen);
    END IF;
    IF NEW.payment_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.paid_yen > OLD.paid_yen
        OR NEW.payment_id IS DISTINCT FROM OLD.payment_id) THEN
        PERFORM entaku_routed('GRANT_PAYMENT_EXECUTE', NEW.id, was, NEW.decided_yen, NEW.decided_yen);
    END IF;
    IF was <> entaku_as_it_is(to_jsonb(NEW)) THEN
        PERFORM entaku_approvals_end(NEW.id, NULL, 'VOID');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER routed AFTER INSERT OR UPDATE ON grant_applications
    FOR EACH ROW EXECUTE FUNCTION entaku_application_routed();

-- A decided amount changes by an approved change only (m0029): that is where its route is kept.
CREATE FUNCTION entaku_change_routed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := CASE TG_OP WHEN 'UPDATE' THEN entaku_as_it_is(to_jsonb(OLD)) END;
BEGIN
    IF NEW.state = 'APPROVED' AND (TG_OP = 'INSERT' OR OLD.state <> 'APPROVED') THEN
        PERFORM entaku_routed('GRANT_APPLICATION_DECIDE', NEW.id, was, NEW.decided_yen, NEW.decided_yen);
    END IF;
    IF was <> entaku_as_it_is(to_jsonb(NEW)) THEN
        PERFORM entaku_approvals_end(NEW.id, NULL, 'VOID');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER routed AFTER INSERT OR UPDATE ON grant_changes FOR EACH ROW EXECUTE FUNCTION entaku_change_routed();

CREATE FUNCTION entaku_run_routed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := CASE TG_OP WHEN 'UPDATE' THEN entaku_as_it_is(to_jsonb(OLD)) END;
BEGIN
    IF NEW.state = 'APPROVED' AND (TG_OP = 'INSERT' OR OLD.state <> 'APPROVED') THEN
        PERFORM entaku_routed('GRANT_RUN_APPROVE', NEW.id, was, NEW.total_yen, NEW.total_yen);
    END IF;
    IF was <> entaku_as_it_is(to_jsonb(NEW)) THEN
        PERFORM entaku_approvals_end(NEW.id, NULL, 'VOID');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER routed AFTER INSERT OR UPDATE ON grant_runs FOR EACH ROW EXECUTE FUNCTION entaku_run_routed();

GRANT EXECUTE ON FUNCTION entaku_approvals_end(uuid, text, text), entaku_routed(text, uuid, text, bigint, bigint) TO entaku_app;
";

pub(super) const BACK: &str = "
ALTER TABLE grant_applications DROP CONSTRAINT grant_applications_decided_on;
DROP TRIGGER routed ON grant_runs;
DROP TRIGGER routed ON grant_changes;
DROP TRIGGER routed ON grant_applications;
DROP FUNCTION entaku_run_routed();
DROP FUNCTION entaku_change_routed();
DROP FUNCTION entaku_application_routed();
DROP FUNCTION entaku_routed(text, uuid, text, bigint, bigint);
DROP FUNCTION entaku_approvals_end(uuid, text, text);
DROP TRIGGER taken ON approval_seats;
DROP FUNCTION entaku_seat_taken();
";
