-- Passwords must not reach the server's log; only a superuser may decide that.
SELECT set_config(name, value, false)
FROM (VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_error_statement', 'panic')) AS quiet (name, value)
WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
SET client_min_messages = warning;
SET lock_timeout = '60s';
-- One bootstrap at a time; the database part has a lock of its own, because a lock belongs to a database.
SELECT pg_advisory_lock(20561, 1);
