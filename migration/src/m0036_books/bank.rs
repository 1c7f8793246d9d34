//! Accounts of organizations, files of payments, and what the bank reports back.

use crate::table::{Tenant, fk, words};

const DEPOSITS: &[&str] = &["ORDINARY", "CURRENT", "SAVINGS", "OTHER"];

pub(super) fn tables() -> Vec<Tenant> {
    vec![accounts(), sources(), transfers(), lines(), reports(), report_lines()]
}

/// An account at a bank but for its number.
fn account() -> String {
    format!(
        "bank_code text NOT NULL CHECK (bank_code ~ '^[0-9]{{4}}$'), bank_name text NOT NULL,
         branch_code text NOT NULL CHECK (branch_code ~ '^[0-9]{{3}}$'), branch_name text NOT NULL,
         kind text NOT NULL {}",
        words("kind", DEPOSITS)
    )
}

/// The numbers are sealed; what is sealed stays out of the record.
fn accounts() -> Tenant {
    let state = words("state", &["PROPOSED", "CONFIRMED", "REPLACED", "REJECTED"]);
    Tenant::new(
        "bank_accounts",
        format!(
            "organization_id uuid NOT NULL, {}, key_id text NOT NULL, secret text NOT NULL,
             tail text NOT NULL CHECK (tail ~ '^[0-9]{{3}}$'), holder_kana text NOT NULL, state text NOT NULL {state},
             registered_by uuid, confirmed_by uuid, confirmed_on date, rejection_reason text,
             mismatches int NOT NULL DEFAULT 0 CHECK (mismatches >= 0),
             CHECK (state <> 'CONFIRMED'
                OR (confirmed_on IS NOT NULL AND registered_by IS NOT NULL AND confirmed_by IS NOT NULL)),
             CHECK ((state = 'REJECTED') = (rejection_reason IS NOT NULL)),
             CONSTRAINT bank_accounts_apart CHECK (confirmed_by <> registered_by),
             UNIQUE (municipality_id, id, organization_id), {}, {}, {}",
            account(),
            fk("organization_id", "organizations"),
            fk("registered_by", "accounts"),
            fk("confirmed_by", "accounts"),
        ),
    )
    .secret(&["key_id", "secret"])
    .part_of("organizations", "organization_id")
    .judged_by(&["organization_id"])
    .indexed(&["organization_id)", "created_at DESC, id DESC)"])
}

fn sources() -> Tenant {
    Tenant::new(
        "transfer_sources",
        format!(
            "consignor_code text NOT NULL CHECK (consignor_code ~ '^[0-9]{{10}}$'), consignor_name text NOT NULL, {},
             number text NOT NULL CHECK (number ~ '^[0-9]{{7}}$'), UNIQUE (municipality_id)",
            account()
        ),
    )
}

fn transfers() -> Tenant {
    let state = words("state", &["PREPARED", "PRODUCED", "DONE", "CANCELLED"]);
    Tenant::new(
        "bank_transfers",
        format!(
            "transfer_on date NOT NULL, state text NOT NULL {state}, count int NOT NULL CHECK (count > 0),
             total_yen bigint NOT NULL CHECK (total_yen > 0), prepared_by uuid, produced_by uuid,
             produced_at timestamptz, sha256 text CHECK (sha256 ~ '^[0-9a-f]{{64}}$'),
             key_id text NOT NULL DEFAULT '', secret text NOT NULL DEFAULT '',
             CHECK ((state IN ('PRODUCED', 'DONE')) = (sha256 IS NOT NULL)),
             CHECK (state NOT IN ('PRODUCED', 'DONE') OR (prepared_by IS NOT NULL AND produced_by IS NOT NULL)),
             CONSTRAINT bank_transfers_apart CHECK (produced_by <> prepared_by), {}, {}",
            fk("prepared_by", "accounts"),
            fk("produced_by", "accounts"),
        ),
    )
    .secret(&["key_id", "secret"])
    .indexed(&["created_at DESC, id DESC)"])
}

/// A line that was paid has its payment when the transaction ends: the line is settled first, because what waits for the
/// bank is not paid.
fn lines() -> Tenant {
    let state = words("state", &["WAITING", "PAID", "FAILED", "CANCELLED"]);
    Tenant::new(
        "bank_transfer_lines",
        format!(
            "transfer_id uuid NOT NULL, number int NOT NULL CHECK (number > 0), application_id uuid NOT NULL,
             payment_number int NOT NULL CHECK (payment_number > 0),
             organization_id uuid NOT NULL, bank_account_id uuid NOT NULL,
             amount_yen bigint NOT NULL CHECK (amount_yen BETWEEN 1 AND 9999999999), state text NOT NULL {state},
             paid_on date, CHECK ((state = 'PAID') = (paid_on IS NOT NULL)),
             paid_number int GENERATED ALWAYS AS (CASE WHEN state = 'PAID' THEN payment_number END) STORED,
             CONSTRAINT bank_transfer_lines_payment FOREIGN KEY (municipality_id, application_id, paid_number)
                REFERENCES grant_payments (municipality_id, application_id, number) DEFERRABLE INITIALLY DEFERRED,
             UNIQUE (municipality_id, transfer_id, number),
             FOREIGN KEY (municipality_id, bank_account_id, organization_id)
                REFERENCES bank_accounts (municipality_id, id, organization_id), {}, {}, {}",
            fk("transfer_id", "bank_transfers"),
            fk("application_id", "grant_applications"),
            fk("organization_id", "organizations"),
        ),
    )
    .part_of("bank_transfers", "transfer_id")
    .indexed(&["transfer_id, number, id)", "bank_account_id)"])
}

fn reports() -> Tenant {
    let format = words("format", &["ZENGIN", "CSV"]);
    Tenant::new(
        "bank_reports",
        format!(
            "format text NOT NULL {format}, name text NOT NULL,
             sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{{64}}$'), count int NOT NULL CHECK (count > 0),
             matched int NOT NULL, unmatched int NOT NULL, imported_by uuid, CHECK (matched + unmatched = count),
             UNIQUE (municipality_id, sha256), {}",
            fk("imported_by", "accounts")
        ),
    )
    .indexed(&["created_at DESC, id DESC)"])
}

fn report_lines() -> Tenant {
    let outcome = words("outcome", &["MATCHED", "FAILED", "UNMATCHED", "ALREADY_SETTLED", "NOT_PAYABLE"]);
    Tenant::new(
        "bank_report_lines",
        format!(
            "report_id uuid NOT NULL, number int NOT NULL CHECK (number > 0), reported_on date NOT NULL,
             amount_yen bigint NOT NULL CHECK (amount_yen BETWEEN 1 AND 9999999999), bank_code text NOT NULL, branch_code text NOT NULL,
             tail text NOT NULL, holder text NOT NULL, paid bool NOT NULL, outcome text NOT NULL {outcome},
             line_id uuid, CHECK (outcome NOT IN ('MATCHED', 'FAILED') OR line_id IS NOT NULL),
             UNIQUE (municipality_id, report_id, number), {}, {}",
            fk("report_id", "bank_reports"),
            fk("line_id", "bank_transfer_lines"),
        ),
    )
    .part_of("bank_reports", "report_id")
    .indexed(&["report_id, number, id)"])
}

/// One account of an organization is in use, one waits; a payment is in one file that counts, and goes into it while it is
/// asked for. What a file says stays, and a file that was made is not unmade: nothing is added, nothing given up, and nobody
/// pays by hand, or gives up, what waits for the bank.
/// Everything begins in its first state; who stands for the next is not changed afterwards.
pub(crate) const GUARDS: &str = "
CREATE UNIQUE INDEX bank_accounts_in_use ON bank_accounts (municipality_id, organization_id) WHERE state = 'CONFIRMED';
CREATE UNIQUE INDEX bank_accounts_waiting ON bank_accounts (municipality_id, organization_id) WHERE state = 'PROPOSED';
CREATE UNIQUE INDEX bank_transfer_lines_once ON bank_transfer_lines (municipality_id, application_id, payment_number)
    WHERE state IN ('WAITING', 'PAID');
CREATE UNIQUE INDEX bank_report_lines_once ON bank_report_lines (municipality_id, line_id)
    WHERE outcome IN ('MATCHED', 'FAILED');
REVOKE UPDATE ON bank_accounts, bank_transfers, bank_transfer_lines, bank_reports, bank_report_lines FROM entaku_app;
GRANT UPDATE (key_id, secret, state, confirmed_by, confirmed_on, rejection_reason, mismatches) ON bank_accounts TO entaku_app;
GRANT UPDATE (state, produced_by, produced_at, sha256, key_id, secret) ON bank_transfers TO entaku_app;
GRANT UPDATE (state, paid_on) ON bank_transfer_lines TO entaku_app;

CREATE FUNCTION entaku_bank_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = TG_ARGV[0] THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'nothing begins as %', NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_moves';
    END IF;
    IF OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state <> ALL (string_to_array(TG_ARGV[1], ',')) THEN
        RAISE EXCEPTION '% does not become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_moves';
    END IF;
    IF OLD.state <> TG_ARGV[0] AND EXISTS (SELECT FROM unnest(string_to_array(TG_ARGV[2], ',')) fixed
            WHERE to_jsonb(OLD) -> fixed IS DISTINCT FROM to_jsonb(NEW) -> fixed) THEN
        RAISE EXCEPTION 'who stands for it, and what, stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_accounts FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PROPOSED', 'PROPOSED CONFIRMED,PROPOSED REJECTED,PROPOSED REPLACED,CONFIRMED REPLACED',
        'confirmed_by,confirmed_on,rejection_reason');
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfers FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('PREPARED', 'PREPARED PRODUCED,PREPARED CANCELLED,PRODUCED DONE',
        'produced_by,produced_at,sha256');
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION
    entaku_bank_moves('WAITING', 'WAITING PAID,WAITING FAILED,WAITING CANCELLED', 'paid_on');

CREATE FUNCTION entaku_bank_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is text;
    made bool;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT state INTO now_is FROM bank_transfers
            WHERE municipality_id = NEW.municipality_id AND id = NEW.transfer_id FOR NO KEY UPDATE;
        IF NOT EXISTS (SELECT FROM grant_applications a
                WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.application_id
                    AND a.organization_id = NEW.organization_id AND a.pending_yen = NEW.amount_yen
                    AND NEW.payment_number = 1 + (SELECT count(*) FROM grant_payments p
                        WHERE p.municipality_id = a.municipality_id AND p.application_id = a.id)) THEN
            RAISE EXCEPTION 'nothing of this waits to be paid'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfer_lines_payable';
        END IF;
    ELSE
        SELECT state INTO now_is FROM bank_transfers
            WHERE municipality_id = NEW.municipality_id AND id = NEW.transfer_id;
    END IF;
    made := now_is IN ('PRODUCED', 'DONE');
    IF (now_is = 'PREPARED' AND NEW.state IN ('WAITING', 'CANCELLED'))
        OR (made AND TG_OP = 'UPDATE' AND NEW.state IN ('PAID', 'FAILED')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the transfer of the line is %', now_is
        USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfer_lines_kept';
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE ON bank_transfer_lines FOR EACH ROW EXECUTE FUNCTION entaku_bank_lines();

CREATE FUNCTION entaku_paid_by_bank() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    application uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
    IF EXISTS (SELECT FROM bank_transfer_lines l
            JOIN bank_transfers t ON t.municipality_id = l.municipality_id AND t.id = l.transfer_id
            WHERE l.municipality_id = NEW.municipality_id AND l.application_id = application AND l.state = 'WAITING'
                AND t.state = 'PRODUCED') THEN
        RAISE EXCEPTION 'the payment waits for the bank'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_transfer_lines_waiting';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER paid_by_bank BEFORE INSERT ON grant_payments FOR EACH ROW
    WHEN (NEW.kind <> 'RETURN') EXECUTE FUNCTION entaku_paid_by_bank('application_id');
CREATE TRIGGER paid_by_bank BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (OLD.pending_yen IS DISTINCT FROM NEW.pending_yen) EXECUTE FUNCTION entaku_paid_by_bank('id');
";

pub(super) const BACK: &str = "
DROP TRIGGER paid_by_bank ON grant_payments;
DROP TRIGGER paid_by_bank ON grant_applications;
DROP FUNCTION entaku_paid_by_bank();
DROP FUNCTION entaku_bank_lines();
DROP FUNCTION entaku_bank_moves();
";

pub(super) const TABLES: &[&str] = &[
    "bank_report_lines",
    "bank_reports",
    "bank_transfer_lines",
    "bank_transfers",
    "transfer_sources",
    "bank_accounts",
];
