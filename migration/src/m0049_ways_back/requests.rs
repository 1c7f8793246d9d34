//! What was asked for is taken back or returned, and what is asked for is the next part.

use crate::table::Rewording;

/// Where the terms allow no lump sum, a request is for the rest of the first part that is not paid whole; where there are no
/// parts, for all of it. What came back, and what is left after the fixing, is no part.
pub(super) const UP: &str = "
INSERT INTO duties_apart (object, act, done_by) VALUES
    ('grant_applications', 'PAYMENT_REQUEST_RETURN', 'submitted_by'),
    ('grant_applications', 'PAYMENT_REQUEST_RETURN', 'payment_requested_by');
ALTER TABLE grant_acts ADD CONSTRAINT grant_acts_return_reason
    CHECK (act <> 'PAYMENT_REQUEST_RETURN' OR reason IS NOT NULL);

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
    WHEN (NEW.state = 'PAYMENT_REQUESTED' AND NEW.paid_yen >= OLD.paid_yen AND NEW.fixed_yen IS NULL
        AND (OLD.state <> 'PAYMENT_REQUESTED' OR NEW.pending_yen IS DISTINCT FROM OLD.pending_yen))
    EXECUTE FUNCTION grant_part_asked();

-- What is taken back unpaid is in no file, be it only prepared.
CREATE FUNCTION grant_request_in_no_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM bank_transfer_lines l
            JOIN bank_transfers t ON t.municipality_id = l.municipality_id AND t.id = l.transfer_id
            WHERE l.municipality_id = NEW.municipality_id AND l.application_id = NEW.id AND l.state = 'WAITING'
                AND t.state IN ('PREPARED', 'PRODUCED')) THEN
        RAISE EXCEPTION 'what was asked for is in a file for the bank'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_in_file';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_no_file BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (OLD.state = 'PAYMENT_REQUESTED' AND NEW.state IN ('DECIDED', 'PARTLY_PAID', 'AMOUNT_FIXED')
        AND NEW.paid_yen = OLD.paid_yen)
    EXECUTE FUNCTION grant_request_in_no_file();
";

pub(super) const CHANGES: &[Rewording] = &[
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
ALTER TABLE grant_acts DROP CONSTRAINT grant_acts_return_reason;
DROP TRIGGER in_no_file ON grant_applications;
DROP FUNCTION grant_request_in_no_file();
DROP TRIGGER part_asked ON grant_applications;
DROP FUNCTION grant_part_asked();
DELETE FROM duties_apart WHERE act = 'PAYMENT_REQUEST_RETURN';
";
