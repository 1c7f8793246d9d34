//! Who is slow to say what they want.

use std::time::Duration;

use entaku::cli::serve::STACK;
use entaku::kernel::config::WireConfig;
use entaku::kernel::lanes::Lanes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::town::app_with;

/// How long anything may take that is bound to come.
const PATIENCE: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_millis(300);

#[tokio::test]
async fn g9_slow_headers_and_slow_bodies_are_not_waited_for() {
    let wire = WireConfig { header_time: SOON, body_time: SOON, proxies: Vec::new(), ..WireConfig::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let lanes = Lanes::open(2, STACK).expect("threads");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = entaku::api::serve::serve(app_with(wire), listener, lanes, async {
        let _ = stopped.await;
    });
    let serving = tokio::spawn(serving);
    let body = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let chunked = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
    for (said, answered) in [
        ("", ""),
        ("P", ""),
        ("PRI * HTTP/2.0\r\n", ""),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ", ""),
        (body, "HTTP/1.1 408"),
        (chunked, "HTTP/1.1 408"),
        // One that is answered is not kept for ever either.
        ("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"),
    ] {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(said.as_bytes()).await.expect("sent");
        let mut heard = Vec::new();
        match timeout(PATIENCE, stream.read_to_end(&mut heard)).await.expect("closed") {
            // What was said and not read is thrown back.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            read => drop(read.expect("read")),
        }
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.starts_with(answered) && (!answered.is_empty() || heard.is_empty()), "{said:?}: {heard}");
        assert_eq!(heard.contains("TOO_SLOW"), answered.ends_with("408"), "{heard}");
    }
    // One that says nothing keeps no server from stopping.
    let silent = TcpStream::connect(address).await.expect("connected");
    stop.send(()).expect("running");
    timeout(PATIENCE, serving).await.expect("stopped").expect("a server").expect("in good order");
    drop(silent);
}
