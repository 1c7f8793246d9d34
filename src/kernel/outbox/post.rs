//! How a mail leaves: by SMTP (RFC 5321), into a folder for developers, or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::kernel::config::{MailConfig, Route};

/// A mail as it is sent.
pub struct Letter {
    /// Its `Message-ID` is made of it, so that it is the same at every try.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// When it was written.
    pub date: DateTime<Utc>,
}

/// Why a mail was not delivered: a short word for operators, without anything of the mail in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// It may be delivered later.
    Later(String),
    /// It never will be.
    Never(String),
}

/// Where mails go.
pub enum Post {
    /// To a server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Into files for a developer to read.
    Folder(PathBuf),
    /// Nowhere: it is not configured, and mails wait.
    Nowhere,
}

impl Post {
    /// As configured. No command of the server may take longer than `patience`.
    ///
    /// # Errors
    /// A sentence for the operator where the configuration cannot be used.
    pub fn open(config: &MailConfig, patience: Duration) -> Result<Self, String> {
        match &config.route {
            Route::Smtp { url, ca } => {
                let url = url.expose_secret();
                // lettre's error may show the URL, and with it the password.
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                let mut builder = builder.map_err(|_| "ENTAKU_SMTP_URL cannot be used".to_owned())?;
                if let Some(tls) = ca.as_deref().map(|ca| own_tls(url, ca)).transpose()?.flatten() {
                    builder = builder.tls(tls);
                }
                Ok(Self::Smtp(Box::new(builder.timeout(Some(patience)).build())))
            }
            Route::Folder(folder) => Ok(Self::Folder(folder.clone())),
            Route::Nowhere => Ok(Self::Nowhere),
        }
    }

    /// Delivers a letter.
    pub async fn deliver(&self, from: &str, letter: &Letter) -> Result<(), Undelivered> {
        let message = compose(from, letter)?;
        match self {
            Self::Smtp(server) => server.send(message).await.map(|_| ()).map_err(|error| judge(&error)),
            Self::Folder(folder) => keep(folder, letter).map_err(|error| Undelivered::Later(error.kind().to_string())),
            Self::Nowhere => Err(Undelivered::Later("UNCONFIGURED".to_owned())),
        }
    }
}

/// TLS that trusts the town's own certificate authority as well.
fn own_tls(url: &str, ca: &Path) -> Result<Option<Tls>, String> {
    let unusable = || "ENTAKU_SMTP_CA cannot be used".to_owned();
    let url = url::Url::parse(url).map_err(|_| "ENTAKU_SMTP_URL cannot be used".to_owned())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let pem = fs::read(ca).map_err(|_| unusable())?;
    let authority = Certificate::from_pem(&pem).map_err(|_| unusable())?;
    let parameters = TlsParameters::builder(host).add_root_certificate(authority).build_rustls();
    let parameters = parameters.map_err(|_| unusable())?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    Ok(match (url.scheme(), asked.as_deref()) {
        ("smtps", _) => Some(Tls::Wrapper(parameters)),
        (_, Some("required")) => Some(Tls::Required(parameters)),
        (_, Some("opportunistic")) => Some(Tls::Opportunistic(parameters)),
        _ => None,
    })
}

/// The message (RFC 5322). Words of people are encoded by the library, which refuses what is no address.
fn compose(from: &str, letter: &Letter) -> Result<Message, Undelivered> {
    let never = |word: &str| Undelivered::Never(word.to_owned());
    let from: Mailbox = from.parse().map_err(|_| never("SENDER"))?;
    let to: Mailbox = Mailbox::new(None, letter.to.parse().map_err(|_| never("ADDRESS"))?);
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    let message = Message::builder().from(from).to(to).subject(&letter.subject).message_id(Some(id));
    let message = message.date(SystemTime::from(letter.date)).header(ContentType::TEXT_PLAIN);
    message.body(letter.body.clone()).map_err(|_| never("MESSAGE"))
}

/// What the server's refusal means. Its words may repeat the mail's, so only its numbers are kept (RFC 5321, 3463).
fn judge(error: &lettre::transport::smtp::Error) -> Undelivered {
    let text = error.to_string();
    let enhanced = text.split(|c: char| c.is_whitespace() || c == ':').find(|word| is_enhanced(word)).unwrap_or("");
    match error.status().map(u16::from) {
        // A refused sign-in is the operator's to mend, not the mail's fault.
        Some(code @ (530 | 534 | 535 | 538)) => Undelivered::Later(format!("SMTP {code} {enhanced}").trim_end().into()),
        Some(code) if error.is_permanent() => Undelivered::Never(format!("SMTP {code} {enhanced}").trim_end().into()),
        Some(code) => Undelivered::Later(format!("SMTP {code} {enhanced}").trim_end().into()),
        None if error.is_timeout() => Undelivered::Later("TIMEOUT".to_owned()),
        None if error.is_tls() => Undelivered::Later("TLS".to_owned()),
        None if error.is_client() => Undelivered::Later("CLIENT".to_owned()),
        None => Undelivered::Later("CONNECTION".to_owned()),
    }
}

/// Is it a status such as `4.2.1`?
fn is_enhanced(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|n| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Writes a letter for a developer. Others may not read it: it bears links that open accounts.
fn keep(folder: &Path, letter: &Letter) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (path, new) = (kept(folder, letter.id), folder.join(format!("{}.new", letter.id)));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    let Letter { to, subject, date, body, .. } = letter;
    write!(file, "To: {to}\nSubject: {subject}\nDate: {}\n\n{body}", date.to_rfc3339())?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// The file in which [`Route::Folder`] keeps a mail.
pub fn kept(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str, subject: &str) -> Letter {
        let (subject, body) = (subject.to_owned(), "こんにちは\n.\n<b>".to_owned());
        Letter { id: Uuid::nil(), to: to.to_owned(), subject, body, date: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn v7_no_text_reaches_another_header() {
        let evil = letter("hanako@example.jp", "雲南市\r\nBcc: all@example.jp");
        let message = compose("円卓\" <x> <entaku@example.jp>", &evil);
        assert!(message.is_err(), "a sender that is two addresses");
        let message = compose("円卓 <entaku@example.jp>", &evil).expect("a message");
        let text = String::from_utf8(message.formatted()).expect("text");
        let (headers, body) = text.split_once("\r\n\r\n").expect("headers and a body");
        assert!(!headers.to_lowercase().contains("\r\nbcc"), "{headers}");
        assert!(headers.contains("Message-ID: <00000000-0000-0000-0000-000000000000@example.jp>"), "{headers}");
        assert!(headers.contains("Content-Type: text/plain; charset=utf-8"), "{headers}");
        assert!(body.is_ascii());
        for bad in ["a@b@example.jp", "a\r\nRCPT TO:<b@example.jp>@example.jp", "a <b@example.jp>", "@example.jp", ""] {
            assert_eq!(
                compose("entaku@example.jp", &letter(bad, "x")).err(),
                Some(Undelivered::Never("ADDRESS".into()))
            );
        }
    }

    #[test]
    fn numbers_of_a_refusal_are_known() {
        assert!(is_enhanced("4.2.1") && is_enhanced("5.7.26"));
        assert!(["4.2", "a.b.c", "1.2.3.4", "4..1", "10.0.0.1000"].iter().all(|word| !is_enhanced(word)));
    }
}
