//! Challenge projects: calls with their criteria, proposals, and the reviews with their scores.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: &[&str] = &["DRAFT", "SUBMITTED", "SCREENING", "ADOPTED", "REJECTED", "PUBLISHED", "WITHDRAWN"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [calls(), criteria(), proposals(), reviews(), scores()] {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["challenge_scores", "challenge_reviews", "challenge_proposals", "challenge_criteria", "challenge_calls"],
        )
        .await
    }
}

fn calls() -> Tenant {
    let state = words("state", &["DRAFT", "OPEN", "CLOSED"]);
    Tenant::new(
        "challenge_calls",
        format!(
            "fiscal_year int NOT NULL, title text NOT NULL, summary text NOT NULL,
             for_child boolean NOT NULL, for_youth boolean NOT NULL, for_adult boolean NOT NULL,
             for_corporate boolean NOT NULL, CHECK (for_child OR for_youth OR for_adult OR for_corporate),
             opens_on date NOT NULL, closes_on date NOT NULL CHECK (closes_on >= opens_on),
             max_yen bigint NOT NULL CHECK (max_yen > 0), section_id uuid NOT NULL, state text NOT NULL {state},
             UNIQUE (municipality_id, fiscal_year, title), {}",
            fk("section_id", "sections")
        ),
    )
    .indexed(&["opens_on, id)"])
}

fn criteria() -> Tenant {
    Tenant::new(
        "challenge_criteria",
        format!(
            "call_id uuid NOT NULL, label text NOT NULL, max_score int NOT NULL CHECK (max_score BETWEEN 1 AND 1000),
             UNIQUE (municipality_id, call_id, label), UNIQUE (municipality_id, id, max_score), {}",
            fk("call_id", "challenge_calls")
        ),
    )
}

fn proposals() -> Tenant {
    let category = words("category", &["CHILD", "YOUTH", "ADULT", "CORPORATE"]);
    let kind = words("proposer_kind", &["PERSON", "GROUP", "ORGANIZATION", "CORPORATION"]);
    let state = words("state", STATES);
    Tenant::new(
        "challenge_proposals",
        format!(
            "call_id uuid NOT NULL, category text NOT NULL {category}, title text NOT NULL, summary text NOT NULL,
             my_text text NOT NULL, social_text text NOT NULL, action_text text NOT NULL,
             requested_yen bigint NOT NULL CHECK (requested_yen > 0),
             proposer_id uuid NOT NULL, proposer_name text NOT NULL, name_public boolean NOT NULL,
             proposer_kind text NOT NULL {kind}, group_name text, organization_id uuid,
             guardian_consent boolean NOT NULL, state text NOT NULL {state},
             submitted_at timestamptz, decided_by uuid, decided_at timestamptz, decision_reason text,
             adopted_yen bigint CHECK (adopted_yen BETWEEN 1 AND requested_yen), average_score text,
             published_at timestamptz,
             CHECK ((proposer_kind = 'PERSON') = (group_name IS NULL)),
             CHECK (organization_id IS NULL OR proposer_kind = 'ORGANIZATION'),
             CHECK (state IN ('DRAFT', 'WITHDRAWN') OR submitted_at IS NOT NULL),
             CHECK (submitted_at IS NULL OR category <> 'CHILD' OR guardian_consent),
             CHECK ((state IN ('ADOPTED', 'REJECTED', 'PUBLISHED')) = (decided_at IS NOT NULL)),
             CHECK ((decided_at IS NULL) = (decision_reason IS NULL)),
             CHECK ((state IN ('ADOPTED', 'PUBLISHED')) = (adopted_yen IS NOT NULL)),
             CONSTRAINT decided_by_another CHECK (decided_by <> proposer_id),
             UNIQUE (municipality_id, id, proposer_id), {}, {}, {}, {}",
            fk("call_id", "challenge_calls"),
            fk("proposer_id", "accounts"),
            fk("decided_by", "accounts"),
            fk("organization_id", "organizations")
        ),
    )
    .indexed(&["call_id)", "proposer_id)", "organization_id)", "created_at, id)"])
}

fn reviews() -> Tenant {
    Tenant::new(
        "challenge_reviews",
        format!(
            "proposal_id uuid NOT NULL, proposer_id uuid NOT NULL, reviewer_id uuid NOT NULL,
             scored_at timestamptz, total int CHECK (total >= 0), comment text,
             CHECK ((scored_at IS NULL) = (total IS NULL)),
             CONSTRAINT reviewed_by_another CHECK (reviewer_id <> proposer_id),
             UNIQUE (municipality_id, proposal_id, reviewer_id),
             UNIQUE (municipality_id, id, proposer_id, reviewer_id),
             FOREIGN KEY (municipality_id, proposal_id, proposer_id)
                REFERENCES challenge_proposals (municipality_id, id, proposer_id), {}",
            fk("reviewer_id", "accounts")
        ),
    )
    .indexed(&["reviewer_id)"])
}

fn scores() -> Tenant {
    Tenant::new(
        "challenge_scores",
        "review_id uuid NOT NULL, proposer_id uuid NOT NULL, reviewer_id uuid NOT NULL,
         criterion_id uuid NOT NULL, max_score int NOT NULL, score int NOT NULL CHECK (score BETWEEN 0 AND max_score),
         UNIQUE (municipality_id, review_id, criterion_id),
         FOREIGN KEY (municipality_id, review_id, proposer_id, reviewer_id)
            REFERENCES challenge_reviews (municipality_id, id, proposer_id, reviewer_id),
         FOREIGN KEY (municipality_id, criterion_id, max_score)
            REFERENCES challenge_criteria (municipality_id, id, max_score)",
    )
}
