//! The digest by mail: once a day, what one chose to be told of by mail and has not read.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, FixedOffset, NaiveTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::jobs::{self, Kind};
use crate::kernel::outbox::Link;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text_enum::from_word;
use crate::kernel::tx::Tx;
use crate::people::entity::Language;
use crate::people::mails::{self, Addressee, MailKind};

/// The job of every municipality. It looks every hour and finds something after seven o'clock, or when the server is
/// there again.
pub fn kind() -> Kind {
    Kind::new(DIGEST, run).every(Duration::hours(1))
}

/// Its name.
const DIGEST: &str = "people.digest";

/// The hour in Japan up to which a day's digest tells.
const HOUR: u32 = 7;
/// The most lines of one mail.
const LINES: usize = 100;
/// How long a digest is worth sending.
const LIFE: Duration = Duration::hours(20);

/// Puts the job of a municipality into the queue.
pub async fn schedule(tx: &Tx) -> Result<()> {
    jobs::enqueue(tx, DIGEST, None, tx.now).await
}

/// Somebody's digest.
struct Digest {
    email: String,
    language: Language,
    lines: Vec<String>,
}

fn run(tx: &Tx, _subject: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        for digest in gather(tx).await? {
            let Digest { email, language, mut lines } = digest;
            let more = lines.len().saturating_sub(LINES);
            lines.truncate(LINES);
            lines.extend((more > 0).then(|| format!("… (+{more})")));
            let to = Addressee { email: &email, language };
            mails::write(tx, MailKind::Digest, to, &lines, Some(Link::Page("notifications")), tx.now + LIFE).await?;
        }
        Ok(())
    })
}

/// The last time it was seven o'clock in Japan.
fn cutoff(now: DateTime<Utc>) -> DateTime<Utc> {
    const NINE_HOURS: i32 = 9 * 3600;
    let hour = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let seven = FixedOffset::east_opt(NINE_HOURS).and_then(|japan| {
        let here = now.with_timezone(&japan);
        here.date_naive().and_time(hour).and_local_timezone(japan).single()
    });
    let seven = seven.map_or(now, |seven| seven.with_timezone(&Utc));
    if seven <= now { seven } else { seven - Duration::days(1) }
}

/// Marks what was told before seven, is not read and was chosen for the digest, and returns it by account. One
/// statement, so that what is marked is what is mailed.
async fn gather(tx: &Tx) -> Result<Vec<Digest>> {
    let mut sql = Sql::new("WITH told AS (UPDATE notifications n SET digested_at = ");
    sql.fill(
        "? FROM notification_choices c WHERE c.municipality_id = n.municipality_id AND c.account_id = n.account_id \
         AND c.kind = n.kind AND c.mail_digest AND n.read_at IS NULL AND n.digested_at IS NULL AND n.created_at < ? \
         RETURNING n.account_id, n.created_at, n.id, n.text_ja, n.text_easy, n.text_en) \
         SELECT a.id, a.email, a.language, t.text_ja, t.text_easy, t.text_en FROM told t \
         JOIN accounts a ON a.id = t.account_id WHERE a.suspended_at IS NULL ORDER BY t.created_at DESC, t.id",
        [Param::Time(Some(tx.now)), Param::Time(Some(cutoff(tx.now)))],
    );
    let mut digests: BTreeMap<Uuid, Digest> = BTreeMap::new();
    for row in tx.rows(sql).await? {
        let language: Language = from_word(row.try_get("language")?)?;
        let text = match language {
            Language::Ja => "text_ja",
            Language::JaEasy => "text_easy",
            Language::En => "text_en",
        };
        let (email, text) = (row.try_get("email")?, row.try_get(text)?);
        let digest = Digest { email, language, lines: Vec::new() };
        digests.entry(row.try_get("id")?).or_insert(digest).lines.push(text);
    }
    Ok(digests.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_up_to_seven_in_japan() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        for (now, seven) in [
            ("2026-05-20T21:59:59Z", "2026-05-19T22:00:00Z"),
            ("2026-05-20T22:00:00Z", "2026-05-20T22:00:00Z"),
            ("2026-05-21T14:00:00Z", "2026-05-20T22:00:00Z"),
            ("2026-05-21T16:00:00Z", "2026-05-20T22:00:00Z"),
        ] {
            assert_eq!(cutoff(at(now)), at(seven), "{now}");
        }
    }
}
