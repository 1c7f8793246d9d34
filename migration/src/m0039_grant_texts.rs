//! What was written in reports, change requests and sub-applications is thrown away in its time, as the purpose of the
//! application is (docs/adr/0027-a-persons-data.md). Amounts, decisions and days stay.

use sea_orm_migration::prelude::*;

use crate::m0027_privacy::kinds::{FiscalYears, Kind, kind};
use crate::m0029_grant_life::guards::SETTLED_ROWS;
use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Where in the list of kinds they come.
const PLACE: usize = 100;
/// The year of the application that they belong to.
const YEAR: &str = "(SELECT make_date(a.fiscal_year, 4, 1) FROM grant_applications a
    WHERE a.municipality_id = t.municipality_id AND a.id = t.application_id)";
const OF: &str = "t.application_id, t.organization_id, t.district_id, (SELECT a.programme_id FROM grant_applications a
    WHERE a.municipality_id = t.municipality_id AND a.id = t.application_id)";

/// Of applications that have ended, where something is left to throw away.
macro_rules! ended {
    ($left:literal) => {
        concat!(
            "EXISTS (SELECT FROM grant_applications a WHERE a.municipality_id = t.municipality_id
                AND a.id = t.application_id AND a.state IN ('SETTLED', 'REPAID', 'REVOKED', 'PAID', 'REFUSED', 'WITHDRAWN'))
             AND ",
            $left
        )
    };
}

fn kinds() -> [Kind; 3] {
    let of = |name, table, which, change| kind(name, table, YEAR, which).of(OF).set(change).kept(FiscalYears(5), 5);
    [
        of("GRANT_REPORTS", "grant_reports", ended!("t.summary <> '(削除済み)'"), "summary = '(削除済み)'"),
        of(
            "GRANT_CHANGES",
            "grant_changes",
            ended!("t.reason <> '(削除済み)'"),
            "reason = '(削除済み)',
             decision_reason = CASE WHEN t.decision_reason IS NOT NULL THEN '(削除済み)' END",
        ),
        of(
            "GRANT_SUBGRANTS",
            "grant_subgrants",
            ended!("t.purpose <> '(削除済み)'"),
            "purpose = '(削除済み)',
             decision_reason = CASE WHEN t.decision_reason IS NOT NULL THEN '(削除済み)' END",
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SETTLED).await?;
        let rows: String = kinds().iter().zip(PLACE..).map(|(kind, place)| kind.insert(place)).collect();
        run(manager, &rows).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names = "('GRANT_REPORTS', 'GRANT_CHANGES', 'GRANT_SUBGRANTS')";
        run(manager, &format!("DELETE FROM retention_rules WHERE kind IN {names}")).await?;
        run(manager, &format!("DELETE FROM retention_kinds WHERE name IN {names}")).await?;
        run(manager, &SETTLED_ROWS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")).await?;
        run(manager, "DROP FUNCTION entaku_disposed(jsonb, jsonb, text[])").await
    }
}

/// As in m0029, but for the words of what is disposed of.
pub(crate) const SETTLED: &str = "
CREATE FUNCTION entaku_disposed(was jsonb, becomes jsonb, words text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(word) FILTER (WHERE becomes ->> word = '(削除済み)' AND was ->> word IS NOT NULL), '{}')
    FROM unnest(words) word WHERE entaku_forgetting() $$;
GRANT EXECUTE ON FUNCTION entaku_disposed(jsonb, jsonb, text[]) TO entaku_app;

CREATE OR REPLACE FUNCTION grant_change_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at']
        || entaku_disposed(to_jsonb(OLD), to_jsonb(NEW), ARRAY['reason', 'decision_reason']);
BEGIN
    IF OLD.state = 'REQUESTED' THEN
        free := free || ARRAY['state', 'decided_on', 'decided_by', 'decision_reason'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a change is settled' USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_changes_settled';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION grant_subgrant_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at']
        || entaku_disposed(to_jsonb(OLD), to_jsonb(NEW), ARRAY['purpose', 'decision_reason']);
BEGIN
    IF OLD.state <> 'SUBMITTED' AND to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a sub-application is settled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_subgrants_settled';
    END IF;
    RETURN NEW;
END $$;
";
