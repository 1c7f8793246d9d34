//! Random queries. A tape of numbers decides; an exhausted tape decides for the simplest, so that proptest
//! shrinks tapes to small queries.

use entaku::kernel::id::encode;
use entaku::kernel::read::{Field as Declared, ShapeDef, Source};

use super::ask::{ALWAYS, Field, Item, Of, Root, When};
use super::facts::{Facts, Record};
use super::lists::{Filter, ORDERS, Page};

/// Directives, and whether what stands under them is there.
const WHENS: [When; 12] = [
    ALWAYS,
    ALWAYS,
    ALWAYS,
    ALWAYS,
    ALWAYS,
    ALWAYS,
    (" @skip(if: true)", |_| false),
    (" @include(if: true)", |_| true),
    (" @skip(if: $yes)", |vars| !vars.yes),
    (" @include(if: $yes)", |vars| vars.yes),
    (" @include(if: $no)", |vars| vars.no),
    (" @skip(if: $no) @include(if: $yes)", |vars| !vars.no && vars.yes),
];
/// The server takes no more aliases in one document.
const MOST_ALIASES: usize = 24;
/// Nor more directives; two of them every query has.
const MOST_DIRECTIVES: usize = 18;
/// The most fields of one query.
const MOST_FIELDS: usize = 60;
const DEPTH: usize = 3;

/// The fields of the query root there are to ask for.
pub struct Roots {
    pub lookups: Vec<(String, &'static ShapeDef)>,
    pub lists: Vec<(String, &'static ShapeDef)>,
}

/// Is the field one that the oracle knows?
pub fn is_known(field: &Declared) -> bool {
    match field.source {
        Source::Computed(..) | Source::ViewerCan => false,
        Source::First(child, _) | Source::Many(child, _) | Source::Connection(child, _) => child().gathered.is_none(),
        _ => true,
    }
}

/// Makes a query of a tape.
pub struct Asker<'a> {
    facts: &'a Facts,
    roots: &'a Roots,
    tape: &'a [u16],
    at: usize,
    fields: usize,
    aliases: usize,
    directives: usize,
    fragments: usize,
}

impl<'a> Asker<'a> {
    /// The root fields that the tape stands for.
    pub fn ask(facts: &'a Facts, roots: &'a Roots, tape: &'a [u16]) -> Vec<Root> {
        let mut asker = Self { facts, roots, tape, at: 0, fields: 0, aliases: 0, directives: 0, fragments: 0 };
        (0..=asker.roll(3)).map(|n| asker.root(n)).collect()
    }

    fn roll(&mut self, sides: usize) -> usize {
        let rolled = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(rolled) % sides.max(1)
    }

    fn when(&mut self) -> When {
        let when = WHENS[self.roll(WHENS.len())];
        self.directives += when.0.matches('@').count();
        if self.directives > MOST_DIRECTIVES { ALWAYS } else { when }
    }

    fn root(&mut self, n: usize) -> Root {
        let key = format!("r{n}");
        match self.roll(6) {
            0..=2 => {
                let (name, shape) = self.roots.lists[self.roll(self.roots.lists.len())].clone();
                let page = self.page(shape);
                let items = self.connection(shape, DEPTH - 1);
                Root { key, name, of: Of::List(shape, page), when: self.when(), items }
            }
            3 | 4 => {
                let (name, shape) = self.roots.lookups[self.roll(self.roots.lookups.len())].clone();
                let of = Of::One(self.id(shape));
                Root { key, name, of, when: self.when(), items: self.object(shape, DEPTH - 1) }
            }
            _ => self.nodes(key),
        }
    }

    /// `node` or `nodes`, on one kind of object, with an id of another kind among them.
    fn nodes(&mut self, key: String) -> Root {
        let (shape, other) = (self.shape(), self.shape());
        let many = self.roll(2) == 1;
        let mut ids: Vec<String> = (0..=self.roll(3)).map(|_| self.id(shape)).collect();
        ids.push(self.id(other));
        let mut items = vec![self.leaf("id"), self.leaf("__typename")];
        let inside = self.object(shape, DEPTH - 1);
        items.push(Item::Fragment { on: Some(shape.name.into()), named: None, when: self.when(), items: inside });
        let inside = vec![self.leaf("id")];
        items.push(Item::Fragment { on: Some(other.name.into()), named: None, when: self.when(), items: inside });
        let (name, of) = if many { ("nodes", Of::Many(ids)) } else { ("node", Of::One(ids.swap_remove(0))) };
        Root { key, name: name.into(), of, when: self.when(), items }
    }

    fn shape(&mut self) -> &'static ShapeDef {
        self.roots.lookups[self.roll(self.roots.lookups.len())].1
    }

    /// The id of something of a kind, or of nothing.
    fn id(&mut self, shape: &ShapeDef) -> String {
        let ids = &self.facts.known_ids[shape.name];
        let n = self.roll(ids.len() + 1);
        encode(shape.prefix, ids.get(n).copied().unwrap_or_default())
    }

    fn page(&mut self, shape: &ShapeDef) -> Page {
        let records: Vec<&Record> = self.facts.table(shape).ordered(shape.order).collect();
        let filtered = self.roll(3) == 2 && !records.is_empty();
        let filter = filtered.then(|| (self.roll(records.len()), self.roll(8)));
        let filter = filter.and_then(|(record, n)| Filter::passed_by(shape, records[record], n));
        let orders: Vec<_> = ORDERS.iter().filter(|(of, ..)| *of == shape.name).collect();
        let order = orders.get(self.roll(2 * orders.len() + 1)).map(|(_, word, _)| *word);
        Page { first: 1 + self.roll(3), filter, order }
    }

    fn leaf(&mut self, name: &'static str) -> Item {
        self.fields += 1;
        Item::Field(Field { key: name.into(), name, page: None, when: self.when(), items: Vec::new() })
    }

    /// A few items on a type, some of them in fragments.
    fn some(&mut self, ty: &str, most: usize, make: &mut dyn FnMut(&mut Self) -> Item) -> Vec<Item> {
        let mut items = Vec::new();
        for _ in 0..=self.roll(most) {
            let item = make(self);
            items.push(if self.roll(5) == 4 { self.fragment(ty, item) } else { item });
        }
        items
    }

    fn fragment(&mut self, ty: &str, item: Item) -> Item {
        self.fragments += 1;
        let named = Some(self.fragments);
        let (on, named) = match self.roll(3) {
            0 => (None, None),
            1 => (Some(ty.to_owned()), None),
            _ => (Some(ty.to_owned()), named),
        };
        Item::Fragment { on, named, when: self.when(), items: vec![item] }
    }

    fn object(&mut self, shape: &'static ShapeDef, depth: usize) -> Vec<Item> {
        let mut items = self.some(shape.name, 4, &mut |asker| asker.field(shape, depth));
        if self.roll(6) == 5 {
            let narrow = Item::Fragment {
                on: Some(shape.name.into()),
                named: None,
                when: self.when(),
                items: vec![self.field(shape, depth)],
            };
            let items_of_all = vec![self.leaf("id"), narrow];
            let on = Some("Node".to_owned());
            items.push(Item::Fragment { on, named: None, when: self.when(), items: items_of_all });
        }
        items
    }

    fn field(&mut self, shape: &'static ShapeDef, depth: usize) -> Item {
        let leads = |f: &&&Declared| {
            matches!(f.source, Source::One(..) | Source::First(..) | Source::Many(..) | Source::Connection(..))
        };
        let known: Vec<&'static Declared> = shape.fields.iter().filter(|f| is_known(f)).collect();
        let (leading, plain): (Vec<_>, Vec<_>) = known.iter().partition(|f| leads(f));
        if depth > 0 && !leading.is_empty() && self.fields < MOST_FIELDS && self.roll(2) == 1 {
            let field = leading[self.roll(leading.len())];
            return self.relation(field, depth - 1);
        }
        match plain.get(self.roll(plain.len() + 1)) {
            None => self.leaf("__typename"),
            Some(field) if matches!(field.source, Source::Redacted) => {
                self.composite(field.name, "Redaction", &["field", "reason"])
            }
            Some(field) => {
                let (key, aliased) = self.key(field.name);
                let when = self.when();
                self.fields += usize::from(!aliased) + 1;
                Item::Field(Field { key, name: field.name, page: None, when, items: Vec::new() })
            }
        }
    }

    /// The field's own name, or sometimes an alias.
    fn key(&mut self, name: &str) -> (String, bool) {
        if self.aliases < MOST_ALIASES && self.roll(3) == 2 {
            self.aliases += 1;
            return (format!("a{}", self.aliases), true);
        }
        (name.to_owned(), false)
    }

    fn relation(&mut self, field: &'static Declared, depth: usize) -> Item {
        let (key, aliased) = self.key(field.name);
        self.fields += 1;
        let (page, items) = match field.source {
            // Without an alias always the same arguments: fields of one key must agree.
            Source::Connection(child, _) => {
                let page = if aliased { self.page(child()) } else { Page::plain(2) };
                (Some(page), self.connection(child(), depth))
            }
            Source::One(child, _) | Source::First(child, _) | Source::Many(child, _) => {
                (None, self.object(child(), depth))
            }
            _ => unreachable!("not a relation"),
        };
        Item::Field(Field { key, name: field.name, page, when: self.when(), items })
    }

    fn connection(&mut self, shape: &'static ShapeDef, depth: usize) -> Vec<Item> {
        self.some(&format!("{}Connection", shape.name), 3, &mut |asker| match asker.roll(6) {
            0 | 1 => {
                let items = asker.object(shape, depth);
                Item::Field(Field { key: "nodes".into(), name: "nodes", page: None, when: asker.when(), items })
            }
            2 => asker.edges(shape, depth),
            3 => asker.leaf("totalCount"),
            4 => asker.composite("pageInfo", "PageInfo", &["hasNextPage", "hasPreviousPage"]),
            _ => asker.leaf("__typename"),
        })
    }

    fn edges(&mut self, shape: &'static ShapeDef, depth: usize) -> Item {
        let items = self.some(&format!("{}Edge", shape.name), 2, &mut |asker| match asker.roll(3) {
            0 | 1 => {
                let items = asker.object(shape, depth);
                Item::Field(Field { key: "node".into(), name: "node", page: None, when: asker.when(), items })
            }
            _ => asker.leaf("__typename"),
        });
        Item::Field(Field { key: "edges".into(), name: "edges", page: None, when: self.when(), items })
    }

    /// A field with a value of its own parts.
    fn composite(&mut self, name: &'static str, ty: &str, parts: &[&'static str]) -> Item {
        let items = self.some(ty, 2, &mut |asker| {
            let n = asker.roll(parts.len() + 1);
            let part = parts.get(n).copied().unwrap_or("__typename");
            asker.leaf(part)
        });
        Item::Field(Field { key: name.into(), name, page: None, when: self.when(), items })
    }
}
