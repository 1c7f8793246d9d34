//! A report is examined again when the books have changed, maybe by another. Duties are kept apart from everybody who
//! examined it, not only from the last, whose name the application has.

use crate::table::reworded;

pub(super) const UP: &str = "
CREATE FUNCTION entaku_examiners(p_application uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT h.actor_id FROM grant_acts h WHERE h.municipality_id = entaku_municipality()
        AND h.application_id = p_application AND h.act = 'REPORT_REVIEW' AND h.actor_id IS NOT NULL $$;
GRANT EXECUTE ON FUNCTION entaku_examiners(uuid) TO entaku_app;

CREATE FUNCTION entaku_apart_from_examiners() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    becomes jsonb := to_jsonb(NEW);
BEGIN
    IF (becomes ->> TG_ARGV[0])::uuid IN (SELECT entaku_examiners((becomes ->> TG_ARGV[1])::uuid)) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fixer_no_examiner AFTER UPDATE ON grant_applications
    FOR EACH ROW WHEN (NEW.fixed_by IS DISTINCT FROM OLD.fixed_by)
    EXECUTE FUNCTION entaku_apart_from_examiners('fixed_by', 'id');
CREATE TRIGGER payer_no_examiner AFTER INSERT ON grant_payments
    FOR EACH ROW EXECUTE FUNCTION entaku_apart_from_examiners('paid_by', 'application_id');
CREATE TRIGGER reverser_no_examiner AFTER UPDATE ON grant_payments
    FOR EACH ROW EXECUTE FUNCTION entaku_apart_from_examiners('reversed_by', 'application_id');
";

/// Nor do they approve the fixing, or what it orders back.
pub(super) fn matter(there: bool) -> String {
    let (last, all) = (
        "ARRAY[a.submitted_by, a.reported_by, a.examined_by], NULL)",
        "ARRAY[a.submitted_by, a.reported_by, a.examined_by], NULL) || ARRAY(SELECT entaku_examiners(a.id))",
    );
    let (was, is) = if there { (last, all) } else { (all, last) };
    reworded("entaku_matter(text, uuid)", was, is)
}

pub(super) const BACK: &str = "
DROP TRIGGER reverser_no_examiner ON grant_payments;
DROP TRIGGER payer_no_examiner ON grant_payments;
DROP TRIGGER fixer_no_examiner ON grant_applications;
DROP FUNCTION entaku_apart_from_examiners();
DROP FUNCTION entaku_examiners(uuid);
";
