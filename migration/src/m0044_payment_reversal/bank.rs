//! A line that the bank paid and gave back: it stays as it was paid, and its payment may go into the next file.

use super::Change;

/// A line came back exactly where its payment was reversed for that; what the bank paid is no mistake of ours.
pub(super) const UP: &str = "
ALTER TABLE bank_transfer_lines
    DROP CONSTRAINT bank_transfer_lines_check,
    ADD CONSTRAINT bank_transfer_lines_paid CHECK ((state IN ('PAID', 'RETURNED')) = (paid_on IS NOT NULL));
DROP TRIGGER moves ON bank_transfer_lines;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('WAITING', 'WAITING PAID,WAITING FAILED,WAITING CANCELLED,WAITING REFUSED,PAID RETURNED', 'paid_on');

CREATE FUNCTION entaku_bank_returned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line jsonb := to_jsonb(NEW);
BEGIN
    IF EXISTS (SELECT FROM bank_transfer_lines l
            JOIN grant_payments p ON p.municipality_id = l.municipality_id AND p.application_id = l.application_id
                AND p.number = l.payment_number
            WHERE l.municipality_id = NEW.municipality_id AND l.application_id = NEW.application_id
                AND l.payment_number = coalesce(line ->> 'payment_number', line ->> 'number')::int
                AND (l.state = 'PAID' AND p.reversal_id IS NOT NULL
                    OR l.state = 'RETURNED' AND p.reversal_kind IS DISTINCT FROM 'RETURNED_BY_BANK')) THEN
        RAISE EXCEPTION 'a payment and its line come back together'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfer_lines_returned';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER returned AFTER UPDATE ON bank_transfer_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'RETURNED') EXECUTE FUNCTION entaku_bank_returned();
CREATE CONSTRAINT TRIGGER returned AFTER UPDATE ON grant_payments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entaku_bank_returned();
";

pub(super) const CHANGES: &[Change] = &[Change {
    function: "entaku_bank_lines()",
    was: "TG_OP = 'UPDATE' AND NEW.state IN ('PAID', 'FAILED'))",
    is: "TG_OP = 'UPDATE' AND NEW.state IN ('PAID', 'FAILED', 'RETURNED'))",
}];

pub(super) const DOWN: &str = "
DROP TRIGGER returned ON grant_payments;
DROP TRIGGER returned ON bank_transfer_lines;
DROP FUNCTION entaku_bank_returned();
DROP TRIGGER moves ON bank_transfer_lines;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('WAITING', 'WAITING PAID,WAITING FAILED,WAITING CANCELLED,WAITING REFUSED', 'paid_on');
ALTER TABLE bank_transfer_lines
    DROP CONSTRAINT bank_transfer_lines_paid,
    ADD CONSTRAINT bank_transfer_lines_check CHECK ((state = 'PAID') = (paid_on IS NOT NULL));
";
