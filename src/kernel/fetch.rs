//! Asking another host: by https, of a host with a name, for a few seconds and kibibytes, following no redirect. Where
//! the installation itself is on this host alone (a developer's, a test's), other servers of this host may be asked, in
//! the clear; nowhere else may an address lead back to it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// How long a whole answer may take.
const TIME: Duration = Duration::from_secs(5);
/// The most of an answer that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Why there is no answer. The words are for the log.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none that may be asked.
    #[error("an address that is not asked")]
    Address,
    /// No answer, or not in time.
    #[error("no answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The answer is longer than [`LARGEST`].
    #[error("an answer of more than {LARGEST} bytes")]
    TooLarge,
    /// The client cannot be made.
    #[error("{0}")]
    Setup(String),
}

/// A client for other hosts.
#[derive(Clone)]
pub struct Fetch {
    client: reqwest::Client,
    loopback: bool,
}

impl Fetch {
    /// A client of an installation at `own` address, which also trusts the authority in `ca` (PEM).
    pub fn new(own: &str, ca: Option<&Path>) -> Result<Self, FetchError> {
        let loopback = Url::parse(own).is_ok_and(|url| is_here(&url));
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(ca)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Careful { loopback }))
            .timeout(TIME)
            .user_agent("entaku")
            .build()?;
        Ok(Self { client, loopback })
    }

    /// May this address be asked?
    pub fn allows(&self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let elsewhere =
            url.scheme() == "https" && matches!(url.host(), Some(Host::Domain(name)) if name != "localhost");
        plain && (elsewhere || (self.loopback && matches!(url.scheme(), "http" | "https") && is_here(url)))
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// [`FetchError`]; any status is an answer.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError> {
        let request = reqwest::Request::try_from(request)?;
        if !self.allows(request.url()) {
            return Err(FetchError::Address);
        }
        let mut response = self.client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }

    /// The body of what is found at an address; a failure for every status but 200.
    pub async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let request = http::Request::get(url.as_str()).header(http::header::ACCEPT, "application/json");
        let request = request.body(Vec::new()).map_err(|_| FetchError::Address)?;
        let answer = self.send(request).await?;
        if answer.status() == http::StatusCode::OK { Ok(answer.into_body()) } else { Err(FetchError::Address) }
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The authorities that browsers know, and one's own.
fn tls(ca: Option<&Path>) -> Result<ClientConfig, FetchError> {
    let fault = |cause: String| FetchError::Setup(cause);
    let mut store = RootCertStore::empty();
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = ca {
        let all = CertificateDer::pem_file_iter(path).map_err(|e| fault(format!("{}: {e}", path.display())))?;
        for one in all {
            store.add(one.map_err(|e| fault(e.to_string()))?).map_err(|e| fault(e.to_string()))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| fault(e.to_string()))?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

/// Finds the addresses of a name, and leaves out those that no other host has: what a name leads to is decided by
/// whoever owns it. Addresses of private networks stay: that is where a town hall's servers are.
struct Careful {
    loopback: bool,
}

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fit: Vec<SocketAddr> = found.filter(|at| loopback || is_elsewhere(at.ip())).collect();
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

/// Is it an address that another host can have?
fn is_elsewhere(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let none = v4.is_loopback() || v4.is_unspecified() || v4.is_link_local();
            !(none || v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local() || v6.is_multicast()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v10_only_named_hosts_are_asked_and_by_https() {
        let client = Fetch::new("https://entaku.example.jp", None).expect("a client");
        let may = |url: &str| Url::parse(url).is_ok_and(|url| client.allows(&url));
        assert!(may("https://login.example.jp/tenant/v2.0"));
        for url in [
            "http://login.example.jp",
            "https://127.0.0.1",
            "https://localhost",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1",
            "https://0x7f000001/",
            "https://[::ffff:127.0.0.1]/",
            "https://u:p@login.example.jp",
            "https://u@login.example.jp",
            "https://login.example.jp/#x",
            "file:///etc/passwd",
            "gopher://login.example.jp",
        ] {
            assert!(!may(url), "{url}");
        }
        let here = Fetch::new("http://127.0.0.1:8000", None).expect("a client");
        assert!(here.allows(&Url::parse("http://127.0.0.1:9/x").expect("a URL")));
        assert!(!here.allows(&Url::parse("http://10.0.0.1/").expect("a URL")));
    }

    #[test]
    fn v10_a_name_that_leads_back_here_leads_nowhere() {
        for address in
            ["127.0.0.1", "::1", "0.0.0.0", "0.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1", "224.0.0.1"]
        {
            assert!(!is_elsewhere(address.parse().expect("an address")), "{address}");
        }
        for address in ["10.1.2.3", "192.0.2.1", "fd00::1", "2001:db8::1"] {
            assert!(is_elsewhere(address.parse().expect("an address")), "{address}");
        }
    }
}
