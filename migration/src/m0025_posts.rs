//! Posts that persons hold one after the other, their hand-overs, duties that one person may not hold together, and
//! sessions of support (docs/adr/0025-posts-and-support.md).

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, more_words, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ROLES: &[&str] = &[
    "RESIDENT",
    "ORG_MEMBER",
    "ORG_OFFICER",
    "ORG_ACCOUNTANT",
    "ORG_AUDITOR",
    "LIAISON",
    "COORDINATOR",
    "SECTION_STAFF",
    "GRANT_STAFF",
    "PLANNING_STAFF",
    "APPROVER",
    "PAYER",
    "REVIEWER",
    "AUDITOR",
    "ADMIN",
];
const SCOPES: &[&str] = &["MUNICIPALITY", "SECTION", "DISTRICT", "ORGANIZATION", "CALL", "PROPOSAL"];
/// What support may be lent where it has to write: never a decision on public money, a review or a signature.
const LENT: &[&str] = &["ADMIN", "GRANT_STAFF", "PLANNING_STAFF"];
const KINDS: &[&str] = &["HANDOVER_PLANNED", "HANDOVER_CANCELLED", "SUPPORT_OPENED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [posts(), transfers(), handovers(), items(), separations(), support()] {
            table.create(manager).await?;
        }
        run(manager, &columns()).await?;
        run(manager, ONCE).await?;
        run(manager, TERMS).await?;
        run(manager, GUARDS).await?;
        run(manager, DUTIES).await?;
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", KINDS).await?;
        }
        Ok(())
    }

    /// The words of the notices stay allowed: rows may have them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, BACK).await?;
        drop(
            manager,
            &["support_sessions", "duty_separations", "handover_items", "handovers", "personnel_transfers", "posts"],
        )
        .await
    }
}

fn posts() -> Tenant {
    let (role, scope) = (words("role", ROLES), words("scope", SCOPES));
    Tenant::new(
        "posts",
        format!(
            "name text NOT NULL, role text NOT NULL {role}, scope text NOT NULL {scope}, scope_id uuid,
             established_on date NOT NULL, abolished_on date,
             CHECK ((scope = 'MUNICIPALITY') = (scope_id IS NULL)),
             CHECK (abolished_on IS NULL OR abolished_on >= established_on)"
        ),
    )
    .indexed(&["name, id)"])
}

fn transfers() -> Tenant {
    Tenant::new("personnel_transfers", "title text NOT NULL, takes_effect_on date NOT NULL")
        .indexed(&["takes_effect_on, id)"])
}

/// `former_end`: the last day the predecessor had before, for when it is cancelled. The texts are the predecessor's own
/// and stay out of the audit.
fn handovers() -> Tenant {
    let state = words("state", &["PLANNED", "DONE", "CANCELLED"]);
    Tenant::new(
        "handovers",
        format!(
            "post_id uuid NOT NULL, transfer_id uuid, state text NOT NULL {state}, takes_effect_on date NOT NULL,
             predecessor_id uuid, predecessor_appointment_id uuid, former_end date,
             successor_id uuid, successor_appointment_id uuid, term_ends_on date,
             notes text, contacts text, noted_at timestamptz,
             CHECK (coalesce(predecessor_id, successor_id) IS NOT NULL), CHECK (predecessor_id <> successor_id),
             CHECK ((predecessor_id IS NULL) = (predecessor_appointment_id IS NULL)),
             CHECK ((successor_id IS NULL) = (successor_appointment_id IS NULL)),
             CHECK (term_ends_on >= takes_effect_on), {}, {}, {}, {}, {}, {}",
            fk("post_id", "posts"),
            fk("transfer_id", "personnel_transfers"),
            fk("predecessor_id", "accounts"),
            fk("successor_id", "accounts"),
            fk("predecessor_appointment_id", "appointments"),
            fk("successor_appointment_id", "appointments")
        ),
    )
    .secret(&["notes", "contacts"])
    .part_of("posts", "post_id")
    .judged_by(&["predecessor_id", "successor_id"])
    .indexed(&[
        "post_id, takes_effect_on, id)",
        "transfer_id, takes_effect_on, id)",
        "predecessor_id)",
        "successor_id)",
        "takes_effect_on, id)",
    ])
}

/// Whose hand-over it is stands in each item, because it depends on that who reads it. The titles are others'.
fn items() -> Tenant {
    let kind = words("kind", &["OPEN", "DONE"]);
    Tenant::new(
        "handover_items",
        format!(
            "handover_id uuid NOT NULL, predecessor_id uuid, successor_id uuid, kind text NOT NULL {kind},
             object_kind text NOT NULL CHECK (object_kind ~ '^[a-z]{{1,8}}$'), object_id uuid NOT NULL,
             title text NOT NULL, act text, day date,
             by_day date NOT NULL GENERATED ALWAYS AS (coalesce(day, DATE '9999-12-31')) STORED,
             CHECK ((kind = 'DONE') = (act IS NOT NULL)), {}, {}, {}",
            fk("handover_id", "handovers"),
            fk("predecessor_id", "accounts"),
            fk("successor_id", "accounts")
        ),
    )
    .secret(&["title"])
    .part_of("handovers", "handover_id")
    .judged_by(&["predecessor_id", "successor_id"])
    .indexed(&["handover_id, by_day, id)", "predecessor_id)", "successor_id)"])
    .deletable()
}

fn separations() -> Tenant {
    let (one, other) = (words("one", ROLES), words("other", ROLES));
    Tenant::new(
        "duty_separations",
        format!(
            "one text NOT NULL {one}, other text NOT NULL {other}, reason text NOT NULL, ended_at timestamptz,
             CHECK (one <> other)"
        ),
    )
    .indexed(&["one, id)"])
}

/// The limit of four hours is the table's: no caller can ask for more.
fn support() -> Tenant {
    let lent = words("lent_role", LENT);
    Tenant::new(
        "support_sessions",
        format!(
            "account_id uuid NOT NULL, operator text NOT NULL, reason text NOT NULL,
             opened_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz, ended_by uuid,
             lent_role text {lent}, lent_by uuid, lent_at timestamptz,
             CHECK (expires_at > opened_at AND expires_at <= opened_at + interval '4 hours'),
             CHECK ((lent_role IS NULL) = (lent_by IS NULL)), CHECK ((lent_role IS NULL) = (lent_at IS NULL)),
             CONSTRAINT support_lent_by_another CHECK (lent_by <> account_id),
             UNIQUE (municipality_id, account_id), {}, {}, {}",
            fk("account_id", "accounts"),
            fk("ended_by", "accounts"),
            fk("lent_by", "accounts")
        ),
    )
    .judged_by(&["account_id"])
    .indexed(&["opened_at, id)"])
}

/// An account of support belongs to one session of support: nobody signs in to it, and it counts as no administrator.
fn columns() -> String {
    format!(
        "ALTER TABLE accounts ADD COLUMN support bool NOT NULL DEFAULT false;
         ALTER TABLE appointments ADD COLUMN post_id uuid, ADD COLUMN appointed_by uuid,
            ADD CONSTRAINT appointed_by_another CHECK (appointed_by <> account_id), ADD {}, ADD {};
         CREATE INDEX appointments_post ON appointments (municipality_id, post_id, starts_on, id);",
        fk("post_id", "posts"),
        fk("appointed_by", "accounts")
    )
}

const ONCE: &str = "
CREATE UNIQUE INDEX posts_name ON posts (municipality_id, name) WHERE abolished_on IS NULL;
CREATE UNIQUE INDEX handovers_planned ON handovers (municipality_id, post_id) WHERE state = 'PLANNED';
CREATE UNIQUE INDEX duty_separations_pair ON duty_separations (municipality_id, least(one, other), greatest(one, other))
    WHERE ended_at IS NULL;
";

/// Terms in civil days of Japan. Who is relieved today holds nothing today any more, so a successor may begin today.
const TERMS: &str = "
CREATE FUNCTION entaku_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT (entaku_now() AT TIME ZONE 'Asia/Tokyo')::date $$;

CREATE FUNCTION entaku_last_day(ends_on date, ended_at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT least(coalesce(ends_on, 'infinity'), coalesce((ended_at AT TIME ZONE 'Asia/Tokyo')::date - 1, 'infinity')) $$;

-- Changes of who holds what take turns within a municipality: the rules below look at more than one row.
CREATE FUNCTION entaku_personnel_turn(town uuid) RETURNS void LANGUAGE sql VOLATILE
    AS $$ SELECT pg_advisory_xact_lock(hashtextextended('entaku personnel ' || town::text, 0)) $$;

-- The last day until which there is an administrator without a gap from today on; yesterday where there is none.
-- With a term that was there before, and with an account as if it were not suspended.
CREATE FUNCTION entaku_administered_until(town uuid, also_from date, also_to date, also_account uuid) RETURNS date
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    day date := entaku_today();
    reach date;
BEGIN
    LOOP
        SELECT max(held.last) INTO reach FROM (
            SELECT a.starts_on AS first, entaku_last_day(a.ends_on, a.ended_at) AS last
                FROM appointments a JOIN accounts c ON c.municipality_id = a.municipality_id AND c.id = a.account_id
                WHERE a.municipality_id = town AND a.role = 'ADMIN' AND a.scope = 'MUNICIPALITY'
                    AND NOT c.support AND (c.suspended_at IS NULL OR c.id = also_account)
            UNION ALL SELECT also_from, also_to) held
            WHERE held.first <= day AND held.last >= day;
        IF reach IS NULL THEN
            RETURN day - 1;
        ELSIF reach = 'infinity' THEN
            RETURN reach;
        END IF;
        day := reach + 1;
    END LOOP;
END $$;

-- Does one person (or any, for null) hold two roles together that are kept apart, over the same thing, now or later?
CREATE FUNCTION entaku_duties_together(town uuid, who uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM duty_separations s
        JOIN appointments a ON a.municipality_id = s.municipality_id AND a.role = s.one
        JOIN appointments b ON b.municipality_id = s.municipality_id AND b.role = s.other AND b.account_id = a.account_id
        WHERE s.municipality_id = town AND s.ended_at IS NULL AND (who IS NULL OR a.account_id = who)
            AND (a.scope = 'MUNICIPALITY' OR b.scope = 'MUNICIPALITY' OR (a.scope = b.scope AND a.scope_id = b.scope_id))
            AND greatest(a.starts_on, b.starts_on, entaku_today())
                <= least(entaku_last_day(a.ends_on, a.ended_at), entaku_last_day(b.ends_on, b.ended_at))) $$;

GRANT EXECUTE ON FUNCTION entaku_today(), entaku_last_day(date, timestamptz), entaku_personnel_turn(uuid),
    entaku_administered_until(uuid, date, date, uuid), entaku_duties_together(uuid, uuid) TO entaku_app;
";

/// What the commands check is checked once more when a transaction ends, whoever writes.
const GUARDS: &str = "
CREATE FUNCTION entaku_keeps_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was date;
BEGIN
    PERFORM entaku_personnel_turn(OLD.municipality_id);
    IF TG_TABLE_NAME = 'accounts' THEN
        was := entaku_administered_until(OLD.municipality_id, NULL, NULL, OLD.id);
    ELSIF (SELECT support FROM accounts WHERE municipality_id = OLD.municipality_id AND id = OLD.account_id) THEN
        RETURN NULL;
    ELSE
        was := entaku_administered_until(OLD.municipality_id, OLD.starts_on,
            entaku_last_day(OLD.ends_on, OLD.ended_at), NULL);
    END IF;
    IF entaku_administered_until(OLD.municipality_id, NULL, NULL, NULL) < was THEN
        RAISE EXCEPTION 'the municipality would be without an administrator'
            USING ERRCODE = '23514', CONSTRAINT = 'last_administrator';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER administered AFTER UPDATE OR DELETE ON appointments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'ADMIN' AND OLD.scope = 'MUNICIPALITY') EXECUTE FUNCTION entaku_keeps_administrator();
CREATE CONSTRAINT TRIGGER administered AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.suspended_at IS NULL AND NEW.suspended_at IS NOT NULL)
    EXECUTE FUNCTION entaku_keeps_administrator();

CREATE FUNCTION entaku_appointed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM entaku_personnel_turn(NEW.municipality_id);
    IF entaku_duties_together(NEW.municipality_id, NEW.account_id) THEN
        RAISE EXCEPTION 'duties that are kept apart' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    IF NEW.post_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM posts p WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.post_id
            AND (p.role, p.scope) = (NEW.role, NEW.scope) AND p.scope_id IS NOT DISTINCT FROM NEW.scope_id) THEN
        RAISE EXCEPTION 'not the role of the post' USING ERRCODE = '23514', CONSTRAINT = 'role_of_post';
    END IF;
    IF EXISTS (SELECT FROM appointments a JOIN appointments b ON b.municipality_id = a.municipality_id
            AND b.post_id = a.post_id AND b.id <> a.id
            AND greatest(a.starts_on, b.starts_on)
                <= least(entaku_last_day(a.ends_on, a.ended_at), entaku_last_day(b.ends_on, b.ended_at))
            WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.id) THEN
        RAISE EXCEPTION 'a post has one holder at a time' USING ERRCODE = '23514', CONSTRAINT = 'one_holder';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER appointed AFTER INSERT OR UPDATE ON appointments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entaku_appointed();

CREATE FUNCTION entaku_separated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM entaku_personnel_turn(NEW.municipality_id);
    IF entaku_duties_together(NEW.municipality_id, NULL) THEN
        RAISE EXCEPTION 'somebody holds both' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER separated AFTER INSERT OR UPDATE ON duty_separations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.ended_at IS NULL) EXECUTE FUNCTION entaku_separated();
";

/// Who did what to an application does not do this to it: the same rows as the policy's (a test compares). It is looked
/// at where an act is recorded, because not every act leaves a name in the application.
const DUTIES: &str = "
CREATE TABLE duties_apart (
    object text NOT NULL,
    act text NOT NULL,
    done_by text NOT NULL,
    PRIMARY KEY (object, act, done_by)
);
GRANT SELECT ON duties_apart TO entaku_app;
INSERT INTO duties_apart (object, act, done_by) VALUES
    ('grant_applications', 'REVIEW_START', 'submitted_by'),
    ('grant_applications', 'RETURN', 'submitted_by'),
    ('grant_applications', 'RECOMMEND', 'submitted_by'),
    ('grant_applications', 'DECIDE', 'submitted_by'),
    ('grant_applications', 'DECIDE', 'recommended_by'),
    ('grant_applications', 'REFUSE', 'submitted_by'),
    ('grant_applications', 'REFUSE', 'recommended_by'),
    ('grant_applications', 'PAYMENT_REQUEST', 'recommended_by'),
    ('grant_applications', 'PAYMENT_REQUEST', 'decided_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'submitted_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'recommended_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'decided_by'),
    ('grant_applications', 'PAYMENT_EXECUTE', 'payment_requested_by');

CREATE FUNCTION entaku_duties_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    application jsonb;
BEGIN
    SELECT to_jsonb(a) INTO application FROM grant_applications a
        WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.application_id;
    IF EXISTS (SELECT FROM duties_apart d WHERE d.object = 'grant_applications' AND d.act = NEW.act
            AND application ->> d.done_by = NEW.actor_id::text) THEN
        RAISE EXCEPTION 'somebody else has to do this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON grant_acts FOR EACH ROW EXECUTE FUNCTION entaku_duties_kept();
";

const BACK: &str = "
DROP TRIGGER duties ON grant_acts;
DROP FUNCTION entaku_duties_kept();
DROP TABLE duties_apart;
DELETE FROM jobs WHERE kind IN ('people.handover', 'people.support_end');
DROP TRIGGER separated ON duty_separations;
DROP TRIGGER appointed ON appointments;
DROP TRIGGER administered ON accounts;
DROP TRIGGER administered ON appointments;
DROP FUNCTION entaku_separated();
DROP FUNCTION entaku_appointed();
DROP FUNCTION entaku_keeps_administrator();
DROP FUNCTION entaku_duties_together(uuid, uuid);
DROP FUNCTION entaku_administered_until(uuid, date, date, uuid);
DROP FUNCTION entaku_personnel_turn(uuid);
DROP FUNCTION entaku_last_day(date, timestamptz);
DROP FUNCTION entaku_today();
ALTER TABLE handovers DROP COLUMN predecessor_appointment_id, DROP COLUMN successor_appointment_id;
DROP INDEX appointments_post;
ALTER TABLE appointments DROP CONSTRAINT appointed_by_another, DROP COLUMN post_id, DROP COLUMN appointed_by;
ALTER TABLE accounts DROP COLUMN support;
";
