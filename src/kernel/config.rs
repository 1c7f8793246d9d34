//! Configuration, from the environment alone. Every problem is listed at once; secrets are never shown.

mod files;
mod mail;
mod wire;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::kernel::codes::LocalGovernmentCode;
pub use files::{Bucket, FilesConfig, Place};
pub use mail::{MailConfig, Route};
pub use wire::{Rate, Whom, WireConfig};

/// How careful the installation must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Made-up data, printed sign-ins, introspection for all. Only on loopback.
    Demo,
    /// Real people's data.
    Production,
}

/// Where a database of one's own is. Without them the program keeps an embedded cluster.
#[derive(Debug)]
pub struct DatabaseUrls {
    /// As `entaku_app`; may go through a pooler.
    pub app: SecretString,
    /// As `entaku_app`, without a pooler: LISTEN and advisory locks.
    pub direct: SecretString,
    /// As `entaku_worker`.
    pub worker: SecretString,
    /// As `entaku_owner`; only for migrations.
    pub owner: Option<SecretString>,
}

/// The configuration of a process.
#[derive(Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How careful it must be.
    pub profile: Profile,
    /// Where the embedded cluster and its keys are kept.
    pub data_dir: PathBuf,
    /// A database of one's own.
    pub database: Option<DatabaseUrls>,
    /// The key ring's file.
    pub keys_file: PathBuf,
    /// The municipality of requests that name none.
    pub default_municipality: Option<LocalGovernmentCode>,
    /// `iss` of the access tokens: the public address of this installation.
    pub issuer: String,
    /// The most connections of the application.
    pub connections: usize,
    /// How many lanes answer requests: one for each core, as far as there are three connections for each.
    pub lanes: usize,
    /// Who may ask how much, and from where.
    pub wire: WireConfig,
    /// How mails leave, and where their links lead.
    pub mail: MailConfig,
    /// Where files are kept, and how large they may be.
    pub files: FilesConfig,
}

/// Everything wrong with the environment, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not usable:\n{}", .0.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    }

    /// Reads variables from anywhere.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let database = database(&var, &mut problems);
        let listen = parsed(&var, "ENTAKU_LISTEN", "an address such as 127.0.0.1:8000", &mut problems)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000)));
        let profile = profile(&var, database.is_none(), listen, &mut problems);
        let data_dir = PathBuf::from(var("ENTAKU_DATA_DIR").unwrap_or_else(|| "data".to_owned()));
        let keys_file = match var("ENTAKU_KEYS_FILE") {
            Some(path) => PathBuf::from(path),
            None => data_dir.join("keys.json"),
        };
        if database.is_some() && var("ENTAKU_KEYS_FILE").is_none() {
            problems.push("ENTAKU_KEYS_FILE is required with DATABASE_URL".to_owned());
        }
        let default_municipality = code(&var, profile, &mut problems);
        let issuer = var("ENTAKU_ISSUER").unwrap_or_else(|| format!("http://{listen}"));
        if profile == Profile::Production && database.is_some() && !issuer.starts_with("https://") {
            problems.push("ENTAKU_ISSUER must be the public https:// address in production".to_owned());
        }
        let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
        let connections = parsed::<u16>(&var, "ENTAKU_CONNECTIONS", "a number", &mut problems).map(usize::from);
        let connections = connections.unwrap_or((cores + 1) * 3);
        let lanes = cores.min(connections / 3);
        let wire = wire::read(&var, profile, &mut problems);
        let mail = mail::read(&var, (profile, &data_dir, &issuer), &mut problems);
        let files = files::read(&var, &data_dir, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        Ok(Self {
            listen,
            profile,
            data_dir,
            database,
            keys_file,
            default_municipality,
            issuer,
            connections,
            lanes,
            wire,
            mail,
            files,
        })
    }
}

fn parsed<T: std::str::FromStr>(
    var: &impl Fn(&str) -> Option<String>,
    name: &str,
    wanted: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    let text = var(name)?;
    let value = text.parse().ok();
    if value.is_none() {
        problems.push(format!("{name}={text:?} is not {wanted}"));
    }
    value
}

fn database(var: &impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Option<DatabaseUrls> {
    let app = var("DATABASE_URL");
    let worker = var("ENTAKU_WORKER_DATABASE_URL");
    let owner = var("ENTAKU_OWNER_DATABASE_URL").map(SecretString::from);
    match (app, worker) {
        (Some(app), Some(worker)) => {
            let direct = var("ENTAKU_DIRECT_DATABASE_URL").unwrap_or_else(|| app.clone());
            Some(DatabaseUrls { app: app.into(), direct: direct.into(), worker: worker.into(), owner })
        }
        (None, None) => None,
        (Some(_), None) => {
            problems.push("ENTAKU_WORKER_DATABASE_URL is required with DATABASE_URL".to_owned());
            None
        }
        (None, Some(_)) => {
            problems.push("DATABASE_URL is required with ENTAKU_WORKER_DATABASE_URL".to_owned());
            None
        }
    }
}

fn profile(
    var: &impl Fn(&str) -> Option<String>,
    embedded: bool,
    listen: SocketAddr,
    problems: &mut Vec<String>,
) -> Profile {
    let natural = if embedded && listen.ip().is_loopback() { Profile::Demo } else { Profile::Production };
    match var("ENTAKU_PROFILE").as_deref() {
        None => natural,
        Some("production") => Profile::Production,
        Some("demo") if listen.ip().is_loopback() => Profile::Demo,
        Some("demo") => {
            problems.push(format!(
                "ENTAKU_PROFILE=demo refuses {listen}: the demo has printed passwords and listens on loopback only"
            ));
            natural
        }
        Some(other) => {
            problems.push(format!("ENTAKU_PROFILE={other:?} is neither demo nor production"));
            natural
        }
    }
}

fn code(
    var: &impl Fn(&str) -> Option<String>,
    profile: Profile,
    problems: &mut Vec<String>,
) -> Option<LocalGovernmentCode> {
    let demo = || (profile == Profile::Demo).then(|| "322091".to_owned());
    let text = var("ENTAKU_DEFAULT_MUNICIPALITY").or_else(demo)?;
    let code = LocalGovernmentCode::parse(&text);
    if code.is_none() {
        problems.push(format!("ENTAKU_DEFAULT_MUNICIPALITY={text:?} is not a local government code"));
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nothing_set_is_a_demo_on_loopback() {
        let config = read(&[]).expect("usable");
        assert_eq!(config.profile, Profile::Demo);
        assert_eq!(config.default_municipality.expect("set").as_str(), "322091");
    }

    #[test]
    fn o1_every_problem_is_listed_at_once_and_no_secret_shown() {
        let vars = [
            ("DATABASE_URL", "postgres://entaku_app:hunter2@db/entaku"),
            ("ENTAKU_LISTEN", "nowhere"),
            ("ENTAKU_PROFILE", "test"),
            ("ENTAKU_DEFAULT_MUNICIPALITY", "322092"),
        ];
        let text = read(&vars).expect_err("refused").to_string();
        for name in ["ENTAKU_WORKER_DATABASE_URL", "ENTAKU_LISTEN", "ENTAKU_PROFILE", "ENTAKU_DEFAULT_MUNICIPALITY"] {
            assert!(text.contains(name), "{text}");
        }
        assert!(!text.contains("hunter2"));
    }

    #[test]
    fn the_demo_listens_on_loopback_only() {
        assert!(read(&[("ENTAKU_PROFILE", "demo"), ("ENTAKU_LISTEN", "0.0.0.0:8000")]).is_err());
        let open = read(&[("ENTAKU_LISTEN", "0.0.0.0:8000")]).expect("usable");
        assert_eq!(open.profile, Profile::Production);
    }
}
