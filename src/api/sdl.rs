//! `/schema.graphql`: the schema as a file, for those who may introspect.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::api::caller::Caller;
use crate::api::schema::sdl;
use crate::kernel::error::Error;

static SDL: LazyLock<String> = LazyLock::new(sdl);

/// What it costs, in points: it is as large as a few pages of a list.
const COST: u64 = 10;

/// Answers with the schema.
pub async fn download(caller: Caller) -> Response {
    let answered = async {
        let request = caller.request().await?;
        let may = caller.app.settings.wire.introspection.includes(request.principal.is_signed_in());
        if may { Ok(file(SDL.as_str())) } else { Err(Error::Unauthenticated) }
    };
    caller.pay_for(COST, Box::pin(answered)).await
}

fn file(text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/graphql; charset=utf-8"));
    let disposition = HeaderValue::from_static("attachment; filename=\"schema.graphql\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
