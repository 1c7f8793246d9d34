//! Files in storage that speaks S3.

use axum::body::Bytes;

use crate::files::PDF;
use crate::support::town::files;

/// Storage that speaks S3, as much of it as one bucket with small objects needs.
mod storage {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::{Bytes, to_bytes};
    use axum::extract::Request;
    use axum::http::{Method, StatusCode};
    use axum::response::{IntoResponse, Response};

    pub type Objects = Arc<Mutex<HashMap<String, Bytes>>>;

    /// Begins to serve; gives its address and what it keeps.
    pub async fn serve() -> (String, Objects) {
        let objects = Objects::default();
        let kept = objects.clone();
        let router = Router::new().fallback(move |request: Request| answer(kept.clone(), request));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (address, objects)
    }

    async fn answer(objects: Objects, request: Request) -> Response {
        let signed = request.headers().get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("");
        if !signed.starts_with("AWS4-HMAC-SHA256 Credential=town/") {
            return StatusCode::FORBIDDEN.into_response();
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let body = to_bytes(request.into_body(), 10_000_000).await.expect("a body");
        let mut objects = objects.lock().expect("objects");
        match method {
            Method::PUT => {
                objects.insert(path, body);
                ([("etag", "\"1\"")], "").into_response()
            }
            Method::GET => match objects.get(&path) {
                Some(bytes) => ([("etag", "\"1\""), ("last-modified", "Wed, 20 May 2026 01:00:00 GMT")], bytes.clone())
                    .into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            },
            Method::DELETE => {
                objects.remove(&path);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::NOT_IMPLEMENTED.into_response(),
        }
    }
}

#[tokio::test]
async fn files_are_kept_in_storage_that_speaks_s3() {
    use entaku::kernel::config::{Bucket, FilesConfig, Place};
    use entaku::kernel::files::Store;
    use futures_util::TryStreamExt;

    let (endpoint, objects) = storage::serve().await;
    let bucket = |endpoint: &str| Bucket {
        name: "entaku".into(),
        prefix: "town".into(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        credentials: Some(("town".into(), "secret".into())),
    };
    let store = Store::open(&FilesConfig { place: Place::S3(bucket(&endpoint)), ..files() }).expect("a store");
    let (town, key) = (entaku::kernel::principal::MunicipalityId::new(), uuid::Uuid::new_v4());
    let mut spool = store.spool().expect("a spool");
    spool.write(PDF).await.expect("written");
    store.keep(town, key, spool.done().await.expect("whole")).await.expect("kept");
    let path = format!("/entaku/town/{}/{}", town.0.simple(), key.simple());
    assert_eq!(objects.lock().expect("objects").get(&path).map(|b| b.to_vec()), Some(PDF.to_vec()));
    let (size, stream) = store.read(town, key).await.expect("read");
    let parts: Vec<Bytes> = stream.try_collect().await.expect("bytes");
    assert_eq!((size, parts.concat().as_slice()), (PDF.len() as u64, PDF));
    store.remove(town, key).await.expect("removed");
    store.remove(town, key).await.expect("removed again");
    assert!(objects.lock().expect("objects").is_empty());
    assert_eq!(store.read(town, key).await.err().expect("gone").code(), "UNAVAILABLE");
}
