//! Going over a chain again: does every link follow from the one before and from its entry as it stands now, are there
//! entries that were put in between, and does the chain reach as far as the heads that were signed?

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use uuid::Uuid;

use crate::kernel::audit::head::{self, Head};
use crate::kernel::error::Result;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// How many links are read at once.
const PAGE: i64 = 5000;

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The entry is not what it was when it was sealed.
    Edited(Place),
    /// The entry is gone, and its fiscal year was not disposed of.
    Deleted(Place),
    /// The link does not follow from the one before it.
    Broken(Place),
    /// A link is missing at this position.
    Missing(i64),
    /// An entry stands before the end of the chain and was never sealed.
    Inserted(Place),
    /// A signed head is ahead of the chain: its end was cut off.
    CutOff {
        /// The head's position.
        signed: i64,
        /// The chain's last position.
        last: i64,
    },
    /// A signed head and the chain differ at this position.
    Differs(i64),
    /// Nobody who holds this ring's keys has signed the head of this position.
    Forged(i64),
}

/// Where an entry stands in the chain and which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its position; 0 where it has none.
    pub position: i64,
    /// When it was written.
    pub at: String,
    /// The table, and the row's id, where the entry is still there.
    pub object: Option<(String, Uuid)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of {}", self.position, self.at)?;
        match &self.object {
            Some((table, id)) => write!(f, " about {table} {id}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited(place) => write!(f, "{place} was edited after it was sealed"),
            Self::Deleted(place) => write!(f, "{place} was deleted"),
            Self::Broken(place) => write!(f, "{place}: its link does not follow from the one before"),
            Self::Missing(position) => write!(f, "link {position} is missing"),
            Self::Inserted(place) => write!(f, "{place} was inserted later"),
            Self::CutOff { signed, last } => write!(f, "cut off: entry {signed} was signed, the chain ends at {last}"),
            Self::Differs(position) => write!(f, "entry {position} is not the one that was signed"),
            Self::Forged(position) => write!(f, "the head at {position} was not signed by this installation"),
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many links were gone over.
    pub links: i64,
    /// How many of their entries were disposed of after their retention period.
    pub disposed: i64,
    /// How many entries wait to be sealed.
    pub waiting: i64,
    /// How many heads were compared.
    pub heads: usize,
    /// In the order in which they were found: the first is the first of the chain.
    pub faults: Vec<Fault>,
}

/// Goes over the chain of the transaction's municipality, and compares it with its own heads and those `kept` elsewhere.
pub async fn verify(tx: &Tx, kept: &[Head]) -> Result<Report> {
    let municipality = tx.municipality()?.0;
    let mut heads = head::heads(tx).await?;
    heads.extend(kept.iter().filter(|head| head.municipality == municipality).cloned());
    let mut walk = Walk { report: Report::default(), hash: Vec::new(), last: 0, heads: &heads };
    while walk.page(tx).await? {}
    walk.ends(tx);
    let (waiting, inserted) = unsealed(tx).await?;
    let mut report = walk.report;
    report.waiting = waiting;
    report.heads = heads.len();
    report.faults.extend(inserted);
    Ok(report)
}

struct Walk<'h> {
    report: Report,
    /// Of the last link.
    hash: Vec<u8>,
    last: i64,
    heads: &'h [Head],
}

/// A link beside its entry. A disposed one's year is in `audit_disposals`.
const LINKS: &str = "SELECT l.position, l.content, l.hash, l.at::text, e.kind, e.object_id,
        CASE WHEN e.seq IS NOT NULL THEN entaku_audit_content(e) END,
        EXISTS (SELECT FROM audit_disposals d
            WHERE d.year = extract(year FROM (l.at AT TIME ZONE 'Asia/Tokyo') - interval '3 months')::int)
    FROM audit_links l LEFT JOIN audit_entries e
        ON e.municipality_id = l.municipality_id AND e.xid = l.xid AND e.seq = l.seq AND e.at = l.at
    WHERE l.municipality_id = entaku_municipality() AND l.position > ";

impl Walk<'_> {
    /// Goes over the next links; false after the last.
    async fn page(&mut self, tx: &Tx) -> Result<bool> {
        let mut sql = Sql::new(LINKS);
        sql.fill("? ORDER BY l.position LIMIT ?", [Param::Int(Some(self.last)), Param::Int(Some(PAGE))]);
        let rows = tx.rows(sql).await?;
        for row in &rows {
            let place = Place {
                position: row.try_get(0)?,
                at: row.try_get(3)?,
                object: row.try_get::<_, Option<String>>(4)?.zip(row.try_get(5)?),
            };
            let (content, hash) = (row.try_get::<_, Vec<u8>>(1)?, row.try_get::<_, Vec<u8>>(2)?);
            self.link(place, &content, hash, row.try_get(6)?, row.try_get(7)?);
        }
        Ok(!rows.is_empty())
    }

    fn link(&mut self, place: Place, content: &[u8], hash: Vec<u8>, now: Option<Vec<u8>>, disposed: bool) {
        let report = &mut self.report;
        report.links += 1;
        for missing in self.last + 1..place.position {
            report.faults.push(Fault::Missing(missing));
        }
        let follows = self.last + 1 == place.position && following(&self.hash, place.position, content) == hash;
        (self.last, self.hash) = (place.position, hash);
        for head in self.heads.iter().filter(|head| head.position == self.last) {
            if head.hash != hex(&self.hash) {
                report.faults.push(Fault::Differs(self.last));
            }
        }
        match now {
            Some(now) if now != content => report.faults.push(Fault::Edited(place)),
            None if disposed => report.disposed += 1,
            None => report.faults.push(Fault::Deleted(place)),
            Some(_) if !follows => report.faults.push(Fault::Broken(place)),
            Some(_) => {}
        }
    }

    /// Compares the end with what was signed.
    fn ends(&mut self, tx: &Tx) {
        for head in self.heads {
            if !head.is_genuine(&tx.keys) {
                self.report.faults.push(Fault::Forged(head.position));
            } else if head.position > self.last {
                self.report.faults.push(Fault::CutOff { signed: head.position, last: self.last });
            }
        }
    }
}

/// The hash of a link (migration, `entaku_audit_seal`).
fn following(before: &[u8], position: i64, content: &[u8]) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    digest.update(before);
    digest.update(&position.to_be_bytes());
    digest.update(content);
    digest.finish().as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many entries wait after the end of the chain, and which stand before it without a link.
async fn unsealed(tx: &Tx) -> Result<(i64, Vec<Fault>)> {
    let text = "WITH last AS (
            SELECT l.xid, l.seq FROM audit_links l WHERE l.municipality_id = entaku_municipality()
            ORDER BY l.position DESC LIMIT 1)
        SELECT e.at::text, e.kind, e.object_id, coalesce((e.xid, e.seq) <= (SELECT l.xid, l.seq FROM last l), false)
        FROM audit_entries e WHERE e.municipality_id = entaku_municipality() AND NOT EXISTS (
            SELECT FROM audit_links l WHERE l.municipality_id = e.municipality_id AND l.xid = e.xid AND l.seq = e.seq)
        ORDER BY e.xid, e.seq";
    let (mut waiting, mut inserted) = (0, Vec::new());
    for row in tx.rows(Sql::new(text)).await? {
        if row.try_get(3)? {
            let object = Some((row.try_get(1)?, row.try_get(2)?));
            inserted.push(Fault::Inserted(Place { position: 0, at: row.try_get(0)?, object }));
        } else {
            waiting += 1;
        }
    }
    Ok((waiting, inserted))
}
