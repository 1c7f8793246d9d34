DO $$
DECLARE
    role text;
BEGIN
    IF current_setting('server_version_num')::int < 150000 THEN
        RAISE EXCEPTION 'Entaku needs PostgreSQL 15 or newer, this is %', current_setting('server_version');
    END IF;
    FOREACH role IN ARRAY ARRAY['entaku_owner', 'entaku_app', 'entaku_worker', 'entaku_ledger', 'entaku_search'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
    END LOOP;
END $$;

-- Owns the tables, migrates and loads in bulk. Under forced row security a backfill would silently touch no row:
-- so it bypasses the walls, and with row_security off a statement that were filtered after all fails.
ALTER ROLE entaku_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
ALTER ROLE entaku_owner SET row_security = off;

-- Serves requests: owns nothing, sees one municipality at a time.
ALTER ROLE entaku_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE entaku_app SET statement_timeout = '5s';
ALTER ROLE entaku_app SET lock_timeout = '2s';
ALTER ROLE entaku_app SET idle_in_transaction_session_timeout = '10s';

-- Claims jobs and events.
ALTER ROLE entaku_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE entaku_worker SET statement_timeout = '10min';
ALTER ROLE entaku_worker SET idle_in_transaction_session_timeout = '10min';

-- Own the SECURITY DEFINER functions that post to the ledger and that search; nobody signs in as them.
-- Only a member can give a function away.
ALTER ROLE entaku_ledger NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
ALTER ROLE entaku_search NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
GRANT entaku_ledger, entaku_search TO entaku_owner;
