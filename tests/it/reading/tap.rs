//! A tap on the way to PostgreSQL: what the program sends passes through, and the statements it prepares
//! are written down.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

/// The file of a server's socket, as clients expect it.
const SOCKET: &str = ".s.PGSQL.5432";
/// `Parse` of the protocol: name, text, types.
const PARSE: u8 = b'P';

/// A tap; it is closed when it is dropped.
pub struct Tap {
    dir: PathBuf,
    texts: Arc<Mutex<Vec<String>>>,
}

impl Tap {
    /// Opens one; returns it and the URL that leads through it.
    pub fn open(url: &str) -> (Self, String) {
        let (before, rest) = url.split_once("?host=").expect("a socket");
        let (host, after) = rest.split_once('&').expect("options");
        let server = PathBuf::from(host.replace("%2F", "/").replace("%2f", "/")).join(SOCKET);
        let dir = std::env::temp_dir().join(format!("entaku-tap-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&dir).expect("a folder");
        let listener = UnixListener::bind(dir.join(SOCKET)).expect("a socket");
        let through = format!("{before}?host={}&{after}", dir.to_string_lossy().replace('/', "%2F"));
        let tap = Self { dir, texts: Arc::default() };
        tokio::spawn(serve(listener, server, tap.texts.clone()));
        (tap, through)
    }

    /// The statements that were prepared since the last look.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.texts.lock().expect("texts"))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

async fn serve(listener: UnixListener, server: PathBuf, texts: Arc<Mutex<Vec<String>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let (from, mut to) = client.into_split();
        let (mut answers, on) = UnixStream::connect(&server).await.expect("the server").into_split();
        tokio::spawn(async move { tokio::io::copy(&mut answers, &mut to).await });
        tokio::spawn(listen(from, on, texts.clone()));
    }
}

/// Passes messages on, the first without a type, until one side hangs up.
async fn listen(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, texts: Arc<Mutex<Vec<String>>>) {
    let mut typed = false;
    while let Ok((kind, body)) = message(&mut from, typed).await {
        if kind == Some(PARSE) {
            let mut parts = body.split(|b| *b == 0);
            let text = parts.nth(1).map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            texts.lock().expect("texts").push(text);
        }
        let mut whole: Vec<u8> = kind.into_iter().collect();
        whole.extend(u32::try_from(body.len() + 4).expect("a length").to_be_bytes());
        whole.extend(body);
        if to.write_all(&whole).await.is_err() {
            return;
        }
        typed = true;
    }
}

async fn message(from: &mut OwnedReadHalf, typed: bool) -> std::io::Result<(Option<u8>, Vec<u8>)> {
    let kind = if typed { Some(from.read_u8().await?) } else { None };
    let length = from.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    from.read_exact(&mut body).await?;
    Ok((kind, body))
}
