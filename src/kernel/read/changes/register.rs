//! The types of `changesSince` in the schema.

use async_graphql::registry::{MetaEnumValue, MetaInputValue, MetaType, Registry};
use async_graphql::{Enum, InputType, OutputType};
use indexmap::IndexMap;

use crate::kernel::read::register::{NODE, insert, node_interface};
use crate::kernel::read::shape::ShapeDef;

/// The enum of kinds.
const KIND: &str = "ObjectKind";

/// 変更の種類。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ChangeOperation {
    /// 新しく作られた。
    Created,
    /// 変更された。または、閲覧できるようになった。
    Updated,
    /// なくなった。または、閲覧できなくなった。手元の控えを消す。
    Gone,
}

impl ChangeOperation {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Gone => "GONE",
        }
    }
}

/// 最初から読み直す必要がある理由。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ResyncReason {
    /// あなたの任命(役割)が変わった。
    AppointmentsChanged,
    /// 閲覧の規則が変わった。
    RulesChanged,
}

impl ResyncReason {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::AppointmentsChanged => "APPOINTMENTS_CHANGED",
            Self::RulesChanged => "RULES_CHANGED",
        }
    }
}

/// The word of a shape: `CommunityOrganization` → `COMMUNITY_ORGANIZATION`.
pub(super) fn kind(shape: &ShapeDef) -> String {
    let mut word = String::with_capacity(shape.name.len() + 4);
    for c in shape.name.chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(c.to_ascii_uppercase());
    }
    word
}

/// `ChangeSet`, with all that belongs to it.
pub(crate) fn set(registry: &mut Registry, shapes: &[&'static ShapeDef]) -> String {
    node_interface(registry);
    kinds(registry, shapes);
    let text = <String as OutputType>::create_type_info(registry);
    let flag = <bool as OutputType>::create_type_info(registry);
    let id = <async_graphql::ID as OutputType>::create_type_info(registry);
    let operation = <ChangeOperation as OutputType>::create_type_info(registry);
    let reason = <Option<ResyncReason> as OutputType>::create_type_info(registry);
    let of_change = [
        ("cursor", text.clone(), "この変更の位置。ここまで取り込んだら、次はここから続けられる。"),
        ("kind", format!("{KIND}!"), "対象の種類。"),
        ("objectId", id, "対象の ID。"),
        ("operation", operation, "変更の種類。"),
        ("node", NODE.to_owned(), "今の対象。GONE なら null。"),
    ];
    insert(registry, "Change", "対象一つの変更。同じ対象の何度もの変更は一つにまとまる。", of_change);
    let of_set = [
        ("changes", "[Change!]!".to_owned(), "変わった対象。古い変更から。続きがあっても空のことがある。"),
        ("cursor", text, "次回の同期に指定するカーソル。90日のあいだ使える。"),
        ("hasMore", flag.clone(), "まだ続きがあるか。あれば、すぐに次を読む。"),
        ("resync", flag, "手元の控えを捨てて最初から読み直す必要があるか。その後は返されたカーソルから続ける。"),
        ("reason", reason, "読み直す必要がある理由。"),
    ];
    insert(registry, "ChangeSet", "前回の同期より後の変更。", of_set);
    "ChangeSet".to_owned()
}

/// The arguments of the field.
pub(crate) fn arguments(registry: &mut Registry) -> IndexMap<String, MetaInputValue> {
    let text = <Option<String> as InputType>::create_type_info(registry);
    let int = <Option<i32> as InputType>::create_type_info(registry);
    let argument = |name: &str, ty: String, doc: &str, default: Option<&str>| {
        let mut made = MetaInputValue::new(name, ty);
        made.description = Some(doc.to_owned());
        made.default_value = default.map(str::to_owned);
        (name.to_owned(), made)
    };
    IndexMap::from([
        argument("cursor", text, "前回の同期で受け取ったカーソル。初回は指定しない。", None),
        argument("kinds", format!("[{KIND}!]"), "対象の種類。指定しなければすべて。同期のあいだは変えない。", None),
        argument("first", int, "対象の数の上限(1〜100)。", Some("100")),
    ])
}

fn kinds(registry: &mut Registry, shapes: &[&'static ShapeDef]) {
    let value = |shape: &&'static ShapeDef| {
        let mut value = MetaEnumValue::new(kind(shape));
        value.description = Some(shape.doc.to_owned());
        (value.name.clone(), value)
    };
    let kinds = MetaType::Enum {
        name: KIND.to_owned(),
        description: Some("対象の種類。".to_owned()),
        enum_values: shapes.iter().filter(|shape| shape.is_told()).map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: vec![],
        rust_typename: None,
        directive_invocations: vec![],
        requires_scopes: vec![],
    };
    registry.types.insert(KIND.to_owned(), kinds);
}
