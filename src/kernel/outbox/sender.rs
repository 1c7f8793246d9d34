//! The job that sends: reads a mail, sends it with no transaction open, writes what became of it.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::kernel::config::MailConfig;
use crate::kernel::error::Result;
use crate::kernel::jobs::{Courier, Ended, Place};
use crate::kernel::outbox::post::{Letter, Post, Undelivered};
use crate::kernel::outbox::{LINK, MAIL};
use crate::kernel::read::sql::{Param, Sql};

/// How long a server may take for a command.
const PATIENCE: StdDuration = StdDuration::from_secs(8);
/// The longest time between two tries, in minutes.
const LONGEST_WAIT: i64 = 60;

/// Sends what is in the outbox.
pub struct Sender {
    post: Post,
    from: String,
    public_url: String,
    patience: StdDuration,
}

/// A mail that waits.
struct Waiting {
    letter: Letter,
    link: Option<String>,
    deadline: DateTime<Utc>,
    attempts: i32,
}

impl Sender {
    /// As configured.
    ///
    /// # Errors
    /// A sentence for the operator where the configuration cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self, String> {
        Self::patient(config, PATIENCE)
    }

    /// The same with another patience for each command of the server; for all of them it is twice that.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn patient(config: &MailConfig, patience: StdDuration) -> Result<Self, String> {
        let (from, public_url) = (config.from.clone(), config.public_url.clone());
        Ok(Self { post: Post::open(config, patience)?, from, public_url, patience })
    }

    async fn send(&self, place: &Place, id: Uuid) -> Result<Ended> {
        let Some(mut mail) = read(place, id).await? else { return Ok(Ended::Done) };
        let delivered = if place.now() > mail.deadline {
            Err(Undelivered::Never("EXPIRED".to_owned()))
        } else {
            if let Some(link) = mail.link.take() {
                mail.letter.body = self.with_link(place, &mail.letter.body, &link);
            }
            let delivery = self.post.deliver(&self.from, &mail.letter);
            let late = |_| Err(Undelivered::Later("TIMEOUT".to_owned()));
            tokio::time::timeout(self.patience * 2, delivery).await.unwrap_or_else(late)
        };
        let again = place.now() + wait(mail.attempts);
        write(place, id, &delivered).await?;
        match delivered {
            Ok(()) => Ok(Ended::Done),
            Err(Undelivered::Later(why)) => {
                tracing::info!(mail = %id, why, "mail is tried again later");
                Ok(Ended::Again(again))
            }
            Err(Undelivered::Never(why)) => {
                tracing::warn!(mail = %id, why, "mail was not delivered");
                Ok(Ended::Done)
            }
        }
    }

    /// Puts the link in. What follows `#` is not sent to the site's server and stands in none of its logs.
    fn with_link(&self, place: &Place, body: &str, link: &str) -> String {
        let mut url = format!("{}/account#{link}", self.public_url);
        if link.contains('.') {
            url = format!("{url}.{}", place.keys().link_secret(link));
        }
        match body.rfind(LINK) {
            Some(at) => format!("{}{url}{}", &body[..at], &body[at + LINK.len()..]),
            None => body.to_owned(),
        }
    }
}

impl Courier for Sender {
    fn kind(&self) -> &'static str {
        MAIL
    }

    fn run<'r>(&'r self, place: &'r Place, subject: Option<Uuid>) -> BoxFuture<'r, Result<Ended>> {
        Box::pin(async move {
            match subject {
                Some(id) => self.send(place, id).await,
                None => Ok(Ended::Done),
            }
        })
    }
}

/// A minute, two, four …, at most an hour.
fn wait(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.clamp(0, 10)).unwrap_or(0);
    Duration::minutes(2_i64.pow(exponent).min(LONGEST_WAIT))
}

/// The mail, unless it waits no longer.
async fn read(place: &Place, id: Uuid) -> Result<Option<Waiting>> {
    let tx = place.begin(MAIL);
    let mut sql =
        Sql::new("SELECT recipient, subject, body, link, deadline, attempts, created_at FROM mails WHERE id = ");
    sql.param(Param::Uuid(Some(id)));
    sql.push(" AND state = 'QUEUED'");
    let found = tx.rows(sql).await?.pop();
    tx.commit().await?;
    let waiting = |row: tokio_postgres::Row| {
        let (to, subject, body) = (row.try_get("recipient")?, row.try_get("subject")?, row.try_get("body")?);
        let letter = Letter { id, to, subject, body, date: row.try_get("created_at")? };
        let (link, deadline) = (row.try_get("link")?, row.try_get("deadline")?);
        Ok(Waiting { letter, link, deadline, attempts: row.try_get("attempts")? })
    };
    found.map(waiting).transpose()
}

/// Writes what became of it. What waits no longer keeps no content.
async fn write(place: &Place, id: Uuid, delivered: &Result<(), Undelivered>) -> Result<()> {
    let (state, error, sent) = match delivered {
        Ok(()) => ("SENT", None, Some(place.now())),
        Err(Undelivered::Later(why)) => ("QUEUED", Some(why.clone()), None),
        Err(Undelivered::Never(why)) => ("FAILED", Some(why.clone()), None),
    };
    let tx = place.begin(MAIL);
    let mut sql = Sql::new("UPDATE mails SET attempts = attempts + 1, state = ");
    sql.fill("?, last_error = ?, sent_at = ?", [Param::text(state), Param::Text(error), Param::Time(sent)]);
    sql.fill(", body = CASE WHEN ? = 'QUEUED' THEN body END", [Param::text(state)]);
    sql.fill(" WHERE id = ? AND state = 'QUEUED'", [Param::Uuid(Some(id))]);
    tx.run(sql).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_waits_longer_up_to_an_hour() {
        let minutes: Vec<i64> = (0..9).map(|n| wait(n).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
