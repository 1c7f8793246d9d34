//! A payment of a file becomes paid, or failed, by a report of the bank or by its notice, and by nothing else.

use crate::m0027_privacy::declared::declare_acts;
use crate::table::{Tenant, fk};

pub(super) fn table() -> Tenant {
    Tenant::new(
        "bank_notices",
        format!(
            "line_id uuid NOT NULL, paid bool NOT NULL, told_on date NOT NULL, reason text CHECK (reason <> ''),
             file_id uuid NOT NULL, attached_by uuid NOT NULL,
             name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200), media_type text NOT NULL,
             size int NOT NULL CHECK (size > 0), sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{{64}}$'),
             CONSTRAINT bank_notices_reason CHECK (paid OR reason IS NOT NULL),
             UNIQUE (municipality_id, line_id), UNIQUE (municipality_id, file_id), {}, {}, {}",
            fk("line_id", "bank_transfer_lines"),
            fk("file_id", "files"),
            fk("attached_by", "accounts"),
        ),
    )
    .part_of("bank_transfer_lines", "line_id")
}

pub(super) fn up() -> String {
    declare_acts("bank_notices", "銀行の通知による記録", &["attached_by"]) + GUARDS
}

/// Who made the file does not say what became of it. What a notice says stays, and its line says the same when the transaction
/// ends.
const GUARDS: &str = "
REVOKE UPDATE ON bank_notices FROM entaku_app;

CREATE FUNCTION entaku_bank_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line record;
BEGIN
    SELECT l.state, t.state AS file, t.transfer_on, t.produced_by, t.produced_at INTO line FROM bank_transfer_lines l
        JOIN bank_transfers t ON t.municipality_id = l.municipality_id AND t.id = l.transfer_id
        WHERE l.municipality_id = NEW.municipality_id AND l.id = NEW.line_id;
    IF line.file IS DISTINCT FROM 'PRODUCED' OR line.state <> 'WAITING'
        OR NOT NEW.paid AND EXISTS (SELECT FROM bank_report_lines r
            WHERE r.municipality_id = NEW.municipality_id AND r.line_id = NEW.line_id AND r.paid) THEN
        RAISE EXCEPTION 'a notice is of what waits for the bank'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_notices_waiting';
    END IF;
    IF NEW.told_on > entaku_today() OR NEW.told_on < (CASE WHEN NEW.paid THEN line.transfer_on
            ELSE (line.produced_at AT TIME ZONE 'Asia/Tokyo')::date END) THEN
        RAISE EXCEPTION 'a notice is of a day after the file, which has come'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_notices_day';
    END IF;
    IF NEW.attached_by = line.produced_by
        OR NEW.attached_by IS DISTINCT FROM NULLIF(current_setting('entaku.actor', true), '')::uuid THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waits BEFORE INSERT ON bank_notices FOR EACH ROW EXECUTE FUNCTION entaku_bank_notice();

CREATE FUNCTION entaku_bank_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
    IF EXISTS (SELECT FROM bank_transfer_lines l
            LEFT JOIN bank_notices n ON n.municipality_id = l.municipality_id AND n.line_id = l.id
            WHERE l.municipality_id = NEW.municipality_id AND l.id = line AND CASE
                WHEN n.id IS NOT NULL THEN CASE WHEN n.paid THEN l.paid_on IS DISTINCT FROM n.told_on
                    ELSE l.state <> 'FAILED' END
                ELSE l.state IN ('PAID', 'FAILED') AND NOT EXISTS (SELECT FROM bank_report_lines r
                    WHERE r.municipality_id = l.municipality_id AND r.line_id = l.id
                        AND r.outcome IN ('MATCHED', 'FAILED')) END) THEN
        RAISE EXCEPTION 'what became of a payment is what the bank told of it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfer_lines_told';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER told AFTER INSERT ON bank_notices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entaku_bank_told('line_id');
CREATE CONSTRAINT TRIGGER told AFTER UPDATE ON bank_transfer_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state = 'WAITING' AND NEW.state IN ('PAID', 'FAILED'))
    EXECUTE FUNCTION entaku_bank_told('id');
";

/// Whoever says that a payment failed frees it, as whoever reverses one does: they do not make it again, nor approve it,
/// before somebody else has paid.
pub(super) const DOERS: &str = "entaku_doers(uuid, text)";
pub(super) const REVERSERS: &str = "UNION SELECT p.reversed_by FROM grant_payments p WHERE p_what = 'REVERSED' AND";
pub(super) const AND_WHO_SAID_FAILED: &str = "UNION SELECT b.attached_by FROM bank_notices b
        JOIN bank_transfer_lines l ON l.municipality_id = b.municipality_id AND l.id = b.line_id
        WHERE p_what = 'REVERSED' AND b.municipality_id = entaku_municipality() AND NOT b.paid
            AND l.application_id = p_application
            AND NOT EXISTS (SELECT FROM grant_payments n WHERE n.municipality_id = l.municipality_id
                AND n.application_id = l.application_id AND n.number >= l.payment_number AND n.kind <> 'RETURN'
                AND n.reversal_id IS NULL AND n.paid_by IS DISTINCT FROM b.attached_by)
    UNION SELECT p.reversed_by FROM grant_payments p WHERE p_what = 'REVERSED' AND";

/// What the release before would lose.
pub(super) fn held_before() -> String {
    crate::table::held_before("m0051", "bank_notices", "% outcomes were recorded by notices, which would be lost")
}

pub(super) const DOWN: &str = "
DROP TRIGGER told ON bank_transfer_lines;
DELETE FROM personal_tables WHERE name = 'bank_notices';
";

pub(super) const FUNCTIONS_BACK: &str = "
DROP FUNCTION entaku_bank_told();
DROP FUNCTION entaku_bank_notice();
";
