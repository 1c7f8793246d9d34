//! A client that is somebody: the test client is the identity.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use entaku::api::app::App;
use entaku::api::http::router;
use entaku::api::response::Statements;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    app: Arc<App>,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Nobody in particular.
    pub fn new(app: Arc<App>) -> Self {
        Self { app, headers: vec![("accept-language".into(), "en".into())] }
    }

    /// The same client with another header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(n, _)| n != name);
        client.headers.push((name.into(), value.into()));
        client
    }

    /// What it sends in a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Sends a document.
    pub async fn run(&self, query: &str, variables: Value) -> Answer {
        self.send(json!({ "query": query, "variables": variables }).to_string(), "application/json").await
    }

    /// How many statements a document takes, BEGIN and COMMIT apart.
    pub async fn statements(&self, query: &str, variables: Value) -> u64 {
        self.run(query, variables).await.statements
    }

    /// Asks for a path by GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.by("GET", path, Body::empty()).await
    }

    /// Sends a document by GET.
    pub async fn ask(&self, query: &str, variables: &Value) -> Answer {
        let mut parameters = form_urlencoded::Serializer::new("/graphql?".to_owned());
        parameters.append_pair("query", query).append_pair("variables", &variables.to_string());
        self.get(&parameters.finish()).await
    }

    /// Sends any body.
    pub async fn send(&self, body: impl Into<Body>, content_type: &str) -> Answer {
        self.with("content-type", content_type).by("POST", "/graphql", body).await
    }

    /// Sends anything by any method.
    pub async fn by(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        self.answer(request.body(body.into()).expect("a request")).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = router(self.app.clone()).oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let statements = response.extensions().get::<Statements>().map_or(0, |s| s.0);
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, statements, body, text, bytes: bytes.to_vec() }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub statements: u64,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The data; fails when there are errors.
    pub fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "{}", self.text);
        self.body["data"].clone()
    }

    /// A header, empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter().map(|value| value.to_str().expect("text"));
        values.collect::<Vec<_>>().join(", ")
    }

    /// `code` or `code/reason` of the first error.
    pub fn code(&self) -> String {
        let extensions = &self.body["errors"][0]["extensions"];
        let code = extensions["code"].as_str().unwrap_or("(none)");
        match extensions["reason"].as_str() {
            Some(reason) => format!("{code}/{reason}"),
            None => code.to_owned(),
        }
    }

    /// Fails unless the first error has this code (and reason).
    #[track_caller]
    pub fn expect_code(self, code: &str) -> Self {
        assert_eq!(self.code(), code, "{}", self.text);
        self
    }
}
