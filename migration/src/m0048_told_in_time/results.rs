//! Until when the bank's results of a file are awaited: so many days on which the town hall is open after the day of the
//! transfer. It is written when the file is made, as every deadline is.

/// Files that are there keep the day that was told for them.
pub(super) const UP: &str = "
ALTER TABLE bank_transfers ADD COLUMN report_due date,
    ADD CONSTRAINT bank_transfers_report_due CHECK (report_due > transfer_on);
GRANT UPDATE (report_due) ON bank_transfers TO entaku_app;
ALTER TABLE bank_transfers DISABLE TRIGGER USER;
UPDATE bank_transfers t SET report_due = t.transfer_on + s.bank_report_days FROM municipality_settings s
    WHERE s.municipality_id = t.municipality_id AND t.state IN ('PRODUCED', 'DONE', 'REFUSED');
ALTER TABLE bank_transfers ENABLE TRIGGER USER;
DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE,PRODUCED REFUSED',
        'produced_by,produced_at,sha256,report_due');
";

pub(super) const DOWN: &str = "
DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE,PRODUCED REFUSED',
        'produced_by,produced_at,sha256');
ALTER TABLE bank_transfers DROP COLUMN report_due;
";
