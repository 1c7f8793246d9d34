//! Forgetting and disposing: the only ways past what is locked, and what the locks let pass.

/// A transaction that forgets is known by a row that only the owner's functions write, so that nobody else can say that
/// it does.
pub(super) const MARK: &str = "
CREATE TABLE forgetting (xid xid8 PRIMARY KEY);
CREATE FUNCTION entaku_forgetting() RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.forgetting WHERE xid = pg_current_xact_id_if_assigned()) $$;
REVOKE EXECUTE ON FUNCTION entaku_forgetting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_forgetting() TO entaku_app;
";

pub(super) const MARK_BACK: &str = "DROP FUNCTION entaku_forgetting(); DROP TABLE forgetting;";

/// The owner bypasses the walls, so every statement names the municipality.
pub(super) const FORGETTING: &str = "
CREATE FUNCTION entaku_begin_forgetting() RETURNS void LANGUAGE sql AS $$
    INSERT INTO forgetting (xid) VALUES (pg_current_xact_id());
    SELECT set_config('entaku.forgetting', 'on', true) $$;
CREATE FUNCTION entaku_end_forgetting() RETURNS void LANGUAGE sql AS $$
    DELETE FROM forgetting WHERE xid = pg_current_xact_id();
    SELECT set_config('entaku.forgetting', '', true) $$;

CREATE FUNCTION entaku_acted_for_the_town(town uuid, person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM appointments p WHERE p.municipality_id = town AND p.account_id = person
        AND p.role NOT IN ('RESIDENT', 'ORG_MEMBER', 'ORG_OFFICER', 'ORG_ACCOUNTANT', 'ORG_AUDITOR')) $$;

CREATE FUNCTION entaku_forget_obstacle(town uuid, person uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := (entaku_now() AT TIME ZONE 'Asia/Tokyo')::date;
    declared personal_tables;
    held boolean;
BEGIN
    IF EXISTS (SELECT FROM legal_holds h
            WHERE h.municipality_id = town AND h.object_id = person AND h.lifted_at IS NULL) THEN
        RETURN 'LEGAL_HOLD';
    ELSIF EXISTS (SELECT FROM appointments p WHERE p.municipality_id = town AND p.account_id = person
            AND p.role = 'ADMIN' AND p.ended_at IS NULL AND (p.ends_on IS NULL OR p.ends_on >= today))
        AND NOT EXISTS (SELECT FROM appointments p JOIN accounts a
                ON a.municipality_id = p.municipality_id AND a.id = p.account_id AND a.suspended_at IS NULL
            WHERE p.municipality_id = town AND p.account_id <> person AND p.role = 'ADMIN' AND p.ended_at IS NULL
                AND p.starts_on <= today AND (p.ends_on IS NULL OR p.ends_on >= today)) THEN
        RETURN 'LAST_ADMINISTRATOR';
    ELSIF EXISTS (SELECT FROM appointments p WHERE p.municipality_id = town AND p.account_id = person
            AND p.role <> 'RESIDENT' AND p.ended_at IS NULL AND (p.ends_on IS NULL OR p.ends_on >= today))
        OR EXISTS (SELECT FROM officers o WHERE o.municipality_id = town AND o.account_id = person
            AND (o.term_end IS NULL OR o.term_end >= today))
        OR EXISTS (SELECT FROM liaison_assignments l WHERE l.municipality_id = town AND l.account_id = person
            AND l.state IN ('PROPOSED', 'APPOINTED')) THEN
        RETURN 'OPEN_DUTIES';
    ELSIF EXISTS (SELECT FROM grant_applications g WHERE g.municipality_id = town
            AND person IN (g.submitted_by, g.payment_requested_by)
            AND g.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'REVIEWED', 'DECIDED', 'PAYMENT_REQUESTED')) THEN
        RETURN 'OPEN_PAYMENTS';
    ELSIF EXISTS (SELECT FROM challenge_proposals c WHERE c.municipality_id = town AND c.proposer_id = person
            AND c.state IN ('SUBMITTED', 'SCREENING'))
        OR EXISTS (SELECT FROM challenge_reviews r JOIN challenge_proposals c
                ON c.municipality_id = r.municipality_id AND c.id = r.proposal_id AND c.state IN ('SUBMITTED', 'SCREENING')
            WHERE r.municipality_id = town AND r.reviewer_id = person AND r.scored_at IS NULL) THEN
        RETURN 'OPEN_CASES';
    END IF;
    -- A hold on what would be changed, or on what that belongs to, is one, too. Nobody holds what is shown to nobody.
    FOR declared IN SELECT * FROM personal_tables WHERE fate <> 'KEEP' AND hidden <> '{*}' ORDER BY place LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I t JOIN legal_holds h ON h.municipality_id = t.municipality_id
                AND h.lifted_at IS NULL AND h.object_id IN (t.id%s)
                WHERE t.municipality_id = $2 AND (%s) AND (%s))', declared.name,
                CASE declared.name WHEN 'officers' THEN ', t.organization_id, t.district_id'
                    WHEN 'liaison_assignments' THEN ', t.district_id'
                    WHEN 'challenge_proposals' THEN ', t.call_id, t.organization_id' ELSE '' END,
                declared.about, declared.changed)
            INTO held USING person, town;
        IF held THEN
            RETURN 'LEGAL_HOLD';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION entaku_acted_for_the_town(uuid, uuid), entaku_forget_obstacle(uuid, uuid) TO entaku_app;

CREATE FUNCTION entaku_forget_person(town uuid, person uuid) RETURNS jsonb LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    declared personal_tables;
    touched bigint;
    done jsonb := '[]';
BEGIN
    PERFORM entaku_begin_forgetting();
    FOR declared IN SELECT * FROM personal_tables WHERE fate <> 'KEEP' ORDER BY place LOOP
        IF declared.fate = 'DELETE' THEN
            EXECUTE format('DELETE FROM %I t WHERE t.municipality_id = $2 AND (%s)', declared.name, declared.about)
                USING person, town;
        ELSE
            EXECUTE format('UPDATE %I t SET %s WHERE t.municipality_id = $2 AND (%s) AND (%s)',
                    declared.name, declared.change, declared.about, declared.changed)
                USING person, town;
        END IF;
        GET DIAGNOSTICS touched = ROW_COUNT;
        IF touched > 0 THEN
            done := done || jsonb_build_object(
                'table', declared.name, 'label', declared.label, 'deleted', declared.fate = 'DELETE', 'rows', touched);
        END IF;
    END LOOP;
    PERFORM entaku_end_forgetting();
    RETURN done;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_forget_person(uuid, uuid) FROM PUBLIC;

CREATE FUNCTION entaku_forget(request uuid) RETURNS text LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    asked erasure_requests;
    against text;
    done text;
BEGIN
    SELECT r.* INTO asked FROM erasure_requests r WHERE r.municipality_id = town AND r.id = request FOR UPDATE;
    IF asked.id IS NULL OR asked.state <> 'APPROVED' OR asked.executed_at IS NOT NULL THEN
        RAISE EXCEPTION 'only a request that was approved is carried out, once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Whatever would name the person from now on waits.
    PERFORM FROM accounts a WHERE a.municipality_id = town AND a.id = asked.account_id FOR UPDATE;
    against := entaku_forget_obstacle(town, asked.account_id);
    IF against IS NOT NULL THEN
        RAISE EXCEPTION 'nobody is forgotten who has still something to do: %', against
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_requests_obstacle';
    END IF;
    done := entaku_forget_person(town, asked.account_id)::text;
    UPDATE erasure_requests r SET executed_at = entaku_now(), outcome = done
        WHERE r.municipality_id = town AND r.id = request;
    RETURN done;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_forget(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_forget(uuid) TO entaku_app;
";

/// What is due: `$1` the day before which it is dated, `$2` the municipality. A clock that is wrong, or told wrongly,
/// hastens nothing; neither does a rule below the least.
pub(super) const DISPOSING: &str = "
CREATE FUNCTION entaku_retained_from(of_kind text, town uuid, on_day date) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT CASE k.unit WHEN 'DAYS' THEN on_day - greatest(coalesce(r.period, k.period), k.least)
        ELSE make_date(extract(year FROM on_day - interval '3 months')::int
            - greatest(coalesce(r.period, k.period), k.least), 4, 1) END
    FROM retention_kinds k LEFT JOIN retention_rules r ON r.municipality_id = town AND r.kind = k.name
    WHERE k.name = of_kind $$;

CREATE FUNCTION entaku_due_rows(of_kind text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('FROM %I t WHERE t.municipality_id = $2 AND (%s) < $1 AND (%s) AND NOT EXISTS (
        SELECT FROM legal_holds h WHERE h.municipality_id = $2 AND h.lifted_at IS NULL AND h.object_id IN (t.id%s))',
        k.table_name, k.dated, k.which, CASE k.holders WHEN '' THEN '' ELSE ', ' || k.holders END)
    FROM retention_kinds k WHERE k.name = of_kind $$;

CREATE FUNCTION entaku_due(of_kind text, on_day date) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    town uuid := entaku_municipality();
    due bigint;
BEGIN
    EXECUTE 'SELECT count(*) ' || entaku_due_rows(of_kind)
        INTO due USING entaku_retained_from(of_kind, town, on_day), town;
    RETURN due;
END $$;
GRANT EXECUTE ON FUNCTION entaku_retained_from(text, uuid, date), entaku_due_rows(text), entaku_due(text, date)
    TO entaku_app;

CREATE FUNCTION entaku_dispose(of_kind text, most int) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    today date := (least(entaku_now(), now()) AT TIME ZONE 'Asia/Tokyo')::date;
    kind retention_kinds;
    due uuid[];
    person uuid;
    touched bigint := 0;
BEGIN
    SELECT k.* INTO kind FROM retention_kinds k WHERE k.name = of_kind;
    IF town IS NULL OR kind.name IS NULL OR most NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'nothing is disposed of' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('SELECT array_agg(id) FROM (SELECT t.id %s ORDER BY %s, t.id LIMIT $3) due',
            entaku_due_rows(of_kind), kind.dated)
        INTO due USING entaku_retained_from(of_kind, town, today), town, most;
    IF due IS NULL THEN
        RETURN 0;
    END IF;
    IF of_kind = 'ACCOUNTS' THEN
        FOREACH person IN ARRAY due LOOP
            PERFORM entaku_forget_person(town, person);
        END LOOP;
        RETURN cardinality(due);
    END IF;
    PERFORM entaku_begin_forgetting();
    IF kind.change = '' THEN
        EXECUTE format('DELETE FROM %I t WHERE t.municipality_id = $1 AND t.id = ANY($2)', kind.table_name)
            USING town, due;
    ELSE
        EXECUTE format('UPDATE %I t SET %s WHERE t.municipality_id = $1 AND t.id = ANY($2)',
            kind.table_name, kind.change) USING town, due;
    END IF;
    GET DIAGNOSTICS touched = ROW_COUNT;
    PERFORM entaku_end_forgetting();
    RETURN touched;
END $$;
REVOKE EXECUTE ON FUNCTION entaku_dispose(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_dispose(text, int) TO entaku_app;
";

/// What has been settled stays, but for the words of what is disposed of. A file whose attachment is gone goes as well.
pub(crate) const LOCKS: &str = "
CREATE OR REPLACE FUNCTION grant_application_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text[] := CASE
        WHEN OLD.state IN ('REFUSED', 'WITHDRAWN', 'PAID')
            THEN ARRAY['state', 'title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'payment_requested_by', 'paid_by', 'paid_on', 'payment_id']
        WHEN OLD.decided_on IS NOT NULL
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'decided_on', 'withdrawal_until', 'commitment_id']
        WHEN OLD.state = 'REVIEWED'
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'submitted_by', 'recommended_by']
        ELSE ARRAY[]::text[] END;
    was jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
    name text;
BEGIN
    FOREACH name IN ARRAY kept LOOP
        IF was -> name IS DISTINCT FROM becomes -> name
            AND NOT (name = 'purpose' AND becomes ->> name = '(削除済み)' AND entaku_forgetting()) THEN
            RAISE EXCEPTION '% of a grant application is settled', name
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION entaku_grant_files_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided date;
BEGIN
    SELECT decided_on INTO decided FROM grant_applications
        WHERE municipality_id = coalesce(NEW.municipality_id, OLD.municipality_id)
            AND id = coalesce(NEW.application_id, OLD.application_id) FOR SHARE;
    IF decided IS NOT NULL AND NOT (TG_OP = 'DELETE' AND entaku_forgetting()) THEN
        RAISE EXCEPTION 'the files of a decided application are locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
";

/// What is detached from an application is discarded.
pub(super) const DETACHED: &str = "
CREATE FUNCTION entaku_detached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE files f SET state = 'DISCARDED'
        WHERE f.municipality_id = OLD.municipality_id AND f.id = OLD.file_id AND f.state = 'ATTACHED';
    RETURN NULL;
END $$;
CREATE TRIGGER detached AFTER DELETE ON grant_application_files FOR EACH ROW EXECUTE FUNCTION entaku_detached();
";

/// As m0006 and m0016 made them.
pub(super) const LOCKS_BEFORE: &str = "
DROP TRIGGER detached ON grant_application_files;
DROP FUNCTION entaku_detached();
CREATE OR REPLACE FUNCTION entaku_grant_files_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided date;
BEGIN
    SELECT decided_on INTO decided FROM grant_applications
        WHERE municipality_id = coalesce(NEW.municipality_id, OLD.municipality_id)
            AND id = coalesce(NEW.application_id, OLD.application_id) FOR SHARE;
    IF decided IS NOT NULL THEN
        RAISE EXCEPTION 'the files of a decided application are locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE FUNCTION grant_application_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text[] := CASE
        WHEN OLD.state IN ('REFUSED', 'WITHDRAWN', 'PAID')
            THEN ARRAY['state', 'title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'payment_requested_by', 'paid_by', 'paid_on', 'payment_id']
        WHEN OLD.decided_on IS NOT NULL
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'decided_yen', 'submitted_by',
                       'recommended_by', 'decided_by', 'decided_on', 'withdrawal_until', 'commitment_id']
        WHEN OLD.state = 'REVIEWED'
            THEN ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'submitted_by', 'recommended_by']
        ELSE ARRAY[]::text[] END;
    was jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
    name text;
BEGIN
    FOREACH name IN ARRAY kept LOOP
        IF was -> name IS DISTINCT FROM becomes -> name THEN
            RAISE EXCEPTION '% of a grant application is settled', name
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
";

/// With the audit's list of personal columns as m0021 made it.
pub(super) const BACK: &str = "
DROP FUNCTION entaku_dispose(text, int);
DROP FUNCTION entaku_due(text, date);
DROP FUNCTION entaku_due_rows(text);
DROP FUNCTION entaku_retained_from(text, uuid, date);
DROP FUNCTION entaku_forget(uuid);
DROP FUNCTION entaku_forget_person(uuid, uuid);
DROP FUNCTION entaku_forget_obstacle(uuid, uuid);
DROP FUNCTION entaku_acted_for_the_town(uuid, uuid);
DROP FUNCTION entaku_end_forgetting();
DROP FUNCTION entaku_begin_forgetting();
DROP FUNCTION entaku_text_columns(text);
CREATE OR REPLACE FUNCTION entaku_personal_columns(of text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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
";
