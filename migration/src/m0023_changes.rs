//! Events tell to which object their row belongs, and what its readers were before, for those who were away
//! (docs/adr/0018-changes-since.md).

use sea_orm_migration::prelude::*;

use crate::table::{Told, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [UP, CHANGED, OPENS] {
            run(manager, statements).await?;
        }
        for told in TOLD {
            run(manager, &told.triggers()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for told in TOLD {
            run(manager, &told.without()).await?;
        }
        run(manager, DOWN).await
    }
}

const IN_PLACE: &[&str] = &["organization_id", "district_id"];
const PART_OF_RECORD: &[&str] = &["roundtable_id", "organization_id", "district_id"];
const SCREENED: &[&str] = &["reviewer_id", "proposer_id"];

/// Every tenant table there was.
const TOLD: &[Told] = &[
    Told::of("accounts").secret(&["password_hash"]),
    own("appointments"),
    own("sessions").secret(&["last_seen_at", "revision"]).acts(&[
        "account_id",
        "device",
        "lasting",
        "expires_at",
        "authenticated_at",
        "ended_at",
        "end_reason",
    ]),
    Told::of("notifications").part_of("accounts", "account_id").judged_by(&["reader_id"]).secret(&[
        "text_ja",
        "text_easy",
        "text_en",
    ]),
    own("notification_choices"),
    Told::of("refresh_tokens").secret(&["hash"]).silent(),
    Told::of("session_cookies").secret(&["hash"]).silent(),
    Told::of("second_factors").secret(&["secret", "last_step"]).silent(),
    Told::of("recovery_codes").secret(&["hash"]).silent(),
    Told::of("mails").secret(&["recipient", "subject", "body", "link"]).silent(),
    Told::of("address_proofs").secret(&["email", "token_hash"]).silent(),
    Told::of("invitations").judged_by(&["scope_id"]).secret(&["token_hash"]),
    Told::of("sections"),
    Told::of("municipality_settings"),
    Told::of("ledger_years"),
    Told::of("ledger_accounts"),
    Told::of("ledger_journals"),
    Told::of("ledger_entries").part_of("ledger_journals", "journal_id"),
    Told::of("districts"),
    Told::of("district_statistics").part_of("districts", "district_id"),
    Told::of("facilities"),
    Told::of("organizations").part_of("districts", "district_id").judged_by(&["published", "district_id"]),
    Told::of("officers").part_of("organizations", "organization_id").judged_by(IN_PLACE).opened_by(&["published"]),
    Told::of("liaison_assignments").part_of("districts", "district_id").judged_by(&[
        "state",
        "term_start",
        "term_end",
        "district_id",
        "account_id",
    ]),
    Told::of("liaison_visits").part_of("districts", "district_id").judged_by(&["district_id", "account_id"]),
    Told::of("liaison_requests").part_of("districts", "district_id").judged_by(&[
        "district_id",
        "section_id",
        "organization_id",
    ]),
    Told::of("grant_programmes").judged_by(&["state"]),
    Told::of("grant_allocations").part_of("grant_programmes", "programme_id").judged_by(&["programme_state"]),
    Told::of("grant_applications").part_of("grant_programmes", "programme_id").judged_by(&[
        "state",
        "organization_id",
        "district_id",
    ]),
    Told::of("grant_application_files").part_of("grant_applications", "application_id").judged_by(IN_PLACE),
    Told::of("grant_acts").part_of("grant_applications", "application_id").judged_by(IN_PLACE),
    Told::of("grant_rules").judged_by(&["state"]),
    Told::of("grant_declarations").part_of("organizations", "organization_id").judged_by(IN_PLACE),
    Told::of("grant_runs")
        .part_of("grant_programmes", "programme_id")
        .judged_by(&["state", "programme_state"])
        .secret(&["inputs", "pools"]),
    Told::of("grant_run_lines")
        .part_of("grant_runs", "run_id")
        .judged_by(&["run_id"])
        .opened_by(&["state", "programme_state"])
        .secret(&["terms", "instalments"]),
    Told::of("grant_comparisons").part_of("grant_runs", "run_id").secret(&["document"]),
    Told::of("roundtables").part_of("organizations", "organization_id").judged_by(&[
        "announced_at",
        "organization_id",
        "district_id",
    ]),
    of_record("roundtable_participants"),
    of_record("roundtable_issues"),
    of_record("roundtable_decisions"),
    of_record("roundtable_action_items"),
    of_record("roundtable_passages"),
    of_record("roundtable_files"),
    Told::of("files").part_of("accounts", "uploader_id").judged_by(&["uploader_id"]).secret(&["object_key"]),
    Told::of("exports").part_of("accounts", "account_id").judged_by(&["account_id"]).secret(&["object_key"]),
    Told::of("challenge_calls").judged_by(&["state"]),
    Told::of("challenge_criteria").part_of("challenge_calls", "call_id").judged_by(&["call_id"]).opened_by(&["state"]),
    Told::of("challenge_proposals").part_of("challenge_calls", "call_id").judged_by(&[
        "state",
        "proposer_id",
        "organization_id",
    ]),
    Told::of("challenge_reviews").part_of("challenge_proposals", "proposal_id").judged_by(SCREENED),
    Told::of("challenge_scores").part_of("challenge_reviews", "review_id").judged_by(SCREENED),
    Told::of("legal_bases"),
    Told::of("strategies").judged_by(&["state"]),
    Told::of("strategy_nodes").part_of("strategies", "strategy_id").judged_by(&["strategy_state"]),
    Told::of("strategy_revisions")
        .part_of("strategies", "strategy_id")
        .judged_by(&["state", "strategy_id"])
        .opened_by(&["state"]),
    of_strategy("strategy_node_versions"),
    of_strategy("population_visions"),
    of_strategy("indicators"),
    of_strategy("indicator_values"),
];

const fn own(table: &'static str) -> Told {
    Told::of(table).part_of("accounts", "account_id").judged_by(&["account_id"])
}

const fn of_record(table: &'static str) -> Told {
    Told::of(table).part_of("roundtables", "roundtable_id").judged_by(PART_OF_RECORD).opened_by(&["record_public"])
}

const fn of_strategy(table: &'static str) -> Told {
    Told::of(table).part_of("strategies", "strategy_id").judged_by(&["strategy_id"]).opened_by(&["state"])
}

/// `was`: the columns on which it depended who read the row, as they were before a change that may have changed its
/// readers, and those of the object it belongs to under that object's table. `op` READERS: the row itself is the same,
/// but the object it belongs to has changed in such a column.
const UP: &str = "
ALTER TABLE events ADD COLUMN parent_kind text, ADD COLUMN parent_id uuid, ADD COLUMN was jsonb;

CREATE FUNCTION entaku_picked(whole jsonb, columns text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(jsonb_object_agg(c, whole -> c), '{}') FROM unnest(columns) c $$;
";

/// What records a change and tells of it.
pub(crate) const CHANGED: &str = "
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
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value)
            INTO before, after
            FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n USING (key)
            WHERE o.value IS DISTINCT FROM n.value;
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
    INSERT INTO audit_entries (municipality_id, at, actor_id, appointment_id, act, request_id, purpose, kind,
            object_id, op, before, after)
        VALUES (town, entaku_now(), NULLIF(current_setting('entaku.actor', true), '')::uuid,
            NULLIF(current_setting('entaku.post', true), '')::uuid,
            coalesce(current_setting('entaku.act', true), ''),
            NULLIF(current_setting('entaku.request', true), '')::uuid,
            NULLIF(current_setting('entaku.purpose', true), ''),
            TG_TABLE_NAME, object, TG_OP,
            entaku_impersonal(before, personal), entaku_impersonal(after, personal));
    IF TG_ARGV[4] IS DISTINCT FROM 'silent' THEN
        INSERT INTO events (municipality_id, kind, object_id, op, parent_kind, parent_id, was)
            VALUES (town, TG_TABLE_NAME, object, TG_OP, part[1], (coalesce(new_row, old_row) ->> part[2])::uuid, was);
    END IF;
    RETURN NULL;
END $$;
";

const OPENS: &str = "
CREATE FUNCTION entaku_opens() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was jsonb := jsonb_build_object(TG_TABLE_NAME,
        entaku_picked(to_jsonb(OLD), string_to_array(TG_ARGV[3], ',') || ARRAY['id', 'municipality_id']));
BEGIN
    EXECUTE format(
        'INSERT INTO events (municipality_id, kind, object_id, op, parent_kind, parent_id, was)
            SELECT c.municipality_id, %1$L, c.id, ''READERS'', %2$L, $2, entaku_picked(to_jsonb(c), $3) || $4
            FROM %1$I c WHERE c.municipality_id = $1 AND c.%3$I = $2 ORDER BY c.id',
        TG_ARGV[0], TG_TABLE_NAME, TG_ARGV[1])
        USING OLD.municipality_id, OLD.id, string_to_array(TG_ARGV[2], ','), was;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_opens() FROM PUBLIC;
";

const DOWN: &str = "
DROP FUNCTION entaku_opens();
CREATE OR REPLACE FUNCTION entaku_changed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hidden text[] := string_to_array(TG_ARGV[0], ',') || ARRAY['updated_at', 'municipality_id'];
    personal text[] := entaku_personal_columns(TG_TABLE_NAME);
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - hidden END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - hidden END;
    town uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.municipality_id ELSE NEW.municipality_id END;
    object uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
    before jsonb := old_row;
    after jsonb := new_row;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value)
            INTO before, after
            FROM jsonb_each(old_row) o JOIN jsonb_each(new_row) n USING (key)
            WHERE o.value IS DISTINCT FROM n.value;
    END IF;
    INSERT INTO audit_entries (municipality_id, at, actor_id, appointment_id, act, request_id, purpose, kind,
            object_id, op, before, after)
        VALUES (town, entaku_now(), NULLIF(current_setting('entaku.actor', true), '')::uuid,
            NULLIF(current_setting('entaku.post', true), '')::uuid,
            coalesce(current_setting('entaku.act', true), ''),
            NULLIF(current_setting('entaku.request', true), '')::uuid,
            NULLIF(current_setting('entaku.purpose', true), ''),
            TG_TABLE_NAME, object, TG_OP,
            entaku_impersonal(before, personal), entaku_impersonal(after, personal));
    INSERT INTO events (municipality_id, kind, object_id, op) VALUES (town, TG_TABLE_NAME, object, TG_OP);
    RETURN NULL;
END $$;
DROP FUNCTION entaku_picked(jsonb, text[]);
ALTER TABLE events DROP COLUMN was, DROP COLUMN parent_id, DROP COLUMN parent_kind;
";
