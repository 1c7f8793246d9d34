//! The ledger as one would write it who need fear neither others nor crashes.

use std::collections::BTreeMap;

use entaku::ledger::entity::{AccountKind, LedgerJournalId};
use uuid::Uuid;

pub type Account = (AccountKind, Uuid);

/// What somebody tries. Programmes, grants and journals are numbers.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Appropriate(usize, i64),
    Allocate(usize, usize, i64),
    Obligate(usize, i64),
    Pay(usize, i64),
    Return(usize, i64),
    Reverse(usize),
    /// Undoes the newest payment of a grant that counts.
    TakeBack(usize),
    Close,
    Reopen,
}

/// A step with the accounts and journals that it means.
#[derive(Clone, Debug)]
pub enum Act {
    Post(Vec<(Account, i64)>),
    Reverse { place: usize, id: LedgerJournalId },
    Close,
    Reopen,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Done,
    /// An account would fall below its floor.
    Short,
    /// The year is closed.
    Closed,
    /// It is reversed already.
    Twice,
    /// It is a reversal itself.
    Reversal,
    /// Something is promised and not paid.
    Promised,
    /// The year is open.
    Open,
}

impl Outcome {
    pub const ALL: [Self; 7] =
        [Self::Done, Self::Short, Self::Closed, Self::Twice, Self::Reversal, Self::Promised, Self::Open];

    /// By the word with which the ledger says it.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "DONE" => Self::Done,
            "SHORT" | "BALANCE_SHORT" => Self::Short,
            "YEAR_CLOSED" | "CLOSED" => Self::Closed,
            "DUPLICATE" => Self::Twice,
            "RULE" => Self::Reversal,
            "COMMITTED" => Self::Promised,
            "OPEN" => Self::Open,
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct Posted {
    id: LedgerJournalId,
    legs: Vec<(Account, i64)>,
    is_reversal: bool,
    is_reversed: bool,
}

/// A fiscal year of a municipality.
#[derive(Debug)]
pub struct Model {
    town: Uuid,
    programmes: [Uuid; 2],
    grants: [Uuid; 2],
    /// Amount and balance after it, in order.
    entries: BTreeMap<Account, Vec<(i64, i64)>>,
    journals: Vec<Posted>,
    is_closed: bool,
    /// The journal that closed it.
    closing: Option<usize>,
}

impl Model {
    pub fn new(town: Uuid) -> Self {
        let (programmes, grants) = ([(); 2].map(|()| Uuid::now_v7()), [(); 2].map(|()| Uuid::now_v7()));
        let (entries, journals) = (BTreeMap::new(), Vec::new());
        Self { town, programmes, grants, entries, journals, is_closed: false, closing: None }
    }

    /// What a step means now; nothing where there is no journal to reverse.
    pub fn act(&self, step: &Step) -> Option<Act> {
        use AccountKind::{Appropriation, Budget, Committed, Grant, Paid};
        let from_to = |from: Account, to: Account, yen: i64| Some(Act::Post(vec![(from, -yen), (to, yen)]));
        match *step {
            Step::Appropriate(p, yen) => from_to((Appropriation, self.town), (Budget, self.programmes[p]), yen),
            Step::Allocate(p, g, yen) => from_to((Budget, self.programmes[p]), (Grant, self.grants[g]), yen),
            Step::Obligate(g, yen) => from_to((Grant, self.grants[g]), (Committed, self.grants[g]), yen),
            Step::Pay(g, yen) => from_to((Committed, self.grants[g]), (Paid, self.grants[g]), yen),
            Step::Return(g, yen) => from_to((Paid, self.grants[g]), (Grant, self.grants[g]), yen),
            Step::Reverse(n) => {
                let place = n.checked_rem(self.journals.len())?;
                Some(Act::Reverse { place, id: self.journals[place].id })
            }
            Step::TakeBack(g) => {
                let paid = (Paid, self.grants[g]);
                let counts = |j: &Posted| {
                    !j.is_reversed && !j.is_reversal && j.legs.iter().any(|(to, yen)| *to == paid && *yen > 0)
                };
                let place = self.journals.iter().rposition(counts)?;
                Some(Act::Reverse { place, id: self.journals[place].id })
            }
            Step::Close => Some(Act::Close),
            Step::Reopen => Some(Act::Reopen),
        }
    }

    pub fn outcome(&self, act: &Act) -> Outcome {
        match act {
            Act::Reopen if !self.is_closed => Outcome::Open,
            Act::Reopen => Outcome::Done,
            _ if self.is_closed => Outcome::Closed,
            Act::Close if self.is_anything_promised() => Outcome::Promised,
            Act::Post(legs) if self.is_short(legs) => Outcome::Short,
            Act::Close | Act::Post(_) => Outcome::Done,
            Act::Reverse { place, .. } => {
                let journal = &self.journals[*place];
                match () {
                    () if journal.is_reversed => Outcome::Twice,
                    () if self.is_short(&undoing(&journal.legs)) => Outcome::Short,
                    () if journal.is_reversal => Outcome::Reversal,
                    () => Outcome::Done,
                }
            }
        }
    }

    /// Does what was found possible; a journal that it writes has this id.
    pub fn apply(&mut self, act: Act, id: LedgerJournalId) {
        match act {
            Act::Post(legs) => self.post(id, legs, false),
            Act::Reverse { place, .. } => self.undo(place, id),
            Act::Close => {
                let left = self.left();
                self.is_closed = true;
                self.closing = (!left.is_empty()).then_some(self.journals.len());
                if !left.is_empty() {
                    let unspent = -left.iter().map(|(_, yen)| yen).sum::<i64>();
                    let source = ((AccountKind::Appropriation, self.town), unspent);
                    self.post(id, left.into_iter().chain([source]).collect(), false);
                }
            }
            Act::Reopen => {
                self.is_closed = false;
                if let Some(place) = self.closing.take() {
                    self.undo(place, id);
                }
            }
        }
    }

    fn undo(&mut self, place: usize, id: LedgerJournalId) {
        self.journals[place].is_reversed = true;
        let legs = undoing(&self.journals[place].legs);
        self.post(id, legs, true);
    }

    fn post(&mut self, id: LedgerJournalId, legs: Vec<(Account, i64)>, is_reversal: bool) {
        for (account, yen) in &legs {
            let after = self.balance(account) + yen;
            self.entries.entry(*account).or_default().push((*yen, after));
        }
        self.journals.push(Posted { id, legs, is_reversal, is_reversed: false });
    }

    fn balance(&self, account: &Account) -> i64 {
        self.entries.get(account).and_then(|entries| entries.last()).map_or(0, |(_, after)| *after)
    }

    fn is_short(&self, legs: &[(Account, i64)]) -> bool {
        let below = |(account, yen): &(Account, i64)| {
            account.0 != AccountKind::Appropriation && self.balance(account) + yen < 0
        };
        legs.iter().any(below)
    }

    fn is_anything_promised(&self) -> bool {
        self.entries.keys().any(|account| account.0 == AccountKind::Committed && self.balance(account) > 0)
    }

    /// What was not promised, as it leaves its accounts.
    fn left(&self) -> Vec<(Account, i64)> {
        let unspent = |account: &&Account| matches!(account.0, AccountKind::Budget | AccountKind::Grant);
        let all = self.entries.keys().filter(unspent).map(|account| (*account, -self.balance(account)));
        all.filter(|(_, yen)| *yen != 0).collect()
    }

    /// The entries of an account, by the word of its kind.
    pub fn entries(&self, kind: &str, owner: Uuid) -> Option<Vec<(i64, i64)>> {
        let found = self.entries.iter().find(|((k, o), _)| k.word() == kind && *o == owner);
        found.map(|(_, entries)| entries.clone())
    }

    pub fn accounts(&self) -> usize {
        self.entries.len()
    }

    pub fn journals(&self) -> usize {
        self.journals.len()
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }
}

fn undoing(legs: &[(Account, i64)]) -> Vec<(Account, i64)> {
    legs.iter().map(|(account, yen)| (*account, -yen)).collect()
}
