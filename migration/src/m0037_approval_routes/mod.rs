//! Approval routes (決裁ルート): who has to approve what above which amount, the approvals of one matter, the seats of those
//! who may give them, and who stands in for whom. What commands check is checked once more here: an act that a route
//! covers is done only when its approvals are complete for the object as it is.

pub(crate) mod functions;
pub(crate) mod guards;

use sea_orm_migration::prelude::*;

use crate::m0027_privacy::declared::declare_acts;
use crate::table::{Tenant, drop, fk, run, words};

const ACTS: &[&str] = &["GRANT_APPLICATION_DECIDE", "GRANT_PAYMENT_EXECUTE", "GRANT_RUN_APPROVE"];

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0037_approval_routes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [routes(), approvals(), seats(), delegations()] {
            table.create(manager).await?;
        }
        run(manager, &declare_acts("approvals", "決裁", &["requested_by"])).await?;
        run(manager, &declare_acts("approval_seats", "決裁の承認", &["account_id", "for_id"])).await?;
        run(manager, PERSONAL).await?;
        run(manager, ONCE).await?;
        run(manager, functions::FUNCTIONS).await?;
        run(manager, guards::GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, guards::BACK).await?;
        run(manager, functions::BACK).await?;
        run(manager, IMPERSONAL).await?;
        drop(manager, &["delegations", "approval_seats", "approvals", "approval_routes"]).await
    }
}

/// `steps`: JSON, `[{"name", "role", "post", "needed"}]`, in their order.
fn routes() -> Tenant {
    let act = words("act", ACTS);
    Tenant::new(
        "approval_routes",
        format!(
            "act text NOT NULL {act}, title text NOT NULL, from_yen bigint NOT NULL CHECK (from_yen >= 0),
             in_order bool NOT NULL, steps text NOT NULL CHECK (jsonb_array_length(steps::jsonb) BETWEEN 1 AND 10),
             ended_at timestamptz"
        ),
    )
    .indexed(&["title, id)"])
}

/// `object_hash`: of the object as it was when its approval began (`entaku_as_it_is`).
fn approvals() -> Tenant {
    let (act, state) = (words("act", ACTS), words("state", &["OPEN", "APPROVED", "RETURNED", "VOID", "DONE"]));
    Tenant::new(
        "approvals",
        format!(
            "route_id uuid NOT NULL, act text NOT NULL {act},
             object_kind text NOT NULL CHECK (object_kind ~ '^[a-z]{{1,8}}$'), object_id uuid NOT NULL,
             object_hash text NOT NULL, title text NOT NULL, amount_yen bigint NOT NULL,
             requested_by uuid, state text NOT NULL {state}, {}, {}",
            fk("route_id", "approval_routes"),
            fk("requested_by", "accounts")
        ),
    )
    .judged_by(&["requested_by"])
    .indexed(&["object_id)", "route_id, created_at, id)", "created_at, id)"])
}

/// `for_id`: in whose name; the own, unless somebody stands in.
fn seats() -> Tenant {
    let state = words("state", &["WAITING", "OPEN", "APPROVED", "RETURNED", "CLOSED"]);
    Tenant::new(
        "approval_seats",
        format!(
            "approval_id uuid NOT NULL, step int NOT NULL, step_name text NOT NULL, account_id uuid NOT NULL, for_id uuid NOT NULL, state text NOT NULL {state},
             comment text, acted_at timestamptz,
             CHECK ((acted_at IS NOT NULL) = (state IN ('APPROVED', 'RETURNED'))),
             CHECK (state <> 'RETURNED' OR comment IS NOT NULL),
             UNIQUE (municipality_id, approval_id, step, account_id, for_id), {}, {}, {}",
            fk("approval_id", "approvals"),
            fk("account_id", "accounts"),
            fk("for_id", "accounts")
        ),
    )
    .part_of("approvals", "approval_id")
    .indexed(&["approval_id, step, id)", "account_id)"])
}

fn delegations() -> Tenant {
    Tenant::new(
        "delegations",
        format!(
            "account_id uuid NOT NULL, delegate_id uuid NOT NULL, delegated_by uuid, starts_on date NOT NULL,
             ends_on date NOT NULL, reason text NOT NULL, ended_at timestamptz,
             CHECK (delegate_id <> account_id), CHECK (ends_on >= starts_on),
             CHECK (delegated_by <> delegate_id), {}, {}, {}",
            fk("account_id", "accounts"),
            fk("delegate_id", "accounts"),
            fk("delegated_by", "accounts")
        ),
    )
    .judged_by(&["account_id", "delegate_id"])
    .indexed(&["account_id)", "delegate_id)", "starts_on, id)"])
}

/// Why somebody was away is theirs: the audit leaves it out, it is cleared when they are forgotten or its time is over.
const PERSONAL: &str = "
INSERT INTO personal_tables (place, name, label, about, fate, change, changed, acted, personal, hidden)
    SELECT max(place), 'delegations', '代決', 't.account_id = $1', 'CHANGE', $$reason = '(削除済み)'$$,
        $$t.reason <> '(削除済み)'$$, '{delegate_id,delegated_by}', '{reason}', '{}'
    FROM personal_tables WHERE name = 'audit_entries';
INSERT INTO retention_kinds (place, name, table_name, dated, which, holders, change, unit, period, least)
    SELECT place, 'DELEGATIONS', 'delegations', 't.ends_on', $$t.reason <> '(削除済み)'$$, 't.account_id, t.delegate_id',
        $$reason = '(削除済み)'$$, 'FISCAL_YEARS', 3, 1
    FROM retention_kinds WHERE name = 'ACCOUNTS';
UPDATE retention_kinds SET place = place + 1 WHERE name = 'ACCOUNTS';
SELECT entaku_renew_personal_columns();
";

const IMPERSONAL: &str = "
DELETE FROM personal_tables WHERE name IN ('approvals', 'approval_seats', 'delegations');
DELETE FROM retention_rules WHERE kind = 'DELEGATIONS';
DELETE FROM retention_kinds WHERE name = 'DELEGATIONS';
UPDATE retention_kinds SET place = place - 1 WHERE name = 'ACCOUNTS';
SELECT entaku_renew_personal_columns();
";

/// Nobody approves twice in one matter, neither themself nor by another. What is written is not rewritten.
const ONCE: &str = "
CREATE UNIQUE INDEX approval_routes_one ON approval_routes (municipality_id, act, from_yen) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX approvals_one ON approvals (municipality_id, act, object_id) WHERE state IN ('OPEN', 'APPROVED');
CREATE INDEX approvals_over ON approvals (municipality_id, object_id) WHERE state IN ('RETURNED', 'VOID');
CREATE UNIQUE INDEX approval_seats_by ON approval_seats (municipality_id, approval_id, account_id) WHERE state = 'APPROVED';
CREATE UNIQUE INDEX approval_seats_for ON approval_seats (municipality_id, approval_id, for_id) WHERE state = 'APPROVED';
REVOKE UPDATE ON approval_routes, approvals, approval_seats, delegations FROM entaku_app;
GRANT UPDATE (ended_at) ON approval_routes TO entaku_app;
GRANT UPDATE (state) ON approvals TO entaku_app;
GRANT UPDATE (state, comment, acted_at) ON approval_seats TO entaku_app;
GRANT UPDATE (ended_at) ON delegations TO entaku_app;
";
