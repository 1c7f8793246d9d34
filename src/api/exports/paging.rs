//! A document with one of its connections made to be read page by page: `first`, `after`, `pageInfo` and `totalCount`
//! are ours, the rest is the caller's. Variables and fragments that nothing uses any more are left out, because a
//! document with such is not valid.

use std::collections::HashSet;

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Document, Field, FragmentDefinition, OperationDefinition, Selection,
    Value as Literal, VariableDefinition,
};
use apollo_compiler::parser::Parser;
use apollo_compiler::{Name, Node, Schema, name, ty};
use serde_json::{Map, Value, json};

use super::columns::{Column, columns, label};
use super::graphql::Asked;
use crate::api::judge;
use crate::kernel::error::{Error, Result};

const AFTER: Name = name!("entakuAfter");
const FIRST: Name = name!("entakuFirst");
const PAGE_INFO: Name = name!("entakuPage");
const TOTAL: Name = name!("entakuTotal");

/// A document that reads a page of a connection.
#[derive(Debug)]
pub(super) struct Paged {
    /// Its text.
    pub(super) text: String,
    pub(super) operation_name: Option<String>,
    /// What the connection's field is called in Japanese.
    pub(super) title: String,
    pub(super) columns: Vec<Column>,
    path: Vec<String>,
    variables: Map<String, Value>,
}

/// A page of an answer.
pub(super) struct Page<'a> {
    pub(super) rows: &'a [Value],
    pub(super) total: Option<i64>,
    /// The cursor of the next page, if there is one.
    pub(super) next: Option<&'a str>,
}

impl Paged {
    /// The variables of the page after a cursor.
    pub(super) fn variables(&self, after: Option<&str>, first: i64) -> Value {
        let mut variables = self.variables.clone();
        variables.insert(AFTER.to_string(), json!(after));
        variables.insert(FIRST.to_string(), json!(first));
        Value::Object(variables)
    }

    /// The page in an answer; nothing where the connection is not there (its object is hidden or gone).
    pub(super) fn page<'a>(&self, data: &'a Value) -> Option<Page<'a>> {
        let connection = self.path.iter().try_fold(data, |value, key| value.get(key))?;
        let info = connection.get(PAGE_INFO.as_str())?;
        let more = info["hasNextPage"].as_bool().unwrap_or(false);
        Some(Page {
            rows: connection.get("nodes")?.as_array()?,
            total: connection[TOTAL.as_str()].as_i64(),
            next: info["endCursor"].as_str().filter(|_| more),
        })
    }
}

/// The pages of a document that has been found valid.
///
/// # Errors
/// INVALID_INPUT (rule DOCUMENT) where there is no connection with `nodes` to be read.
pub(super) fn paged(asked: Asked<'_>) -> Result<Paged> {
    let refused = |ja, en| Error::invalid("input.path", "DOCUMENT", ja, en);
    let schema = judge::schema().ok_or_else(|| Error::internal("no schema"))?;
    let document = Parser::new().parse_ast(asked.text, "document").map_err(|_| Error::internal("parsed before"))?;
    let (mut operation, fragments) = parts(&document, asked.operation_name)?;
    let place = find(schema, "Query", &operation.selection_set, asked.path).ok_or_else(|| {
        refused(
            "書き出せる一覧(nodes のあるコネクション)がありません。",
            "There is no connection with nodes to export.",
        )
    })?;
    let Place { path, rows, row_type, title } = place;
    let columns = columns(schema, &fragments, &row_type, &rows);
    if columns.is_empty() {
        return Err(refused("書き出す項目がありません。", "There is nothing in a row to export."));
    }
    deepen(&mut operation.selection_set, &path);
    let used = Used::of(&operation, &fragments);
    operation.variables.retain(|v| used.variables.contains(&v.name));
    let kept: HashSet<&str> = operation.variables.iter().map(|v| v.name.as_str()).collect();
    let given = asked.variables.as_object().into_iter().flatten();
    let variables = given.filter(|(name, _)| kept.contains(name.as_str())).map(|(n, v)| (n.clone(), v.clone()));
    let variables = variables.collect();
    operation.variables.extend([variable(AFTER, ty!(String)), variable(FIRST, ty!(Int))]);
    let mut text = operation.to_string();
    for fragment in fragments.iter().filter(|f| used.fragments.contains(&f.name)) {
        text += &fragment.to_string();
    }
    let operation_name = operation.name.as_ref().map(ToString::to_string);
    Ok(Paged { text, operation_name, title, columns, path, variables })
}

fn variable(name: Name, ty: apollo_compiler::ast::Type) -> Node<VariableDefinition> {
    VariableDefinition { name, ty: ty.into(), default_value: None, directives: DirectiveList::default() }.into()
}

/// The operation that is meant, and the fragments beside it.
fn parts(document: &Document, name: Option<&str>) -> Result<(OperationDefinition, Vec<Node<FragmentDefinition>>)> {
    let mut operation = None;
    let mut fragments = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(found)
                if name.is_none_or(|n| found.name.as_ref().is_some_and(|f| f == n)) =>
            {
                operation = Some(found.as_ref().clone());
            }
            Definition::FragmentDefinition(found) => fragments.push(found.clone()),
            _ => {}
        }
    }
    Ok((operation.ok_or_else(|| Error::internal("chosen before"))?, fragments))
}

/// Where a connection stands in the answer, and what its rows are.
struct Place {
    path: Vec<String>,
    rows: Vec<Selection>,
    row_type: String,
    title: String,
}

/// The connection at a path of the answer, or the first that is written. It is looked for where nothing but single
/// objects stand above it, in the operation itself.
fn find(schema: &Schema, on: &str, set: &[Selection], wanted: Option<&[String]>) -> Option<Place> {
    set.iter().find_map(|selection| {
        let field = selection.as_field()?;
        let key = field.response_name().to_string();
        let rest = match wanted {
            Some([first, rest @ ..]) if *first == key => Some(rest),
            Some(_) => return None,
            None => None,
        };
        let declared = schema.type_field(on, &field.name).ok()?;
        let below = declared.ty.inner_named_type();
        if declared.ty.is_list() {
            return None;
        }
        let nodes = field.selection_set.iter().filter_map(|s| s.as_field()).find(|f| f.name == "nodes");
        let here = below.ends_with("Connection") && rest.is_none_or(<[String]>::is_empty);
        if let (true, Some(nodes)) = (here, nodes.filter(|f| f.alias.is_none())) {
            let row_type = schema.type_field(below, "nodes").ok()?.ty.inner_named_type().to_string();
            let title = label(declared.description.as_deref(), &field.name);
            return Some(Place { path: vec![key], rows: nodes.selection_set.clone(), row_type, title });
        }
        let mut place = find(schema, below, &field.selection_set, rest.or(wanted))?;
        place.path.insert(0, key);
        Some(place)
    })
}

/// Makes the connection at the end of the path one that is read by pages.
fn deepen(set: &mut [Selection], path: &[String]) {
    let Some((key, rest)) = path.split_first() else { return };
    for selection in set {
        if let Selection::Field(field) = selection
            && field.response_name().as_str() == key
        {
            let field = field.make_mut();
            if rest.is_empty() { page(field) } else { deepen(&mut field.selection_set, rest) }
        }
    }
}

fn page(field: &mut Field) {
    field.arguments.retain(|a| a.name != "after" && a.name != "first");
    for (name, value) in [(name!("after"), AFTER), (name!("first"), FIRST)] {
        field.arguments.push(Argument { name, value: Literal::Variable(value).into() }.into());
    }
    let paging = |s: &Selection| s.as_field().is_some_and(|f| f.name == "pageInfo" || f.name == "totalCount");
    field.selection_set.retain(|selection| !paging(selection));
    let info = vec![leaf(None, name!("hasNextPage")), leaf(None, name!("endCursor"))];
    let mut page_info = bare(Some(PAGE_INFO), name!("pageInfo"));
    page_info.selection_set = info;
    field.selection_set.extend([Selection::Field(page_info.into()), leaf(Some(TOTAL), name!("totalCount"))]);
}

fn bare(alias: Option<Name>, name: Name) -> Field {
    Field { alias, name, arguments: Vec::new(), directives: DirectiveList::default(), selection_set: Vec::new() }
}

fn leaf(alias: Option<Name>, name: Name) -> Selection {
    Selection::Field(bare(alias, name).into())
}

/// What an operation uses, directly or through fragments.
#[derive(Default)]
struct Used {
    variables: HashSet<Name>,
    fragments: HashSet<Name>,
}

impl Used {
    fn of(operation: &OperationDefinition, fragments: &[Node<FragmentDefinition>]) -> Self {
        let mut used = Self::default();
        used.directives(&operation.directives);
        used.selections(&operation.selection_set, fragments);
        used
    }

    fn selections(&mut self, set: &[Selection], fragments: &[Node<FragmentDefinition>]) {
        for selection in set {
            match selection {
                Selection::Field(field) => {
                    field.arguments.iter().for_each(|a| self.value(&a.value));
                    self.directives(&field.directives);
                    self.selections(&field.selection_set, fragments);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.selections(&inline.selection_set, fragments);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let named = fragments.iter().find(|f| f.name == spread.fragment_name);
                    if let (Some(fragment), true) = (named, self.fragments.insert(spread.fragment_name.clone())) {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set, fragments);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        directives.iter().flat_map(|d| &d.arguments).for_each(|a| self.value(&a.value));
    }

    fn value(&mut self, value: &Literal) {
        match value {
            Literal::Variable(name) => drop(self.variables.insert(name.clone())),
            Literal::List(items) => items.iter().for_each(|item| self.value(item)),
            Literal::Object(fields) => fields.iter().for_each(|(_, value)| self.value(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(text: &'a str, variables: &'a Value, path: Option<&'a [String]>) -> Result<Paged> {
        paged(Asked { text, operation_name: None, variables, path })
    }

    #[test]
    fn the_list_is_ours_and_the_rest_the_callers() {
        let text = "query Q($first: Int = 5, $after: String, $filter: GrantApplicationFilterInput) {
            list: grantApplications(filter: $filter, first: $first, after: $after) {
                totalCount pageInfo { hasNextPage } nodes { ...Row } } }
            fragment Row on GrantApplication { title organization { name } requestedYen }
            query Other { __typename }";
        let variables = json!({"first": 5, "after": null, "filter": {"state": ["DRAFT"]}});
        let found = paged(Asked { text, operation_name: Some("Q"), variables: &variables, path: None }).expect("pages");
        assert!(judge::judge(&found.text).is_ok(), "{}", found.text);
        let page = found.variables(Some("c"), 100);
        assert_eq!(page, json!({"entakuAfter": "c", "entakuFirst": 100, "filter": {"state": ["DRAFT"]}}));
        let labels: Vec<_> = found.columns.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["事業の名称", "申請した地域組織 › 名称", "申請額(円)"]);
        assert_eq!(found.title, "交付申請の一覧");
    }

    #[test]
    fn a_list_below_objects_is_found_by_its_place() {
        let text = "query($id: ID!) { d: district(id: $id) { name organizations { nodes { name } } }
            strategies { nodes { title } } }";
        let variables = json!({"id": "dst_1"});
        let path = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = asked(text, &variables, None).expect("pages");
        assert_eq!(found.path, ["d", "organizations"]);
        let found = asked(text, &variables, Some(&path(&["strategies"]))).expect("pages");
        assert_eq!(found.path, ["strategies"]);
        for wrong in [&["d"][..], &["organizations"], &["d", "organizations", "nodes"], &[]] {
            assert!(asked(text, &variables, Some(&path(wrong))).is_err(), "{wrong:?}");
        }
        assert!(asked("{ strategies { totalCount } }", &variables, None).is_err());
        assert!(asked("{ viewer { name } }", &variables, None).is_err());
    }
}
