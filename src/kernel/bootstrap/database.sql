SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '60s';
SELECT pg_advisory_xact_lock(20561, 2);

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database % is in %, Entaku needs UTF8', current_database(), current_setting('server_encoding');
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO entaku_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO entaku_app, entaku_worker', current_database());
END $$;

-- Belongs to the owner of the database, as PostgreSQL makes it since version 15.
ALTER SCHEMA public OWNER TO pg_database_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO entaku_app, entaku_worker;
GRANT USAGE, CREATE ON SCHEMA public TO entaku_ledger, entaku_search;

-- A SECURITY DEFINER function is for those it is granted to.
ALTER DEFAULT PRIVILEGES FOR ROLE entaku_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
