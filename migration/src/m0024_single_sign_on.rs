//! Signing in with the town hall's own sign-in (docs/adr/0024): its provider, whose identity there belongs to which
//! account, sign-ins on their way, and what a session began with.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [providers(), identities(), attempts()] {
            table.create(manager).await?;
        }
        run(
            manager,
            "ALTER TABLE sessions
                ADD COLUMN single_sign_on bool NOT NULL DEFAULT false,
                ADD COLUMN provider_second_factor bool NOT NULL DEFAULT false;",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "ALTER TABLE sessions DROP COLUMN single_sign_on, DROP COLUMN provider_second_factor;").await?;
        drop(manager, &["sign_in_attempts", "identities", "identity_providers"]).await
    }
}

/// One for a municipality. The secret is sealed; `key_id` says with which key.
fn providers() -> Tenant {
    Tenant::new(
        "identity_providers",
        format!(
            "issuer text NOT NULL, client_id text NOT NULL, key_id text NOT NULL, secret text NOT NULL,
             second_factor text NOT NULL {}, second_factor_acr text,
             enabled bool NOT NULL DEFAULT true, staff_only_here bool NOT NULL DEFAULT false,
             emergency_account_id uuid,
             CHECK (emergency_account_id IS NOT NULL OR NOT staff_only_here),
             UNIQUE (municipality_id), {}",
            words("second_factor", &["LOCAL", "PROVIDER"]),
            fk("emergency_account_id", "accounts")
        ),
    )
    .secret(&["key_id", "secret"])
    .judged_by(&["enabled"])
    .indexed(&["emergency_account_id)"])
}

/// An identity at an issuer is one account's; an account has one at an issuer.
fn identities() -> Tenant {
    Tenant::new(
        "identities",
        format!(
            "account_id uuid NOT NULL, issuer text NOT NULL, subject text NOT NULL,
             UNIQUE (municipality_id, issuer, subject), UNIQUE (municipality_id, account_id, issuer), {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["subject"])
    .part_of("accounts", "account_id")
    .judged_by(&["account_id"])
    .indexed(&["account_id, created_at, id)"])
    .deletable()
}

/// From the button to the session; what the browser brings back is kept as hashes.
fn attempts() -> Tenant {
    Tenant::new(
        "sign_in_attempts",
        format!(
            "purpose text NOT NULL {}, hash text NOT NULL, issuer text NOT NULL, expires_at timestamptz NOT NULL,
             session_id uuid, invitation_id uuid, answered_at timestamptz, account_id uuid, subject text,
             provider_second_factor bool NOT NULL DEFAULT false, ticket_hash text, ended_at timestamptz, {}, {}, {}",
            words("purpose", &["SIGN_IN", "ELEVATE", "LINK", "INVITATION"]),
            fk("session_id", "sessions"),
            fk("invitation_id", "invitations"),
            fk("account_id", "accounts")
        ),
    )
    .secret(&["hash", "ticket_hash", "subject"])
    .silent()
    .indexed(&["created_at)", "session_id)", "invitation_id)", "account_id)"])
    .deletable()
}
