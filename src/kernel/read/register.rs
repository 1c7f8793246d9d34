//! Shapes as GraphQL types. With `root` the only place that touches async-graphql's doc-hidden registry.

use async_graphql::registry::{MetaField, MetaInputValue, MetaType, Registry};
use async_graphql::{InputType, OutputType};
use indexmap::IndexMap;

use crate::kernel::read::field::{Field, Source};
use crate::kernel::read::rights::Rights;
use crate::kernel::read::shape::ShapeDef;

/// The interface of everything with an id.
pub(crate) const NODE: &str = "Node";

/// `T`: the object, or null where it is hidden.
pub(crate) fn nullable(registry: &mut Registry, shape: &'static ShapeDef) -> String {
    object(registry, shape);
    shape.name.to_owned()
}

/// `[T!]!`
pub(crate) fn list(registry: &mut Registry, shape: &'static ShapeDef) -> String {
    object(registry, shape);
    format!("[{}!]!", shape.name)
}

/// `TConnection!`, with its edge and the page info.
pub(crate) fn connection(registry: &mut Registry, shape: &'static ShapeDef) -> String {
    let name = format!("{}Connection", shape.name);
    let ty = format!("{name}!");
    if registry.types.contains_key(&name) {
        return ty;
    }
    object(registry, shape);
    page_info(registry);
    let edge = format!("{}Edge", shape.name);
    let int = <i32 as OutputType>::create_type_info(registry);
    let text = <String as OutputType>::create_type_info(registry);
    let of = shape.name;
    insert(
        registry,
        &edge,
        &format!("{of} の一覧の一件。"),
        [("node", format!("{of}!"), "対象。"), ("cursor", text, "この位置を表すカーソル。")],
    );
    insert(
        registry,
        &name,
        &format!("{of} の一覧。"),
        [
            ("edges", format!("[{edge}!]!"), "対象とカーソルの組。"),
            ("nodes", format!("[{of}!]!"), "対象の並び。"),
            ("pageInfo", "PageInfo!".to_owned(), "続きの有無。"),
            ("totalCount", int, "閲覧できる全件数。必要なときだけ指定する。"),
        ],
    );
    ty
}

/// Registers the shape's type once; circles are cut by the placeholder.
pub(crate) fn object(registry: &mut Registry, shape: &'static ShapeDef) {
    if registry.types.contains_key(shape.name) {
        return;
    }
    registry.types.insert(shape.name.to_owned(), meta_object(shape.name, shape.doc, IndexMap::new()));
    node_interface(registry);
    let mut fields = IndexMap::new();
    for field in &shape.fields {
        fields.insert(field.name.to_owned(), meta_field(registry, field));
    }
    let mut meta = meta_object(shape.name, shape.doc, fields);
    if let Some(rights) = Rights::of_reading(shape) {
        rights.tell_type("閲覧できる人", &mut meta);
    }
    registry.types.insert(shape.name.to_owned(), meta);
    registry.add_implements(shape.name, NODE);
    if let Some(MetaType::Interface { possible_types, .. }) = registry.types.get_mut(NODE) {
        possible_types.insert(shape.name.to_owned());
    }
}

/// The arguments of a list of the shape.
pub(crate) fn list_arguments(registry: &mut Registry, shape: &ShapeDef) -> IndexMap<String, MetaInputValue> {
    let mut args = IndexMap::new();
    let mut add = |name: &str, ty: String, doc: &str, default: Option<&str>| {
        let mut arg = MetaInputValue::new(name, ty);
        arg.description = Some(doc.to_owned());
        arg.default_value = default.map(str::to_owned);
        args.insert(name.to_owned(), arg);
    };
    let int = <Option<i32> as InputType>::create_type_info(registry);
    let text = <Option<String> as InputType>::create_type_info(registry);
    add("first", int, "件数(1〜100)。", Some("20"));
    add("after", text, "このカーソルより後を読む。", None);
    if let Some(filter) = &shape.filter {
        let ty = (filter.register)(registry);
        add("filter", ty, "絞り込み。", None);
    }
    if let Some(orders) = &shape.orders {
        let ty = (orders.register)(registry);
        add("orderBy", ty, "並び順。", None);
    }
    args
}

/// The `id` argument of a root field.
pub(crate) fn id_argument(registry: &mut Registry) -> (String, MetaInputValue) {
    let ty = <async_graphql::ID as InputType>::create_type_info(registry);
    let mut arg = MetaInputValue::new("id", ty);
    arg.description = Some("対象の ID。".to_owned());
    ("id".to_owned(), arg)
}

fn meta_field(registry: &mut Registry, field: &'static Field) -> MetaField {
    let mut ty = (field.ty)(registry);
    if field.mask.is_some() {
        ty.truncate(ty.trim_end_matches('!').len());
    }
    let mut meta = MetaField::new(field.name, ty);
    meta.description = Some(field.doc.to_owned());
    if let Source::Connection(shape, _) = field.source {
        meta.args = list_arguments(registry, shape());
    }
    if let Some(mask) = field.kept() {
        Rights::of_mask(mask).tell("表示される人", &mut meta);
    }
    meta
}

/// The interface `Node`.
pub(crate) fn node_interface(registry: &mut Registry) {
    if registry.types.contains_key(NODE) {
        return;
    }
    let id = <async_graphql::ID as OutputType>::create_type_info(registry);
    let mut field = MetaField::new("id", id);
    field.description = Some("ID。種類を表す接頭辞付き。".to_owned());
    let interface = MetaType::Interface {
        name: NODE.to_owned(),
        description: Some("ID を持つもの。`node(id)` で読み直せる。".to_owned()),
        fields: IndexMap::from([("id".to_owned(), field)]),
        possible_types: indexmap::IndexSet::default(),
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: vec![],
        rust_typename: None,
        directive_invocations: vec![],
        requires_scopes: vec![],
    };
    registry.types.insert(NODE.to_owned(), interface);
}

fn page_info(registry: &mut Registry) {
    let flag = <bool as OutputType>::create_type_info(registry);
    let text = <Option<String> as OutputType>::create_type_info(registry);
    insert(
        registry,
        "PageInfo",
        "一覧の続きの有無(Relay Cursor Connections)。",
        [
            ("hasNextPage", flag.clone(), "後に続きがあるか。"),
            ("hasPreviousPage", flag, "前があるか(途中から読んだか)。"),
            ("startCursor", text.clone(), "先頭のカーソル。"),
            ("endCursor", text, "末尾のカーソル。"),
        ],
    );
}

pub(crate) fn insert<const N: usize>(
    registry: &mut Registry,
    name: &str,
    doc: &str,
    fields: [(&str, String, &str); N],
) {
    let fields = fields.map(|(field, ty, doc)| {
        let mut meta = MetaField::new(field, ty);
        meta.description = Some(doc.to_owned());
        (field.to_owned(), meta)
    });
    registry.types.insert(name.to_owned(), meta_object(name, doc, IndexMap::from(fields)));
}

pub(crate) fn meta_object(name: &str, doc: &str, fields: IndexMap<String, MetaField>) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        fields,
        cache_control: async_graphql::CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: vec![],
        is_subscription: false,
        rust_typename: None,
        directive_invocations: vec![],
        requires_scopes: vec![],
    }
}
