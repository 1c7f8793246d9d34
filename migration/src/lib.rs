//! The schema of Entaku's database: hand-written and expand-only. One file per noun, in the order of
//! the rings; one constructor per class of table (`table`).

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_foundation;
mod m0002_people;
mod m0003_organizations;
mod m0005_liaison;
mod m0009_strategy;
mod table;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_foundation::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_organizations::Migration),
            Box::new(m0005_liaison::Migration),
            Box::new(m0009_strategy::Migration),
        ]
    }
}
