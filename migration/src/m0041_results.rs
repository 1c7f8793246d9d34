//! What a run found is everybody's once somebody else than its approver has published it, and no longer once that is
//! withdrawn; change requests and sub-applications can be withdrawn (docs/adr/0038-publishing-results.md).

use sea_orm_migration::prelude::*;

use crate::m0022_allocation_rules::GUARDS;
use crate::m0039_grant_texts::SETTLED;
use crate::table::{Told, fk, former, more_words, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RESULTS: &[&str] = &["UNPUBLISHED", "PUBLISHED", "WITHDRAWN"];
const ACTORS: &[&str] = &["results_published_by", "results_withdrawn_by"];

/// On what it depends who reads allocations, runs and lines; before and after.
const TOLD: &[(Told, Told)] = &[
    (
        Told::of("grant_allocations").part_of("grant_programmes", "programme_id").judged_by(&["programme_state"]),
        Told::of("grant_allocations").part_of("grant_programmes", "programme_id").judged_by(&[
            "programme_state",
            "results_state",
            "organization_id",
            "district_id",
        ]),
    ),
    (
        Told::of("grant_runs")
            .part_of("grant_programmes", "programme_id")
            .judged_by(&["state", "programme_state"])
            .secret(&["inputs", "pools"]),
        Told::of("grant_runs")
            .part_of("grant_programmes", "programme_id")
            .judged_by(&["state", "programme_state", "results_state"])
            .secret(&["inputs", "pools"]),
    ),
    (
        Told::of("grant_run_lines")
            .part_of("grant_runs", "run_id")
            .judged_by(&["run_id"])
            .opened_by(&["state", "programme_state"])
            .secret(&["terms", "instalments"]),
        Told::of("grant_run_lines")
            .part_of("grant_runs", "run_id")
            .judged_by(&["run_id", "organization_id", "district_id"])
            .opened_by(&["state", "programme_state", "results_state"])
            .secret(&["terms", "instalments"]),
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        more_words(manager, "grant_acts", "act", &["CHANGE_WITHDRAW"]).await?;
        more_words(manager, "grant_subgrants", "state", &["WITHDRAWN"]).await?;
        run(manager, &columns()).await?;
        for statements in [BACKFILL, HELD, WITHDRAWING, PARTIES] {
            run(manager, statements).await?;
        }
        run(manager, &withdrawable_change()).await?;
        for (_, told) in TOLD {
            run(manager, &told.triggers()).await?;
        }
        run(manager, &acted("array_append")).await
    }

    /// The words stay allowed: they do no harm. What was withdrawn cannot be held as it was before: it refuses.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, HELD_BEFORE).await?;
        run(manager, &acted("array_remove")).await?;
        for (told, _) in TOLD {
            run(manager, &told.triggers()).await?;
        }
        run(manager, &former(SETTLED, "grant_change_settled")).await?;
        run(manager, &former(GUARDS, "grant_run_settled")).await?;
        run(manager, BACK).await
    }
}

/// The declaration of `grant_runs` has these columns, too; or has them no more.
fn acted(function: &str) -> String {
    let change = |column: &&str| {
        format!("UPDATE personal_tables SET acted = {function}(acted, '{column}') WHERE name = 'grant_runs';")
    };
    ACTORS.iter().map(change).collect()
}

/// An allocation that a run made knows its run, and has the state of its results, as it has its programme's.
fn columns() -> String {
    format!(
        "ALTER TABLE grant_runs
            ADD COLUMN results_state text NOT NULL DEFAULT 'UNPUBLISHED' {results},
            ADD COLUMN results_published_at timestamptz, ADD COLUMN results_published_by uuid,
            ADD COLUMN results_withdrawn_at timestamptz, ADD COLUMN results_withdrawn_by uuid,
            ADD COLUMN results_withdrawn_reason text, ADD COLUMN superseded_on date,
            ADD {publisher}, ADD {withdrawer};
        ALTER TABLE grant_allocations ADD COLUMN run_id uuid, ADD COLUMN results_state text;
        ALTER TABLE grant_changes ADD COLUMN withdrawn_on date;
        ALTER TABLE grant_subgrants ADD COLUMN withdrawn_on date;",
        results = words("results_state", RESULTS),
        publisher = fk("results_published_by", "accounts"),
        withdrawer = fk("results_withdrawn_by", "accounts"),
    )
}

/// What everybody could read stays everybody's. An allocation without a line that says that it is a run's is of an
/// organization that took no part in it.
const BACKFILL: &str = "
ALTER TABLE grant_runs DISABLE TRIGGER USER;
ALTER TABLE grant_allocations DISABLE TRIGGER USER;
UPDATE grant_runs SET results_state = 'PUBLISHED',
        results_published_at = approved_on::timestamp AT TIME ZONE 'Asia/Tokyo'
    WHERE state = 'APPROVED' AND programme_state <> 'DRAFT';
UPDATE grant_runs r SET superseded_on = n.approved_on FROM grant_runs n
    WHERE n.municipality_id = r.municipality_id AND n.corrects_id = r.id AND n.state = 'APPROVED';
UPDATE grant_allocations a SET run_id = l.run_id FROM grant_run_lines l
    WHERE l.municipality_id = a.municipality_id AND l.id = a.line_id;
UPDATE grant_allocations a SET run_id = r.id FROM grant_runs r
    WHERE a.line_id IS NULL AND a.amount_yen = 0 AND r.municipality_id = a.municipality_id
        AND r.programme_id = a.programme_id AND r.state = 'APPROVED' AND r.superseded_on IS NULL
        AND a.basis = '算定「' || r.title || '」による(対象外)';
UPDATE grant_allocations a SET results_state = r.results_state FROM grant_runs r
    WHERE r.municipality_id = a.municipality_id AND r.id = a.run_id;
ALTER TABLE grant_allocations ENABLE TRIGGER USER;
ALTER TABLE grant_runs ENABLE TRIGGER USER;
";

/// Published is what was approved, by somebody else than all who approved it, while its programme is public and no
/// correction was approved; it is withdrawn with a reason, and may be published again. Who did it and when changes with
/// the state alone.
const HELD: &str = "
ALTER TABLE grant_runs
    ADD CONSTRAINT grant_runs_results_approved CHECK (state = 'APPROVED' OR results_state = 'UNPUBLISHED'),
    ADD CONSTRAINT grant_runs_results_published CHECK ((results_state = 'UNPUBLISHED') = (results_published_at IS NULL)),
    ADD CONSTRAINT grant_runs_results_withdrawn CHECK (results_state <> 'WITHDRAWN'
        OR results_withdrawn_at IS NOT NULL AND results_withdrawn_reason IS NOT NULL),
    ADD CONSTRAINT grant_runs_results_apart CHECK (results_published_by <> approved_by),
    ADD CONSTRAINT grant_runs_superseded CHECK (superseded_on IS NULL OR state = 'APPROVED'),
    ADD CONSTRAINT grant_runs_results UNIQUE (municipality_id, id, results_state);
ALTER TABLE grant_allocations
    ADD CONSTRAINT grant_allocations_run CHECK (line_id IS NULL OR run_id IS NOT NULL),
    ADD CONSTRAINT grant_allocations_results CHECK ((run_id IS NULL) = (results_state IS NULL)),
    ADD CONSTRAINT grant_allocations_run_results FOREIGN KEY (municipality_id, run_id, results_state)
        REFERENCES grant_runs (municipality_id, id, results_state) ON UPDATE CASCADE;
CREATE INDEX grant_allocations_run ON grant_allocations (municipality_id, run_id);
CREATE INDEX grant_runs_unpublished ON grant_runs (municipality_id, opens_on, id)
    WHERE state = 'APPROVED' AND results_state = 'UNPUBLISHED' AND superseded_on IS NULL;

CREATE FUNCTION entaku_run_approvers(p_run uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT r.approved_by FROM grant_runs r WHERE r.municipality_id = entaku_municipality() AND r.id = p_run
        AND r.approved_by IS NOT NULL
    UNION SELECT unnest(array_remove(ARRAY[s.account_id, s.for_id], NULL)) FROM approvals v
        JOIN approval_seats s ON s.municipality_id = v.municipality_id AND s.approval_id = v.id AND s.state = 'APPROVED'
        WHERE v.municipality_id = entaku_municipality() AND v.object_id = p_run AND v.act = 'GRANT_RUN_APPROVE'
            AND v.state = 'DONE' $$;
GRANT EXECUTE ON FUNCTION entaku_run_approvers(uuid) TO entaku_app;

CREATE FUNCTION grant_run_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'results are published after their approval, and corrected after that'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_results_follow';
END $$;
CREATE TRIGGER begins BEFORE INSERT ON grant_runs FOR EACH ROW
    WHEN (NEW.results_state <> 'UNPUBLISHED' OR NEW.superseded_on IS NOT NULL) EXECUTE FUNCTION grant_run_begins();

CREATE OR REPLACE FUNCTION grant_run_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at', 'programme_state', 'opens_on', 'closes_on', 'superseded_on']
        || CASE WHEN NEW.results_state = OLD.results_state THEN '{}'::text[]
            WHEN NEW.results_state = 'WITHDRAWN' THEN ARRAY['results_state', 'results_withdrawn_at',
                'results_withdrawn_by', 'results_withdrawn_reason']
            ELSE ARRAY['results_state', 'results_published_at', 'results_published_by'] END;
BEGIN
    IF OLD.state = 'CALCULATED' THEN
        free := free || ARRAY['state', 'approved_by', 'approved_on'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a run does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_settled';
    END IF;
    IF OLD.superseded_on IS NOT NULL AND NEW.superseded_on IS DISTINCT FROM OLD.superseded_on THEN
        RAISE EXCEPTION 'what was corrected stays so'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_settled';
    END IF;
    IF NEW.results_state = OLD.results_state THEN
        RETURN NEW;
    END IF;
    IF (OLD.results_state, NEW.results_state) NOT IN
        (('UNPUBLISHED', 'PUBLISHED'), ('PUBLISHED', 'WITHDRAWN'), ('WITHDRAWN', 'PUBLISHED')) THEN
        RAISE EXCEPTION 'results are published, withdrawn, and published again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_results_follow';
    END IF;
    IF NEW.results_state = 'PUBLISHED' AND (NEW.results_published_by IS NULL OR NEW.superseded_on IS NOT NULL
        OR NEW.programme_state = 'DRAFT' OR EXISTS (SELECT FROM grant_runs n
            WHERE n.municipality_id = NEW.municipality_id AND n.corrects_id = NEW.id AND n.state = 'APPROVED')) THEN
        RAISE EXCEPTION 'these results are not to be published'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_results_follow';
    END IF;
    IF NEW.results_state = 'PUBLISHED' AND NEW.results_published_by IN (SELECT entaku_run_approvers(NEW.id)) THEN
        RAISE EXCEPTION 'somebody else has to publish these results'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NEW;
END $$;
";

/// A change request or a sub-application is withdrawn while nobody has decided on it.
const WITHDRAWING: &str = "
DO $do$ DECLARE name text;
BEGIN
    SELECT c.conname INTO STRICT name FROM pg_constraint c WHERE c.conrelid = 'grant_subgrants'::regclass
        AND c.contype = 'c' AND pg_get_constraintdef(c.oid) LIKE '%state = ''SUBMITTED''%decided_on IS NULL%';
    EXECUTE format('ALTER TABLE grant_subgrants DROP CONSTRAINT %I', name);
END $do$;
ALTER TABLE grant_subgrants
    ADD CONSTRAINT grant_subgrants_decided CHECK ((state IN ('SUBMITTED', 'WITHDRAWN')) = (decided_on IS NULL)),
    ADD CONSTRAINT grant_subgrants_withdrawn CHECK ((state = 'WITHDRAWN') = (withdrawn_on IS NOT NULL));
ALTER TABLE grant_changes
    ADD CONSTRAINT grant_changes_withdrawn CHECK (withdrawn_on IS NULL OR state = 'WITHDRAWN');
";

/// As in m0039, but that a change that waits can be withdrawn.
fn withdrawable_change() -> String {
    former(SETTLED, "grant_change_settled")
        .replace("'decided_by', 'decision_reason']", "'decided_by', 'decision_reason', 'withdrawn_on']")
}

/// Whoever withdraws a change has a hand in the application, as whoever requests one (m0037).
const PARTIES: &str = "
DO $do$ BEGIN
    EXECUTE replace(pg_get_functiondef('entaku_application_parties(uuid, uuid)'::regprocedure),
        '''CHANGE_REQUEST'')', '''CHANGE_REQUEST'', ''CHANGE_WITHDRAW'')');
END $do$;
";

/// What the release before could not hold.
const HELD_BEFORE: &str = "
DO $$
DECLARE
    later bigint;
BEGIN
    SELECT count(*) INTO later FROM grant_runs WHERE state = 'APPROVED' AND programme_state <> 'DRAFT'
        AND results_state <> 'PUBLISHED';
    IF later > 0 THEN
        RAISE EXCEPTION 'm0041 cannot be undone: the results of % allocation runs are not published, and would be', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT count(*) INTO later FROM grant_acts WHERE act = 'CHANGE_WITHDRAW';
    IF later > 0 THEN
        RAISE EXCEPTION 'm0041 cannot be undone: % change requests were withdrawn', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT count(*) INTO later FROM grant_subgrants WHERE state = 'WITHDRAWN';
    IF later > 0 THEN
        RAISE EXCEPTION 'm0041 cannot be undone: % sub-applications were withdrawn', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;
";

const BACK: &str = "
DO $do$ BEGIN
    EXECUTE replace(pg_get_functiondef('entaku_application_parties(uuid, uuid)'::regprocedure),
        ', ''CHANGE_WITHDRAW'')', ')');
END $do$;
ALTER TABLE grant_subgrants DROP CONSTRAINT grant_subgrants_decided, DROP CONSTRAINT grant_subgrants_withdrawn,
    ADD CHECK ((state = 'SUBMITTED') = (decided_on IS NULL)), DROP COLUMN withdrawn_on;
ALTER TABLE grant_changes DROP CONSTRAINT grant_changes_withdrawn, DROP COLUMN withdrawn_on;
DROP TRIGGER begins ON grant_runs;
DROP FUNCTION grant_run_begins();
DROP FUNCTION entaku_run_approvers(uuid);
ALTER TABLE grant_allocations DROP COLUMN run_id, DROP COLUMN results_state;
ALTER TABLE grant_runs DROP CONSTRAINT grant_runs_results, DROP COLUMN results_state, DROP COLUMN results_published_at,
    DROP COLUMN results_published_by, DROP COLUMN results_withdrawn_at, DROP COLUMN results_withdrawn_by,
    DROP COLUMN results_withdrawn_reason, DROP COLUMN superseded_on;
";
