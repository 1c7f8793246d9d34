//! Listening, and ending well: no new requests, those in flight finish, then the pool closes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::api::app::App;
use crate::api::http::router;

/// How long requests in flight may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `stop` resolves.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let closing = app.clone();
    let shutdown = async move {
        stop.await;
        closing.set_ready(false);
        let _ = stopping.send(());
    };
    let router = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    let too_long = async {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    let all = async {
        server.await?;
        // Sockets are no longer the server's; they notice by themselves and say goodbye.
        app.running.close();
        app.running.wait().await;
        std::io::Result::Ok(())
    };
    tokio::select! {
        ended = all => ended?,
        () = too_long => tracing::warn!("requests in flight were cut off"),
    }
    app.database.close();
    Ok(())
}
