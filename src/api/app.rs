//! One server: its database, keys, clock and schema.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use async_graphql::ValidationMode;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::api::documents::Documents;
use crate::api::identity::SignIns;
use crate::api::networks::Networks;
use crate::api::open_data::Shelf;
use crate::api::places::Places;
use crate::api::rates::Rates;
use crate::api::schema::{EntakuSchema, schema};
use crate::api::trusted::Trusted;
use crate::api::variables::InputTypes;
use crate::api::workshop::Workshop;
use crate::files::graphql::UploadLimit;
use crate::kernel::clock::Clock;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::{FilesConfig, WireConfig};
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::feed::Feed;
use crate::kernel::files::Store;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Mode, Tx};
use crate::people::graphql::Identity;
use crate::people::password::Passwords;
use crate::people::sso::attempts::SingleSignOn;
use crate::people::throttle::Throttle;

/// How many subscriptions read at the same time: a lane that has three connections keeps one for requests.
const TURNS: usize = 2;

/// How an [`App`] is set up.
pub struct Settings {
    /// `iss` of the access tokens.
    pub issuer: String,
    /// The municipality of requests that name none.
    pub default_municipality: Option<LocalGovernmentCode>,
    /// Who may ask how much, and from where.
    pub wire: WireConfig,
    /// Where files are kept, and how large they may be.
    pub files: FilesConfig,
}

/// One server's parts.
pub struct App {
    /// The database, as the application.
    pub database: Database,
    /// The key ring.
    pub keys: Arc<KeyRing>,
    /// The clock.
    pub clock: Clock,
    /// Passwords; the schema has them too.
    pub passwords: Arc<Passwords>,
    /// The schema.
    pub schema: EntakuSchema,
    /// The same, for documents and variables that were found good before.
    pub checked: EntakuSchema,
    /// The types of its variables.
    pub input_types: InputTypes,
    /// The documents it has validated.
    pub documents: Documents,
    /// Where files are kept.
    pub files: Arc<Store>,
    /// Where files are made while somebody waits.
    pub workshop: Workshop,
    /// Files of open data that were made lately.
    pub open_data: Shelf,
    /// What changes.
    pub feed: Feed,
    /// The channels that are open.
    pub places: Places,
    /// How many subscriptions read at the same time: a change that concerns many must not take all connections.
    pub turns: Arc<Semaphore>,
    /// What a server that stops waits for.
    pub running: TaskTracker,
    /// The documents that applications were built with.
    pub trusted: Trusted,
    /// How much callers may ask for.
    pub rates: Rates,
    /// Where many people have one address.
    pub networks: Networks,
    /// How often somebody may fail to prove who they are.
    pub throttle: Throttle,
    /// The town halls' own sign-ins; the schema has them too.
    pub single_sign_on: Arc<SingleSignOn>,
    /// Who was seen lately.
    pub sign_ins: SignIns,
    /// How it is set up.
    pub settings: Settings,
    ready: AtomicBool,
    codes: RwLock<HashMap<LocalGovernmentCode, MunicipalityId>>,
}

impl App {
    /// Puts the parts together.
    pub fn new(database: Database, keys: Arc<KeyRing>, clock: Clock, settings: Settings) -> Result<Arc<Self>> {
        let passwords = Arc::new(Passwords::new(keys.clone())?);
        let throttle = Throttle { rate: settings.wire.sign_in_rate, own: settings.wire.own_times.get() };
        let single_sign_on = Arc::new(SingleSignOn::new(&settings.issuer, settings.wire.provider_ca.as_deref())?);
        let identity = Identity {
            passwords: passwords.clone(),
            issuer: settings.issuer.clone(),
            throttle,
            single_sign_on: single_sign_on.clone(),
        };
        let feed = Feed::new(database.clone(), keys.clone(), clock.clone());
        let files = Arc::new(Store::open(&settings.files)?);
        let limit = UploadLimit(files.limit);
        Ok(Arc::new(Self {
            files,
            workshop: Workshop::default(),
            open_data: Shelf::default(),
            feed,
            places: Places::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
            running: TaskTracker::new(),
            database,
            keys,
            passwords,
            schema: schema(identity.clone(), limit, ValidationMode::Strict),
            checked: schema(identity, limit, ValidationMode::Fast),
            input_types: InputTypes::default(),
            documents: Documents::default(),
            trusted: Trusted::read(&settings.wire).map_err(Error::internal)?,
            rates: Rates::new(&settings.wire, &clock),
            networks: Networks::default(),
            throttle,
            single_sign_on,
            sign_ins: SignIns::default(),
            clock,
            settings,
            ready: AtomicBool::new(false),
            codes: RwLock::default(),
        }))
    }

    /// Is the server ready for requests?
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Opens or closes the server for requests (`/readyz`).
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// A request of somebody, now.
    pub fn request(&self, principal: impl Into<Arc<Principal>>, municipality: Option<MunicipalityId>) -> Request {
        Request::new(principal, municipality, self.clock.now(), self.keys.clone())
    }

    /// A transaction of the system itself inside a municipality.
    pub fn system(&self, act: &'static str, municipality: Option<MunicipalityId>) -> Tx {
        let request = self.request(Principal::system(act), municipality);
        self.database.begin(Arc::new(request), Mode::Write)
    }

    /// The municipality of a code. A municipality's id never changes, so it is remembered.
    ///
    /// # Errors
    /// BAD_REQUEST/MUNICIPALITY_UNKNOWN.
    pub async fn municipality(&self, code: &LocalGovernmentCode) -> Result<MunicipalityId> {
        if let Some(id) = self.codes.read().ok().and_then(|codes| codes.get(code).copied()) {
            return Ok(id);
        }
        let request = Arc::new(self.request(Principal::public(), None));
        let tx = self.database.begin(request, Mode::Read);
        let mut sql = Sql::new("SELECT id FROM municipalities WHERE code = ");
        sql.param(Param::text(code.as_str()));
        let row = tx.rows(sql).await?.pop();
        tx.commit().await?;
        let row = row.ok_or_else(|| {
            Error::BadRequest(Refusal::new(
                "MUNICIPALITY_UNKNOWN",
                "この団体コードの自治体は登録されていません。",
                "No municipality with this code is registered.",
            ))
        })?;
        let id = MunicipalityId(row.try_get("id")?);
        if let Ok(mut codes) = self.codes.write() {
            codes.insert(code.clone(), id);
        }
        Ok(id)
    }
}
