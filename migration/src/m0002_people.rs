//! Accounts, sessions, sections, appointments, invitations, the municipality's settings.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, words};

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

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "municipality_settings",
                "invitations",
                "appointments",
                "refresh_tokens",
                "sessions",
                "accounts",
                "sections",
            ],
        )
        .await
    }
}

fn tables() -> Vec<Tenant> {
    let (role, scope) = (words("role", ROLES), words("scope", SCOPES));
    let whole = "CHECK ((scope = 'MUNICIPALITY') = (scope_id IS NULL))";
    vec![
        Tenant::new(
            "sections",
            format!(
                "name text NOT NULL, parent_id uuid, successor_id uuid,
                 established_on date NOT NULL, abolished_on date,
                 postal_code text, address text, phone text, fax text, email text,
                 CHECK (abolished_on IS NULL OR abolished_on > established_on), {}, {}",
                fk("parent_id", "sections"),
                fk("successor_id", "sections")
            ),
        ),
        Tenant::new(
            "accounts",
            "email text NOT NULL, name text NOT NULL, name_kana text NOT NULL DEFAULT '',
             password_hash text, suspended_at timestamptz, UNIQUE (municipality_id, email)",
        )
        .secret(&["password_hash"]),
        Tenant::new(
            "sessions",
            format!(
                "account_id uuid NOT NULL, device text NOT NULL DEFAULT '', expires_at timestamptz NOT NULL,
                 ended_at timestamptz, end_reason text, {}",
                fk("account_id", "accounts")
            ),
        )
        .indexed(&["account_id)"]),
        Tenant::new(
            "refresh_tokens",
            format!(
                "session_id uuid NOT NULL, hash text NOT NULL, consumed_at timestamptz,
                 UNIQUE (municipality_id, session_id, hash), {}",
                fk("session_id", "sessions")
            ),
        )
        .secret(&["hash"])
        .deletable(),
        Tenant::new(
            "appointments",
            format!(
                "account_id uuid NOT NULL, role text NOT NULL {role}, scope text NOT NULL {scope}, scope_id uuid,
                 starts_on date NOT NULL, ends_on date, ended_at timestamptz, {whole},
                 CHECK (ends_on IS NULL OR ends_on >= starts_on), {}",
                fk("account_id", "accounts")
            ),
        )
        .indexed(&["account_id)", "scope, scope_id)"]),
        Tenant::new(
            "invitations",
            format!(
                "email text NOT NULL, role text NOT NULL {role}, scope text NOT NULL {scope}, scope_id uuid,
                 token_hash text NOT NULL, expires_at timestamptz NOT NULL, accepted_at timestamptz, {whole},
                 UNIQUE (municipality_id, token_hash)"
            ),
        )
        .secret(&["token_hash"]),
        Tenant::new(
            "municipality_settings",
            "public_contact text, grant_withdrawal_days int NOT NULL DEFAULT 15
                CHECK (grant_withdrawal_days BETWEEN 0 AND 365),
             UNIQUE (municipality_id)",
        ),
    ]
}
