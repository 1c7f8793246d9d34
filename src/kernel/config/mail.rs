//! How mails leave, and where their links lead.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use secrecy::SecretString;
use url::{Host, Url};

use crate::kernel::config::Profile;

/// Who developers' mails come from.
const NOBODY: &str = "Entaku <entaku@entaku.invalid>";

/// How mails leave.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// To where.
    pub route: Route,
    /// `From`: an address, or a name and an address.
    pub from: String,
    /// What links begin with, without a slash at the end. Never taken from a request.
    pub public_url: String,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Route {
    /// To a server.
    Smtp {
        /// `smtp://`, `smtp://…?tls=required` or `smtps://`, with user and password where it asks for them.
        url: SecretString,
        /// The certificate authority of a server that no public one vouches for, PEM.
        ca: Option<PathBuf>,
    },
    /// Into files; only in the demo.
    Folder(PathBuf),
    /// Nowhere; mails wait until it is configured.
    Nowhere,
}

pub(super) fn read(
    var: &impl Fn(&str) -> Option<String>,
    (profile, data_dir, issuer): (Profile, &Path, &str),
    problems: &mut Vec<String>,
) -> MailConfig {
    let route = match var("ENTAKU_SMTP_URL") {
        Some(url) => {
            problems.extend(server(&url).err());
            Route::Smtp { url: url.into(), ca: var("ENTAKU_SMTP_CA").map(PathBuf::from) }
        }
        None if profile == Profile::Demo => Route::Folder(data_dir.join("mail")),
        None => Route::Nowhere,
    };
    let from = var("ENTAKU_MAIL_FROM");
    if from.is_none() && matches!(route, Route::Smtp { .. }) {
        problems.push("ENTAKU_MAIL_FROM is required with ENTAKU_SMTP_URL".to_owned());
    }
    let from = from.unwrap_or_else(|| NOBODY.to_owned());
    if from.parse::<Mailbox>().is_err() {
        problems.push(format!("ENTAKU_MAIL_FROM={from:?} is not an address such as 円卓 <entaku@example.lg.jp>"));
    }
    let named = var("ENTAKU_PUBLIC_URL");
    problems.extend(named.as_deref().and_then(|url| site(url, profile).err()));
    let public_url = named.unwrap_or_else(|| issuer.to_owned());
    MailConfig { route, from, public_url: public_url.trim_end_matches('/').to_owned() }
}

/// The URL of a mail server. Its text is never shown, because it may hold a password.
fn server(text: &str) -> Result<(), String> {
    let wanted = "ENTAKU_SMTP_URL is not smtp://HOST, smtp://HOST?tls=required or smtps://HOST";
    let url = Url::parse(text).map_err(|_| wanted.to_owned())?;
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let covered = match (url.scheme(), tls.as_deref()) {
        ("smtps", None) | ("smtp", Some("required")) => true,
        ("smtp", None | Some("opportunistic")) => false,
        _ => return Err(wanted.to_owned()),
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Err(wanted.to_owned()) };
    let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    if url.password().is_some() && !covered && !here {
        return Err("ENTAKU_SMTP_URL would send its password in the clear: smtps:// or ?tls=required".to_owned());
    }
    Ok(())
}

/// The public site: https, except on this host.
fn site(text: &str, profile: Profile) -> Result<(), String> {
    let wanted = || format!("ENTAKU_PUBLIC_URL={text:?} is not an https:// address without ? and #");
    let url = Url::parse(text).map_err(|_| wanted())?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && (here || profile == Profile::Demo));
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if safe && plain && url.has_host() { Ok(()) } else { Err(wanted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(vars: &[(&str, &str)], profile: Profile) -> (MailConfig, Vec<String>) {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let mut problems = Vec::new();
        let config = read(&var, (profile, Path::new("data"), "https://entaku.example.jp"), &mut problems);
        (config, problems)
    }

    #[test]
    fn developers_get_files_and_nobody_else() {
        let (demo, none) = all(&[], Profile::Demo);
        assert!(none.is_empty() && matches!(demo.route, Route::Folder(folder) if folder == Path::new("data/mail")));
        let (real, none) = all(&[], Profile::Production);
        assert!(none.is_empty() && matches!(real.route, Route::Nowhere));
        assert_eq!(real.public_url, "https://entaku.example.jp");
    }

    #[test]
    fn what_cannot_be_used_is_said_without_its_secrets() {
        for (url, fits) in [
            ("smtps://u:hunter2@mail.example.jp", true),
            ("smtp://u:hunter2@mail.example.jp:587?tls=required", true),
            ("smtp://u:hunter2@127.0.0.1:2525", true),
            ("smtp://relay.lg.example.jp", true),
            ("smtp://u:hunter2@mail.example.jp", false),
            ("smtp://u:hunter2@mail.example.jp?tls=opportunistic", false),
            ("smtp://mail.example.jp?tls=perhaps", false),
            ("https://u:hunter2@mail.example.jp", false),
            ("hunter2", false),
        ] {
            let (config, problems) =
                all(&[("ENTAKU_SMTP_URL", url), ("ENTAKU_MAIL_FROM", "a@example.jp")], Profile::Production);
            assert_eq!(problems.is_empty(), fits, "{url}: {problems:?}");
            assert!(!format!("{config:?} {problems:?}").contains("hunter2"), "{url}");
        }
        let (_, problems) = all(&[("ENTAKU_SMTP_URL", "smtp://mail.example.jp")], Profile::Production);
        assert_eq!(problems.len(), 1, "{problems:?}");
        for from in ["nobody", "a@example.jp\r\nBcc: b@example.jp", "a@example.jp, b@example.jp"] {
            assert_eq!(all(&[("ENTAKU_MAIL_FROM", from)], Profile::Production).1.len(), 1, "{from}");
        }
    }

    #[test]
    fn v9_links_lead_to_one_safe_site() {
        for (url, fits) in [
            ("https://machi.example.jp/entaku/", true),
            ("http://127.0.0.1:8000", true),
            ("http://machi.example.jp", false),
            ("https://machi.example.jp?next=", false),
            ("https://u@machi.example.jp", false),
            ("javascript:alert(1)", false),
            ("machi.example.jp", false),
        ] {
            assert_eq!(all(&[("ENTAKU_PUBLIC_URL", url)], Profile::Production).1.is_empty(), fits, "{url}");
        }
        let (config, _) = all(&[("ENTAKU_PUBLIC_URL", "https://machi.example.jp/entaku/")], Profile::Production);
        assert_eq!(config.public_url, "https://machi.example.jp/entaku");
    }
}
