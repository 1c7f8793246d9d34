//! Municipalities' own networks: a whole hall asks from one address. An installation names its own
//! (`ENTAKU_NETWORKS`), and each municipality lists its own in its settings.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use ipnet::IpNet;
use quick_cache::sync::Cache;

use crate::api::address::household;
use crate::api::app::App;
use crate::api::rates::Payer;
use crate::kernel::error::Result;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::read::Ty;
use crate::kernel::read::sql::Sql;
use crate::kernel::request::Whence;
use crate::people::rules::networks;

/// For how long a municipality's list is believed.
const BELIEVED: Duration = Duration::minutes(1);
/// How many municipalities' lists are kept.
const KEPT: usize = 2_000;

/// The lists of the municipalities that were asked for lately.
pub struct Networks(Cache<MunicipalityId, Arc<Seen>>);

struct Seen {
    networks: Vec<IpNet>,
    at: DateTime<Utc>,
}

impl Default for Networks {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Networks {
    /// Where a request for a municipality came from.
    pub async fn whence(&self, app: &App, address: IpAddr, municipality: Option<MunicipalityId>) -> Whence {
        let own = includes(&app.settings.wire.networks, address)
            || match municipality {
                Some(municipality) => {
                    self.of_town(app, municipality).await.is_ok_and(|n| includes(&n.networks, address))
                }
                None => false,
            };
        Whence { network: household(address), own }
    }

    /// Who pays for what came from there while nothing else is known of it.
    pub fn stranger(&self, app: &App, address: IpAddr) -> Payer {
        let network = household(address);
        if includes(&app.settings.wire.networks, address) { Payer::Own(network) } else { Payer::Address(network) }
    }

    async fn of_town(&self, app: &App, municipality: MunicipalityId) -> Result<Arc<Seen>> {
        let now = app.clock.now();
        let fresh = |seen: &Arc<Seen>| Duration::zero() <= now - seen.at && now - seen.at < BELIEVED;
        if let Some(seen) = self.0.get(&municipality).filter(fresh) {
            return Ok(seen);
        }
        // In a box, because most requests find it.
        Box::pin(self.read(app, municipality)).await
    }

    async fn read(&self, app: &App, municipality: MunicipalityId) -> Result<Arc<Seen>> {
        let looking = app.request(Principal::system("networks"), Some(municipality));
        let sql = Sql::new("SELECT networks FROM municipality_settings");
        let rows = app.database.ask(&looking, sql).await?;
        let text = rows.first().map(|row| row.get::<Option<&str>>(0, Ty::Text)).transpose()?.flatten();
        let seen = Arc::new(Seen { networks: networks(text.unwrap_or("")).unwrap_or_default(), at: looking.now });
        self.0.insert(municipality, seen.clone());
        Ok(seen)
    }
}

fn includes(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}
