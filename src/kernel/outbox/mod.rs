//! Mail, written in the act's own transaction and sent by a job.
//!
//! ```text
//! act --put--> QUEUED --job: sent--> SENT
//!                |  ^------ 4xx, no connection, time-out: again, ever later
//!                +--------- 5xx, or the deadline has passed ------> FAILED
//! ```
//!
//! Invariants: a mail is there exactly when its act is. It goes out at least once, always with the same `Message-ID`.
//! While it waits it holds no secret: a link's secret is derived from the key ring when the mail is sent. When it
//! waits no longer it holds no content. It is plain text, and nothing of its text reaches a header.

mod post;
mod sender;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::jobs;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

pub use post::{Letter, Post, Undelivered, kept};
pub use sender::Sender;

/// The kind of job that sends one mail.
pub const MAIL: &str = "outbox.mail";
/// Where in the text of a mail its link goes: the last one, so that nobody's words can take its place.
pub const LINK: &str = "{link}";

/// A mail that is to be sent.
pub struct Mail {
    /// What it is, in capitals, for operators: `PASSWORD_RESET`.
    pub kind: &'static str,
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text; [`LINK`] stands where the link goes.
    pub body: String,
    /// What the link leads to on the public site.
    pub link: Option<Link>,
    /// When it is no longer worth sending.
    pub deadline: DateTime<Utc>,
}

/// Where a link leads.
pub enum Link {
    /// To a page for everybody.
    Page(&'static str),
    /// To what whoever bears a secret may do; this is its public part.
    Secret(String),
}

impl Link {
    /// As it is stored: a public part of a secret has dots in it, a page has none.
    fn stored(self) -> String {
        match self {
            Self::Page(page) => page.to_owned(),
            Self::Secret(public) => public,
        }
    }
}

/// Puts a mail into the outbox, and the job that sends it into the queue.
pub async fn put(tx: &Tx, mail: Mail) -> Result<Uuid> {
    let Mail { kind, to, subject, body, link, deadline } = mail;
    let id = Uuid::now_v7();
    let mut sql = Sql::new("INSERT INTO mails (id, kind, recipient, subject, body, link, deadline) VALUES (");
    sql.fill(
        "?, ?, ?, ?, ?, ?, ?)",
        [
            Param::Uuid(Some(id)),
            Param::text(kind),
            Param::text(to),
            Param::text(one_line(&subject)),
            Param::text(body),
            Param::Text(link.map(Link::stored)),
            Param::Time(Some(deadline)),
        ],
    );
    tx.run(sql).await?;
    jobs::enqueue(tx, MAIL, Some(id), tx.now).await?;
    Ok(id)
}

/// A subject is one line, whatever the names in it are.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v7_a_subject_is_one_line() {
        assert_eq!(one_line("雲南市\r\nBcc: all@example.jp\u{2028}x\0y"), "雲南市 Bcc: all@example.jp x y");
    }
}
