//! The one error of the house and its one mapping to the wire.
//!
//! Commands and rules say *what* went wrong; [`Error::render`] says it in the reader's language.
//! `extensions.code` is a closed list (docs/errors.md); everything finer is `extensions.reason`.

mod database;

use std::borrow::Cow;

use async_graphql::{ErrorExtensionValues, Name, Value};
use uuid::Uuid;

use crate::kernel::request::Locale;

/// The house's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One sentence in the languages errors are shown in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Japanese.
    pub ja: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Message {
    /// A sentence in both languages.
    pub fn new(ja: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// The sentence in the reader's language.
    pub fn text(&self, locale: Locale) -> &str {
        match locale {
            Locale::Ja => &self.ja,
            Locale::En => &self.en,
        }
    }
}

/// Why an act is not possible *now*: the state, a deadline, a budget. Becomes CONFLICT when the act
/// is tried and the reason in `viewerCan` when it is only looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable word for machines, `SCREAMING_SNAKE_CASE`.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: Message,
}

impl Refusal {
    /// A refusal with its word and its sentence.
    pub fn new(reason: &'static str, ja: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: Message::new(ja, en) }
    }
}

/// What the client saw of an object is no longer its newest revision.
#[derive(Clone, Debug)]
pub struct Stale {
    /// What is said of it.
    pub refusal: Refusal,
    /// The object's table.
    pub table: &'static str,
    /// The object.
    pub object: Uuid,
    /// The revision the client saw, 0 for none.
    pub seen: i32,
    /// What was changed since, as far as the client may see it (`kernel::read::other_side`).
    pub other_side: Option<Value>,
}

/// One thing wrong with the input; all of them are reported at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, in dots: `input.email`.
    pub path: Cow<'static, str>,
    /// A stable word for machines: `REQUIRED`, `TOO_LONG` …
    pub rule: &'static str,
    /// The sentence for people.
    pub message: Message,
}

/// Everything that can go wrong, as the wire's closed list sees it.
#[derive(Clone, Debug)]
pub enum Error {
    /// The request itself is not one this server takes. The word is the `reason`.
    BadRequest(Refusal),
    /// The document cannot be parsed.
    Parse,
    /// Nobody is signed in, or the proof of identity is not (any longer) good.
    Unauthenticated,
    /// The password was right, but a code of the second factor is missing or wrong. The word is the `reason`.
    SecondFactor(&'static str),
    /// Nothing readable has this id: foreign, hidden, deleted and invented ids are the same answer.
    NotFound,
    /// Visible, but this person may not do it. The word is the `reason`.
    Forbidden(&'static str),
    /// The input breaks rules; every violation is listed.
    Invalid(&'static str, Vec<Violation>),
    /// Right person, wrong moment.
    Conflict(Refusal),
    /// Somebody else was first.
    Stale(Box<Stale>),
    /// Too many tries, and how many seconds to wait.
    RateLimited(u64),
    /// A request named a document by an id that no manifest has.
    UnknownDocument,
    /// The database or another part cannot answer just now; trying again may help.
    Unavailable,
    /// PostgreSQL asked for the whole transaction to be run again (40001, 40P01).
    Retry,
    /// A fault of ours; the text goes to the log, never to the client.
    Internal(String),
}

/// The reason where a second factor is asked for: its code at sign-in, or that it is enrolled at all.
pub const SECOND_FACTOR_REQUIRED: &str = "SECOND_FACTOR_REQUIRED";
/// The reason where its code is wrong, or was used before.
pub const SECOND_FACTOR_WRONG: &str = "SECOND_FACTOR_WRONG";

impl Error {
    /// Was something secret tried that is not right?
    pub fn is_failed_proof(&self) -> bool {
        matches!(self, Self::Unauthenticated | Self::SecondFactor(SECOND_FACTOR_WRONG))
    }

    /// INVALID_INPUT with one violation.
    pub fn invalid(
        path: impl Into<Cow<'static, str>>,
        rule: &'static str,
        ja: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        let violation = Violation { path: path.into(), rule, message: Message::new(ja, en) };
        Self::Invalid("", vec![violation])
    }

    /// A fault of ours, with what the log should say.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// The code of the closed list.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::Parse => "GRAPHQL_PARSE_FAILED",
            Self::Unauthenticated | Self::SecondFactor(_) => "UNAUTHENTICATED",
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::Invalid(..) => "INVALID_INPUT",
            Self::Conflict(_) | Self::Stale(_) => "CONFLICT",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::UnknownDocument => "PERSISTED_QUERY_NOT_FOUND",
            Self::Unavailable | Self::Retry => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// After how many seconds it may be tried again, where that is known.
    pub fn wait(&self) -> Option<u64> {
        match self {
            Self::RateLimited(seconds) => Some(*seconds),
            Self::Unavailable => Some(1),
            _ => None,
        }
    }

    /// The finer word under the code, empty where there is none.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BadRequest(r) | Self::Conflict(r) => r.reason,
            Self::Stale(stale) => stale.refusal.reason,
            Self::Forbidden(reason) | Self::Invalid(reason, _) | Self::SecondFactor(reason) => reason,
            _ => "",
        }
    }

    /// The sentence for people.
    pub fn message(&self) -> Message {
        match self {
            Self::BadRequest(r) | Self::Conflict(r) => r.message.clone(),
            Self::Stale(stale) => stale.refusal.message.clone(),
            Self::Parse => Message::new("GraphQL文書を読み取れません。", "The document cannot be parsed."),
            Self::Unauthenticated => Message::new("サインインが必要です。", "Please sign in."),
            Self::NotFound => Message::new("見つかりません。", "Not found."),
            Self::SecondFactor(SECOND_FACTOR_WRONG) => {
                Message::new("確認コードが違います。", "The one-time code is not right.")
            }
            Self::SecondFactor(_) => Message::new("確認コードを入力してください。", "Please enter the one-time code."),
            Self::Forbidden("STEP_UP") => Message::new(
                "もう一度パスワードで本人であることを確かめてください(15分間有効)。",
                "Please prove again who you are, with your password (good for 15 minutes).",
            ),
            Self::Forbidden(SECOND_FACTOR_REQUIRED) => Message::new(
                "この自治体では二要素認証が必要です。先に確認コードを登録してください。",
                "This municipality asks for a second factor. Please enrol one first.",
            ),
            Self::Forbidden("SUPPORT_READ_ONLY") => Message::new(
                "サポートは閲覧だけができます。変更には管理者の許可が要ります。",
                "Support may only look. An administrator of the municipality may lend it a role to write with.",
            ),
            Self::Forbidden(_) => Message::new("この操作を行う権限がありません。", "You may not do this."),
            Self::Invalid(_, fields) => match fields.as_slice() {
                [only] => only.message.clone(),
                _ => Message::new("入力内容を確認してください。", "Please check the input."),
            },
            Self::RateLimited(_) => Message::new(
                "回数の上限に達しました。しばらくしてからお試しください。",
                "Too many requests. Please try again later.",
            ),
            Self::UnknownDocument => {
                Message::new("この識別子の文書は登録されていません。", "No document with this id is known here.")
            }
            Self::Unavailable | Self::Retry => Message::new(
                "ただいま処理できません。しばらくしてからお試しください。",
                "The service is busy. Please try again shortly.",
            ),
            Self::Internal(_) => Message::new(
                "内部エラーが発生しました。問い合わせの際は要求番号をお伝えください。",
                "An internal error occurred. Please quote the request id.",
            ),
        }
    }

    /// The message and extensions as they leave the server. `request` is the id to find the log by.
    pub fn render(&self, locale: Locale, request: Uuid) -> (String, ErrorExtensionValues) {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        if !self.reason().is_empty() {
            extensions.set("reason", self.reason());
        }
        match self {
            Self::Invalid(_, fields) => extensions.set("fields", violations(fields, locale)),
            Self::Stale(stale) => {
                if let Some(other_side) = &stale.other_side {
                    extensions.set("otherSide", other_side.clone());
                }
            }
            Self::RateLimited(seconds) => extensions.set("retryAfter", *seconds),
            Self::Internal(cause) => {
                tracing::error!(%request, %cause, "internal error");
                extensions.set("requestId", request.to_string());
            }
            _ => {}
        }
        (self.message().text(locale).to_owned(), extensions)
    }
}

fn violations(fields: &[Violation], locale: Locale) -> Value {
    let one = |v: &Violation| {
        Value::Object(indexmap::IndexMap::from([
            (Name::new("path"), Value::from(v.path.as_ref())),
            (Name::new("rule"), Value::from(v.rule)),
            (Name::new("message"), Value::from(v.message.text(locale))),
        ]))
    };
    Value::List(fields.iter().map(one).collect())
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code(), self.reason())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Conflict(refusal)
    }
}
