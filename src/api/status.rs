//! The one place that decides the status of an answer.

use axum::http::StatusCode;

use crate::api::negotiation::Media;
use crate::kernel::error::Error;

/// How a request ended. With the media type it is all that a status depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Executed, perhaps with errors.
    Executed,
    /// It is no GraphQL request, or beyond a limit.
    Malformed,
    /// Its document or its variables are not valid.
    Invalid,
    /// The caller's proof is not good.
    Unauthenticated,
    /// The caller may not send it.
    Forbidden,
    /// Not by this method.
    Method,
    /// No media type that the client takes.
    NotAcceptable,
    /// The body is too large.
    TooLarge,
    /// The body is not JSON.
    MediaType,
    /// The caller has spent what it had.
    TooMany,
    /// A fault of ours.
    Fault,
    /// Busy.
    Unavailable,
    /// It took too long to arrive.
    TooSlow,
    /// It took too long.
    TooLate,
}

impl End {
    /// The end that an error outside an execution means.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Unauthenticated | Error::SecondFactor(_) => Self::Unauthenticated,
            Error::Forbidden(_) => Self::Forbidden,
            Error::RateLimited(_) => Self::TooMany,
            Error::Unavailable | Error::Retry => Self::Unavailable,
            Error::Internal(_) => Self::Fault,
            _ => Self::Malformed,
        }
    }
}

/// The status of an answer that is not GraphQL's: there the status alone must tell what went wrong.
pub fn plain(error: &Error) -> StatusCode {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::BadRequest(refusal) if refusal.reason == "TOO_LARGE" => StatusCode::PAYLOAD_TOO_LARGE,
        Error::BadRequest(refusal) if refusal.reason == "MEDIA_TYPE" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::BadRequest(refusal) if refusal.reason == "METHOD" => StatusCode::METHOD_NOT_ALLOWED,
        error => status(End::of(error), Media::GraphQl),
    }
}

/// The status (GraphQL over HTTP, 6.4). A well-formed request whose document fails is 200 in plain JSON,
/// because old clients take every other status for a broken transport.
pub fn status(end: End, media: Media) -> StatusCode {
    match end {
        End::Executed => StatusCode::OK,
        End::Invalid if media == Media::Json => StatusCode::OK,
        End::Malformed | End::Invalid => StatusCode::BAD_REQUEST,
        End::Unauthenticated => StatusCode::UNAUTHORIZED,
        End::Forbidden => StatusCode::FORBIDDEN,
        End::Method => StatusCode::METHOD_NOT_ALLOWED,
        End::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        End::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        End::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        End::TooMany => StatusCode::TOO_MANY_REQUESTS,
        End::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        End::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        End::TooSlow => StatusCode::REQUEST_TIMEOUT,
        End::TooLate => StatusCode::GATEWAY_TIMEOUT,
    }
}
