//! Addresses that somebody had, so that forgetting them finds what was sent there; what disposing clears is left out of
//! the audit; what a request for erasure is written with (docs/adr/0033-former-addresses.md).

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        former_addresses().create(manager).await?;
        for statements in [DECLARED, RENEW, NARROWER] {
            run(manager, statements).await?;
        }
        run(manager, &cleared("||")).await?;
        run(manager, "SELECT entaku_renew_personal_columns()").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &cleared("-")).await?;
        run(manager, BACK).await?;
        run(manager, "SELECT entaku_renew_personal_columns(); DROP FUNCTION entaku_renew_personal_columns()").await?;
        drop(manager, &["former_addresses"]).await
    }
}

fn former_addresses() -> Tenant {
    Tenant::new(
        "former_addresses",
        format!("account_id uuid NOT NULL, email text NOT NULL, {}", fk("account_id", "accounts")),
    )
    .secret(&["email"])
    .indexed(&["account_id)"])
    .silent()
}

/// An address that is somebody else's today is not looked at: what is sent there is theirs.
const DECLARED: &str = "
CREATE FUNCTION entaku_addresses(town uuid, person uuid) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT a.email FROM accounts a WHERE a.municipality_id = town AND a.id = person
    UNION
    SELECT f.email FROM former_addresses f WHERE f.municipality_id = town AND f.account_id = person
        AND NOT EXISTS (SELECT FROM accounts o
            WHERE o.municipality_id = town AND o.email = f.email AND o.id <> person) $$;
GRANT EXECUTE ON FUNCTION entaku_addresses(uuid, uuid) TO entaku_app;
REVOKE UPDATE ON former_addresses FROM entaku_app;
INSERT INTO personal_tables (place, name, label, about, fate, change, changed, acted, personal, hidden)
    SELECT max(place), 'former_addresses', '以前のメールアドレス', 't.account_id = $1', 'DELETE', '', 'true',
        '{}', '{email}', '{}' FROM personal_tables WHERE name = 'accounts';
UPDATE personal_tables SET about = 't.email IN (SELECT entaku_addresses(t.municipality_id, $1))'
    WHERE name = 'invitations';
UPDATE personal_tables SET about = 't.recipient IN (SELECT entaku_addresses(t.municipality_id, $1))'
    WHERE name = 'mails';
";

const BACK: &str = "
UPDATE personal_tables SET about =
    't.email = (SELECT a.email FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.id = $1)'
    WHERE name = 'invitations';
UPDATE personal_tables SET about =
    't.recipient = (SELECT a.email FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.id = $1)'
    WHERE name = 'mails';
DELETE FROM personal_tables WHERE name = 'former_addresses';
DROP FUNCTION entaku_addresses(uuid, uuid);
REVOKE INSERT ON erasure_requests FROM entaku_app;
GRANT INSERT ON erasure_requests TO entaku_app;
";

/// The texts that a retention period or an erasure clears, so that the audit does not keep them.
const CLEARED: &[(&str, &str)] = &[
    ("challenge_proposals", "{title,summary}"),
    ("files", "{name}"),
    ("exports", "{name,variables}"),
    ("liaison_requests", "{subject}"),
];

fn cleared(how: &str) -> String {
    let added = |(table, columns): &(&str, &str)| {
        let list = match how {
            "||" => format!("personal || '{columns}'::text[]"),
            _ => format!("ARRAY(SELECT unnest(personal) EXCEPT SELECT unnest('{columns}'::text[]))"),
        };
        format!("UPDATE personal_tables SET personal = {list} WHERE name = '{table}';")
    };
    CLEARED.iter().map(added).collect()
}

/// The audit's list of personal columns follows the declarations. It is written out, so that PostgreSQL puts it in line
/// for every row that changes; a migration that declares personal columns calls this.
const RENEW: &str = "
CREATE FUNCTION entaku_renew_personal_columns() RETURNS void LANGUAGE plpgsql AS $do$
DECLARE
    lines text;
BEGIN
    SELECT string_agg(format('WHEN %L THEN %L::text[]', name, personal), ' ' ORDER BY place, name) INTO lines
        FROM personal_tables WHERE cardinality(personal) > 0;
    EXECUTE format('CREATE OR REPLACE FUNCTION entaku_personal_columns(of text) RETURNS text[]
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN current_setting(''entaku.forgetting'', true) = ''on'' AND entaku_forgetting()
                THEN entaku_text_columns(of) ELSE CASE of %s ELSE ARRAY[]::text[] END END $$', lines);
END $do$;
REVOKE EXECUTE ON FUNCTION entaku_renew_personal_columns() FROM PUBLIC;
";

/// A request begins undecided.
const NARROWER: &str = "
REVOKE INSERT ON erasure_requests FROM entaku_app;
GRANT INSERT (municipality_id, id, account_id, requested_by, reason, state) ON erasure_requests TO entaku_app;
";
