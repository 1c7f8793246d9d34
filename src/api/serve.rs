//! Listening, and ending well: no new requests, those in flight finish, then the pools close. Who is slow to say what
//! they want is not waited for: a connection costs memory as long as it lives.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::api::app::App;
use crate::api::http::router;
use crate::kernel::lanes::Lanes;

/// How long requests in flight may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How long a proxy that is believed may keep a connection for later requests; the usual ones close after a minute.
const KEPT: Duration = Duration::from_secs(75);
/// How often a quiet connection of HTTP/2 is asked whether it is still there.
const ALIVE: Duration = Duration::from_secs(20);
/// How many requests one connection of HTTP/2 may have at once.
const STREAMS: u32 = 100;

/// Serves until `stop` resolves.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    lanes: Lanes,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let stopping = CancellationToken::new();
    let graceful = accept(&app, listener, &lanes, stop, &stopping).await;
    app.set_ready(false);
    stopping.cancel();
    let all = async {
        graceful.shutdown().await;
        // Sockets are no longer the server's; they notice by themselves and say goodbye.
        app.running.close();
        app.running.wait().await;
    };
    if timeout(GRACE, all).await.is_err() {
        tracing::warn!("requests in flight were cut off");
    }
    app.database.close();
    Ok(())
}

/// Takes connections until `stop` resolves. A connection stays in its lane, with all that is asked by it.
async fn accept(
    app: &Arc<App>,
    mut listener: TcpListener,
    lanes: &Lanes,
    stop: impl Future<Output = ()>,
    stopping: &CancellationToken,
) -> GracefulShutdown {
    let (router, graceful) = (router(app.clone()), GracefulShutdown::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        // What `accept` is refused (too many open files) it waits for.
        let (stream, peer) = tokio::select! {
            () = &mut stop => return graceful,
            taken = Listener::accept(&mut listener) => taken,
        };
        // Whoever has gone already needs no lane.
        let Ok(stream) = stream.into_std() else { continue };
        let (app, router, watcher) = (app.clone(), router.clone(), graceful.watcher());
        let stopped = stopping.clone().cancelled_owned();
        lanes.next().spawn(async move {
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            let wire = &app.settings.wire;
            let believed = wire.proxies.iter().any(|proxy| proxy.contains(&peer.ip().to_canonical()));
            let patience = if believed { KEPT.max(wire.header_time) } else { wire.header_time };
            let begun = tokio::select! {
                begun = timeout(patience, begins_http2(&stream)) => begun,
                () = stopped => return,
            };
            // Who says nothing is not answered.
            if let Ok(Ok(http2)) = begun {
                converse((stream, peer), http2, patience, router, watcher).await;
            }
        });
    }
}

/// Does it begin as HTTP/2 does (RFC 9113, 3.4)?
async fn begins_http2(stream: &TcpStream) -> std::io::Result<bool> {
    const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut first = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut first).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read if first[..read] != PREFACE[..read] => return Ok(false),
            read if read == PREFACE.len() => return Ok(true),
            // Somebody sends byte by byte.
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Answers the requests of one connection.
async fn converse(
    (stream, peer): (TcpStream, SocketAddr),
    http2: bool,
    patience: Duration,
    router: Router,
    watcher: Watcher,
) {
    let service = router.map_request(move |mut request: axum::http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    });
    let service = TowerToHyperService::new(service.map_err(|never: Infallible| never));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    let mut second = builder.http2();
    second
        .timer(TokioTimer::new())
        .keep_alive_interval(ALIVE)
        .max_concurrent_streams(STREAMS)
        .enable_connect_protocol();
    let builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended");
    }
}
