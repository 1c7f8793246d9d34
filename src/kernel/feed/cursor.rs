//! Places in the order of all events, as clients keep them.

use chrono::{DateTime, Duration, Utc};

use crate::kernel::error::{Error, Message, Result, Violation};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{FlatRow, Ty, cursor};
use crate::kernel::request::Request;

/// For how long a cursor of events can be used; events are kept a little longer.
pub const KEPT_FOR: Duration = Duration::days(90);

/// The place of an event in the order of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The transaction's id (`xid8`).
    xid: u64,
    seq: i64,
    /// When it was, as seconds since 1970: no event after it is much older.
    at: i64,
}

impl Cursor {
    /// The cursor whose parts stand in a row from `first` on: `xid::text`, `seq`, `at`.
    pub(super) fn of(row: &FlatRow, first: usize) -> Result<Self> {
        let xid = row.get::<&str>(first, Ty::Text)?.parse().map_err(Error::internal)?;
        let at: DateTime<Utc> = row.get(first + 2, Ty::Time)?;
        Ok(Self { xid, seq: row.get(first + 1, Ty::Long)?, at: at.timestamp() })
    }

    /// Transaction and number, as parameters.
    pub(super) fn params(self) -> [Param; 2] {
        [Param::text(self.xid.to_string()), Param::Int(Some(self.seq))]
    }

    /// The place before this one.
    pub(super) fn before(self) -> Self {
        Self { seq: self.seq - 1, ..self }
    }

    /// Does it lie in a transaction that has not begun? Then it is of another database.
    pub(super) fn is_ahead_of(self, now: Self) -> bool {
        self.xid > now.xid
    }

    /// As clients keep it, bound to who asks and to the `binding`, with further words.
    pub fn seal(self, binding: &str, words: &[&str], request: &Request) -> String {
        let mut keys = vec![self.xid.to_string(), self.seq.to_string(), self.at.to_string()];
        keys.extend(words.iter().map(|word| (*word).to_owned()));
        cursor::seal(&keys, binding, request)
    }

    /// The cursor of a text that the `argument` brought, and its `N` further words.
    ///
    /// # Errors
    /// INVALID_INPUT/CURSOR when it was not made for this use, person and municipality;
    /// INVALID_INPUT/CURSOR_EXPIRED when it is older than [`KEPT_FOR`].
    pub fn open<const N: usize>(
        text: &str,
        argument: &'static str,
        binding: &str,
        request: &Request,
    ) -> Result<(Self, [String; N])> {
        let mut keys = cursor::open(text, argument, binding, 3 + N, request)?;
        let words = keys.split_off(3).try_into().map_err(|_| Error::internal("a cursor of another length"))?;
        let number = |n: usize| keys[n].parse().map_err(Error::internal);
        let cursor = Self { xid: keys[0].parse().map_err(Error::internal)?, seq: number(1)?, at: number(2)? };
        if cursor.at < (request.now - KEPT_FOR).timestamp() {
            return Err(expired(argument));
        }
        Ok((cursor, words))
    }
}

/// What lies after the cursor is no longer there as a whole.
pub(super) fn expired(argument: &'static str) -> Error {
    let message = Message::new(
        "前回の同期から時間が経ちすぎています。最初から読み直してください。",
        "This cursor is too old. Read everything anew.",
    );
    Error::Invalid("CURSOR_EXPIRED", vec![Violation { path: argument.into(), rule: "CURSOR", message }])
}
