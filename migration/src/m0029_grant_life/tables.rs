//! Columns and tables.

use super::ACTORS;
use crate::table::{Tenant, fk, words};

const SURPLUS: &[&str] = &["RETURN", "CARRY_OVER", "RESERVE", "OFFSET_NEXT_YEAR"];

/// What a programme asks, what is known of an application after its decision, what is deducted from an allocation.
pub(super) fn columns() -> String {
    let actors: String =
        ACTORS.iter().map(|column| format!(", ADD COLUMN {column} uuid, ADD {}", fk(column, "accounts"))).collect();
    format!(
        "ALTER TABLE grant_programmes
            ADD COLUMN terms text,
            ADD COLUMN surplus_rule text NOT NULL DEFAULT 'RETURN' {surplus},
            ADD COLUMN repayment_days int NOT NULL DEFAULT 20 CHECK (repayment_days BETWEEN 1 AND 365),
            ADD COLUMN previous_id uuid CHECK (previous_id <> id), ADD {previous};
        CREATE INDEX grant_programmes_previous ON grant_programmes (municipality_id, previous_id);
        ALTER TABLE grant_allocations
            ADD COLUMN offset_yen bigint NOT NULL DEFAULT 0 CHECK (offset_yen >= 0);
        ALTER TABLE grant_application_files ADD COLUMN report boolean NOT NULL DEFAULT false;
        ALTER TABLE grant_applications
            ADD COLUMN costs text, ADD COLUMN approved_costs text, ADD COLUMN instalments text,
            ADD COLUMN paid_yen bigint NOT NULL DEFAULT 0, ADD COLUMN pending_yen bigint CHECK (pending_yen > 0),
            ADD COLUMN changed_yen bigint CHECK (changed_yen > 0), ADD COLUMN change_id uuid,
            ADD COLUMN completed_on date, ADD COLUMN report_due date, ADD COLUMN reported_on date,
            ADD COLUMN eligible_yen bigint CHECK (eligible_yen >= 0),
            ADD COLUMN fixed_yen bigint, ADD COLUMN fixed_on date,
            ADD COLUMN surplus_rule text {surplus},
            ADD COLUMN kept_yen bigint NOT NULL DEFAULT 0 CHECK (kept_yen >= 0),
            ADD COLUMN offset_yen bigint NOT NULL DEFAULT 0, ADD COLUMN offset_done_yen bigint NOT NULL DEFAULT 0,
            ADD COLUMN ordered_yen bigint NOT NULL DEFAULT 0, ADD COLUMN repayment_due date,
            ADD COLUMN repaid_yen bigint NOT NULL DEFAULT 0, ADD COLUMN revoked_on date,
            ADD COLUMN subgranted_yen bigint NOT NULL DEFAULT 0 {actors};",
        surplus = words("surplus_rule", SURPLUS),
        previous = fk("previous_id", "grant_programmes"),
    )
}

/// Of an application: its organization and district are the application's.
const OF_APPLICATION: &str = "application_id uuid NOT NULL, organization_id uuid NOT NULL, district_id uuid NOT NULL,
    FOREIGN KEY (municipality_id, application_id, organization_id, district_id)
        REFERENCES grant_applications (municipality_id, id, organization_id, district_id)";
const IN_PLACE: &[&str] = &["organization_id", "district_id"];

pub(super) fn all() -> Vec<Tenant> {
    vec![payments(), reports(), changes(), offsets(), subgrants()]
}

/// Money that went either way, with its journal.
fn payments() -> Tenant {
    let kind = words("kind", &["ADVANCE", "SETTLEMENT", "RETURN"]);
    Tenant::new(
        "grant_payments",
        format!(
            "{OF_APPLICATION}, number int NOT NULL CHECK (number > 0), kind text NOT NULL {kind},
             amount_yen bigint NOT NULL CHECK (amount_yen > 0), paid_on date NOT NULL, journal_id uuid NOT NULL,
             requested_by uuid, paid_by uuid, CHECK (paid_by <> requested_by),
             UNIQUE (municipality_id, application_id, number), UNIQUE (municipality_id, journal_id), {}, {}, {}",
            fk("journal_id", "ledger_journals"),
            fk("requested_by", "accounts"),
            fk("paid_by", "accounts")
        ),
    )
    .part_of("grant_applications", "application_id")
    .indexed(&["application_id, created_at, id)"])
}

/// What was reported, each time it was.
fn reports() -> Tenant {
    Tenant::new(
        "grant_reports",
        format!(
            "{OF_APPLICATION}, number int NOT NULL CHECK (number > 0), completed_on date NOT NULL,
             summary text NOT NULL, costs text NOT NULL, actual_yen bigint NOT NULL CHECK (actual_yen >= 0),
             eligible_yen bigint NOT NULL CHECK (eligible_yen BETWEEN 0 AND actual_yen),
             reported_on date NOT NULL, reported_by uuid,
             UNIQUE (municipality_id, application_id, number), {}",
            fk("reported_by", "accounts")
        ),
    )
    .part_of("grant_applications", "application_id")
    .judged_by(IN_PLACE)
    .indexed(&["application_id, created_at, id)"])
}

fn changes() -> Tenant {
    let state = words("state", &["REQUESTED", "MINOR", "APPROVED", "REFUSED", "WITHDRAWN"]);
    Tenant::new(
        "grant_changes",
        format!(
            "{OF_APPLICATION}, title text NOT NULL, state text NOT NULL {state}, costs text NOT NULL,
             decided_yen bigint NOT NULL CHECK (decided_yen > 0), reason text NOT NULL,
             requested_on date NOT NULL, requested_by uuid, decided_on date, decided_by uuid, decision_reason text,
             CHECK ((state IN ('APPROVED', 'REFUSED')) = (decided_on IS NOT NULL)),
             CHECK ((decided_on IS NULL) = (decision_reason IS NULL)),
             CONSTRAINT grant_changes_apart CHECK (decided_by <> requested_by), {}, {}",
            fk("requested_by", "accounts"),
            fk("decided_by", "accounts")
        ),
    )
    .part_of("grant_applications", "application_id")
    .judged_by(IN_PLACE)
    .indexed(&["application_id, created_at, id)", "created_at, id)"])
}

/// What of an application's surplus was deducted from a later year's allocation.
fn offsets() -> Tenant {
    Tenant::new(
        "grant_offsets",
        format!(
            "{OF_APPLICATION}, allocation_id uuid NOT NULL, amount_yen bigint NOT NULL CHECK (amount_yen > 0),
             deducted_on date NOT NULL, journal_id uuid NOT NULL, UNIQUE (municipality_id, journal_id), {}, {}",
            fk("allocation_id", "grant_allocations"),
            fk("journal_id", "ledger_journals")
        ),
    )
    .part_of("grant_allocations", "allocation_id")
    .indexed(&["application_id, created_at, id)", "allocation_id, created_at, id)"])
}

/// What associations within an organization ask of its grant.
fn subgrants() -> Tenant {
    let state = words("state", &["SUBMITTED", "ADOPTED", "REFUSED"]);
    Tenant::new(
        "grant_subgrants",
        format!(
            "{OF_APPLICATION}, association text NOT NULL, title text NOT NULL, purpose text NOT NULL,
             requested_yen bigint NOT NULL CHECK (requested_yen > 0), adopted_yen bigint CHECK (adopted_yen > 0),
             state text NOT NULL {state}, submitted_on date NOT NULL, submitted_by uuid,
             decided_on date, decided_by uuid, decision_reason text,
             CHECK (adopted_yen <= requested_yen), CHECK ((state = 'ADOPTED') = (adopted_yen IS NOT NULL)),
             CHECK ((state = 'SUBMITTED') = (decided_on IS NULL)),
             CONSTRAINT grant_subgrants_apart CHECK (decided_by <> submitted_by), {}, {}",
            fk("submitted_by", "accounts"),
            fk("decided_by", "accounts")
        ),
    )
    .part_of("grant_applications", "application_id")
    .judged_by(IN_PLACE)
    .indexed(&["application_id, created_at, id)", "created_at, id)"])
}

/// One change of an application is open at a time. What was paid, reported and deducted is written once.
pub(super) const LINKS: &str = "
ALTER TABLE grant_applications ADD CONSTRAINT grant_applications_change
    FOREIGN KEY (municipality_id, change_id) REFERENCES grant_changes (municipality_id, id);
CREATE UNIQUE INDEX grant_changes_open ON grant_changes (municipality_id, application_id) WHERE state = 'REQUESTED';
REVOKE UPDATE ON grant_payments, grant_reports, grant_offsets FROM entaku_app;
";

/// What was paid in one sum was one advance.
pub(super) const BACKFILL: &str = "
ALTER TABLE grant_applications DISABLE TRIGGER USER;
UPDATE grant_applications SET paid_yen = decided_yen WHERE state = 'PAID';
UPDATE grant_applications SET pending_yen = decided_yen WHERE state = 'PAYMENT_REQUESTED';
UPDATE grant_applications SET report_due = make_date(fiscal_year + 1, 3, 31)
    WHERE state IN ('DECIDED', 'PAYMENT_REQUESTED', 'PAID');
ALTER TABLE grant_applications ENABLE TRIGGER USER;
INSERT INTO grant_payments (municipality_id, id, application_id, organization_id, district_id, number, kind, amount_yen,
        paid_on, journal_id, requested_by, paid_by)
    SELECT municipality_id, gen_random_uuid(), id, organization_id, district_id, 1, 'ADVANCE', paid_yen, paid_on,
        payment_id, payment_requested_by, paid_by
    FROM grant_applications WHERE paid_yen > 0;
";

/// What the release before could not hold: to go back would be to invent payments, or to lose them.
pub(super) const HELD_BEFORE: &str = "
DO $$
DECLARE
    later bigint;
BEGIN
    SELECT count(*) INTO later FROM grant_applications
        WHERE state NOT IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'REVIEWED', 'REFUSED', 'WITHDRAWN',
                            'DECIDED', 'PAYMENT_REQUESTED', 'PAID')
            OR paid_yen NOT IN (0, coalesce(decided_yen, 0)) OR (state = 'PAID') <> (paid_yen > 0)
            OR pending_yen <> decided_yen OR repaid_yen > 0 OR ordered_yen > 0
            OR fixed_yen IS NOT NULL OR changed_yen IS NOT NULL OR revoked_on IS NOT NULL;
    IF later > 0 THEN
        RAISE EXCEPTION 'm0029 cannot be undone: % grant applications are paid in part, changed, reported, fixed, repaid or revoked, which the schema before cannot hold', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT count(*) INTO later FROM grant_allocations WHERE offset_yen > 0;
    IF later > 0 THEN
        RAISE EXCEPTION 'm0029 cannot be undone: from % grant allocations a surplus is deducted, which the schema before cannot hold', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;
";

pub(super) const COLUMNS_BACK: &str = "
ALTER TABLE grant_applications
    DROP COLUMN costs, DROP COLUMN approved_costs, DROP COLUMN changed_by, DROP COLUMN instalments, DROP COLUMN paid_yen, DROP COLUMN pending_yen,
    DROP COLUMN changed_yen, DROP COLUMN change_id, DROP COLUMN completed_on, DROP COLUMN report_due,
    DROP COLUMN reported_on, DROP COLUMN eligible_yen, DROP COLUMN fixed_yen, DROP COLUMN fixed_on,
    DROP COLUMN surplus_rule, DROP COLUMN kept_yen, DROP COLUMN offset_yen, DROP COLUMN offset_done_yen,
    DROP COLUMN ordered_yen, DROP COLUMN repayment_due, DROP COLUMN repaid_yen, DROP COLUMN revoked_on,
    DROP COLUMN subgranted_yen, DROP COLUMN reported_by, DROP COLUMN examined_by, DROP COLUMN fixed_by,
    DROP COLUMN revoked_by,
    ADD CONSTRAINT grant_applications_decided CHECK (state NOT IN ('DECIDED', 'PAYMENT_REQUESTED', 'PAID')
        OR (recommended_yen IS NOT NULL AND decided_yen IS NOT NULL AND commitment_id IS NOT NULL)),
    ADD CONSTRAINT grant_applications_within
        CHECK (recommended_yen <= requested_yen AND decided_yen <= requested_yen),
    ADD CONSTRAINT grant_applications_paid
        CHECK ((state = 'PAID') = (payment_id IS NOT NULL) AND (state = 'PAID') = (paid_on IS NOT NULL));
ALTER TABLE grant_allocations DROP COLUMN offset_yen;
ALTER TABLE grant_application_files DROP COLUMN report;
ALTER TABLE grant_programmes
    DROP COLUMN terms, DROP COLUMN surplus_rule, DROP COLUMN repayment_days, DROP COLUMN previous_id;
";
