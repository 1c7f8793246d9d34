//! What the arguments of lists mean, told a second time.

use entaku::kernel::id::encode;
use entaku::kernel::read::{Key, ShapeDef, Ty};
use serde_json::Value;

use super::facts::Record;

/// What `orderBy` means.
pub const ORDERS: &[(&str, &str, &[Key])] = &[
    ("CommunityOrganization", "NAME_KANA", &[Key::up("name_kana", Ty::Text)]),
    ("CommunityOrganization", "NEWEST", &[Key::down("created_at", Ty::Time)]),
    ("Roundtable", "LATEST", &[Key::down("starts_at", Ty::Time)]),
    ("Roundtable", "EARLIEST", &[Key::up("starts_at", Ty::Time)]),
    ("StrategyNode", "TREE", &[Key::up("sort_path", Ty::Text)]),
    ("StrategyNode", "NEWEST", &[Key::down("created_at", Ty::Time)]),
];

/// How a filter's value is written.
#[derive(Clone, Copy)]
enum Form {
    /// A word or a number.
    Plain,
    /// A list of words.
    Words,
    /// An id of a kind.
    Id(&'static str),
}

/// Filters: of which shape, called what, by which column.
const FILTERS: &[(&str, &str, &str, Form)] = &[
    ("ChallengeCall", "fiscalYear", "fiscal_year", Form::Plain),
    ("ChallengeCall", "state", "state", Form::Plain),
    ("ChallengeProposal", "callId", "call_id", Form::Id("cal")),
    ("ChallengeProposal", "category", "category", Form::Plain),
    ("ChallengeProposal", "state", "state", Form::Words),
    ("CommunityOrganization", "districtId", "district_id", Form::Id("dst")),
    ("CommunityOrganization", "kind", "kind", Form::Plain),
    ("CommunityOrganization", "stage", "stage", Form::Words),
    ("GrantApplication", "organizationId", "organization_id", Form::Id("org")),
    ("GrantApplication", "programmeId", "programme_id", Form::Id("gpr")),
    ("GrantApplication", "state", "state", Form::Words),
    ("GrantProgramme", "fiscalYear", "fiscal_year", Form::Plain),
    ("GrantProgramme", "state", "state", Form::Words),
    ("LedgerAccount", "kind", "kind", Form::Plain),
    ("LedgerJournal", "fiscalYear", "fiscal_year", Form::Plain),
    ("LiaisonAssignment", "districtId", "district_id", Form::Id("dst")),
    ("LiaisonAssignment", "kind", "kind", Form::Plain),
    ("LiaisonAssignment", "state", "state", Form::Words),
    ("LiaisonRequest", "sectionId", "section_id", Form::Id("sec")),
    ("LiaisonRequest", "state", "state", Form::Words),
    ("LiaisonVisit", "districtId", "district_id", Form::Id("dst")),
    ("Notification", "kind", "kind", Form::Words),
    ("Roundtable", "districtId", "district_id", Form::Id("dst")),
    ("Roundtable", "organizationId", "organization_id", Form::Id("org")),
    ("Roundtable", "state", "state", Form::Words),
    ("Strategy", "kind", "kind", Form::Plain),
    ("Strategy", "state", "state", Form::Words),
    ("StrategyNode", "kind", "kind", Form::Words),
];

/// A filter: as it is written, and what a column must be.
#[derive(Clone)]
pub struct Filter {
    text: String,
    column: &'static str,
    value: Value,
}

impl Filter {
    /// One that a row passes, if there are any of the shape.
    pub fn passed_by(shape: &ShapeDef, record: &Record, n: usize) -> Option<Self> {
        let filters: Vec<_> = FILTERS.iter().filter(|(of, ..)| *of == shape.name).collect();
        let (_, name, column, form) = filters.get(n.checked_rem(filters.len())?)?;
        let value = record.column(column).clone();
        let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let written = match form {
            _ if value.is_null() => return None,
            Form::Plain => word,
            Form::Words => format!("[{word}]"),
            Form::Id(prefix) => format!("\"{}\"", encode(prefix, word.parse().expect("an id"))),
        };
        Some(Self { text: format!("{{{name}: {written}}}"), column, value })
    }

    /// Does a row pass?
    pub fn passes(&self, record: &Record) -> bool {
        *record.column(self.column) == self.value
    }
}

/// The arguments of a list.
#[derive(Clone)]
pub struct Page {
    pub first: usize,
    pub filter: Option<Filter>,
    pub order: Option<&'static str>,
}

impl Page {
    /// So many, neither filtered nor ordered.
    pub fn plain(first: usize) -> Self {
        Self { first, filter: None, order: None }
    }

    /// The order that is asked for; `own` where none is.
    pub fn keys(&self, shape: &ShapeDef, own: &'static [Key]) -> &'static [Key] {
        let meant =
            |word| ORDERS.iter().find(|(of, asked, _)| *of == shape.name && *asked == word).expect("an order").2;
        self.order.map_or(own, meant)
    }

    /// As they are written.
    pub fn text(&self) -> String {
        let filter = self.filter.as_ref().map(|filter| format!(", filter: {}", filter.text)).unwrap_or_default();
        let order = self.order.map(|order| format!(", orderBy: {order}")).unwrap_or_default();
        format!("first: {}{filter}{order}", self.first)
    }
}
