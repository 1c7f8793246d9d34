//! By-laws as data: rules and their versions, declared numbers, runs with their lines, comparisons.
//!
//! A rule in force, a run and its lines never change; an allocation that a run made has the amount of its line.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [rules(), declarations(), runs(), lines(), comparisons()] {
            table.create(manager).await?;
        }
        run(manager, GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "ALTER TABLE grant_allocations DROP COLUMN line_id").await?;
        drop(manager, &["grant_comparisons", "grant_run_lines", "grant_runs", "grant_declarations", "grant_rules"])
            .await?;
        run(manager, "DROP FUNCTION grant_rule_settled(), grant_run_settled()").await
    }
}

fn rules() -> Tenant {
    let state = words("state", &["DRAFT", "IN_FORCE"]);
    Tenant::new(
        "grant_rules",
        format!(
            "title text NOT NULL, version int NOT NULL CHECK (version > 0),
             from_fiscal_year int NOT NULL CHECK (from_fiscal_year BETWEEN 1989 AND 2100),
             note text, document text NOT NULL, state text NOT NULL {state},
             drafted_by uuid, enacted_by uuid, enacted_on date,
             CONSTRAINT grant_rules_enacted CHECK ((state = 'IN_FORCE') = (enacted_on IS NOT NULL)),
             CONSTRAINT grant_rules_apart CHECK (enacted_by <> drafted_by),
             UNIQUE (municipality_id, title, version), {}, {}",
            fk("drafted_by", "accounts"),
            fk("enacted_by", "accounts")
        ),
    )
    .indexed(&["title, version, id)"])
}

/// Of an organization; without one, of the municipality as a whole. A later row corrects an earlier one.
fn declarations() -> Tenant {
    Tenant::new(
        "grant_declarations",
        format!(
            "organization_id uuid, district_id uuid, item text NOT NULL, as_of date NOT NULL,
             number text, flag boolean, word text, source text NOT NULL,
             declared_by uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
             CHECK (num_nonnulls(number, flag, word) = 1),
             CHECK ((organization_id IS NULL) = (district_id IS NULL)), {}, {}, {}",
            fk("organization_id", "organizations"),
            fk("district_id", "districts"),
            fk("declared_by", "accounts")
        ),
    )
    .indexed(&["item, as_of, id)", "organization_id, as_of, id)", "as_of, id)"])
}

fn runs() -> Tenant {
    let (kind, state) = (words("kind", &["REAL", "WHAT_IF"]), words("state", &["CALCULATED", "APPROVED"]));
    Tenant::new(
        "grant_runs",
        format!(
            "programme_id uuid NOT NULL, programme_state text NOT NULL, fiscal_year int NOT NULL,
             opens_on date NOT NULL, closes_on date NOT NULL, rule_id uuid NOT NULL,
             title text NOT NULL, kind text NOT NULL {kind}, state text NOT NULL {state},
             budget_yen bigint NOT NULL CHECK (budget_yen > 0), total_yen bigint NOT NULL CHECK (total_yen >= 0),
             organizations int NOT NULL, rule_hash text NOT NULL, inputs text NOT NULL, inputs_hash text NOT NULL,
             pools text NOT NULL, corrects_id uuid, run_by uuid, approved_by uuid, approved_on date,
             CONSTRAINT grant_runs_real CHECK (kind = 'REAL' OR (state = 'CALCULATED' AND corrects_id IS NULL)),
             CONSTRAINT grant_runs_approved CHECK ((state = 'APPROVED') = (approved_on IS NOT NULL)),
             CONSTRAINT grant_runs_apart CHECK (approved_by <> run_by),
             FOREIGN KEY (municipality_id, programme_id, programme_state, fiscal_year, opens_on, closes_on)
                REFERENCES grant_programmes (municipality_id, id, state, fiscal_year, opens_on, closes_on)
                ON UPDATE CASCADE, {}, {}, {}, {}",
            fk("rule_id", "grant_rules"),
            fk("corrects_id", "grant_runs"),
            fk("run_by", "accounts"),
            fk("approved_by", "accounts")
        ),
    )
    .secret(&["inputs", "pools"])
    .indexed(&["programme_id, created_at, id)", "rule_id)", "corrects_id, created_at, id)", "created_at, id)"])
}

fn lines() -> Tenant {
    Tenant::new(
        "grant_run_lines",
        format!(
            "run_id uuid NOT NULL, organization_id uuid NOT NULL, district_id uuid NOT NULL, name text NOT NULL,
             amount_yen bigint NOT NULL CHECK (amount_yen >= 0), terms text NOT NULL, instalments text NOT NULL,
             UNIQUE (municipality_id, run_id, organization_id),
             UNIQUE (municipality_id, id, organization_id, amount_yen), {}, {}, {}",
            fk("run_id", "grant_runs"),
            fk("organization_id", "organizations"),
            fk("district_id", "districts")
        ),
    )
    .secret(&["terms", "instalments"])
    .indexed(&["run_id, name, id)", "organization_id)"])
}

fn comparisons() -> Tenant {
    Tenant::new(
        "grant_comparisons",
        format!(
            "run_id uuid NOT NULL, base_id uuid NOT NULL CHECK (base_id <> run_id),
             winners int NOT NULL, losers int NOT NULL, difference_yen bigint NOT NULL, document text NOT NULL,
             UNIQUE (municipality_id, run_id, base_id), {}, {}",
            fk("run_id", "grant_runs"),
            fk("base_id", "grant_runs")
        ),
    )
    .secret(&["document"])
    .indexed(&["run_id, created_at, id)", "base_id)", "created_at, id)"])
}

pub(crate) const GUARDS: &str = "
REVOKE UPDATE ON grant_declarations, grant_run_lines, grant_comparisons FROM entaku_app;

ALTER TABLE grant_allocations ADD COLUMN line_id uuid;
ALTER TABLE grant_allocations ADD CONSTRAINT grant_allocations_line
    FOREIGN KEY (municipality_id, line_id, organization_id, amount_yen)
    REFERENCES grant_run_lines (municipality_id, id, organization_id, amount_yen);
CREATE INDEX grant_allocations_line ON grant_allocations (municipality_id, line_id);

CREATE FUNCTION grant_rule_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'IN_FORCE' THEN
        RAISE EXCEPTION 'a rule in force does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_rules_settled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled BEFORE UPDATE ON grant_rules FOR EACH ROW EXECUTE FUNCTION grant_rule_settled();

CREATE FUNCTION grant_run_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at', 'programme_state', 'opens_on', 'closes_on'];
BEGIN
    IF OLD.state = 'CALCULATED' THEN
        free := free || ARRAY['state', 'approved_by', 'approved_on'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a run does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_settled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled BEFORE UPDATE ON grant_runs FOR EACH ROW EXECUTE FUNCTION grant_run_settled();
";
