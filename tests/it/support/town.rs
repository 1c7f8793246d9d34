//! A fresh municipality and its people.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Duration, TimeZone, Utc};
use entaku::api::app::{App, Settings};
use entaku::api::establish::{New, establish};
use entaku::kernel::clock::Clock;
use entaku::kernel::codes::LocalGovernmentCode;
use entaku::kernel::config::{FilesConfig, Whom, WireConfig};
use entaku::kernel::date::Date;
use entaku::kernel::error::Error;
use entaku::kernel::id::TypedId;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::{AccountId, MunicipalityId, Role, ScopeKind};
use entaku::kernel::tx::{Database, Tx};
use entaku::people::entity::{AppointmentId, account, appointment};
use entaku::people::session;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::{Client, database};

/// Where tests begin: a working day in fiscal 2026.
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 20, 1, 0, 0).single().expect("a time")
}

/// An app over the test database with a clock that stands still.
pub fn app() -> Arc<App> {
    app_over(&database::url("entaku_app"))
}

/// Files in a directory of the build; the largest has a mebibyte.
pub fn files() -> FilesConfig {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    FilesConfig { limit: 1024 * 1024, ..FilesConfig::below(directory) }
}

/// An app over any database.
pub fn app_over(url: &str) -> Arc<App> {
    app_as(url, WireConfig { introspection: Whom::Everybody, ..WireConfig::default() })
}

/// An app whose wire is configured like this.
pub fn app_with(wire: WireConfig) -> Arc<App> {
    app_as(&database::url("entaku_app"), wire)
}

/// Two servers of one installation: over the same database, with the same keys and the same clock.
pub fn pair(wire: &WireConfig) -> [Arc<App>; 2] {
    let (keys, clock) = (Arc::new(KeyRing::ephemeral().expect("keys")), Clock::fixed(start()));
    [(); 2].map(|()| app_of(&database::url("entaku_app"), wire.clone(), keys.clone(), clock.clone()))
}

fn app_as(url: &str, wire: WireConfig) -> Arc<App> {
    app_of(url, wire, Arc::new(KeyRing::ephemeral().expect("keys")), Clock::fixed(start()))
}

/// An app over any database, with keys and a clock of the test's own.
pub fn app_of(url: &str, wire: WireConfig, keys: Arc<KeyRing>, clock: Clock) -> Arc<App> {
    app_on(Database::connect(url, 8, 0).expect("a pool"), wire, keys, clock)
}

/// An app on pools of the test's own.
pub fn app_on(database: Database, wire: WireConfig, keys: Arc<KeyRing>, clock: Clock) -> Arc<App> {
    let settings =
        Settings { issuer: "http://127.0.0.1:8000".into(), default_municipality: None, wire, files: files() };
    let app = App::new(database, keys, clock, settings).expect("an app");
    app.set_ready(true);
    app
}

/// A municipality of one test's own.
pub struct Town {
    pub app: Arc<App>,
    pub id: MunicipalityId,
    pub code: LocalGovernmentCode,
}

impl Town {
    /// A fresh municipality.
    pub async fn new() -> Self {
        Self::beside(app()).await
    }

    /// Another fresh municipality on the same server.
    pub async fn beside(app: Arc<App>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let draw = u32::from_be_bytes(Uuid::new_v4().into_bytes()[..4].try_into().expect("four bytes"))
                ^ COUNT.fetch_add(1, Ordering::Relaxed);
            let code = LocalGovernmentCode::parse(&format!("{:05}", draw % 100_000)).expect("a code");
            if app.municipality(&code).await.is_ok() {
                continue;
            }
            let new =
                New { code: code.clone(), name: "試験町", kana: "しけんちょう", prefecture: "試験県" };
            match establish(&app, new).await {
                Ok(id) => return Self { app, id, code },
                Err(Error::Conflict(_)) => {}
                Err(other) => panic!("no municipality: {other:?}"),
            }
        }
    }

    /// The system inside this municipality.
    pub fn system(&self) -> Tx {
        self.app.system("test", Some(self.id))
    }

    /// Nobody in particular, asking for this municipality.
    pub fn public(&self) -> Client {
        Client::new(self.app.clone()).with("entaku-municipality", self.code.as_str())
    }

    /// Somebody with a role over the whole municipality.
    pub async fn staff(&self, role: Role) -> Client {
        self.person(role, ScopeKind::Municipality, None).await.1
    }

    /// Somebody with a role over one thing.
    pub async fn over(&self, role: Role, scope: ScopeKind, id: &str) -> Client {
        let uuid = entaku::kernel::id::decode(id).expect("an id").1;
        self.person(role, scope, Some(uuid)).await.1
    }

    /// Somebody signed in without any appointment.
    pub async fn resident(&self) -> Client {
        let tx = self.system();
        let account = Self::account(&tx).await;
        self.sign_in(tx, account).await
    }

    /// Somebody with a role, and their account's id.
    pub async fn person(&self, role: Role, scope: ScopeKind, id: Option<Uuid>) -> (AccountId, Client) {
        let tx = self.system();
        let account = Self::account(&tx).await;
        Self::appointment(&tx, account, role, scope, id).await;
        (account, self.sign_in(tx, account).await)
    }

    /// Somebody who has an account, signed in just now.
    pub async fn as_account(&self, account: AccountId) -> Client {
        self.sign_in(self.system(), account).await
    }

    /// Another appointment for somebody.
    pub async fn appoint(&self, account: AccountId, role: Role, scope: ScopeKind, id: Option<Uuid>) {
        let tx = self.system();
        Self::appointment(&tx, account, role, scope, id).await;
        tx.commit().await.expect("committed");
    }

    /// Somebody signs in anew: their session was over.
    pub async fn enter(&self, account: AccountId) -> Client {
        self.sign_in(self.system(), account).await
    }

    /// Ends whatever somebody was appointed to.
    pub async fn dismiss(&self, account: AccountId) {
        let tx = self.system();
        let held = appointment::Entity::find().filter(appointment::Column::AccountId.eq(account));
        for row in held.all(&tx).await.expect("appointments") {
            let mut row: appointment::ActiveModel = row.into();
            row.ended_at = Set(Some(start()));
            row.update(&tx).await.expect("ended");
        }
        tx.commit().await.expect("committed");
    }

    async fn appointment(tx: &Tx, account: AccountId, role: Role, scope: ScopeKind, id: Option<Uuid>) {
        appointment::ActiveModel {
            id: Set(AppointmentId::new()),
            account_id: Set(account),
            role: Set(role),
            scope: Set(scope),
            scope_id: Set(id),
            starts_on: Set(Date((start() - Duration::days(400)).date_naive())),
            ..Default::default()
        }
        .insert(tx)
        .await
        .expect("an appointment");
    }

    async fn account(tx: &Tx) -> AccountId {
        let id = AccountId::new();
        let row = account::ActiveModel {
            id: Set(id),
            email: Set(format!("{}@example.jp", id.uuid().simple())),
            name: Set("試験 太郎".into()),
            name_kana: Set("しけん たろう".into()),
            ..Default::default()
        };
        row.insert(tx).await.expect("an account");
        id
    }

    async fn sign_in(&self, tx: Tx, account: AccountId) -> Client {
        let tokens = session::open(&tx, &self.app.settings.issuer, account, "test").await.expect("a session");
        tx.commit().await.expect("committed");
        Client::new(self.app.clone()).with("authorization", &format!("Bearer {}", tokens.access_token))
    }
}
