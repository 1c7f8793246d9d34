//! A person's data: what there is of it, how it is forgotten on request, and how long what is kept
//! (docs/adr/0027-a-persons-data.md).

pub(crate) mod declared;
pub(crate) mod functions;
pub(crate) mod kinds;

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, more_words, run, words};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0027_privacy"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, COLUMNS).await?;
        more_words(manager, "exports", "format", &["ZIP"]).await?;
        run(manager, functions::MARK).await?;
        declared::create(manager).await?;
        kinds::create(manager).await?;
        for table in [requests(), holds(), rules()] {
            table.create(manager).await?;
        }
        run(manager, GUARDS).await?;
        run(manager, functions::FORGETTING).await?;
        run(manager, functions::DISPOSING).await?;
        run(manager, functions::LOCKS).await?;
        run(manager, functions::DETACHED).await
    }

    /// The word of the format stays allowed: rows may have it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, functions::LOCKS_BEFORE).await?;
        run(manager, functions::BACK).await?;
        drop(manager, &["retention_rules", "legal_holds", "erasure_requests", "retention_kinds", "personal_tables"])
            .await?;
        run(manager, functions::MARK_BACK).await?;
        run(manager, COLUMNS_BACK).await
    }
}

/// An export about one person.
const COLUMNS: &str = "
ALTER TABLE accounts ADD COLUMN anonymized_at timestamptz;
ALTER TABLE exports ADD COLUMN subject_id uuid;
ALTER TABLE exports ADD FOREIGN KEY (municipality_id, subject_id) REFERENCES accounts (municipality_id, id);
CREATE INDEX exports_subject ON exports (municipality_id, subject_id);
";

const COLUMNS_BACK: &str = "
DELETE FROM jobs WHERE kind = 'people.retention';
ALTER TABLE exports DROP COLUMN subject_id;
ALTER TABLE accounts DROP COLUMN anonymized_at;
";

/// One request at a time of a person. What was carried out is written by the function that does it.
const GUARDS: &str = "
CREATE UNIQUE INDEX erasure_requests_open ON erasure_requests (municipality_id, account_id) WHERE state = 'REQUESTED';
REVOKE UPDATE ON erasure_requests FROM entaku_app;
GRANT UPDATE (state, decided_by, decided_at, decision_reason) ON erasure_requests TO entaku_app;
CREATE INDEX legal_holds_open ON legal_holds (municipality_id, object_id) WHERE lifted_at IS NULL;
REVOKE UPDATE ON legal_holds FROM entaku_app;
GRANT UPDATE (lifted_at, lifted_by, lift_reason) ON legal_holds TO entaku_app;
DROP TRIGGER touch ON retention_rules;
CREATE TRIGGER touch BEFORE UPDATE OF period, basis ON retention_rules FOR EACH ROW EXECUTE FUNCTION entaku_touch();
REVOKE UPDATE ON retention_rules FROM entaku_app;
GRANT UPDATE (period, basis, due, due_soon, counted_at) ON retention_rules TO entaku_app;
INSERT INTO retention_rules (municipality_id, id, kind, place, unit, period, least)
    SELECT m.id, gen_random_uuid(), k.name, k.place, k.unit, k.period, k.least
    FROM municipalities m CROSS JOIN retention_kinds k;
";

fn requests() -> Tenant {
    let state = words("state", &["REQUESTED", "APPROVED", "REFUSED", "WITHDRAWN"]);
    Tenant::new(
        "erasure_requests",
        format!(
            "account_id uuid NOT NULL, requested_by uuid NOT NULL, reason text NOT NULL, state text NOT NULL {state},
             decided_by uuid, decided_at timestamptz, decision_reason text, executed_at timestamptz, outcome text,
             CHECK ((state = 'REQUESTED') = (decided_at IS NULL)),
             CHECK (state NOT IN ('APPROVED', 'REFUSED') OR (decided_by IS NOT NULL AND decision_reason IS NOT NULL)),
             CHECK (executed_at IS NULL OR state = 'APPROVED'),
             CONSTRAINT erasure_requests_apart
                CHECK (state = 'WITHDRAWN' OR decided_by NOT IN (account_id, requested_by)), {}, {}, {}",
            fk("account_id", "accounts"),
            fk("requested_by", "accounts"),
            fk("decided_by", "accounts")
        ),
    )
    .part_of("accounts", "account_id")
    .judged_by(&["account_id"])
    .indexed(&["created_at, id)", "account_id, created_at, id)"])
}

/// On anything by its id: nothing of it is disposed of until it is lifted.
fn holds() -> Tenant {
    Tenant::new(
        "legal_holds",
        format!(
            "object_kind text NOT NULL, object_id uuid NOT NULL, reason text NOT NULL, placed_by uuid NOT NULL,
             lifted_at timestamptz, lifted_by uuid, lift_reason text,
             CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)), CHECK ((lifted_at IS NULL) = (lift_reason IS NULL)),
             {}, {}",
            fk("placed_by", "accounts"),
            fk("lifted_by", "accounts")
        ),
    )
    .indexed(&["created_at, id)"])
}

/// What is counted is no act.
fn rules() -> Tenant {
    let mut rules = Tenant::new(
        "retention_rules",
        "kind text NOT NULL REFERENCES retention_kinds (name), place int NOT NULL,
         unit text NOT NULL CHECK (unit IN ('FISCAL_YEARS', 'DAYS')), period int NOT NULL, least int NOT NULL,
         basis text, due int, due_soon int, counted_at timestamptz,
         CHECK (period BETWEEN least AND 36500), UNIQUE (municipality_id, kind)",
    )
    .indexed(&["place, id)"]);
    rules.told = rules.told.acts(&["kind", "period", "basis"]);
    rules
}
