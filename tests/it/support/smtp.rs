//! A mail server on loopback that does as it is told.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does with the next mails.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// Takes them.
    Kind,
    /// Answers the recipient with this.
    Refuses(&'static str),
    /// Answers the sign-in with this.
    Distrusts(&'static str),
    /// Says nothing more after the greeting.
    Hangs,
    /// Takes the mail and hangs up before it says so.
    Forgets,
}

/// A server.
pub struct MailServer {
    pub port: u16,
    /// Its certificate, PEM.
    pub ca: TempPath,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// A server that speaks in the clear, and offers STARTTLS.
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let ca = NamedTempFile::new().expect("a file").into_temp_path();
        std::fs::write(&ca, made.cert.pem()).expect("written");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a configuration");
        let tls = TlsAcceptor::from(Arc::new(config));
        let server = Self { port, ca, mood: Arc::new(Mutex::new(Mood::Kind)), taken: Arc::default() };
        let (mood, taken) = (server.mood.clone(), server.taken.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (tls, mood, taken) = (tls.clone(), *mood.lock().expect("a mood"), taken.clone());
                tokio::spawn(async move {
                    let _ = serve(client, tls, mood, &taken).await;
                });
            }
        });
        server
    }

    /// Changes what it does with the next mails.
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().expect("a mood") = mood;
    }

    /// What it took: envelope and message.
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("mails").clone()
    }
}

async fn serve(client: TcpStream, tls: TlsAcceptor, mood: Mood, taken: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut plain = BufReader::new(client);
    plain.write_all(b"220 mail.example.jp ESMTP\r\n").await?;
    if !talk(&mut plain, true, mood, taken).await? {
        return Ok(());
    }
    let mut covered = BufReader::new(tls.accept(plain.into_inner()).await?);
    talk(&mut covered, false, mood, taken).await?;
    Ok(())
}

/// Talks until the client leaves, or asks for TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut BufReader<S>,
    starttls: bool,
    mood: Mood,
    taken: &Mutex<Vec<String>>,
) -> std::io::Result<bool> {
    let mut envelope = if starttls { String::new() } else { "TLS\r\n".to_owned() };
    let mut line = String::new();
    loop {
        line.clear();
        if client.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        if matches!(mood, Mood::Hangs) {
            std::future::pending::<()>().await;
        }
        let verb = line.split([' ', '\r']).next().unwrap_or("").to_uppercase();
        let answer = match (verb.as_str(), mood) {
            ("EHLO", _) if starttls => "250-mail.example.jp\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            ("EHLO", _) => "250-mail.example.jp\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            ("STARTTLS", _) => {
                client.write_all(b"220 go ahead\r\n").await?;
                return Ok(true);
            }
            ("AUTH", Mood::Distrusts(answer)) | ("RCPT", Mood::Refuses(answer)) => answer,
            ("AUTH", _) => "235 2.7.0 welcome",
            ("QUIT", _) => {
                client.write_all(b"221 bye\r\n").await?;
                return Ok(false);
            }
            ("DATA", _) => {
                client.write_all(b"354 go on\r\n").await?;
                let mut message = envelope.clone();
                while client.read_line(&mut message).await? > 0 && !message.ends_with("\r\n.\r\n") {}
                taken.lock().expect("mails").push(message);
                if matches!(mood, Mood::Forgets) {
                    return Ok(false);
                }
                "250 2.0.0 taken"
            }
            _ => "250 2.1.0 fine",
        };
        envelope += &line;
        client.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
