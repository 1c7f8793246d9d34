//! Work that waits: declared by a type beside the acts that settle it
//! ([`ShapeDef::task`](crate::kernel::read::ShapeDef::task)), and from one declaration read in three ways.
//!
//! ```text
//!                       ┌─ gather.rs: what waits for whoever asks (`viewer { tasks }`)
//! .task(ACT, …) ── Work ┼─ due.rs: what is soon due, and for whom (reminders)
//! .waits_for(ROLES, …) ─┴─ people::posts::summary: what a successor takes over (引継書)
//! ```
//!
//! A task is never written down: it is there as long as its rows and rights say so. Whose it is, is what the policy says
//! of the act, in the same words as for the act itself.

mod due;
mod gather;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::kernel::policy::{Action, Permit};
use crate::kernel::read::ShapeDef;

pub use due::write_due;
pub(crate) use gather::write_tasks;

/// Work that waits for somebody.
#[derive(Clone, Debug)]
pub struct Work {
    /// The table of the objects.
    pub table: &'static str,
    /// The prefix of their ids.
    pub prefix: &'static str,
    /// The act that settles it; nothing for work that is only handed over with a post.
    pub act: Option<Action>,
    /// The type that declares the act, where another type's objects wait for one of its own to be made.
    pub of: Option<fn() -> &'static ShapeDef>,
    /// Whose it is: the policy's rows of the act.
    pub permits: Vec<Permit>,
    /// The columns of those whose it never is, whatever they hold.
    pub apart: Vec<&'static str>,
    /// More of those: queries over `t` of accounts' ids.
    pub except: Vec<&'static str>,
    /// Which objects, a condition over `t`.
    pub when: &'static str,
    /// What they are called, an expression over `t`.
    pub title: &'static str,
    /// By when, an expression over `t` that is a date; empty where there is no deadline.
    pub due: &'static str,
    /// What there is to do and why, in Japanese and English.
    pub why: [&'static str; 2],
    /// The by-law, law or setting behind the act.
    pub policy_ref: &'static str,
}

impl Work {
    /// Whose it is, is whose its act is: as the type that declares the act says.
    pub(crate) fn assign(&mut self, of: &ShapeDef) {
        let Some(act) = self.act else { return };
        self.permits = of.permits.iter().filter(|permit| permit.action == act).copied().collect();
        self.policy_ref = of.acts.iter().find(|a| a.action == act).map_or("", |a| a.policy_ref);
    }

    /// By when, as SQL that is always an expression.
    pub fn due(&self) -> String {
        if self.due.is_empty() { "NULL::date".to_owned() } else { format!("({})::date", self.due) }
    }
}

/// The work of the types declared so far, by their tables.
static WORK: RwLock<BTreeMap<&'static str, Vec<Work>>> = RwLock::new(BTreeMap::new());

/// Makes the work of a type known.
pub(crate) fn declare(table: &'static str, work: Vec<Work>) {
    WORK.write().unwrap_or_else(PoisonError::into_inner).insert(table, work);
}

/// All work of all types declared so far. What waits for another type's act is assigned only here: types name each other
/// in circles, and each is declared when it is first asked for.
pub fn work() -> Vec<Work> {
    let mut all: Vec<Work> = WORK.read().unwrap_or_else(PoisonError::into_inner).values().flatten().cloned().collect();
    for work in &mut all {
        if let Some(of) = work.of {
            work.assign(of());
        }
    }
    all
}

/// The work that an act settles, with that act.
pub fn tasks() -> Vec<(Action, Work)> {
    work().into_iter().filter_map(|work| work.act.map(|act| (act, work))).collect()
}

/// The longest title.
const TITLE: usize = 200;

/// Text of ours as a literal.
fn literal(text: &str) -> String {
    format!("'{}'::text", text.replace('\'', "''"))
}
