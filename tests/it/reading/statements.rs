//! A query takes as many statements as it has root fields that read, whatever is selected below them.

use std::path::Path;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use entaku::kernel::id::encode;
use entaku::kernel::principal::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::shape;
use crate::readme;
use crate::support::{Client, SchemaView, Town};

/// A query that is shipped with the program.
pub struct Shipped {
    pub name: String,
    pub text: String,
    document: ExecutableDocument,
}

impl Shipped {
    fn new(name: String, text: String) -> Option<Self> {
        let document = parse_query(&text).expect("a document");
        let reads = document.operations.iter().all(|(_, o)| o.node.ty == OperationType::Query);
        reads.then_some(Self { name, text, document })
    }

    /// The names of its root fields.
    fn roots(&self) -> Vec<String> {
        let operations = self.document.operations.iter();
        let items = operations.flat_map(|(_, o)| &o.node.selection_set.node.items);
        let name = |item: &Selection| match item {
            Selection::Field(field) => field.node.name.node.to_string(),
            _ => panic!("{}: a fragment on Query", self.name),
        };
        items.map(|item| name(&item.node)).collect()
    }

    /// Variables with ids that nothing has.
    pub fn variables(&self, schema: &SchemaView) -> Value {
        let own = schema.type_of("Query", &self.roots()[0]);
        let id = |name: &str| {
            let kind = match name.strip_suffix("Id") {
                Some(kind) => kind[..1].to_uppercase() + &kind[1..],
                None => own.clone(),
            };
            Some(encode(shape(&kind).expect("a kind").prefix, Uuid::now_v7()))
        };
        schema.needed(&self.document, &id)
    }
}

/// The queries of docs/stories and README.
pub fn shipped() -> Vec<Shipped> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stories");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("docs/stories").map(|f| f.expect("a file").path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let stories = files.iter().map(|f| (name(f), std::fs::read_to_string(f).expect("a document")));
    let shown = readme::queries().into_iter().enumerate().map(|(n, text)| (format!("README {n}"), text));
    stories.chain(shown).filter_map(|(name, text)| Shipped::new(name, text)).collect()
}

/// How many statements a query takes of somebody who is known already.
async fn taken(client: &Client, query: &str, variables: Value) -> u64 {
    let answer = client.run(query, variables).await;
    let statements = answer.statements;
    answer.data();
    statements
}

#[tokio::test]
async fn every_shipped_query_takes_one_statement_for_each_root_field() {
    let town = Town::new().await;
    let clerk = town.staff(Role::Admin).await;
    let schema = SchemaView::read(&clerk).await;
    let shipped = shipped();
    assert!(shipped.len() > 10, "only {} queries are shipped", shipped.len());
    for query in shipped {
        let variables = query.variables(&schema);
        let statements = taken(&clerk, &query.text, variables).await;
        assert_eq!(statements, query.roots().len() as u64, "{}", query.name);
    }
}

#[tokio::test]
async fn node_takes_one_statement_for_each_kind_and_what_is_known_takes_none() {
    let town = Town::new().await;
    let clerk = town.staff(Role::Admin).await;
    taken(&clerk, "{ __typename }", json!({})).await;
    let ids =
        ["District", "District", "Roundtable"].map(|kind| encode(shape(kind).expect("a kind").prefix, Uuid::now_v7()));
    let query = "query($ids: [ID!]!, $one: ID!) { nodes(ids: $ids) { id } node(id: $one) { id } }";
    assert_eq!(taken(&clerk, query, json!({"ids": ids, "one": ids[0]})).await, 3);
    for nothing in ["{ __typename }", "{ __schema { types { name } } }", "{ districts @skip(if: true) { totalCount } }"]
    {
        for client in [&clerk, &town.public()] {
            assert_eq!(taken(client, nothing, json!({})).await, 0, "{nothing}");
        }
    }
    assert_eq!(taken(&town.public(), "{ viewer { id } }", json!({})).await, 0);
}
