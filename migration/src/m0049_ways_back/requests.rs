//! What was asked for is taken back or returned, and what is asked for is the next part.

use super::Change;

/// Where the terms allow no lump sum, a request is for the rest of the first part that is not paid whole; where there are no
/// parts, for all of it. What came back, and what is left after the fixing, is no part.
pub(super) const UP: &str = "
INSERT INTO duties_apart (object, act, done_by) VALUES
    ('grant_applications', 'PAYMENT_REQUEST_RETURN', 'submitted_by'),
    ('grant_applications', 'PAYMENT_REQUEST_RETURN', 'payment_requested_by');

CREATE FUNCTION grant_part_asked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part bigint;
BEGIN
    IF (SELECT coalesce((g.terms::jsonb #>> '{instalments,lumpSum}')::boolean, false) FROM grant_programmes g
            WHERE g.municipality_id = NEW.municipality_id AND g.id = NEW.programme_id) THEN
        RETURN NEW;
    END IF;
    SELECT min(p.until) - NEW.paid_yen INTO part FROM (
        SELECT sum(e.value::bigint) OVER (ORDER BY e.n) AS until
        FROM jsonb_array_elements_text(coalesce(NEW.instalments::jsonb, jsonb_build_array(NEW.decided_yen)))
            WITH ORDINALITY e (value, n)) p
        WHERE p.until > NEW.paid_yen;
    IF NEW.pending_yen <> least(coalesce(part, NEW.pending_yen), NEW.decided_yen - NEW.paid_yen) THEN
        RAISE EXCEPTION 'what is asked for is the next part of the grant'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_part';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER part_asked BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.state = 'PAYMENT_REQUESTED' AND OLD.state <> 'PAYMENT_REQUESTED' AND NEW.paid_yen >= OLD.paid_yen
        AND NEW.fixed_yen IS NULL)
    EXECUTE FUNCTION grant_part_asked();
";

pub(super) const CHANGES: &[Change] = &[
    (
        "grant_life_follows(text, text)",
        "('PAYMENT_REQUESTED', 'PARTLY_PAID'),",
        "('PAYMENT_REQUESTED', 'DECIDED'), ('PAYMENT_REQUESTED', 'PARTLY_PAID'),",
    ),
    (
        "entaku_application_parties(uuid, uuid)",
        "'PAYMENT_REQUEST', 'COMPLETION_RECORD'",
        "'PAYMENT_REQUEST', 'PAYMENT_REQUEST_WITHDRAW', 'REPAYMENT_REPORT', 'COMPLETION_RECORD'",
    ),
];

pub(super) const DOWN: &str = "
DROP TRIGGER part_asked ON grant_applications;
DROP FUNCTION grant_part_asked();
DELETE FROM duties_apart WHERE act = 'PAYMENT_REQUEST_RETURN';
";
