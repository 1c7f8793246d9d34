//! The stage of one municipality: its things by their keys, and its people, as whom to act.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::api::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, MunicipalityId, Principal, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::japan_day;
use crate::kernel::tx::{Mode, Tx};
use crate::people::entity::SectionId;
use crate::people::{authenticate, session};

/// The things and people of one municipality of the demo.
pub(super) struct Stage<'a> {
    pub(super) app: &'a App,
    pub(super) municipality: MunicipalityId,
    keys: HashMap<(&'static str, String), Uuid>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(app: &'a App, municipality: MunicipalityId) -> Self {
        Self { app, municipality, keys: HashMap::new() }
    }

    /// Remembers a thing by its key.
    pub(super) fn remember(&mut self, kind: &'static str, key: &str, id: Uuid) {
        self.keys.insert((kind, key.to_owned()), id);
    }

    /// A thing by its key.
    pub(super) fn id(&self, kind: &'static str, key: &str) -> Result<Uuid> {
        let found = self.keys.get(&(kind, key.to_owned())).copied();
        found.ok_or_else(|| Error::internal(format!("the demo has no {kind} {key}")))
    }

    /// The first of the organizations, by their keys.
    pub(super) fn organization(&self) -> Result<Uuid> {
        let organizations = self.keys.iter().filter(|((kind, _), _)| *kind == "organization");
        let first = organizations.min_by_key(|((_, key), _)| key.as_str()).map(|(_, id)| *id);
        first.ok_or_else(|| Error::internal("the demo has no organization"))
    }

    /// How many accounts there are.
    pub(super) fn people(&self) -> usize {
        self.keys.keys().filter(|(kind, _)| *kind == "account").count()
    }

    /// The system inside this municipality.
    pub(super) fn system(&self) -> Tx {
        self.app.system("demo", Some(self.municipality))
    }

    /// Somebody of this municipality, with the appointments they hold.
    async fn somebody(&self, account: &str) -> Result<Tx> {
        let account = AccountId(self.id("account", account)?);
        let principal = self.principal(account).await?;
        let request = self.app.request(principal, Some(self.municipality));
        Ok(self.app.database.begin(Arc::new(request), Mode::Write))
    }

    async fn principal(&self, account: AccountId) -> Result<Principal> {
        let tx = self.system();
        session::open(&tx, &self.app.settings.issuer, account, "demo").await?;
        let mut sql = Sql::new("SELECT id FROM sessions WHERE account_id = ");
        sql.param(Param::Uuid(Some(account.0)));
        sql.push(" ORDER BY id DESC LIMIT 1");
        let row = tx.rows(sql).await?.pop().ok_or(Error::NotFound)?;
        let session = SessionId(row.try_get("id")?);
        let principal = authenticate::principal(&tx, session, account).await?;
        tx.rollback().await?;
        Ok(Principal { session: None, ..principal })
    }

    /// Somebody does something, in a transaction of its own.
    pub(super) async fn act<T>(
        &self,
        who: &str,
        what: impl for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>>,
    ) -> Result<T> {
        let tx = self.somebody(who).await?;
        let done = what(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Is a record there already?
    pub(super) async fn is_there(&self, table: &'static str, column: &'static str, value: &str) -> Result<bool> {
        let tx = self.system();
        let found = Self::known(&tx, table, column, value).await?;
        tx.commit().await?;
        Ok(found.is_some())
    }

    /// The day in Japan.
    pub(super) fn today(&self) -> chrono::NaiveDate {
        japan_day(self.app.clock.now())
    }

    /// The sections by their keys.
    pub(super) fn sections(&self) -> HashMap<String, SectionId> {
        let sections = self.keys.iter().filter(|((kind, _), _)| *kind == "section");
        sections.map(|((_, key), id)| (key.clone(), SectionId(*id))).collect()
    }

    /// The id of the row of a table whose column has this value, if it is there already.
    pub(super) async fn known(tx: &Tx, table: &'static str, column: &'static str, value: &str) -> Result<Option<Uuid>> {
        let mut sql = Sql::new(&format!("SELECT id FROM {table} WHERE {column} = "));
        sql.param(Param::text(value));
        tx.rows(sql).await?.first().map(|row| Ok(row.try_get("id")?)).transpose()
    }
}
