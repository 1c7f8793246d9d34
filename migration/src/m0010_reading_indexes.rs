//! Indexes in the order in which lists below another object are read: the municipality, the object, the
//! list's keys, the id. A list then reads as many rows as it shows.

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
CREATE INDEX roundtables_of_organization ON roundtables (municipality_id, organization_id, starts_at, id);
CREATE INDEX roundtables_of_district ON roundtables (municipality_id, district_id, starts_at, id);
CREATE INDEX challenge_proposals_of_organization
    ON challenge_proposals (municipality_id, organization_id, created_at, id);
CREATE INDEX grant_allocations_of_organization
    ON grant_allocations (municipality_id, organization_id, fiscal_year, id);
CREATE INDEX liaison_assignments_of_district ON liaison_assignments (municipality_id, district_id, term_start, id);
DROP INDEX roundtables_2, roundtables_3, challenge_proposals_3, grant_allocations_1, liaison_assignments_1;
";

const DOWN: &str = "
CREATE INDEX roundtables_2 ON roundtables (municipality_id, organization_id);
CREATE INDEX roundtables_3 ON roundtables (municipality_id, district_id);
CREATE INDEX challenge_proposals_3 ON challenge_proposals (municipality_id, organization_id);
CREATE INDEX grant_allocations_1 ON grant_allocations (municipality_id, organization_id);
CREATE INDEX liaison_assignments_1 ON liaison_assignments (municipality_id, district_id, term_start);
DROP INDEX roundtables_of_organization, roundtables_of_district, challenge_proposals_of_organization,
    grant_allocations_of_organization, liaison_assignments_of_district;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
