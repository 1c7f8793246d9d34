//! What every noun stands on: municipalities, the clock and wall functions, the trigger that writes the
//! audit and the events, jobs, idempotency keys, notes of what no trigger sees.

use sea_orm_migration::prelude::*;

use crate::table::{drop, run, wall};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, FUNCTIONS).await?;
        run(manager, PLATFORM).await?;
        run(manager, RECORDS).await?;
        run(manager, &wall("audit_entries")).await?;
        run(manager, &wall("access_notes")).await?;
        run(manager, &wall("idempotency_keys")).await?;
        run(manager, TRIGGERS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP FUNCTION entaku_changed() CASCADE; DROP FUNCTION entaku_touch() CASCADE").await?;
        drop(manager, &["idempotency_keys", "access_notes", "audit_entries", "events", "jobs", "municipalities"])
            .await?;
        run(manager, "DROP FUNCTION entaku_now(); DROP FUNCTION entaku_municipality()").await
    }
}

/// The request's municipality and time, as the transaction was opened with.
const FUNCTIONS: &str = "
CREATE FUNCTION entaku_municipality() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('entaku.municipality', true), '')::uuid $$;
CREATE FUNCTION entaku_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(NULLIF(current_setting('entaku.now', true), '')::timestamptz, now()) $$;
GRANT EXECUTE ON FUNCTION entaku_municipality(), entaku_now() TO entaku_app, entaku_worker;
";

/// No wall: ids, kinds and times, never content.
const PLATFORM: &str = "
CREATE TABLE municipalities (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[0-9]{6}$'),
    name text NOT NULL,
    name_kana text NOT NULL DEFAULT '',
    prefecture text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT entaku_now()
);
GRANT SELECT, INSERT ON municipalities TO entaku_app;
GRANT SELECT ON municipalities TO entaku_worker;

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    municipality_id uuid NOT NULL REFERENCES municipalities (id),
    kind text NOT NULL,
    subject_id uuid,
    state text NOT NULL DEFAULT 'READY' CHECK (state IN ('READY','DONE','FAILED')),
    run_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    lease_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT entaku_now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX jobs_once ON jobs (municipality_id, kind, coalesce(subject_id, '00000000-0000-0000-0000-000000000000'))
    WHERE state = 'READY';
CREATE INDEX jobs_due ON jobs (run_at) WHERE state = 'READY';
GRANT SELECT, INSERT ON jobs TO entaku_app;
GRANT SELECT, UPDATE ON jobs TO entaku_worker;

CREATE TABLE events (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    municipality_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT entaku_now(),
    kind text NOT NULL,
    object_id uuid NOT NULL,
    op text NOT NULL,
    PRIMARY KEY (xid, seq)
);
CREATE INDEX events_of ON events (municipality_id, xid, seq);
GRANT SELECT ON events TO entaku_app;
GRANT SELECT, DELETE ON events TO entaku_worker;
";

/// Behind the wall, but written by triggers or about requests, so without a trigger of their own.
const RECORDS: &str = "
CREATE TABLE audit_entries (
    municipality_id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    actor_id uuid,
    act text NOT NULL,
    request_id uuid,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    op text NOT NULL,
    before jsonb,
    after jsonb,
    PRIMARY KEY (municipality_id, xid, seq)
);
CREATE INDEX audit_entries_object ON audit_entries (municipality_id, kind, object_id);
GRANT SELECT ON audit_entries TO entaku_app;

CREATE TABLE access_notes (
    municipality_id uuid NOT NULL DEFAULT entaku_municipality() REFERENCES municipalities (id),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT entaku_now(),
    actor_id uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
    request_id uuid DEFAULT NULLIF(current_setting('entaku.request', true), '')::uuid,
    what text NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (municipality_id, seq)
);
GRANT SELECT, INSERT ON access_notes TO entaku_app;

CREATE TABLE idempotency_keys (
    municipality_id uuid NOT NULL DEFAULT entaku_municipality() REFERENCES municipalities (id),
    account_id uuid NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    changed uuid[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT entaku_now(),
    PRIMARY KEY (municipality_id, account_id, key)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO entaku_app;
";

/// `entaku_changed` runs as the owner: the application can read the audit but neither write nor change it.
const TRIGGERS: &str = "
CREATE FUNCTION entaku_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    NEW.updated_at := entaku_now();
    RETURN NEW;
END $$;

CREATE FUNCTION entaku_changed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hidden text[] := string_to_array(TG_ARGV[0], ',') || ARRAY['updated_at', 'municipality_id'];
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
    INSERT INTO audit_entries (municipality_id, at, actor_id, act, request_id, kind, object_id, op, before, after)
        VALUES (town, entaku_now(), NULLIF(current_setting('entaku.actor', true), '')::uuid,
            coalesce(current_setting('entaku.act', true), ''),
            NULLIF(current_setting('entaku.request', true), '')::uuid,
            TG_TABLE_NAME, object, TG_OP, before, after);
    INSERT INTO events (municipality_id, kind, object_id, op) VALUES (town, TG_TABLE_NAME, object, TG_OP);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_changed() FROM PUBLIC;
";
