//! Strategies as trees of nodes, their indicators with values, their revisions, the laws they stand on.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [legal_bases(), strategies(), visions(), nodes(), revisions(), versions(), indicators(), values()];
        for table in tables {
            table.create(manager).await?;
        }
        run(manager, ONE_NUMBER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "indicator_values",
                "indicators",
                "strategy_node_versions",
                "strategy_revisions",
                "strategy_nodes",
                "population_visions",
                "strategies",
                "legal_bases",
            ],
        )
        .await
    }
}

/// Siblings of one kind do not share a number.
const ONE_NUMBER: &str = "
CREATE UNIQUE INDEX strategy_nodes_number ON strategy_nodes
    (municipality_id, strategy_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), kind, number)
    WHERE number IS NOT NULL;
";

/// A key that cannot leave the strategy.
fn within(column: &str, table: &str) -> String {
    format!(
        "FOREIGN KEY (municipality_id, strategy_id, {column}) REFERENCES {table} (municipality_id, strategy_id, id)"
    )
}

fn legal_bases() -> Tenant {
    Tenant::new(
        "legal_bases",
        "name text NOT NULL, number text, effective_on date, effective_note text, UNIQUE (municipality_id, name)",
    )
}

fn strategies() -> Tenant {
    let kind = words(
        "kind",
        &["COMPREHENSIVE_STRATEGY", "COMPREHENSIVE_PLAN", "INCLUSIVE_COMMUNITY_PLAN", "PRIORITY_PROJECTS"],
    );
    let state = words("state", &["DRAFT", "PUBLIC_COMMENT", "COUNCIL_REVIEW", "ADOPTED", "IN_FORCE", "EXPIRED"]);
    Tenant::new(
        "strategies",
        format!(
            "title text NOT NULL, generation int CHECK (generation > 0), kind text NOT NULL {kind},
             state text NOT NULL {state}, start_fiscal_year int, end_fiscal_year int,
             adopted_on date, adopted_note text, legal_basis_id uuid, predecessor_id uuid, section_id uuid,
             summary text, UNIQUE (municipality_id, title),
             CHECK (end_fiscal_year >= start_fiscal_year), CHECK (predecessor_id <> id),
             CHECK (state NOT IN ('ADOPTED', 'IN_FORCE', 'EXPIRED') OR adopted_on IS NOT NULL OR adopted_note IS NOT NULL),
             {}, {}, {}",
            fk("legal_basis_id", "legal_bases"),
            fk("predecessor_id", "strategies"),
            fk("section_id", "sections")
        ),
    )
    .indexed(&["created_at, id)"])
}

fn visions() -> Tenant {
    Tenant::new(
        "population_visions",
        format!(
            "strategy_id uuid NOT NULL, title text NOT NULL, adopted_note text, mid_fiscal_year int, mid_note text,
             final_fiscal_year int, final_note text, summary text, note text, UNIQUE (municipality_id, strategy_id),
             CHECK (final_fiscal_year >= mid_fiscal_year), {}",
            fk("strategy_id", "strategies")
        ),
    )
}

fn nodes() -> Tenant {
    let kind = words(
        "kind",
        &[
            "VISION",
            "PRINCIPLE",
            "VIEWPOINT",
            "THEME",
            "PILLAR",
            "GOAL",
            "POLICY_FIELD",
            "DIRECTION",
            "LEADING_PROJECT",
            "PRIORITY_PROJECT",
            "CHALLENGE",
            "POLICY",
            "WORK_KIND",
            "PROGRAMME",
            "MEASURE",
            "BASIC_PROJECT",
            "ITEM",
            "EXPERIENCE_CHAIN",
            "EXPERIENCE_STEP",
        ],
    );
    let category = words("category", &["CHILD", "YOUTH", "ADULT", "CORPORATE"]);
    Tenant::new(
        "strategy_nodes",
        format!(
            "strategy_id uuid NOT NULL, parent_id uuid, kind text NOT NULL {kind},
             number int CHECK (number BETWEEN 1 AND 9998), position int NOT NULL CHECK (position BETWEEN 1 AND 999999),
             sort_path text COLLATE \"C\" NOT NULL, title text, aim text, is_new boolean NOT NULL DEFAULT false,
             note text, category text {category}, nickname text, section_id uuid,
             UNIQUE (municipality_id, strategy_id, id), CHECK (parent_id <> id), {}, {}, {}",
            fk("strategy_id", "strategies"),
            within("parent_id", "strategy_nodes"),
            fk("section_id", "sections")
        ),
    )
    .indexed(&["parent_id)"])
}

fn revisions() -> Tenant {
    let state = words("state", &["PROPOSED", "APPROVED"]);
    Tenant::new(
        "strategy_revisions",
        format!(
            "strategy_id uuid NOT NULL, node_id uuid, state text NOT NULL {state}, changes text NOT NULL,
             proposed_on date NOT NULL, council_name text, session_number int CHECK (session_number > 0),
             approved_on date, revised_on date, UNIQUE (municipality_id, strategy_id, id),
             CHECK (revised_on >= approved_on),
             CHECK ((state = 'APPROVED') = (council_name IS NOT NULL AND session_number IS NOT NULL
                AND approved_on IS NOT NULL AND revised_on IS NOT NULL)), {}, {}",
            fk("strategy_id", "strategies"),
            within("node_id", "strategy_nodes")
        ),
    )
    .indexed(&["strategy_id)"])
}

fn versions() -> Tenant {
    Tenant::new(
        "strategy_node_versions",
        format!(
            "strategy_id uuid NOT NULL, node_id uuid NOT NULL, revised_by uuid NOT NULL, number int, title text,
             aim text, is_new boolean NOT NULL, note text, nickname text, {}, {}",
            within("node_id", "strategy_nodes"),
            within("revised_by", "strategy_revisions")
        ),
    )
    .indexed(&["node_id)"])
}

fn indicators() -> Tenant {
    let kind = words("kind", &["NUMERIC", "MILESTONE"]);
    let direction = words("direction", &["INCREASE", "DECREASE", "NONE"]);
    Tenant::new(
        "indicators",
        format!(
            "strategy_id uuid NOT NULL, node_id uuid NOT NULL, title text NOT NULL, kind text NOT NULL {kind},
             direction text NOT NULL {direction}, unit text, approximate boolean NOT NULL DEFAULT false,
             position int NOT NULL, baseline_pending boolean NOT NULL DEFAULT false,
             baseline_value text, target_value text, actual_value text,
             UNIQUE (municipality_id, strategy_id, id), UNIQUE (municipality_id, node_id, title),
             CHECK ((kind = 'NUMERIC') = (direction <> 'NONE')), {}",
            within("node_id", "strategy_nodes")
        ),
    )
    .indexed(&["strategy_id)"])
}

fn values() -> Tenant {
    let role = words("role", &["BASELINE", "TARGET", "ACTUAL", "REFERENCE"]);
    let status = words("status", &["KNOWN", "PENDING"]);
    Tenant::new(
        "indicator_values",
        format!(
            "strategy_id uuid NOT NULL, indicator_id uuid NOT NULL, role text NOT NULL {role},
             fiscal_year int NOT NULL, status text NOT NULL {status}, value text, text text,
             approximate boolean NOT NULL DEFAULT false, UNIQUE (municipality_id, indicator_id, role, fiscal_year),
             CHECK (status = 'PENDING' AND value IS NULL OR status = 'KNOWN' AND (value IS NOT NULL OR text IS NOT NULL)),
             {}",
            within("indicator_id", "indicators")
        ),
    )
}
