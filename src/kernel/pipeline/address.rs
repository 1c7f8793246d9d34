//! Where PostgreSQL is and whether the way there is encrypted, from a URL as libpq writes it.

use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::kernel::error::{Error, Result};

/// Where to connect, and by which TLS.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
}

impl FromStr for Address {
    type Err = Error;

    /// Reads a URL, `sslmode` and `sslrootcert` included. As with libpq, `prefer` (the default) and `require`
    /// encrypt without asking who answers; `verify-ca` and `verify-full` both check the certificate and its
    /// name, against `sslrootcert` or the roots of the web.
    fn from_str(text: &str) -> Result<Self> {
        let mut url = url::Url::parse(text).map_err(Error::internal)?;
        let (mut mode, mut roots) = (String::new(), None);
        let mut others = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = value.into_owned(),
                "sslrootcert" => roots = Some(value.into_owned()),
                _ => drop(others.append_pair(&name, &value)),
            }
        }
        let others = others.finish();
        url.set_query((!others.is_empty()).then_some(&others));
        let mut config = one_host(&Config::from_str(url.as_str())?)?;
        let (mode, verified) = match mode.as_str() {
            "disable" | "allow" => (SslMode::Disable, false),
            "" | "prefer" => (SslMode::Prefer, false),
            "require" => (SslMode::Require, roots.is_some()),
            "verify-ca" | "verify-full" => (SslMode::Require, true),
            other => return Err(Error::internal(format!("sslmode={other} is not known"))),
        };
        config.ssl_mode(mode);
        let tls = if verified { verifying(roots.as_deref())? } else { encrypting()? };
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }
}

/// The parameter `host` outranks the one before the path, as with libpq. Trying both would ask whatever else
/// listens there.
fn one_host(named: &Config) -> Result<Config> {
    let missing = || Error::internal("the database's URL lacks its host, user or database");
    let mut config = Config::new();
    match named.get_hosts().last().ok_or_else(missing)? {
        Host::Unix(directory) => config.host_path(directory),
        Host::Tcp(name) => config.host(name),
    };
    if let Some(port) = named.get_ports().last() {
        config.port(*port);
    }
    if let Some(password) = named.get_password() {
        config.password(password);
    }
    config.user(named.get_user().ok_or_else(missing)?).dbname(named.get_dbname().ok_or_else(missing)?);
    config.application_name("entaku");
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn verifying(roots: Option<&str>) -> Result<ClientConfig> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(Error::internal)? {
                store.add(certificate.map_err(Error::internal)?).map_err(Error::internal)?;
            }
        }
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    Ok(builder.map_err(Error::internal)?.with_root_certificates(store).with_no_client_auth())
}

fn encrypting() -> Result<ClientConfig> {
    let provider = provider();
    let anybody = Arc::new(Anybody(provider.clone()));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(Error::internal)?.dangerous().with_custom_certificate_verifier(anybody);
    Ok(builder.with_no_client_auth())
}

/// Takes any certificate that the other side can prove to hold: against listeners only.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> Config {
        url.parse::<Address>().expect("an address").config
    }

    #[test]
    fn the_socket_is_asked_and_nothing_else() {
        let socket = config("postgres://entaku_app@localhost:5432/entaku?host=%2Frun%2Fentaku&sslmode=disable");
        assert_eq!(socket.get_hosts(), [Host::Unix("/run/entaku".into())]);
        assert_eq!(socket.get_ssl_mode(), SslMode::Disable);
        assert_eq!(config("postgres://entaku_app@db/entaku").get_hosts(), [Host::Tcp("db".into())]);
    }

    #[test]
    fn the_way_is_encrypted_as_the_url_wants() {
        let mode = |mode: &str| config(&format!("postgres://a:b@db/c?sslmode={mode}")).get_ssl_mode();
        assert_eq!(mode("prefer"), SslMode::Prefer);
        assert_eq!(mode("require"), SslMode::Require);
        assert_eq!(mode("verify-full"), SslMode::Require);
        assert!("postgres://a:b@db/c?sslmode=sometimes".parse::<Address>().is_err());
    }
}
