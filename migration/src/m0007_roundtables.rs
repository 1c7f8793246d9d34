//! Round tables: the meeting, who took part, its issues, decisions and action items, and the minutes as
//! passages. What is published stays as it was published: a trigger keeps the passages and decisions.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: &[&str] = &[
    "PLANNED",
    "ANNOUNCED",
    "HELD",
    "MINUTES_DRAFT",
    "MINUTES_REVIEW",
    "PUBLISHED",
    "CLOSED",
    "POSTPONED",
    "CANCELLED",
];
const ROLES: &[&str] = &["ISSUE_PRESENTER", "CENTER_MEMBER", "MODERATOR", "GRAPHIC_RECORDER", "AUDIENCE"];
const SECTORS: &[&str] = &["COMPANY", "GOVERNMENT", "COMMUNITY", "ACADEMIA", "MEDIA", "NONPROFIT", "RESIDENT", "OTHER"];
const SESSIONS: &[&str] = &["OPENING", "PRESENTATION", "SESSION1", "SUBSESSION", "SESSION2", "CLOSING"];

/// Passages and decisions of a published meeting cannot be added or changed. `FOR SHARE` waits for
/// whoever is just publishing.
const LOCK: &str = "
CREATE FUNCTION entaku_roundtable_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    locked boolean;
BEGIN
    SELECT bool_or(r.state IN ('PUBLISHED', 'CLOSED')) INTO locked FROM (
        SELECT state FROM roundtables
        WHERE municipality_id IN (OLD.municipality_id, NEW.municipality_id)
            AND id IN (OLD.roundtable_id, NEW.roundtable_id) FOR SHARE) r;
    IF locked THEN
        RAISE EXCEPTION 'the record of a published round table is locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER locked BEFORE INSERT OR UPDATE OR DELETE ON roundtable_passages
    FOR EACH ROW EXECUTE FUNCTION entaku_roundtable_locked();
CREATE TRIGGER locked BEFORE INSERT OR UPDATE OR DELETE ON roundtable_decisions
    FOR EACH ROW EXECUTE FUNCTION entaku_roundtable_locked();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        meetings().create(manager).await?;
        for table in records() {
            table.create(manager).await?;
        }
        run(manager, LOCK).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "roundtable_passages",
                "roundtable_action_items",
                "roundtable_decisions",
                "roundtable_issues",
                "roundtable_participants",
                "roundtables",
            ],
        )
        .await?;
        run(manager, "DROP FUNCTION entaku_roundtable_locked()").await
    }
}

fn meetings() -> Tenant {
    let state = words("state", STATES);
    let audience = words("audience", &["PUBLIC", "INVITED", "CLOSED"]);
    Tenant::new(
        "roundtables",
        format!(
            "organization_id uuid, district_id uuid, title text NOT NULL, theme text NOT NULL, purpose text NOT NULL,
             starts_at timestamptz NOT NULL, venue text NOT NULL, audience text NOT NULL {audience},
             state text NOT NULL {state},
             record_public boolean NOT NULL GENERATED ALWAYS AS (state IN ('PUBLISHED', 'CLOSED')) STORED,
             announced_at timestamptz, stop_reason text,
             held_on date, audience_count int CHECK (audience_count >= 0),
             submitted_by uuid, submitted_at timestamptz, return_reason text,
             published_by uuid, published_at timestamptz, closed_at timestamptz,
             CHECK (state IN ('PLANNED', 'POSTPONED', 'CANCELLED') OR announced_at IS NOT NULL),
             CHECK (state IN ('PLANNED', 'ANNOUNCED', 'POSTPONED', 'CANCELLED') = (held_on IS NULL)),
             CHECK ((held_on IS NULL) = (audience_count IS NULL)),
             CHECK ((state IN ('PUBLISHED', 'CLOSED')) = (published_at IS NOT NULL)),
             CONSTRAINT published_by_another CHECK (published_by <> submitted_by),
             UNIQUE (municipality_id, id, organization_id), UNIQUE (municipality_id, id, district_id), {}, {}, {}, {}",
            fk("organization_id", "organizations"),
            fk("district_id", "districts"),
            fk("submitted_by", "accounts"),
            fk("published_by", "accounts")
        ),
    )
    .indexed(&["starts_at, id)", "organization_id)", "district_id)"])
}

/// A table of the record. Organization and district are the meeting's.
fn record(name: &'static str, columns: &str) -> Tenant {
    let of_meeting = |column: &str| {
        format!(
            "FOREIGN KEY (municipality_id, roundtable_id, {column}) \
             REFERENCES roundtables (municipality_id, id, {column})"
        )
    };
    Tenant::new(
        name,
        format!(
            "roundtable_id uuid NOT NULL, organization_id uuid, district_id uuid, {columns}, {}, {}, {}",
            fk("roundtable_id", "roundtables"),
            of_meeting("organization_id"),
            of_meeting("district_id")
        ),
    )
    .indexed(&["roundtable_id)"])
}

fn records() -> [Tenant; 5] {
    let (role, sector) = (words("role", ROLES), words("sector", SECTORS));
    let outcome = words("outcome", &["NEW_PROJECT", "REVIEW_EXISTING", "CONTINUE", "NONE"]);
    let state = words("state", &["OPEN", "IN_PROGRESS", "DONE", "DROPPED"]);
    let session = words("session", SESSIONS);
    [
        record(
            "roundtable_participants",
            &format!(
                "role text NOT NULL {role}, name text NOT NULL, name_public boolean NOT NULL,
                 affiliation text, sector text NOT NULL {sector}"
            ),
        ),
        record("roundtable_issues", &format!("title text NOT NULL, text text NOT NULL, outcome text {outcome}")),
        record("roundtable_decisions", "text text NOT NULL"),
        record(
            "roundtable_action_items",
            &format!("what text NOT NULL, owner text NOT NULL, due_on date NOT NULL, state text NOT NULL {state}"),
        ),
        record(
            "roundtable_passages",
            &format!(
                "number int NOT NULL CHECK (number BETWEEN 1 AND 999), session text NOT NULL {session},
                 text text NOT NULL CHECK (char_length(text) <= 10000), UNIQUE (municipality_id, roundtable_id, number)"
            ),
        ),
    ]
}
