//! A file that the bank refused whole: nothing of it was paid, nothing of it is reconciled, and it stays.

use crate::m0036_books::bank::GUARDS;
use crate::table::former;

/// Nobody refuses, for the bank, the file that they made themself. What was reported of a file says that the bank took it.
const UP: &str = "
ALTER TABLE bank_transfers
    ADD COLUMN refused_on date, ADD COLUMN refused_by uuid, ADD COLUMN refusal_reason text,
    DROP CONSTRAINT bank_transfers_check, DROP CONSTRAINT bank_transfers_check1,
    ADD CONSTRAINT bank_transfers_made
        CHECK ((state IN ('PRODUCED', 'DONE', 'REFUSED')) = (sha256 IS NOT NULL)),
    ADD CONSTRAINT bank_transfers_made_by CHECK (state NOT IN ('PRODUCED', 'DONE', 'REFUSED')
        OR (prepared_by IS NOT NULL AND produced_by IS NOT NULL)),
    ADD CONSTRAINT bank_transfers_refused CHECK ((state = 'REFUSED') = (refused_on IS NOT NULL)
        AND (state = 'REFUSED') = (refused_by IS NOT NULL) AND (state = 'REFUSED') = (refusal_reason IS NOT NULL)),
    ADD CONSTRAINT bank_transfers_refuser CHECK (refused_by <> produced_by),
    ADD FOREIGN KEY (municipality_id, refused_by) REFERENCES accounts (municipality_id, id);
GRANT UPDATE (refused_on, refused_by, refusal_reason) ON bank_transfers TO entaku_app;
CREATE INDEX bank_report_lines_line ON bank_report_lines (municipality_id, line_id) WHERE line_id IS NOT NULL;
UPDATE personal_tables SET acted = array_append(acted, 'refused_by') WHERE name = 'bank_transfers';

DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE,PRODUCED REFUSED',
        'produced_by,produced_at,sha256');
DROP TRIGGER moves ON bank_transfer_lines;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('WAITING', 'WAITING PAID,WAITING FAILED,WAITING CANCELLED,WAITING REFUSED', 'paid_on');

CREATE FUNCTION entaku_bank_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'REFUSED' OR EXISTS (SELECT FROM bank_transfer_lines l
            WHERE l.municipality_id = NEW.municipality_id AND l.transfer_id = NEW.id AND (l.state <> 'WAITING'
                OR EXISTS (SELECT FROM bank_report_lines r
                    WHERE r.municipality_id = l.municipality_id AND r.line_id = l.id))) THEN
        RAISE EXCEPTION 'the bank told of its payments, or refused it before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfers_refused';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuses BEFORE UPDATE ON bank_transfers FOR EACH ROW WHEN (NEW.state = 'REFUSED'
    AND ROW(OLD.state, OLD.refused_on, OLD.refused_by, OLD.refusal_reason)
        IS DISTINCT FROM ROW(NEW.state, NEW.refused_on, NEW.refused_by, NEW.refusal_reason))
    EXECUTE FUNCTION entaku_bank_refuses();

-- Refused whole: no payment of it is left waiting for a bank that pays nothing.
CREATE FUNCTION entaku_bank_refused_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM bank_transfer_lines l WHERE l.municipality_id = NEW.municipality_id
            AND l.transfer_id = NEW.id AND l.state <> 'REFUSED') THEN
        RAISE EXCEPTION 'a payment of a refused file still waits'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfers_refused';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refused_whole AFTER UPDATE ON bank_transfers DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'REFUSED' AND OLD.state <> 'REFUSED') EXECUTE FUNCTION entaku_bank_refused_whole();
";

pub(super) fn up() -> String {
    let settled = "(made AND TG_OP = 'UPDATE' AND NEW.state IN ('PAID', 'FAILED'))";
    let refused = "(now_is = 'REFUSED' AND TG_OP = 'UPDATE' AND NEW.state = 'REFUSED')";
    former(GUARDS, "entaku_bank_lines").replace(settled, &format!("{settled}\n        OR {refused}")) + UP
}

pub(super) fn down() -> String {
    former(GUARDS, "entaku_bank_lines") + DOWN
}

const DOWN: &str = "
DROP TRIGGER refused_whole ON bank_transfers;
DROP TRIGGER refuses ON bank_transfers;
DROP FUNCTION entaku_bank_refused_whole();
DROP FUNCTION entaku_bank_refuses();
DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE',
        'produced_by,produced_at,sha256');
DROP TRIGGER moves ON bank_transfer_lines;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('WAITING', 'WAITING PAID,WAITING FAILED,WAITING CANCELLED', 'paid_on');
UPDATE personal_tables SET acted = array_remove(acted, 'refused_by') WHERE name = 'bank_transfers';
DROP INDEX bank_report_lines_line;
ALTER TABLE bank_transfers
    DROP CONSTRAINT bank_transfers_made, DROP CONSTRAINT bank_transfers_made_by,
    DROP COLUMN refused_on, DROP COLUMN refused_by, DROP COLUMN refusal_reason,
    ADD CONSTRAINT bank_transfers_check CHECK ((state IN ('PRODUCED', 'DONE')) = (sha256 IS NOT NULL)),
    ADD CONSTRAINT bank_transfers_check1
        CHECK (state NOT IN ('PRODUCED', 'DONE') OR (prepared_by IS NOT NULL AND produced_by IS NOT NULL));
";
