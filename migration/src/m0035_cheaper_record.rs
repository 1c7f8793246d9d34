//! The record, the events and the ledger's checks say what they said, for less of PostgreSQL's time
//! (docs/adr/0035-what-a-posting-costs.md).

use sea_orm_migration::prelude::*;

use crate::m0004_ledger;
use crate::m0023_changes;
use crate::m0028_ledger_years;
use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CHANGED).await?;
        run(manager, &asking(CARELESS, CAREFUL)).await?;
        for statements in [KEY, BALANCED, PLANS] {
            run(manager, statements).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "ALTER FUNCTION ledger_post RESET plan_cache_mode").await?;
        run(manager, &m0004_ledger::BALANCED.replacen("CREATE", "CREATE OR REPLACE", 1)).await?;
        run(manager, &m0028_ledger_years::KEY.replacen("CREATE", "CREATE OR REPLACE", 1)).await?;
        run(manager, &asking(CAREFUL, CARELESS)).await?;
        run(manager, m0023_changes::CHANGED).await
    }
}

/// As in m0023. An update is compared with one look at each value instead of a join, and a table without personal
/// columns does not ask for them: `entaku_impersonal` has a subquery, so PostgreSQL parses and plans it at every call.
const CHANGED: &str = "
CREATE OR REPLACE FUNCTION entaku_changed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hidden text[] := string_to_array(TG_ARGV[0], ',') || ARRAY['updated_at', 'municipality_id'];
    part text[] := string_to_array(TG_ARGV[1], '.');
    judged text[] := string_to_array(TG_ARGV[2], ',');
    personal text[] := entaku_personal_columns(TG_TABLE_NAME);
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - hidden END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - hidden END;
    town uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.municipality_id ELSE NEW.municipality_id END;
    object uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
    before jsonb := old_row;
    after jsonb := new_row;
    parent jsonb;
    was jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row -> o.key)
            INTO before, after
            FROM jsonb_each(old_row) o WHERE o.value IS DISTINCT FROM new_row -> o.key;
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND before ?| judged) THEN
        was := entaku_picked(old_row, judged);
        IF TG_ARGV[3] <> '' THEN
            EXECUTE format('SELECT to_jsonb(p) FROM %I p WHERE p.municipality_id = $1 AND p.id = $2', part[1])
                INTO parent USING town, (old_row ->> part[2])::uuid;
            was := was || jsonb_build_object(part[1],
                entaku_picked(parent, string_to_array(TG_ARGV[3], ',') || ARRAY['id', 'municipality_id']));
        END IF;
    END IF;
    IF personal <> '{}' THEN
        before := entaku_impersonal(before, personal);
        after := entaku_impersonal(after, personal);
    END IF;
    INSERT INTO audit_entries (municipality_id, at, actor_id, appointment_id, act, request_id, purpose, kind,
            object_id, op, before, after)
        VALUES (town, entaku_now(), NULLIF(current_setting('entaku.actor', true), '')::uuid,
            NULLIF(current_setting('entaku.post', true), '')::uuid,
            coalesce(current_setting('entaku.act', true), ''),
            NULLIF(current_setting('entaku.request', true), '')::uuid,
            NULLIF(current_setting('entaku.purpose', true), ''),
            TG_TABLE_NAME, object, TG_OP, before, after);
    IF TG_ARGV[4] IS DISTINCT FROM 'silent' THEN
        INSERT INTO events (municipality_id, kind, object_id, op, parent_kind, parent_id, was)
            VALUES (town, TG_TABLE_NAME, object, TG_OP, part[1], (coalesce(new_row, old_row) ->> part[2])::uuid, was);
    END IF;
    RETURN NULL;
END $$;
";

/// Where nobody has been forgotten yet in a session, the setting is null: AND does not stop there, and asks the table.
const CARELESS: &str = "current_setting('entaku.forgetting', true) = 'on' AND";
const CAREFUL: &str = "coalesce(current_setting('entaku.forgetting', true), '') = 'on' AND";

/// Replaces that in the list of personal columns, whatever it lists, and in what writes the list.
fn asking(from: &str, to: &str) -> String {
    let doubled = |text: &str| text.replace('\'', "''");
    let replace = |function: &str, from: &str, to: &str| {
        let (from, to) = (doubled(from), doubled(to));
        format!("EXECUTE replace(pg_get_functiondef('{function}'::regprocedure), '{from}', '{to}');")
    };
    let list = replace("entaku_personal_columns(text)", from, to);
    let writer = replace("entaku_renew_personal_columns()", &doubled(from), &doubled(to));
    format!("DO $do$ BEGIN {list} {writer} END $do$;")
}

/// The same key, in a form that PostgreSQL puts in line: its names are bound now, so that it needs no search path.
const KEY: &str = "
CREATE OR REPLACE FUNCTION ledger_year_key(town uuid, fiscal_year int) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended(town::text || ' ' || fiscal_year::text, 0);
";

/// As in m0004, in one statement instead of two.
const BALANCED: &str = "
CREATE OR REPLACE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    journal uuid;
    is_whole boolean;
    reversed uuid;
BEGIN
    IF TG_TABLE_NAME = 'ledger_journals' THEN journal := NEW.id; ELSE journal := NEW.journal_id; END IF;
    SELECT j.reverses, (SELECT count(*) = j.legs AND sum(e.amount) = 0 FROM ledger_entries e
            WHERE e.municipality_id = NEW.municipality_id AND e.journal_id = journal)
        INTO reversed, is_whole
        FROM ledger_journals j WHERE j.municipality_id = NEW.municipality_id AND j.id = journal;
    IF is_whole IS NOT TRUE THEN
        RAISE EXCEPTION 'journal % is not whole or not zero-sum', journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    IF reversed IS NOT NULL AND (
        EXISTS (SELECT FROM ledger_journals o
                JOIN ledger_journals j ON j.municipality_id = o.municipality_id AND j.id = journal
                WHERE o.municipality_id = NEW.municipality_id AND o.id = reversed
                    AND (o.reverses IS NOT NULL OR o.legs <> j.legs))
        OR EXISTS (SELECT o.account_id, o.amount FROM ledger_entries o
                   WHERE o.municipality_id = NEW.municipality_id AND o.journal_id = reversed
                   EXCEPT SELECT e.account_id, -e.amount FROM ledger_entries e
                   WHERE e.municipality_id = NEW.municipality_id AND e.journal_id = journal)) THEN
        RAISE EXCEPTION 'journal % does not undo what it reverses', journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_reversal';
    END IF;
    RETURN NULL;
END $$;
";

/// PostgreSQL thinks lists of a known length worth a plan of their own at every posting; a plan costs more than it saves.
pub(crate) const PLANS: &str = "ALTER FUNCTION ledger_post SET plan_cache_mode = force_generic_plan;";
