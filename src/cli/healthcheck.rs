//! `entaku healthcheck`: asks the server on this host whether it is ready; for containers without curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Ends well when `/readyz` answers 200 within three seconds.
pub async fn run(listen: SocketAddr) -> Result<()> {
    let answer = tokio::time::timeout(Duration::from_secs(3), ask(listen)).await??;
    ensure!(answer.starts_with("HTTP/1.1 200"), "not ready");
    Ok(())
}

async fn ask(listen: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(reachable(listen)).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// An address that means every interface is reached through loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
