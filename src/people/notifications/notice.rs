//! What an act tells, and whom: written in the act's own transaction by one statement.

use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::id::TypedId;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::texts::texts;

/// Those who hold one of some roles over one thing, or over the municipality.
struct Holders {
    roles: &'static [Role],
    scope: ScopeKind,
    id: Option<Uuid>,
}

/// What is told of an object, and to whom. Every recipient may read the title.
pub struct Notice<'a> {
    kind: NotificationKind,
    object: (&'static str, Uuid),
    title: &'a str,
    holders: Vec<Holders>,
    accounts: Vec<Uuid>,
    except: Vec<Uuid>,
}

impl<'a> Notice<'a> {
    /// A notice of an object, to nobody yet.
    pub fn of<I: TypedId>(kind: NotificationKind, object: I, title: &'a str) -> Self {
        let object = (I::PREFIX, object.uuid());
        Self { kind, object, title, holders: Vec::new(), accounts: Vec::new(), except: Vec::new() }
    }

    /// To those who hold one of the roles over the municipality.
    #[must_use]
    pub fn to_hall(mut self, roles: &'static [Role]) -> Self {
        self.holders.push(Holders { roles, scope: ScopeKind::Municipality, id: None });
        self
    }

    /// To those who hold one of the roles over the thing, if there is one.
    #[must_use]
    pub fn to_holders(mut self, roles: &'static [Role], scope: ScopeKind, id: Option<Uuid>) -> Self {
        self.holders.extend(id.map(|id| Holders { roles, scope, id: Some(id) }));
        self
    }

    /// To somebody, if there is somebody.
    #[must_use]
    pub fn to(mut self, account: Option<AccountId>) -> Self {
        self.accounts.extend(account.map(|a| a.0));
        self
    }

    /// Not to these, because duties keep them from what is to be done next.
    #[must_use]
    pub fn except<const N: usize>(mut self, accounts: [Option<AccountId>; N]) -> Self {
        self.except.extend(accounts.into_iter().flatten().map(|a| a.0));
        self
    }
}

/// Tells it to each recipient once, but not to who acts, nor to those who chose to be told of the kind neither in the
/// application nor by mail, or whose account is suspended.
pub async fn notify(tx: &Tx, notice: Notice<'_>) -> Result<()> {
    if notice.holders.is_empty() && notice.accounts.is_empty() {
        return Ok(());
    }
    tx.run(statement(tx, notice)).await?;
    Ok(())
}

/// One row for each account among the recipients.
fn statement(tx: &Tx, notice: Notice<'_>) -> Sql {
    let text = texts(notice.kind, notice.title);
    let kind = Param::text(notice.kind.word());
    let mut sql = Sql::new(
        "INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, in_app) \
         SELECT ",
    );
    // A UUIDv7 each: its time from one of ours, its randomness from the database.
    sql.fill(
        "(left(?, 18) || right(gen_random_uuid()::text, 18))::uuid, a.id, ?, ?, ?, ?, ?, ?, coalesce(c.in_app, true) \
         FROM accounts a LEFT JOIN notification_choices c ON c.municipality_id = a.municipality_id \
         AND c.account_id = a.id AND c.kind = ?",
        [
            Param::text(Uuid::now_v7().to_string()),
            kind.clone(),
            Param::text(notice.object.0),
            Param::Uuid(Some(notice.object.1)),
            Param::text(text.ja),
            Param::text(text.easy),
            Param::text(text.en),
            kind,
        ],
    );
    let mut except = notice.except;
    except.extend(tx.principal.account.map(|actor| actor.0));
    sql.fill(
        " WHERE a.suspended_at IS NULL AND a.id <> ALL(?) AND coalesce(c.in_app OR c.mail_digest, true) \
         AND a.id IN (SELECT unnest(?)",
        [Param::Uuids(except), Param::Uuids(notice.accounts)],
    );
    for holders in &notice.holders {
        write_holders(tx, holders, &mut sql);
    }
    sql.push(")");
    sql
}

/// ` UNION` the accounts whose appointment is in force today.
fn write_holders(tx: &Tx, holders: &Holders, sql: &mut Sql) {
    let today = Param::Date(Some(tx.today()));
    sql.fill(
        " UNION SELECT p.account_id FROM appointments p WHERE p.scope = ? AND p.role = ANY(?) \
         AND p.ended_at IS NULL AND p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?)",
        [
            Param::text(holders.scope.word()),
            Param::Texts(holders.roles.iter().map(|role| role.word()).collect()),
            today.clone(),
            today,
        ],
    );
    match holders.id {
        Some(id) => sql.fill(" AND p.scope_id = ?", [Param::Uuid(Some(id))]),
        None => sql.push(" AND p.scope_id IS NULL"),
    }
}
