//! Districts with dated statistics, community organizations, their officers and base facilities.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["officers", "organizations", "facilities", "district_statistics", "districts"]).await
    }
}

fn tables() -> Vec<Tenant> {
    let unit = words("area_unit", &["ELEMENTARY_SCHOOL", "FORMER_ELEMENTARY_SCHOOL", "OAZA", "OTHER"]);
    let kind = words(
        "kind",
        &["AUTONOMOUS_ORGANIZATION", "REGIONAL_MANAGEMENT_ORGANIZATION", "COMMUNITY_COUNCIL", "FEDERATION"],
    );
    let stage = words(
        "stage",
        &[
            "IDEA",
            "PREPARING",
            "SURVEYING",
            "PLANNING",
            "FOUNDED",
            "APPLIED",
            "RETURNED",
            "RECOGNIZED",
            "ACTIVE",
            "SUSPENDED",
            "DISSOLVED",
            "REVOKED",
            "MERGED",
        ],
    );
    let role = words("role", &["CHAIR", "VICE_CHAIR", "DIRECTOR", "AUDITOR", "SECRETARY_GENERAL", "ACCOUNTANT"]);
    vec![
        Tenant::new(
            "districts",
            format!(
                "name text NOT NULL, name_kana text NOT NULL DEFAULT '', area_unit text NOT NULL {unit},
                 UNIQUE (municipality_id, name)"
            ),
        )
        .indexed(&["name_kana, id)"]),
        Tenant::new(
            "district_statistics",
            format!(
                "district_id uuid NOT NULL, as_of date NOT NULL,
                 population int NOT NULL CHECK (population >= 0), households int NOT NULL CHECK (households >= 0),
                 aged65 int NOT NULL CHECK (aged65 BETWEEN 0 AND population),
                 aged75 int NOT NULL CHECK (aged75 BETWEEN 0 AND aged65),
                 area_square_metres int NOT NULL CHECK (area_square_metres >= 0), source text NOT NULL,
                 UNIQUE (municipality_id, district_id, as_of), {}",
                fk("district_id", "districts")
            ),
        ),
        Tenant::new("facilities", "name text NOT NULL, address text NOT NULL DEFAULT '', phone text"),
        Tenant::new(
            "organizations",
            format!(
                "district_id uuid NOT NULL, name text NOT NULL, name_kana text NOT NULL DEFAULT '',
                 kind text NOT NULL {kind}, stage text NOT NULL {stage}, founded_on date, corporate_number text,
                 phone text, email text, facility_id uuid, published boolean NOT NULL DEFAULT false,
                 UNIQUE (municipality_id, name), {}, {}",
                fk("district_id", "districts"),
                fk("facility_id", "facilities")
            ),
        )
        .indexed(&["district_id)", "name_kana, id)"]),
        Tenant::new(
            "officers",
            format!(
                "organization_id uuid NOT NULL, district_id uuid NOT NULL, role text NOT NULL {role},
                 name text NOT NULL, name_kana text NOT NULL DEFAULT '', name_public boolean NOT NULL DEFAULT false,
                 account_id uuid, term_start date NOT NULL, term_end date,
                 CHECK (term_end IS NULL OR term_end >= term_start), {}, {}, {}",
                fk("organization_id", "organizations"),
                fk("district_id", "districts"),
                fk("account_id", "accounts")
            ),
        )
        .indexed(&["organization_id, term_start, id)"]),
    ]
}
