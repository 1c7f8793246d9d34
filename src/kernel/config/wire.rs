//! What an installation decides about its wire: who may ask how much, and from where.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::Profile;

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody.
    Everybody,
    /// Those who are signed in.
    SignedIn,
    /// Nobody.
    Nobody,
}

impl Whom {
    /// Is a caller, signed in or not, among them?
    pub fn includes(self, signed_in: bool) -> bool {
        self == Self::Everybody || (self == Self::SignedIn && signed_in)
    }
}

/// So many points in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Points.
    pub points: NonZeroU32,
    /// Seconds.
    pub seconds: NonZeroU32,
}

impl Rate {
    /// So many times the points in the same time.
    #[must_use]
    pub fn times(self, times: NonZeroU32) -> Self {
        Self { points: self.points.saturating_mul(times), ..self }
    }
}

/// The configuration of the wire.
#[derive(Clone, Debug)]
pub struct WireConfig {
    /// Who may ask for the schema.
    pub introspection: Whom,
    /// Sites whose pages may ask from a browser.
    pub origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
    /// The installation's own networks, where many people have one address.
    pub networks: Vec<IpNet>,
    /// How many times as much as another address one of a municipality's own networks may spend and fail.
    pub own_times: NonZeroU32,
    /// What an account may spend.
    pub account_rate: Option<Rate>,
    /// What an address may spend without signing in.
    pub address_rate: Option<Rate>,
    /// How many failed sign-ins an address may have.
    pub sign_in_rate: Option<Rate>,
    /// How long the headers of a request may take.
    pub header_time: Duration,
    /// How long the rest of it may take.
    pub body_time: Duration,
    /// How long a whole request may take, with its answer.
    pub request_time: Duration,
    /// For how many seconds caches may keep what the public reads by GET.
    pub max_age: u32,
    /// Where the trusted documents are: a manifest, or a directory of manifests.
    pub documents: Option<PathBuf>,
    /// Who may send documents that are not among them.
    pub free_documents: Whom,
    /// The certificate authority of providers of single sign-on that no public one vouches for, PEM.
    pub provider_ca: Option<PathBuf>,
}

impl Default for WireConfig {
    /// Nothing is limited by time, and everybody may send any document.
    fn default() -> Self {
        Self {
            introspection: Whom::SignedIn,
            origins: Vec::new(),
            proxies: Vec::new(),
            networks: Vec::new(),
            own_times: OWN_TIMES,
            account_rate: None,
            address_rate: None,
            sign_in_rate: None,
            header_time: HEADER_TIME,
            body_time: BODY_TIME,
            request_time: REQUEST_TIME,
            max_age: 60,
            documents: None,
            free_documents: Whom::Everybody,
            provider_ca: None,
        }
    }
}

const fn rate(points: u32, seconds: u32) -> Option<Rate> {
    match (NonZeroU32::new(points), NonZeroU32::new(seconds)) {
        (Some(points), Some(seconds)) => Some(Rate { points, seconds }),
        _ => None,
    }
}

/// Two thousand points a second, a minute's worth at once.
const USUAL: Option<Rate> = rate(120_000, 60);
/// At most thirty in the first minute, then ten a minute: people mistype, guessing does not get far.
const FAILURES: Option<Rate> = rate(20, 120);
/// As many as work in a hall and ask at the same time.
const OWN_TIMES: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Enough for a phone in the mountains.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// 256 KiB at 26 KB a second.
const BODY_TIME: Duration = Duration::from_secs(10);
/// What people wait for.
const REQUEST_TIME: Duration = Duration::from_secs(20);

/// A proxy on the same host is believed unless others are named.
const THIS_HOST: [&str; 2] = ["127.0.0.0/8", "::1"];

/// Reads the wire's variables.
pub(super) fn read(var: &impl Fn(&str) -> Option<String>, profile: Profile, problems: &mut Vec<String>) -> WireConfig {
    let natural = if profile == Profile::Demo { Whom::Everybody } else { Whom::SignedIn };
    let mut reader = Reader { var, problems };
    let proxies = match var("ENTAKU_PROXIES") {
        Some(_) => reader.list("ENTAKU_PROXIES", "an address or a network", network),
        None => THIS_HOST.iter().filter_map(|text| network(text)).collect(),
    };
    let documents = (reader.var)("ENTAKU_DOCUMENTS").map(PathBuf::from);
    let free_documents = reader.whom("ENTAKU_FREE_DOCUMENTS", Whom::Everybody);
    if documents.is_none() && free_documents != Whom::Everybody {
        reader.problems.push("ENTAKU_FREE_DOCUMENTS needs ENTAKU_DOCUMENTS: nothing could be asked".to_owned());
    }
    WireConfig {
        introspection: reader.whom("ENTAKU_INTROSPECTION", natural),
        origins: reader.list("ENTAKU_ORIGINS", "an origin such as https://example.jp", origin),
        proxies,
        networks: reader.list("ENTAKU_NETWORKS", "an address or a network", network),
        own_times: super::parsed(var, "ENTAKU_NETWORKS_TIMES", "a number from 1 on", reader.problems)
            .unwrap_or(OWN_TIMES),
        account_rate: reader.rate("ENTAKU_RATE_ACCOUNT", USUAL),
        address_rate: reader.rate("ENTAKU_RATE_ADDRESS", USUAL),
        sign_in_rate: reader.rate("ENTAKU_RATE_SIGN_IN", FAILURES),
        header_time: reader.seconds("ENTAKU_TIME_HEADERS", HEADER_TIME),
        body_time: reader.seconds("ENTAKU_TIME_BODY", BODY_TIME),
        request_time: reader.seconds("ENTAKU_TIME_REQUEST", REQUEST_TIME),
        max_age: super::parsed(var, "ENTAKU_MAX_AGE", "a number of seconds", problems).unwrap_or(60),
        documents,
        free_documents,
        provider_ca: var("ENTAKU_SSO_CA").map(PathBuf::from),
    }
}

struct Reader<'r, V> {
    var: &'r V,
    problems: &'r mut Vec<String>,
}

impl<V: Fn(&str) -> Option<String>> Reader<'_, V> {
    fn whom(&mut self, name: &str, natural: Whom) -> Whom {
        match (self.var)(name).as_deref() {
            None => natural,
            Some("everybody") => Whom::Everybody,
            Some("signed-in") => Whom::SignedIn,
            Some("nobody") => Whom::Nobody,
            Some(other) => {
                self.problems.push(format!("{name}={other:?} is none of everybody, signed-in, nobody"));
                natural
            }
        }
    }

    fn list<T>(&mut self, name: &str, wanted: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let text = (self.var)(name).unwrap_or_default();
        let mut found = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match read(item) {
                Some(item) => found.push(item),
                None => self.problems.push(format!("{name}: {item:?} is not {wanted}")),
            }
        }
        found
    }

    fn seconds(&mut self, name: &str, natural: Duration) -> Duration {
        let seconds: Option<NonZeroU32> = super::parsed(self.var, name, "a number of seconds", self.problems);
        seconds.map_or(natural, |seconds| Duration::from_secs(seconds.get().into()))
    }

    fn rate(&mut self, name: &str, natural: Option<Rate>) -> Option<Rate> {
        let Some(text) = (self.var)(name) else { return natural };
        if text == "off" {
            return None;
        }
        let (points, seconds) = text.split_once('/').unwrap_or((&text, "60"));
        if let (Ok(points), Ok(seconds)) = (points.trim().parse(), seconds.trim().parse()) {
            return Some(Rate { points, seconds });
        }
        self.problems.push(format!("{name}={text:?} is neither POINTS/SECONDS such as 120000/60 nor off"));
        natural
    }
}

/// `https://host` or `https://host:port`, as browsers send it; `http` for a developer's machine.
fn origin(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    (!host.is_empty() && host.chars().all(fine)).then(|| text.to_owned())
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(vars: &[(&str, &str)]) -> Result<WireConfig, Vec<String>> {
        let mut problems = Vec::new();
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let wire = read(&var, Profile::Production, &mut problems);
        if problems.is_empty() { Ok(wire) } else { Err(problems) }
    }

    #[test]
    fn the_wire_is_generous_and_closed_to_other_sites() {
        let wire = wire(&[]).expect("usable");
        assert_eq!((wire.account_rate, wire.introspection), (rate(120_000, 60), Whom::SignedIn));
        assert!(wire.origins.is_empty() && wire.proxies.iter().all(|p| p.addr().is_loopback()));
    }

    #[test]
    fn the_wire_is_read() {
        let wire = wire(&[
            ("ENTAKU_ORIGINS", "https://a.example, http://localhost:5173"),
            ("ENTAKU_PROXIES", "10.0.0.0/8,192.0.2.1"),
            ("ENTAKU_RATE_ACCOUNT", "off"),
            ("ENTAKU_RATE_ADDRESS", "10/1"),
            ("ENTAKU_INTROSPECTION", "nobody"),
        ])
        .expect("usable");
        assert_eq!((wire.account_rate, wire.address_rate), (None, rate(10, 1)));
        assert_eq!((wire.origins.len(), wire.proxies.len(), wire.introspection), (2, 2, Whom::Nobody));
    }

    #[test]
    fn o1_every_problem_of_the_wire_is_listed() {
        let problems = wire(&[
            ("ENTAKU_ORIGINS", "*, https://a.example/"),
            ("ENTAKU_NETWORKS", "home"),
            ("ENTAKU_RATE_ACCOUNT", "0/60"),
            ("ENTAKU_INTROSPECTION", "yes"),
            ("ENTAKU_FREE_DOCUMENTS", "nobody"),
            ("ENTAKU_MAX_AGE", "-1"),
            ("ENTAKU_NETWORKS_TIMES", "0"),
            ("ENTAKU_TIME_BODY", "soon"),
        ]);
        assert_eq!(problems.expect_err("refused").len(), 9);
    }
}
