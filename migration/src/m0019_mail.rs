//! Mails and what they prove: the outbox, links that prove an address, invitations by people, the language and the
//! digests of who is written to.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LANGUAGES: &[&str] = &["JA", "JA_EASY", "EN"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [mails(), proofs()] {
            table.create(manager).await?;
        }
        run(manager, &people()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, BACK).await?;
        drop(manager, &["address_proofs", "mails"]).await
    }
}

/// A mail that has been sent, or never will be, keeps no content. `link` is the public part of a link; its secret is
/// nowhere in the database.
fn mails() -> Tenant {
    Tenant::new(
        "mails",
        "kind text NOT NULL CHECK (kind ~ '^[A-Z_]{1,40}$'), recipient text NOT NULL, subject text NOT NULL,
         body text, link text, deadline timestamptz NOT NULL,
         state text NOT NULL DEFAULT 'QUEUED' CHECK (state IN ('QUEUED','SENT','FAILED')),
         attempts int NOT NULL DEFAULT 0, last_error text, sent_at timestamptz,
         CHECK ((state = 'QUEUED') = (body IS NOT NULL)), CHECK ((state = 'SENT') = (sent_at IS NOT NULL))",
    )
    .secret(&["recipient", "subject", "body", "link"])
    .indexed(&["state, created_at)"])
    .deletable()
}

fn proofs() -> Tenant {
    let (purpose, language) =
        (words("purpose", &["PASSWORD_RESET", "REGISTRATION", "EMAIL_CHANGE"]), words("language", LANGUAGES));
    Tenant::new(
        "address_proofs",
        format!(
            "purpose text NOT NULL {purpose}, email text NOT NULL, language text NOT NULL {language},
             account_id uuid, token_hash text NOT NULL, expires_at timestamptz NOT NULL,
             mailed_at timestamptz, ended_at timestamptz, UNIQUE (municipality_id, token_hash), {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["email", "token_hash"])
    .indexed(&["email, purpose, mailed_at)", "account_id)"])
    .deletable()
}

/// `reader_id`: who reads a notification in the application; nobody, where it was only for the digest.
fn people() -> String {
    let language = words("language", LANGUAGES);
    format!(
        "ALTER TABLE accounts ADD COLUMN language text NOT NULL DEFAULT 'JA' {language};
         ALTER TABLE municipality_settings ADD COLUMN self_registration bool NOT NULL DEFAULT false;
         ALTER TABLE invitations ADD COLUMN invited_by uuid, ADD COLUMN revoked_at timestamptz, {};
         CREATE INDEX invitations_1 ON invitations (municipality_id, invited_by);
         CREATE INDEX invitations_2 ON invitations (municipality_id, created_at, id);
         ALTER TABLE notifications
            ADD COLUMN in_app bool NOT NULL DEFAULT true,
            ADD COLUMN reader_id uuid GENERATED ALWAYS AS (CASE WHEN in_app THEN account_id END) STORED,
            ADD COLUMN digested_at timestamptz;
         CREATE INDEX notifications_digest ON notifications (municipality_id, account_id, kind)
            WHERE read_at IS NULL AND digested_at IS NULL;
         GRANT DELETE ON notifications TO entaku_app;",
        "ADD ".to_owned() + &fk("invited_by", "accounts")
    )
}

const BACK: &str = "
DELETE FROM jobs WHERE kind IN ('people.digest', 'people.proof', 'outbox.mail');
REVOKE DELETE ON notifications FROM entaku_app;
DROP INDEX notifications_digest;
ALTER TABLE notifications DROP COLUMN digested_at, DROP COLUMN reader_id, DROP COLUMN in_app;
DROP INDEX invitations_2;
DROP INDEX invitations_1;
ALTER TABLE invitations DROP COLUMN revoked_at, DROP COLUMN invited_by;
ALTER TABLE municipality_settings DROP COLUMN self_registration;
ALTER TABLE accounts DROP COLUMN language;
";
