//! A journal of thousands of entries takes as long for each of them as one of two, whatever PostgreSQL thinks of the size
//! of its tables (docs/adr/0035-what-a-posting-costs.md).

use sea_orm_migration::prelude::*;

use crate::m0028_ledger_years;
use crate::m0035_cheaper_record;
use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, POST).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, m0028_ledger_years::POST).await?;
        run(manager, m0035_cheaper_record::PLANS).await
    }
}

/// As in m0028. Each account is looked up by its key: `OFFSET 0` keeps the planner from joining the lists with a table it
/// takes for empty, which compares each entry with each account.
pub(crate) const POST: &str = "
CREATE OR REPLACE FUNCTION ledger_post(p_id uuid, p_kind text, p_subject uuid, p_fiscal_year int, p_memo text, p_once boolean,
    p_reverses uuid, p_kinds text[], p_owners uuid[], p_amounts bigint[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    town uuid := entaku_municipality();
    refused text;
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(ledger_year_key(town, p_fiscal_year));
    IF p_reverses IS NOT NULL THEN
        IF cardinality(p_amounts) > 0 THEN
            RAISE EXCEPTION 'a reversal brings no entries of its own' USING ERRCODE = 'check_violation';
        END IF;
        SELECT array_agg(a.kind ORDER BY e.id), array_agg(a.owner_id ORDER BY e.id), array_agg(-e.amount ORDER BY e.id)
            INTO p_kinds, p_owners, p_amounts
            FROM ledger_entries e
            JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
            WHERE e.municipality_id = town AND e.journal_id = p_reverses;
    END IF;
    IF (cardinality(p_amounts) >= 2 AND cardinality(p_amounts) = cardinality(p_kinds)
        AND cardinality(p_amounts) = cardinality(p_owners)
        AND (SELECT sum(amount) = 0 AND bool_and(amount <> 0) FROM unnest(p_amounts) amount)) IS NOT TRUE THEN
        RAISE EXCEPTION 'a journal has two or more entries, none of them zero, with the sum zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    INSERT INTO ledger_accounts (municipality_id, id, kind, owner_id, fiscal_year, floor)
        SELECT town, gen_random_uuid(), l.kind, l.owner, p_fiscal_year,
            CASE l.kind WHEN 'APPROPRIATION' THEN -9007199254740992 ELSE 0 END
        FROM unnest(p_kinds, p_owners) l(kind, owner)
        WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.municipality_id = town AND a.kind = l.kind
                          AND a.owner_id = l.owner AND a.fiscal_year = p_fiscal_year OFFSET 0)
        ORDER BY l.kind, l.owner
        ON CONFLICT (municipality_id, kind, owner_id, fiscal_year) DO NOTHING;
    PERFORM FROM (SELECT DISTINCT a.id FROM unnest(p_kinds, p_owners) l(kind, owner) CROSS JOIN LATERAL (
                SELECT a.id FROM ledger_accounts a WHERE a.municipality_id = town AND a.kind = l.kind
                    AND a.owner_id = l.owner AND a.fiscal_year = p_fiscal_year OFFSET 0) a ORDER BY a.id) o
        CROSS JOIN LATERAL (SELECT FROM ledger_accounts a
            WHERE a.municipality_id = town AND a.id = o.id FOR NO KEY UPDATE OF a) locked;
    INSERT INTO ledger_journals (municipality_id, id, kind, subject_id, fiscal_year, legs, once, reverses, memo)
        VALUES (town, p_id, p_kind, p_subject, p_fiscal_year, cardinality(p_amounts), p_once, p_reverses, p_memo);
    INSERT INTO ledger_entries (municipality_id, id, journal_id, account_id, amount)
        SELECT town, gen_random_uuid(), p_id, a.id, l.amount
        FROM unnest(p_kinds, p_owners, p_amounts) l(kind, owner, amount) CROSS JOIN LATERAL (
            SELECT a.id FROM ledger_accounts a WHERE a.municipality_id = town AND a.kind = l.kind
                AND a.owner_id = l.owner AND a.fiscal_year = p_fiscal_year OFFSET 0) a
        ORDER BY a.id;
    RETURN 'POSTED';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    IF refused = 'ledger_accounts_floor' THEN RETURN 'SHORT'; END IF;
    IF refused = 'ledger_years_open' THEN RETURN 'CLOSED'; END IF;
    RAISE;
END $$;
";
