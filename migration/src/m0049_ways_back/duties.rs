//! Who gave an opinion is kept apart from what follows of it, also where it was taken back and another gave one since: the
//! application has the last one's name. Who examined a report does not report. And what is undone says from whom it is kept
//! apart: a return from who recorded and who ordered it, a payment from those who had a hand in it.

use crate::table::Rewording;

pub(super) const UP: &str = "
CREATE FUNCTION entaku_recommenders(p_application uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT h.actor_id FROM grant_acts h WHERE h.municipality_id = entaku_municipality()
        AND h.application_id = p_application AND h.act = 'RECOMMEND' AND h.actor_id IS NOT NULL $$;

-- Who does not undo the newest return of an application, or else its newest payment.
CREATE FUNCTION entaku_reversal_apart(p_application uuid, p_return boolean) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT h.id FROM grant_applications a CROSS JOIN LATERAL unnest(CASE WHEN p_return
            THEN ARRAY[a.revoked_by, (SELECT p.paid_by FROM grant_payments p WHERE p.municipality_id = a.municipality_id
                AND p.application_id = a.id AND p.kind = 'RETURN' AND p.reversal_id IS NULL ORDER BY p.number DESC LIMIT 1)]
            ELSE ARRAY[a.recommended_by, a.decided_by, a.changed_by, a.payment_requested_by, a.paid_by] END) h (id)
        WHERE a.municipality_id = entaku_municipality() AND a.id = p_application AND h.id IS NOT NULL
    UNION SELECT entaku_recommenders(p_application) WHERE NOT p_return
    UNION SELECT entaku_doers(p_application, 'CHANGED') WHERE NOT p_return $$;
GRANT EXECUTE ON FUNCTION entaku_recommenders(uuid), entaku_reversal_apart(uuid, boolean) TO entaku_app;

CREATE FUNCTION entaku_apart_from_recommenders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    becomes jsonb := to_jsonb(NEW);
BEGIN
    IF (becomes ->> TG_ARGV[0])::uuid IN (SELECT entaku_recommenders((becomes ->> TG_ARGV[1])::uuid)) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER decider_no_recommender AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.decided_by IS DISTINCT FROM OLD.decided_by)
    EXECUTE FUNCTION entaku_apart_from_recommenders('decided_by', 'id');
CREATE TRIGGER requester_no_recommender AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.payment_requested_by IS DISTINCT FROM OLD.payment_requested_by)
    EXECUTE FUNCTION entaku_apart_from_recommenders('payment_requested_by', 'id');
CREATE TRIGGER payer_no_recommender AFTER INSERT ON grant_payments
    FOR EACH ROW WHEN (NEW.kind <> 'RETURN')
    EXECUTE FUNCTION entaku_apart_from_recommenders('paid_by', 'application_id');
CREATE TRIGGER reporter_no_examiner AFTER INSERT ON grant_reports
    FOR EACH ROW EXECUTE FUNCTION entaku_apart_from_examiners('reported_by', 'application_id');

-- Before the row says that it is undone: the newest is this one still.
CREATE FUNCTION grant_reversal_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reversed_by IN (SELECT entaku_reversal_apart(NEW.application_id, NEW.kind = 'RETURN')) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reverser_hands BEFORE UPDATE ON grant_payments
    FOR EACH ROW WHEN (NEW.reversed_by IS DISTINCT FROM OLD.reversed_by) EXECUTE FUNCTION grant_reversal_apart();
DELETE FROM duties_apart WHERE act = 'PAYMENT_REVERSE'
    AND done_by IN ('recommended_by', 'decided_by', 'changed_by', 'payment_requested_by', 'paid_by');
";

/// Nor do they approve it.
pub(super) const CHANGES: &[Rewording] = &[
    (
        "entaku_matter(text, uuid)",
        "array_remove(ARRAY[a.submitted_by, a.recommended_by], NULL)",
        "array_remove(ARRAY[a.submitted_by, a.recommended_by], NULL) || ARRAY(SELECT entaku_recommenders(a.id))",
    ),
    (
        "entaku_matter(text, uuid)",
        "a.fixed_by], NULL)",
        "a.fixed_by], NULL) || ARRAY(SELECT entaku_recommenders(a.id))",
    ),
];

pub(super) const DOWN: &str = "
INSERT INTO duties_apart (object, act, done_by)
    SELECT 'grant_applications', 'PAYMENT_REVERSE', d.done_by FROM unnest(ARRAY['recommended_by', 'decided_by',
        'changed_by', 'payment_requested_by', 'paid_by']) d (done_by);
DROP TRIGGER reverser_hands ON grant_payments;
DROP FUNCTION grant_reversal_apart();
DROP TRIGGER reporter_no_examiner ON grant_reports;
DROP TRIGGER payer_no_recommender ON grant_payments;
DROP TRIGGER requester_no_recommender ON grant_applications;
DROP TRIGGER decider_no_recommender ON grant_applications;
DROP FUNCTION entaku_apart_from_recommenders();
DROP FUNCTION entaku_reversal_apart(uuid, boolean);
DROP FUNCTION entaku_recommenders(uuid);
";
