//! What the database holds by itself: which state follows which, what is settled, that sums are those of their rows.

/// The states from the decision on, but for the withdrawal.
const DECIDED: &str = "'DECIDED', 'PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID', 'REPORTED', 'REPORT_REVIEWED',
    'AMOUNT_FIXED', 'SETTLED', 'REPAYMENT_ORDERED', 'REPAID', 'REVOKED'";

pub(super) fn constraints() -> String {
    format!(
        "ALTER TABLE grant_applications
            DROP CONSTRAINT grant_applications_decided, DROP CONSTRAINT grant_applications_within,
            DROP CONSTRAINT grant_applications_paid,
            ADD CONSTRAINT grant_applications_decided CHECK (state NOT IN ({DECIDED})
                OR (recommended_yen IS NOT NULL AND decided_yen IS NOT NULL AND commitment_id IS NOT NULL)),
            ADD CONSTRAINT grant_applications_within CHECK (recommended_yen <= requested_yen
                AND decided_yen <= coalesce(changed_yen, requested_yen)),
            ADD CONSTRAINT grant_applications_paid CHECK ((paid_yen > 0) = (payment_id IS NOT NULL)
                AND (paid_yen > 0) = (paid_on IS NOT NULL) AND paid_yen >= 0 AND paid_yen <= coalesce(decided_yen, 0)
                AND (pending_yen IS NULL OR paid_yen + pending_yen <= coalesce(fixed_yen, decided_yen, 0))
                AND (state = 'PAYMENT_REQUESTED') = (pending_yen IS NOT NULL)
                AND (state <> 'PAID' OR paid_yen = decided_yen) AND (state <> 'PARTLY_PAID' OR paid_yen > 0)),
            ADD CONSTRAINT grant_applications_reported CHECK (state NOT IN ('REPORTED', 'REPORT_REVIEWED')
                OR (completed_on IS NOT NULL AND reported_on IS NOT NULL)),
            ADD CONSTRAINT grant_applications_fixed CHECK ((fixed_yen IS NULL OR eligible_yen IS NOT NULL)
                AND fixed_yen = least(decided_yen, eligible_yen) AND (fixed_yen IS NULL) = (fixed_on IS NULL)
                AND (state NOT IN ('AMOUNT_FIXED', 'SETTLED') OR fixed_yen IS NOT NULL)
                AND (state <> 'AMOUNT_FIXED' OR fixed_yen > paid_yen)),
            ADD CONSTRAINT grant_applications_surplus CHECK (
                revoked_on IS NULL AND fixed_yen IS NULL AND kept_yen + offset_yen + ordered_yen = 0
                OR revoked_on IS NULL AND kept_yen + offset_yen + ordered_yen = greatest(paid_yen - fixed_yen, 0)
                OR revoked_on IS NOT NULL AND kept_yen = 0 AND offset_yen = offset_done_yen
                    AND ordered_yen + offset_yen = paid_yen),
            ADD CONSTRAINT grant_applications_offset CHECK (offset_done_yen BETWEEN 0 AND offset_yen),
            ADD CONSTRAINT grant_applications_repaid CHECK (repaid_yen BETWEEN 0 AND ordered_yen
                AND (state <> 'REPAYMENT_ORDERED' OR (repaid_yen < ordered_yen AND repayment_due IS NOT NULL))
                AND (state <> 'REPAID' OR (ordered_yen > 0 AND repaid_yen = ordered_yen))
                AND (state <> 'SETTLED' OR ordered_yen = 0) AND (state <> 'REVOKED' OR repaid_yen = ordered_yen)),
            ADD CONSTRAINT grant_applications_subgranted
                CHECK (subgranted_yen >= 0 AND subgranted_yen <= coalesce(decided_yen, 0)),
            ADD CONSTRAINT grant_applications_examiner CHECK (examined_by NOT IN (submitted_by, reported_by)),
            ADD CONSTRAINT grant_applications_fixer CHECK (fixed_by NOT IN (submitted_by, reported_by, examined_by)),
            ADD CONSTRAINT grant_applications_settler CHECK (paid_by <> fixed_by),
            ADD CONSTRAINT grant_applications_changer CHECK (changed_by NOT IN (payment_requested_by, paid_by)),
            ADD CONSTRAINT grant_applications_revoker CHECK (revoked_by <> submitted_by);"
    )
}

/// As in m0027, for the whole life: a transition is one of the list, what was decided changes only by an approved
/// change, what was fixed only by revocation, and money that went stays gone. The acts' duties are the policy's.
pub(super) const SETTLED: &str = "
INSERT INTO duties_apart (object, act, done_by) VALUES
    ('grant_applications', 'REPORT_RETURN', 'submitted_by'),
    ('grant_applications', 'REPORT_RETURN', 'reported_by'),
    ('grant_applications', 'REPORT_REVIEW', 'submitted_by'),
    ('grant_applications', 'REPORT_REVIEW', 'reported_by'),
    ('grant_applications', 'AMOUNT_FIX', 'submitted_by'),
    ('grant_applications', 'AMOUNT_FIX', 'reported_by'),
    ('grant_applications', 'AMOUNT_FIX', 'examined_by'),
    ('grant_applications', 'AMOUNT_FIX', 'paid_by'),
    ('grant_applications', 'PAYMENT_REQUEST', 'changed_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'changed_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'examined_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'fixed_by'),
    ('grant_applications', 'REPAYMENT_RECORD', 'submitted_by'),
    ('grant_applications', 'REPAYMENT_RECORD', 'examined_by'),
    ('grant_applications', 'REPAYMENT_RECORD', 'fixed_by'),
    ('grant_applications', 'REPAYMENT_RECORD', 'revoked_by'),
    ('grant_applications', 'DECISION_REVOKE', 'submitted_by');

CREATE FUNCTION grant_life_follows(was text, becomes text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT was = becomes OR was IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'REVIEWED') OR (was, becomes) IN (VALUES
        ('DECIDED', 'WITHDRAWN'), ('DECIDED', 'PAYMENT_REQUESTED'), ('DECIDED', 'REPORTED'), ('DECIDED', 'REVOKED'),
        ('PAYMENT_REQUESTED', 'PARTLY_PAID'), ('PAYMENT_REQUESTED', 'PAID'), ('PAYMENT_REQUESTED', 'AMOUNT_FIXED'),
        ('PAYMENT_REQUESTED', 'SETTLED'), ('PAYMENT_REQUESTED', 'REVOKED'), ('PAYMENT_REQUESTED', 'REPAYMENT_ORDERED'),
        ('PARTLY_PAID', 'PAYMENT_REQUESTED'), ('PARTLY_PAID', 'PAID'), ('PARTLY_PAID', 'REPORTED'),
        ('PARTLY_PAID', 'REPAYMENT_ORDERED'), ('PAID', 'PARTLY_PAID'), ('PAID', 'REPORTED'),
        ('PAID', 'REPAYMENT_ORDERED'), ('REPORTED', 'DECIDED'), ('REPORTED', 'PARTLY_PAID'), ('REPORTED', 'PAID'),
        ('REPORTED', 'REPORT_REVIEWED'), ('REPORTED', 'REVOKED'), ('REPORTED', 'REPAYMENT_ORDERED'),
        ('REPORT_REVIEWED', 'AMOUNT_FIXED'), ('REPORT_REVIEWED', 'SETTLED'), ('REPORT_REVIEWED', 'REVOKED'),
        ('REPORT_REVIEWED', 'REPAYMENT_ORDERED'), ('AMOUNT_FIXED', 'PAYMENT_REQUESTED'), ('AMOUNT_FIXED', 'REVOKED'),
        ('AMOUNT_FIXED', 'REPAYMENT_ORDERED'), ('SETTLED', 'REVOKED'), ('SETTLED', 'REPAYMENT_ORDERED'),
        ('REPAYMENT_ORDERED', 'REPAID'), ('REPAID', 'REVOKED'), ('REPAID', 'REPAYMENT_ORDERED')) $$;
GRANT EXECUTE ON FUNCTION grant_life_follows TO entaku_app;

CREATE OR REPLACE FUNCTION grant_application_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY['title', 'purpose', 'requested_yen', 'recommended_yen', 'submitted_by', 'recommended_by',
                             'decided_by', 'decided_on', 'withdrawal_until', 'commitment_id'];
    fixing text[] := ARRAY['decided_yen', 'changed_yen', 'changed_by', 'approved_costs', 'completed_on', 'reported_on', 'reported_by', 'eligible_yen',
                           'examined_by', 'fixed_yen', 'fixed_on', 'fixed_by', 'surplus_rule'];
    money text[] := ARRAY['paid_yen', 'paid_on', 'paid_by', 'payment_id', 'payment_requested_by', 'pending_yen'];
    surplus text[] := ARRAY['kept_yen', 'offset_yen', 'ordered_yen', 'repayment_due'];
    kept text[] := CASE
        WHEN OLD.state IN ('REFUSED', 'WITHDRAWN', 'REVOKED')
            THEN decision || fixing || money || surplus || ARRAY['state', 'repaid_yen', 'revoked_on', 'revoked_by']
        WHEN OLD.revoked_on IS NOT NULL THEN decision || fixing || money || surplus || ARRAY['revoked_on', 'revoked_by']
        WHEN OLD.fixed_yen IS NOT NULL AND NEW.revoked_on IS NOT NULL
            THEN decision || fixing || ARRAY['paid_yen', 'paid_on', 'paid_by', 'payment_id']
        WHEN OLD.fixed_yen IS NOT NULL AND OLD.state NOT IN ('AMOUNT_FIXED', 'PAYMENT_REQUESTED')
            THEN decision || fixing || money || surplus
        WHEN OLD.fixed_yen IS NOT NULL THEN decision || fixing || surplus
        WHEN OLD.state = 'PAID' THEN decision || money
        WHEN OLD.decided_on IS NOT NULL THEN decision
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
    IF NEW.paid_yen < OLD.paid_yen OR NEW.repaid_yen < OLD.repaid_yen OR NEW.offset_done_yen < OLD.offset_done_yen THEN
        RAISE EXCEPTION 'money that went does not come back by an update'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
    END IF;
    IF NOT grant_life_follows(OLD.state, NEW.state) THEN
        RAISE EXCEPTION '% does not follow %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_follows';
    END IF;
    IF OLD.decided_on IS NOT NULL AND NEW.decided_yen IS DISTINCT FROM OLD.decided_yen
        AND NOT EXISTS (SELECT FROM grant_changes c WHERE c.municipality_id = NEW.municipality_id
            AND c.id = OLD.change_id AND c.application_id = NEW.id AND c.state = 'APPROVED'
            AND c.decided_yen = NEW.decided_yen) THEN
        RAISE EXCEPTION 'a decided amount changes by an approved change only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_settled';
    END IF;
    RETURN NEW;
END $$;
";

/// What was decided of a change request or a sub-application stays.
pub(crate) const SETTLED_ROWS: &str = "
CREATE FUNCTION grant_change_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at'];
BEGIN
    IF OLD.state = 'REQUESTED' THEN
        free := free || ARRAY['state', 'decided_on', 'decided_by', 'decision_reason'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a change is settled' USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_changes_settled';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION grant_subgrant_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'SUBMITTED' THEN
        RAISE EXCEPTION 'a sub-application is settled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_subgrants_settled';
    END IF;
    RETURN NEW;
END $$;
";

/// They are held to it.
pub(super) const HELD: &str = "
CREATE TRIGGER settled BEFORE UPDATE ON grant_changes FOR EACH ROW EXECUTE FUNCTION grant_change_settled();
CREATE TRIGGER settled BEFORE UPDATE ON grant_subgrants FOR EACH ROW EXECUTE FUNCTION grant_subgrant_settled();
";

/// Files of the application are locked by the decision; those of the report once it is submitted.
pub(super) const FILES: &str = "
CREATE OR REPLACE FUNCTION entaku_grant_files_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    attached grant_application_files := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    decided date;
    state text;
BEGIN
    SELECT a.decided_on, a.state INTO decided, state FROM grant_applications a
        WHERE a.municipality_id = attached.municipality_id AND a.id = attached.application_id FOR SHARE;
    IF (CASE WHEN attached.report THEN state NOT IN ('DECIDED', 'PARTLY_PAID', 'PAID') ELSE decided IS NOT NULL END)
        AND NOT (TG_OP = 'DELETE' AND entaku_forgetting()) THEN
        RAISE EXCEPTION 'the files of a decided application are locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN attached;
END $$;
";

/// The sums on an application are those of its rows, when the transaction ends; what is reserved of an allocation stays
/// within the programme's limit.
pub(super) const SUMS: &str = "
CREATE FUNCTION grant_sums_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    town uuid := NEW.municipality_id;
    kept grant_applications;
    most bigint;
BEGIN
    SELECT * INTO kept FROM grant_applications a WHERE a.municipality_id = town
        AND a.id = CASE TG_TABLE_NAME WHEN 'grant_applications' THEN to_jsonb(NEW) ->> 'id'
            ELSE to_jsonb(NEW) ->> 'application_id' END::uuid;
    IF (SELECT coalesce(sum(p.amount_yen) FILTER (WHERE p.kind <> 'RETURN'), 0) <> kept.paid_yen
            OR coalesce(sum(p.amount_yen) FILTER (WHERE p.kind = 'RETURN'), 0) <> kept.repaid_yen
        FROM grant_payments p WHERE p.municipality_id = town AND p.application_id = kept.id)
        OR (SELECT coalesce(sum(o.amount_yen), 0) <> kept.offset_done_yen
            FROM grant_offsets o WHERE o.municipality_id = town AND o.application_id = kept.id)
        OR (SELECT coalesce(sum(s.adopted_yen), 0) <> kept.subgranted_yen
            FROM grant_subgrants s WHERE s.municipality_id = town AND s.application_id = kept.id) THEN
        RAISE EXCEPTION 'a sum of a grant application is not that of its rows'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_sums';
    END IF;
    SELECT (g.terms::jsonb #>> '{conditions,reserve,most}')::bigint INTO most FROM grant_programmes g
        WHERE g.municipality_id = town AND g.id = kept.programme_id AND g.surplus_rule = 'RESERVE';
    IF kept.kept_yen > 0 AND (SELECT sum(a.kept_yen) FROM grant_applications a
            WHERE a.municipality_id = town AND a.allocation_id = kept.allocation_id) > most THEN
        RAISE EXCEPTION 'more is reserved than the programme allows'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_reserve';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sums AFTER INSERT ON grant_payments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION grant_sums_kept();
CREATE CONSTRAINT TRIGGER sums AFTER INSERT ON grant_offsets DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION grant_sums_kept();
CREATE CONSTRAINT TRIGGER sums AFTER INSERT OR UPDATE ON grant_subgrants DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION grant_sums_kept();
CREATE CONSTRAINT TRIGGER sums AFTER UPDATE ON grant_applications DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (ROW(OLD.paid_yen, OLD.repaid_yen, OLD.offset_done_yen, OLD.subgranted_yen, OLD.kept_yen) IS DISTINCT FROM
          ROW(NEW.paid_yen, NEW.repaid_yen, NEW.offset_done_yen, NEW.subgranted_yen, NEW.kept_yen))
    EXECUTE FUNCTION grant_sums_kept();
";

/// Whoever has asked for money that is not settled is not forgotten; what is settled is kept as long as before.
pub(super) const PRIVACY: &str = r"
DO $do$ BEGIN
    EXECUTE replace(replace(pg_get_functiondef('entaku_forget_obstacle'::regproc),
        '''DECIDED'', ''PAYMENT_REQUESTED'')',
        '''DECIDED'', ''PAYMENT_REQUESTED'', ''PARTLY_PAID'', ''REPORTED'', ''REPORT_REVIEWED'', ''AMOUNT_FIXED'', ''REPAYMENT_ORDERED'')'),
        '(g.submitted_by, g.payment_requested_by)', '(g.submitted_by, g.payment_requested_by, g.reported_by)');
END $do$;
UPDATE retention_kinds SET which = replace(which, '''PAID''', '''PAID'', ''SETTLED'', ''REPAID'', ''REVOKED''')
    WHERE name IN ('GRANT_APPLICATIONS', 'GRANT_FILES');
";

/// Back to what m0027 left; its locks are set anew after this.
pub(super) const BACK: &str = "
UPDATE retention_kinds SET which = replace(which, '''PAID'', ''SETTLED'', ''REPAID'', ''REVOKED''', '''PAID''')
    WHERE name IN ('GRANT_APPLICATIONS', 'GRANT_FILES');
DO $do$ BEGIN
    EXECUTE replace(replace(pg_get_functiondef('entaku_forget_obstacle'::regproc),
        ', ''PARTLY_PAID'', ''REPORTED'', ''REPORT_REVIEWED'', ''AMOUNT_FIXED'', ''REPAYMENT_ORDERED'')', ')'),
        ', g.reported_by)', ')');
END $do$;
DROP TRIGGER sums ON grant_applications;
DROP TRIGGER sums ON grant_payments;
DROP TRIGGER sums ON grant_offsets;
DROP TRIGGER sums ON grant_subgrants;
DROP TRIGGER settled ON grant_changes;
DROP TRIGGER settled ON grant_subgrants;
DROP FUNCTION grant_sums_kept(), grant_change_settled(), grant_subgrant_settled();
DELETE FROM duties_apart WHERE act IN ('REPORT_RETURN', 'REPORT_REVIEW', 'AMOUNT_FIX', 'REPAYMENT_RECORD', 'DECISION_REVOKE')
    OR done_by IN ('fixed_by', 'examined_by', 'changed_by');
ALTER TABLE grant_applications DROP CONSTRAINT grant_applications_decided, DROP CONSTRAINT grant_applications_within,
    DROP CONSTRAINT grant_applications_paid, DROP CONSTRAINT grant_applications_change;
";
