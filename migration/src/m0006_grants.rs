//! Grant programmes, allocations, applications and the acts on them.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        run(manager, GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["grant_acts", "grant_applications", "grant_allocations", "grant_programmes"]).await?;
        run(manager, "DROP FUNCTION grant_application_settled()").await
    }
}

const PROGRAMME_STATES: &[&str] = &["DRAFT", "PUBLISHED", "CLOSED"];
const STATES: &[&str] = &[
    "DRAFT",
    "SUBMITTED",
    "UNDER_REVIEW",
    "RETURNED",
    "REVIEWED",
    "DECIDED",
    "REFUSED",
    "WITHDRAWN",
    "PAYMENT_REQUESTED",
    "PAID",
];
const ACTS: &[&str] = &[
    "CREATE",
    "CHANGE",
    "SUBMIT",
    "WITHDRAW",
    "REVIEW_START",
    "RETURN",
    "RECOMMEND",
    "DECIDE",
    "REFUSE",
    "PAYMENT_REQUEST",
    "PAYMENT_EXECUTE",
];

fn tables() -> Vec<Tenant> {
    vec![programmes(), allocations(), applications(), acts()]
}

fn programmes() -> Tenant {
    let state = words("state", PROGRAMME_STATES);
    Tenant::new(
        "grant_programmes",
        format!(
            "title text NOT NULL, summary text NOT NULL, fiscal_year int NOT NULL, legal_basis text NOT NULL,
             budget_yen bigint NOT NULL CHECK (budget_yen > 0), opens_on date NOT NULL, closes_on date NOT NULL,
             section_id uuid NOT NULL, state text NOT NULL {state},
             CHECK (closes_on >= opens_on), UNIQUE (municipality_id, fiscal_year, title),
             UNIQUE (municipality_id, id, state, fiscal_year, opens_on, closes_on), {}",
            fk("section_id", "sections")
        ),
    )
    .indexed(&["fiscal_year, id)"])
}

/// The programme's state and window stand on the rows below it, so that what may be done to a row can be
/// told from the row; the foreign key keeps them true.
const OF_PROGRAMME: &str =
    "FOREIGN KEY (municipality_id, programme_id, programme_state, fiscal_year, opens_on, closes_on)
    REFERENCES grant_programmes (municipality_id, id, state, fiscal_year, opens_on, closes_on) ON UPDATE CASCADE";

fn allocations() -> Tenant {
    Tenant::new(
        "grant_allocations",
        format!(
            "programme_id uuid NOT NULL, programme_state text NOT NULL, fiscal_year int NOT NULL,
             opens_on date NOT NULL, closes_on date NOT NULL,
             organization_id uuid NOT NULL, district_id uuid NOT NULL,
             amount_yen bigint NOT NULL CHECK (amount_yen >= 0), basis text NOT NULL, decided_on date NOT NULL,
             UNIQUE (municipality_id, programme_id, organization_id),
             UNIQUE (municipality_id, id, programme_id, organization_id, district_id), {OF_PROGRAMME}, {}, {}",
            fk("organization_id", "organizations"),
            fk("district_id", "districts")
        ),
    )
    .indexed(&["organization_id)"])
}

fn applications() -> Tenant {
    let state = words("state", STATES);
    let people = ["submitted_by", "recommended_by", "decided_by", "payment_requested_by", "paid_by"];
    let columns = people.map(|column| format!("{column} uuid, {}", fk(column, "accounts"))).join(", ");
    Tenant::new(
        "grant_applications",
        format!(
            "programme_id uuid NOT NULL, programme_state text NOT NULL, fiscal_year int NOT NULL,
             opens_on date NOT NULL, closes_on date NOT NULL, allocation_id uuid NOT NULL,
             organization_id uuid NOT NULL, district_id uuid NOT NULL, title text NOT NULL, purpose text,
             requested_yen bigint CHECK (requested_yen > 0), recommended_yen bigint CHECK (recommended_yen >= 0),
             decided_yen bigint CHECK (decided_yen > 0), state text NOT NULL {state},
             submitted_on date, decided_on date, withdrawal_until date, paid_on date,
             commitment_id uuid, payment_id uuid,
             CONSTRAINT grant_applications_complete CHECK (state IN ('DRAFT', 'RETURNED', 'WITHDRAWN')
                OR (purpose IS NOT NULL AND requested_yen IS NOT NULL)),
             CONSTRAINT grant_applications_decided CHECK (state NOT IN ('DECIDED', 'PAYMENT_REQUESTED', 'PAID')
                OR (recommended_yen IS NOT NULL AND decided_yen IS NOT NULL AND commitment_id IS NOT NULL)),
             CONSTRAINT grant_applications_within CHECK (recommended_yen <= requested_yen AND decided_yen <= requested_yen),
             CONSTRAINT grant_applications_paid
                CHECK ((state = 'PAID') = (payment_id IS NOT NULL) AND (state = 'PAID') = (paid_on IS NOT NULL)),
             CONSTRAINT grant_applications_recommender CHECK (recommended_by <> submitted_by),
             CONSTRAINT grant_applications_approver CHECK (decided_by NOT IN (submitted_by, recommended_by)),
             CONSTRAINT grant_applications_requester CHECK (payment_requested_by NOT IN (recommended_by, decided_by)),
             CONSTRAINT grant_applications_payer
                CHECK (paid_by NOT IN (submitted_by, recommended_by, decided_by, payment_requested_by)),
             UNIQUE (municipality_id, payment_id), UNIQUE (municipality_id, commitment_id),
             UNIQUE (municipality_id, id, organization_id, district_id),
             FOREIGN KEY (municipality_id, allocation_id, programme_id, organization_id, district_id)
                REFERENCES grant_allocations (municipality_id, id, programme_id, organization_id, district_id),
             {columns}, {OF_PROGRAMME}, {}, {}",
            fk("commitment_id", "ledger_journals"),
            fk("payment_id", "ledger_journals"),
        ),
    )
    .indexed(&["programme_id)", "allocation_id)", "organization_id)", "created_at, id)"])
}

fn acts() -> Tenant {
    let act = words("act", ACTS);
    Tenant::new(
        "grant_acts",
        format!(
            "application_id uuid NOT NULL, organization_id uuid NOT NULL, district_id uuid NOT NULL,
             act text NOT NULL {act}, actor_id uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
             at timestamptz NOT NULL DEFAULT entaku_now(), reason text, amount_yen bigint,
             CHECK (act NOT IN ('RETURN', 'RECOMMEND', 'DECIDE', 'REFUSE') OR reason IS NOT NULL),
             FOREIGN KEY (municipality_id, application_id, organization_id, district_id)
                REFERENCES grant_applications (municipality_id, id, organization_id, district_id), {}",
            fk("actor_id", "accounts")
        ),
    )
    .indexed(&["application_id, at, id)"])
}

/// Acts are written once. What has been decided is not rewritten afterwards, so that nobody's name can be
/// taken away to let them act again, and what has ended stays ended.
const GUARDS: &str = "
REVOKE UPDATE ON grant_acts FROM entaku_app;

CREATE FUNCTION grant_application_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text[] := CASE
        WHEN OLD.state IN ('REFUSED', 'WITHDRAWN', 'PAID')
            THEN ARRAY['state', 'title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'payment_requested_by', 'paid_by', 'paid_on', 'payment_id']
        WHEN OLD.decided_on IS NOT NULL
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'decided_on', 'withdrawal_until', 'commitment_id']
        WHEN OLD.state = 'REVIEWED'
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'submitted_by', 'recommended_by']
        ELSE ARRAY[]::text[] END;
    was jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
    name text;
BEGIN
    FOREACH name IN ARRAY kept LOOP
        IF was -> name IS DISTINCT FROM becomes -> name THEN
            RAISE EXCEPTION '% of a grant application is settled', name
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER settled BEFORE UPDATE ON grant_applications FOR EACH ROW EXECUTE FUNCTION grant_application_settled();
";
