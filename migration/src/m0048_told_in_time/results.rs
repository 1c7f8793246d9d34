//! Until when the bank's results of a file are awaited: so many days on which the town hall is open after the day of the
//! transfer. It is written when the file is made, as every deadline is. So is the account from which the file is paid: whatever account pays
//! later, statements of this one tell of the file.

/// Files that are there keep the day that was told for them, and are paid from the account that pays now. The account is its
/// bank, branch, kind and number as bank files write them.
pub(super) const UP: &str = "
ALTER TABLE bank_transfers ADD COLUMN report_due date,
    ADD CONSTRAINT bank_transfers_report_due CHECK (report_due > transfer_on),
    ADD COLUMN source_account text CHECK (source_account ~ '^[0-9]{4} [0-9]{3} [1249] [0-9]{7}$');
GRANT UPDATE (report_due, source_account) ON bank_transfers TO entaku_app;
ALTER TABLE bank_transfers DISABLE TRIGGER USER;
UPDATE bank_transfers t SET report_due = t.transfer_on + s.bank_report_days FROM municipality_settings s
    WHERE s.municipality_id = t.municipality_id AND t.state IN ('PRODUCED', 'DONE', 'REFUSED');
UPDATE bank_transfers t SET source_account = concat_ws(' ', s.bank_code, s.branch_code,
        CASE s.kind WHEN 'ORDINARY' THEN 1 WHEN 'CURRENT' THEN 2 WHEN 'SAVINGS' THEN 4 ELSE 9 END, s.number)
    FROM transfer_sources s
    WHERE s.municipality_id = t.municipality_id AND t.state IN ('PRODUCED', 'DONE', 'REFUSED');
ALTER TABLE bank_transfers ENABLE TRIGGER USER;
ALTER TABLE bank_transfers ADD CONSTRAINT bank_transfers_source
    CHECK (state NOT IN ('PRODUCED', 'DONE', 'REFUSED') OR source_account IS NOT NULL) NOT VALID;
DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE,PRODUCED REFUSED',
        'produced_by,produced_at,sha256,report_due,source_account');
";

pub(super) const DOWN: &str = "
DROP TRIGGER moves ON bank_transfers;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE,PRODUCED REFUSED',
        'produced_by,produced_at,sha256');
ALTER TABLE bank_transfers DROP CONSTRAINT bank_transfers_source, DROP COLUMN source_account, DROP COLUMN report_due;
";
