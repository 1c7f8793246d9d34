//! What proves who somebody is, besides the password: a second factor with its recovery codes, when a session last
//! gave a proof and was last seen, and which refresh token came of which.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, more_words, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The word of the notice that somebody else may have a session.
const KINDS: &[&str] = &["SESSION_ENDED_REUSED"];

/// What existing sessions have had until now: a device of their own where it has a name, and no later proof.
/// A session that is seen again is no act: neither audit nor event. So the trigger names the columns of acts.
const SESSIONS: &str = "
ALTER TABLE sessions
    ADD COLUMN lasting bool NOT NULL DEFAULT false,
    ADD COLUMN authenticated_at timestamptz NOT NULL DEFAULT entaku_now(),
    ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT entaku_now();
ALTER TABLE sessions DISABLE TRIGGER USER;
UPDATE sessions SET lasting = device <> '', authenticated_at = created_at, last_seen_at = updated_at;
ALTER TABLE sessions ENABLE TRIGGER USER;
DROP TRIGGER changed ON sessions;
CREATE TRIGGER changed AFTER INSERT OR DELETE
    OR UPDATE OF account_id, device, lasting, expires_at, authenticated_at, ended_at, end_reason ON sessions
    FOR EACH ROW EXECUTE FUNCTION entaku_changed('last_seen_at,revision');
ALTER TABLE refresh_tokens
    ADD COLUMN parent_id uuid,
    ADD COLUMN revoked_at timestamptz;
ALTER TABLE accounts ADD COLUMN second_factor_at timestamptz;
ALTER TABLE municipality_settings ADD COLUMN second_factor_required bool NOT NULL DEFAULT false;
";

const UNDO: &str = "
ALTER TABLE municipality_settings DROP COLUMN second_factor_required;
ALTER TABLE accounts DROP COLUMN second_factor_at;
ALTER TABLE refresh_tokens DROP COLUMN parent_id, DROP COLUMN revoked_at;
DROP TRIGGER changed ON sessions;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION entaku_changed('');
ALTER TABLE sessions DROP COLUMN lasting, DROP COLUMN authenticated_at, DROP COLUMN last_seen_at;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SESSIONS).await?;
        for table in [factors(), codes()] {
            table.create(manager).await?;
        }
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", KINDS).await?;
        }
        Ok(())
    }

    /// The word of the notice stays allowed: rows may have it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["recovery_codes", "second_factors"]).await?;
        run(manager, UNDO).await
    }
}

/// One for an account: the sealed secret, the last step that was used, and how often in a row a code was wrong.
fn factors() -> Tenant {
    Tenant::new(
        "second_factors",
        format!(
            "account_id uuid NOT NULL, key_id text NOT NULL, secret text NOT NULL, last_step bigint,
             tries int NOT NULL DEFAULT 0 CHECK (tries >= 0), tried_at timestamptz,
             UNIQUE (municipality_id, account_id), {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["secret", "last_step"])
    .deletable()
}

fn codes() -> Tenant {
    Tenant::new(
        "recovery_codes",
        format!(
            "account_id uuid NOT NULL, hash text NOT NULL, used_at timestamptz,
             UNIQUE (municipality_id, account_id, hash), {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["hash"])
    .deletable()
}
