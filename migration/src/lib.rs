//! The schema of Entaku's database: hand-written and expand-only. One file per noun, in the order of
//! the rings; one constructor per class of table (`table`).

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_foundation;
mod m0002_people;
mod m0003_organizations;
mod m0004_ledger;
mod m0005_liaison;
mod m0006_grants;
mod m0007_roundtables;
mod m0008_challenges;
mod m0009_strategy;
mod m0010_reading_indexes;
mod m0011_roundtable_lock;
mod m0012_relation_indexes;
mod m0013_redundant_indexes;
mod m0014_notifications;
mod m0015_session_cookies;
mod m0016_files;
mod m0018_rates;
mod m0019_mail;
mod m0020_second_factor;
mod m0021_audit_chain;
mod m0022_allocation_rules;
mod m0023_changes;
mod m0024_single_sign_on;
mod m0025_posts;
mod m0027_privacy;
mod m0028_ledger_years;
mod m0029_grant_life;
mod m0031_large_runs;
mod m0032_tasks;
mod m0033_former_addresses;
mod m0035_cheaper_record;
mod m0036_books;
mod m0037_approval_routes;
mod m0038_long_journals;
mod m0039_grant_texts;
mod m0040_whole_postings;
mod m0041_results;
mod m0042_bank_and_routes;
mod m0043_by_laws;
mod m0044_payment_reversal;
mod m0045_books_and_grants;
mod m0046_deadlines;
mod m0047_papers;
mod m0048_told_in_time;
mod m0049_ways_back;
mod m0050_grant_inputs;
mod m0051_by_hand;
mod m0052_one_side;
mod m0053_year_before_fixed;
mod m0054_unborne;
mod m0055_years_and_drafts;
mod m0056_links_at_once;
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
            Box::new(m0004_ledger::Migration),
            Box::new(m0005_liaison::Migration),
            Box::new(m0006_grants::Migration),
            Box::new(m0007_roundtables::Migration),
            Box::new(m0008_challenges::Migration),
            Box::new(m0009_strategy::Migration),
            Box::new(m0010_reading_indexes::Migration),
            Box::new(m0011_roundtable_lock::Migration),
            Box::new(m0012_relation_indexes::Migration),
            Box::new(m0013_redundant_indexes::Migration),
            Box::new(m0014_notifications::Migration),
            Box::new(m0015_session_cookies::Migration),
            Box::new(m0016_files::Migration),
            Box::new(m0018_rates::Migration),
            Box::new(m0019_mail::Migration),
            Box::new(m0020_second_factor::Migration),
            Box::new(m0021_audit_chain::Migration),
            Box::new(m0022_allocation_rules::Migration),
            Box::new(m0023_changes::Migration),
            Box::new(m0024_single_sign_on::Migration),
            Box::new(m0025_posts::Migration),
            Box::new(m0027_privacy::Migration),
            Box::new(m0028_ledger_years::Migration),
            Box::new(m0029_grant_life::Migration),
            Box::new(m0031_large_runs::Migration),
            Box::new(m0032_tasks::Migration),
            Box::new(m0033_former_addresses::Migration),
            Box::new(m0035_cheaper_record::Migration),
            Box::new(m0036_books::Migration),
            Box::new(m0037_approval_routes::Migration),
            Box::new(m0038_long_journals::Migration),
            Box::new(m0039_grant_texts::Migration),
            Box::new(m0040_whole_postings::Migration),
            Box::new(m0041_results::Migration),
            Box::new(m0042_bank_and_routes::Migration),
            Box::new(m0043_by_laws::Migration),
            Box::new(m0044_payment_reversal::Migration),
            Box::new(m0045_books_and_grants::Migration),
            Box::new(m0046_deadlines::Migration),
            Box::new(m0047_papers::Migration),
            Box::new(m0048_told_in_time::Migration),
            Box::new(m0049_ways_back::Migration),
            Box::new(m0050_grant_inputs::Migration),
            Box::new(m0051_by_hand::Migration),
            Box::new(m0052_one_side::Migration),
            Box::new(m0053_year_before_fixed::Migration),
            Box::new(m0054_unborne::Migration),
            Box::new(m0055_years_and_drafts::Migration),
            Box::new(m0056_links_at_once::Migration),
        ]
    }
}
