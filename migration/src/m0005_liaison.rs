//! Liaison staff: their assignment to districts, their visits, the requests they relay.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [assignments(), visits(), requests()] {
            table.create(manager).await?;
        }
        run(manager, ONE_OPEN_ASSIGNMENT).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["liaison_requests", "liaison_visits", "liaison_assignments"]).await
    }
}

/// A person is assigned to a district once at a time, in one kind of work.
const ONE_OPEN_ASSIGNMENT: &str = "
CREATE UNIQUE INDEX liaison_assignments_open ON liaison_assignments (municipality_id, district_id, account_id, kind)
    WHERE state IN ('PROPOSED', 'APPOINTED');
CREATE UNIQUE INDEX liaison_assignments_successor ON liaison_assignments (municipality_id, predecessor_id);
";

fn assignments() -> Tenant {
    let role = words("role", &["MAIN", "SUB", "LEADER"]);
    let kind = words("kind", &["LIAISON_STAFF", "LIFE_SUPPORT_COORDINATOR", "HAMLET_SUPPORTER"]);
    let state = words("state", &["PROPOSED", "APPOINTED", "ENDED", "RELIEVED"]);
    Tenant::new(
        "liaison_assignments",
        format!(
            "account_id uuid NOT NULL, staff_name text NOT NULL, district_id uuid NOT NULL,
             role text NOT NULL {role}, kind text NOT NULL {kind}, state text NOT NULL {state},
             term_start date NOT NULL, term_end date, ended_on date, relief_reason text,
             appointment_id uuid, predecessor_id uuid,
             CHECK (term_end IS NULL OR term_end >= term_start),
             CHECK ((state = 'PROPOSED') = (appointment_id IS NULL)),
             CHECK ((state IN ('ENDED', 'RELIEVED')) = (ended_on IS NOT NULL)),
             {}, {}, {}, {}",
            fk("account_id", "accounts"),
            fk("district_id", "districts"),
            fk("appointment_id", "appointments"),
            fk("predecessor_id", "liaison_assignments")
        ),
    )
    .indexed(&["district_id, term_start)", "account_id)", "term_start, id)"])
}

fn visits() -> Tenant {
    let kind = words("kind", &["VISIT", "MEETING", "CONSULTATION", "EVENT", "DOCUMENT_SUPPORT", "OTHER"]);
    Tenant::new(
        "liaison_visits",
        format!(
            "account_id uuid NOT NULL, staff_name text NOT NULL, district_id uuid NOT NULL, organization_id uuid,
             visited_on date NOT NULL, minutes int NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
             kind text NOT NULL {kind}, place text, content text NOT NULL, requests_heard text, {}, {}, {}",
            fk("account_id", "accounts"),
            fk("district_id", "districts"),
            fk("organization_id", "organizations")
        ),
    )
    .indexed(&["visited_on, id)", "district_id, visited_on, id)"])
}

fn requests() -> Tenant {
    let state = words("state", &["RECEIVED", "FORWARDED", "ANSWERED", "REPORTED_BACK", "CLOSED"]);
    Tenant::new(
        "liaison_requests",
        format!(
            "district_id uuid NOT NULL, organization_id uuid, visit_id uuid, section_id uuid,
             state text NOT NULL {state}, subject text NOT NULL, content text NOT NULL,
             received_on date NOT NULL, received_by uuid, forwarded_on date, answer text, answered_on date,
             answered_by uuid, reported_on date, report_note text, closed_on date,
             CHECK (state = 'RECEIVED' OR section_id IS NOT NULL),
             CHECK (state IN ('RECEIVED', 'FORWARDED') OR answer IS NOT NULL),
             {}, {}, {}, {}, {}, {}",
            fk("district_id", "districts"),
            fk("organization_id", "organizations"),
            fk("visit_id", "liaison_visits"),
            fk("section_id", "sections"),
            fk("received_by", "accounts"),
            fk("answered_by", "accounts")
        ),
    )
    .indexed(&["received_on, id)", "district_id)", "section_id)", "organization_id)"])
}
