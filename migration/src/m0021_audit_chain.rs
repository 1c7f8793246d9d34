//! The audit as one record in yearly partitions, without personal data, in a chain: every entry is sealed by a hash
//! over itself and all before it, and the head of each day is signed.
//!
//! What triggers see and what they cannot (denials, looks at personal data, failed sign-ins) stand in one table, so
//! that one chain holds both. The application reads the record and adds to it by two functions of the owner's; it can
//! change and remove nothing, nor choose what is written of a change.

use sea_orm_migration::prelude::*;

use crate::table::{drop, run, wall};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, RENAME).await?;
        run(manager, ENTRIES).await?;
        run(manager, &wall("audit_entries")).await?;
        run(manager, PARTITIONS).await?;
        run(manager, &wall("audit_entries_else")).await?;
        run(manager, COPY).await?;
        run(manager, &format!("{PERSONAL}{RECORDING}")).await?;
        run(manager, CHAIN).await?;
        run(manager, &wall("audit_links")).await?;
        run(manager, &wall("audit_heads")).await?;
        run(manager, SEALING).await?;
        run(manager, JOBS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            "REVOKE INSERT ON jobs FROM entaku_worker;
             DROP FUNCTION entaku_audit_seal(int); DROP FUNCTION entaku_audit_content(audit_entries);
             DROP FUNCTION entaku_note(text, text, uuid[], text);",
        )
        .await?;
        drop(manager, &["audit_heads", "audit_links"]).await?;
        run(manager, BACK).await?;
        run(manager, &wall("access_notes")).await?;
        run(manager, &wall("audit_entries")).await?;
        run(manager, RECORDING_BEFORE).await
    }
}

const RENAME: &str = "ALTER TABLE audit_entries RENAME TO audit_entries_before;
    ALTER INDEX audit_entries_pkey RENAME TO audit_entries_before_pkey;
    DROP INDEX audit_entries_object;";

/// `at` is part of the key because the partitions are by time. `xid` and `seq` are the order of the chain.
const ENTRIES: &str = "
CREATE SEQUENCE audit_entries_order;
CREATE TABLE audit_entries (
    municipality_id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint NOT NULL DEFAULT nextval('audit_entries_order'),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL,
    actor_id uuid,
    appointment_id uuid,
    act text NOT NULL,
    request_id uuid,
    purpose text,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    op text NOT NULL,
    detail text NOT NULL DEFAULT '',
    before jsonb,
    after jsonb,
    PRIMARY KEY (municipality_id, xid, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_entries_at ON audit_entries (municipality_id, at, id);
CREATE INDEX audit_entries_object ON audit_entries (municipality_id, object_id, at, id);
CREATE INDEX audit_entries_actor ON audit_entries (municipality_id, actor_id, at, id);
GRANT SELECT ON audit_entries TO entaku_app;
";

/// One for each fiscal year; what is older or newer than any of them goes to the last. Each is walled as well,
/// although nobody is granted anything on it.
const PARTITIONS: &str = "
CREATE FUNCTION entaku_audit_partition(year int) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name text := format('audit_entries_fy%s', year);
BEGIN
    IF year NOT BETWEEN 2000 AND 2200 OR to_regclass('public.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_entries FOR VALUES FROM (%L) TO (%L)', name,
        format('%s-04-01 00:00:00+09', year), format('%s-04-01 00:00:00+09', year + 1));
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY wall ON public.%I USING (municipality_id = (SELECT entaku_municipality()))
        WITH CHECK (municipality_id = (SELECT entaku_municipality()))', name);
END $$;
REVOKE EXECUTE ON FUNCTION entaku_audit_partition(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_audit_partition(int) TO entaku_app;
CREATE TABLE audit_entries_else PARTITION OF audit_entries DEFAULT;
SELECT entaku_audit_partition(year) FROM generate_series(2024, 2030) year;
";

const COPY: &str = "
INSERT INTO audit_entries (municipality_id, xid, seq, at, actor_id, act, request_id, kind, object_id, op, before, after)
    SELECT municipality_id, xid, nextval('audit_entries_order'), at, actor_id, act, request_id, kind, object_id, op,
        before, after
    FROM audit_entries_before ORDER BY xid, seq;
INSERT INTO audit_entries (municipality_id, at, actor_id, act, request_id, kind, object_id, op, detail)
    SELECT municipality_id, at, actor_id, '', request_id, kind, object_id, what, detail FROM access_notes ORDER BY seq;
DROP TABLE audit_entries_before;
DROP TABLE access_notes;
";

/// The columns whose values are somebody's personal data (個人情報保護法 第2条): that they changed is recorded, to what
/// is not.
const PERSONAL: &str = "
CREATE FUNCTION entaku_personal_columns(of text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE of
        WHEN 'accounts' THEN ARRAY['email', 'name', 'name_kana']
        WHEN 'invitations' THEN ARRAY['email']
        WHEN 'officers' THEN ARRAY['name', 'name_kana']
        WHEN 'liaison_assignments' THEN ARRAY['staff_name', 'relief_reason']
        WHEN 'liaison_visits' THEN ARRAY['staff_name']
        WHEN 'roundtable_participants' THEN ARRAY['name', 'affiliation']
        WHEN 'challenge_proposals' THEN ARRAY['proposer_name']
        ELSE ARRAY[]::text[]
    END $$;
CREATE FUNCTION entaku_impersonal(row_of jsonb, personal text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN row_of IS NULL OR NOT row_of ?| personal THEN row_of ELSE row_of || (
        SELECT jsonb_object_agg(key, CASE WHEN row_of->key = 'null' THEN 'null' ELSE '\"***\"' END::jsonb)
        FROM unnest(personal) key WHERE row_of ? key) END $$;
GRANT EXECUTE ON FUNCTION entaku_personal_columns(text), entaku_impersonal(jsonb, text[]) TO entaku_app;
";

/// As before, and on behalf of which post, for which purpose, and without personal data.
const RECORDING: &str = "
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
CREATE FUNCTION entaku_note(what text, of_kind text, objects uuid[], details text) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO audit_entries (municipality_id, at, actor_id, act, request_id, purpose, kind, object_id, op, detail)
        SELECT entaku_municipality(), entaku_now(), NULLIF(current_setting('entaku.actor', true), '')::uuid,
            coalesce(current_setting('entaku.act', true), ''),
            NULLIF(current_setting('entaku.request', true), '')::uuid,
            NULLIF(current_setting('entaku.purpose', true), ''), of_kind, object, what, details
        FROM unnest(objects) object
        WHERE what NOT IN ('INSERT', 'UPDATE', 'DELETE') $$;
REVOKE EXECUTE ON FUNCTION entaku_note(text, text, uuid[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_note(text, text, uuid[], text) TO entaku_app;
";

/// Recurring jobs are put into the queue by the runner.
const JOBS: &str = "GRANT INSERT ON jobs TO entaku_worker;";

/// A link is small and says nothing: links stay when the entries of a year are disposed of.
const CHAIN: &str = "
CREATE TABLE audit_links (
    municipality_id uuid NOT NULL REFERENCES municipalities (id),
    position bigint NOT NULL CHECK (position > 0),
    xid xid8 NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    content bytea NOT NULL CHECK (octet_length(content) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (municipality_id, position)
);
CREATE UNIQUE INDEX audit_links_order ON audit_links (municipality_id, xid, seq);
GRANT SELECT ON audit_links TO entaku_app;

CREATE TABLE audit_heads (
    municipality_id uuid NOT NULL DEFAULT entaku_municipality() REFERENCES municipalities (id),
    id uuid NOT NULL,
    day date NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    key_id text NOT NULL,
    signature text NOT NULL,
    PRIMARY KEY (municipality_id, id),
    UNIQUE (municipality_id, day)
);
GRANT SELECT, INSERT ON audit_heads TO entaku_app;

CREATE TABLE audit_disposals (
    year int PRIMARY KEY,
    disposed_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL
);
GRANT SELECT ON audit_disposals TO entaku_app;
";

/// The content of an entry is its values as JSON text, the hash is over the hash before, the position and the content.
/// Only what every transaction has settled is sealed, in the order of (xid, seq): nothing can come in between later.
const SEALING: &str = "
CREATE FUNCTION entaku_audit_content(e audit_entries) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(e.municipality_id, e.xid::text, e.seq, e.id,
        (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_id, e.appointment_id, e.act, e.request_id, e.purpose,
        e.kind, e.object_id, e.op, e.detail, e.before, e.after)::text, 'UTF8')) $$;
REVOKE EXECUTE ON FUNCTION entaku_audit_content(audit_entries) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_audit_content(audit_entries) TO entaku_app;

CREATE FUNCTION entaku_audit_seal(most int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    place bigint := 0;
    head bytea := ''::bytea;
    last_xid xid8 := '0';
    last_seq bigint := 0;
    entry record;
    sealed int := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('entaku audit ' || town::text, 0)) THEN
        RETURN 0;
    END IF;
    SELECT l.position, l.hash, l.xid, l.seq INTO place, head, last_xid, last_seq
        FROM audit_links l WHERE l.municipality_id = town ORDER BY l.position DESC LIMIT 1;
    IF NOT FOUND THEN
        place := 0; head := ''::bytea; last_xid := '0'; last_seq := 0;
    END IF;
    FOR entry IN
        SELECT e.xid, e.seq, e.at, entaku_audit_content(e) AS content FROM audit_entries e
        WHERE e.municipality_id = town AND (e.xid, e.seq) > (last_xid, last_seq)
            AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.xid, e.seq LIMIT most
    LOOP
        place := place + 1;
        head := sha256(head || int8send(place) || entry.content);
        INSERT INTO audit_links (municipality_id, position, xid, seq, at, content, hash)
            VALUES (town, place, entry.xid, entry.seq, entry.at, entry.content, head);
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_audit_seal(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_audit_seal(int) TO entaku_app;
";

/// What m0001 made of it.
const BACK: &str = "
ALTER TABLE audit_entries RENAME TO audit_entries_after;
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
INSERT INTO audit_entries (municipality_id, xid, at, actor_id, act, request_id, kind, object_id, op, before, after)
    SELECT municipality_id, xid, at, actor_id, act, request_id, kind, object_id, op, before, after
    FROM audit_entries_after WHERE op IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY xid, seq;
INSERT INTO access_notes (municipality_id, at, actor_id, request_id, what, kind, object_id, detail)
    SELECT municipality_id, at, actor_id, request_id, op, kind, object_id, detail
    FROM audit_entries_after WHERE op NOT IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY xid, seq;
DROP TABLE audit_entries_after;
DROP TABLE audit_disposals;
DROP SEQUENCE audit_entries_order;
DROP FUNCTION entaku_audit_partition(int);
CREATE INDEX audit_entries_object ON audit_entries (municipality_id, kind, object_id);
GRANT SELECT ON audit_entries TO entaku_app;
GRANT SELECT, INSERT ON access_notes TO entaku_app;
";

/// What recorded before.
const RECORDING_BEFORE: &str = "
CREATE OR REPLACE FUNCTION entaku_changed() RETURNS trigger LANGUAGE plpgsql
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
DROP FUNCTION entaku_impersonal(jsonb, text[]);
DROP FUNCTION entaku_personal_columns(text);
";
