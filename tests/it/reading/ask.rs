//! A query as a tree, which the oracle interprets, and as the text that the server gets.

use std::fmt::Write;

use entaku::kernel::id::encode;
use entaku::kernel::read::ShapeDef;
use serde_json::Value;
use uuid::Uuid;

use super::lists::Page;

/// The values of the variables in directives; without one `$no` is false.
#[derive(Clone, Copy, Debug)]
pub struct Vars {
    pub yes: bool,
    pub no: bool,
}

/// Text for directives, and whether what stands under them is there.
pub type When = (&'static str, fn(Vars) -> bool);

/// No directive.
pub const ALWAYS: When = ("", |_| true);

/// Something selected.
pub enum Item {
    Field(Field),
    /// A fragment: on which type if any, named by a number or inline.
    Fragment {
        on: Option<String>,
        named: Option<usize>,
        when: When,
        items: Vec<Item>,
    },
}

/// A selected field.
pub struct Field {
    /// Under which key it is answered.
    pub key: String,
    pub name: &'static str,
    pub page: Option<Page>,
    pub when: When,
    pub items: Vec<Item>,
}

/// A field of the query root.
pub struct Root {
    pub key: String,
    pub name: String,
    pub of: Of,
    pub when: When,
    pub items: Vec<Item>,
}

/// What a field of the root reads.
pub enum Of {
    /// An object by id.
    One(String),
    /// Objects by id.
    Many(Vec<String>),
    List(&'static ShapeDef, Page),
}

/// The document; `$yes` is to be true.
pub fn document(roots: &[Root]) -> String {
    let mut fragments = String::new();
    // Both variables are used at least here, where nothing is found.
    let anchor =
        format!("here: node(id: \"{}\") @include(if: $yes) @skip(if: $no) {{ id }}", encode("dst", Uuid::nil()));
    let mut text = format!("query($yes: Boolean!, $no: Boolean! = false) {{ {anchor}");
    for Root { key, name, of, when, items } in roots {
        let arguments = match of {
            Of::One(id) => format!("id: \"{id}\""),
            Of::Many(ids) => format!("ids: {}", Value::from(ids.clone())),
            Of::List(_, page) => page.text(),
        };
        let _ = write!(text, " {key}: {name}({arguments}){}", when.0);
        write_items(items, &mut text, &mut fragments);
    }
    format!("{text} }}{fragments}")
}

fn write_items(items: &[Item], text: &mut String, fragments: &mut String) {
    text.push_str(" {");
    for item in items {
        match item {
            Item::Field(field) => write_field(field, text, fragments),
            Item::Fragment { on, named: None, when, items } => {
                let on = on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
                let _ = write!(text, " ...{on}{}", when.0);
                write_items(items, text, fragments);
            }
            Item::Fragment { on, named: Some(n), when, items } => {
                let _ = write!(text, " ...f{n}{}", when.0);
                let mut body = format!(" fragment f{n} on {}", on.as_deref().unwrap_or("Node"));
                write_items(items, &mut body, fragments);
                fragments.push_str(&body);
            }
        }
    }
    text.push_str(" }");
}

fn write_field(field: &Field, text: &mut String, fragments: &mut String) {
    let alias = if field.key == field.name { String::new() } else { format!("{}: ", field.key) };
    let arguments = field.page.as_ref().map(|page| format!("({})", page.text())).unwrap_or_default();
    let _ = write!(text, " {alias}{}{arguments}{}", field.name, field.when.0);
    if !field.items.is_empty() {
        write_items(&field.items, text, fragments);
    }
}
