//! A posting is written as the whole it is: the accounts of a journal are moved by one statement and recorded by one, and
//! its entries have ids in the order of time (docs/adr/0035-what-a-posting-costs.md).

use sea_orm_migration::prelude::*;

use crate::m0004_ledger;
use crate::m0031_large_runs;
use crate::m0038_long_journals;
use crate::table::{Told, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [BEFORE, IDS, MOVE, RECORD, POST] {
            run(manager, statements).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [AWAY, m0004_ledger::MOVE, m0031_large_runs::WITHIN] {
            run(manager, statements).await?;
        }
        run(manager, &Told::of("ledger_accounts").triggers()).await?;
        run(manager, &Told::of("ledger_entries").part_of("ledger_journals", "journal_id").triggers()).await?;
        run(manager, m0038_long_journals::POST).await
    }
}

const BEFORE: &str = "
DROP TRIGGER move ON ledger_entries;
DROP TRIGGER within ON ledger_entries;
DROP TRIGGER changed ON ledger_entries;
DROP TRIGGER changed ON ledger_accounts;
DROP FUNCTION ledger_move();
DROP FUNCTION ledger_within();
";

/// UUIDs of version 7 (RFC 9562 section 5.7): what is written together stands together in an index.
const IDS: &str = "
CREATE FUNCTION entaku_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;
REVOKE EXECUTE ON FUNCTION entaku_uuid() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_uuid() TO entaku_ledger;
";

/// Entries move their accounts, and say truly where these stood and stand now: of one that does not go on from there
/// (a version that another has taken, a balance that was not read under its lock), or whose account is of another year,
/// nothing is written. No journal ever has more entries than it says (m0031).
const MOVE: &str = "
CREATE FUNCTION ledger_move() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    moved bigint;
    written bigint;
    overfull boolean;
BEGIN
    UPDATE ledger_accounts a SET balance = a.balance + e.amount, version = a.version + 1
        FROM added e JOIN ledger_journals j ON j.municipality_id = e.municipality_id AND j.id = e.journal_id
        WHERE a.municipality_id = e.municipality_id AND a.id = e.account_id AND a.fiscal_year = j.fiscal_year
            AND e.balance_after = a.balance + e.amount AND e.account_version = a.version + 1;
    GET DIAGNOSTICS moved = ROW_COUNT;
    SELECT sum(e.entries), bool_or(j.legs < (SELECT count(*) FROM ledger_entries all_of_it
            WHERE all_of_it.municipality_id = j.municipality_id AND all_of_it.journal_id = j.id))
        INTO written, overfull
        FROM (SELECT municipality_id, journal_id, count(*) AS entries FROM added GROUP BY 1, 2) e
        JOIN ledger_journals j ON j.municipality_id = e.municipality_id AND j.id = e.journal_id;
    IF moved <> written THEN
        RAISE EXCEPTION 'an entry needs an account of the fiscal year of its journal, and goes on from where that stands'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_year';
    END IF;
    IF overfull THEN
        RAISE EXCEPTION 'a journal has no more entries than it says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_move() FROM PUBLIC;
CREATE TRIGGER move AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_move();
";

/// The record and the events of a statement's entries and of what they did to their accounts, as `entaku_changed` would
/// have written them one by one. The trigger comes before `move` by its name, so the accounts are as they were. Whatever
/// else should ever happen to an account is recorded as with other tables.
const RECORD: &str = "
CREATE FUNCTION ledger_changed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    at timestamptz := entaku_now();
    actor uuid := NULLIF(current_setting('entaku.actor', true), '');
    post uuid := NULLIF(current_setting('entaku.post', true), '');
    act text := coalesce(current_setting('entaku.act', true), '');
    request uuid := NULLIF(current_setting('entaku.request', true), '');
    purpose text := NULLIF(current_setting('entaku.purpose', true), '');
BEGIN
    WITH change AS (
        SELECT e.municipality_id, 'ledger_entries' AS kind, e.id, 'INSERT' AS op, 'ledger_journals' AS parent_kind,
                e.journal_id AS parent_id, NULL::jsonb AS before,
                to_jsonb(e) - '{municipality_id,updated_at}'::text[] AS after
            FROM added e
        UNION ALL
        SELECT e.municipality_id, 'ledger_accounts', e.account_id, 'UPDATE', NULL, NULL,
                jsonb_build_object('balance', a.balance, 'version', a.version, 'revision', a.revision),
                jsonb_build_object('balance', e.balance_after, 'version', e.account_version, 'revision', a.revision + 1)
            FROM added e CROSS JOIN LATERAL (SELECT a.balance, a.version, a.revision FROM ledger_accounts a
                WHERE a.municipality_id = e.municipality_id AND a.id = e.account_id OFFSET 0) a
    ), recorded AS (
        INSERT INTO audit_entries (municipality_id, at, actor_id, appointment_id, act, request_id, purpose, kind,
                object_id, op, before, after)
            SELECT c.municipality_id, at, actor, post, act, request, purpose, c.kind, c.id, c.op, c.before, c.after
            FROM change c
    )
    INSERT INTO events (municipality_id, at, kind, object_id, op, parent_kind, parent_id)
        SELECT c.municipality_id, at, c.kind, c.id, c.op, c.parent_kind, c.parent_id FROM change c;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_changed() FROM PUBLIC;
CREATE TRIGGER changed AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_changed('', 'ledger_journals.journal_id', '', '');
CREATE TRIGGER changed AFTER INSERT ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION entaku_changed('');
CREATE TRIGGER altered AFTER UPDATE ON ledger_accounts FOR EACH ROW
    WHEN (ROW(OLD.municipality_id, OLD.id, OLD.kind, OLD.owner_id, OLD.fiscal_year, OLD.floor, OLD.version + 1)
        IS DISTINCT FROM ROW(NEW.municipality_id, NEW.id, NEW.kind, NEW.owner_id, NEW.fiscal_year, NEW.floor, NEW.version))
    EXECUTE FUNCTION entaku_changed('');
";

/// As in m0038. Accounts that are missing are opened before any is locked; all are locked in the order of their kind and
/// owner, and read under their locks: the entries say what they make of them. No table is gone through as a whole,
/// whatever the plans of a session were made for.
const POST: &str = "
CREATE OR REPLACE FUNCTION ledger_post(p_id uuid, p_kind text, p_subject uuid, p_fiscal_year int, p_memo text, p_once boolean,
    p_reverses uuid, p_kinds text[], p_owners uuid[], p_amounts bigint[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off AS $$
DECLARE
    town uuid := entaku_municipality();
    accounts uuid[];
    amounts bigint[];
    balances bigint[];
    versions int[];
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
    IF (SELECT count(*) FROM unnest(p_kinds, p_owners) l(kind, owner) CROSS JOIN LATERAL (
            SELECT FROM ledger_accounts a WHERE a.municipality_id = town AND a.kind = l.kind AND a.owner_id = l.owner
                AND a.fiscal_year = p_fiscal_year OFFSET 0) a) < cardinality(p_amounts) THEN
        INSERT INTO ledger_accounts (municipality_id, id, kind, owner_id, fiscal_year, floor)
            SELECT town, entaku_uuid(), l.kind, l.owner, p_fiscal_year,
                CASE l.kind WHEN 'APPROPRIATION' THEN -9007199254740992 ELSE 0 END
            FROM unnest(p_kinds, p_owners) l(kind, owner) ORDER BY l.kind, l.owner
            ON CONFLICT (municipality_id, kind, owner_id, fiscal_year) DO NOTHING;
    END IF;
    SELECT array_agg(a.id), array_agg(a.amount), array_agg(a.balance), array_agg(a.version)
        INTO accounts, amounts, balances, versions
        FROM (SELECT * FROM unnest(p_kinds, p_owners, p_amounts) l(kind, owner, amount) ORDER BY kind, owner) l
        CROSS JOIN LATERAL (SELECT a.id, l.amount, a.balance, a.version FROM ledger_accounts a
            WHERE a.municipality_id = town AND a.kind = l.kind AND a.owner_id = l.owner
                AND a.fiscal_year = p_fiscal_year FOR NO KEY UPDATE OF a) a;
    INSERT INTO ledger_journals (municipality_id, id, kind, subject_id, fiscal_year, legs, once, reverses, memo)
        VALUES (town, p_id, p_kind, p_subject, p_fiscal_year, cardinality(p_amounts), p_once, p_reverses, p_memo);
    INSERT INTO ledger_entries (municipality_id, id, journal_id, account_id, amount, balance_after, account_version)
        SELECT town, entaku_uuid(), p_id, a.id, a.amount, a.balance + a.amount, a.version + 1
        FROM unnest(accounts, amounts, balances, versions) a(id, amount, balance, version);
    RETURN 'POSTED';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    IF refused = 'ledger_accounts_floor' THEN RETURN 'SHORT'; END IF;
    IF refused = 'ledger_years_open' THEN RETURN 'CLOSED'; END IF;
    RAISE;
END $$;
";

const AWAY: &str = "
DROP TRIGGER move ON ledger_entries;
DROP TRIGGER changed ON ledger_entries;
DROP TRIGGER altered ON ledger_accounts;
DROP FUNCTION ledger_move();
DROP FUNCTION ledger_changed();
DROP FUNCTION entaku_uuid();
";
