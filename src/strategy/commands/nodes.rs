//! The tree of a strategy.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::SectionId;
use crate::people::shapes::Section;
use crate::strategy::commands::{STRATEGY_NODE_ADD, STRATEGY_NODE_CHANGE};
use crate::strategy::entity::{
    StrategyCategory, StrategyId, StrategyNodeId, StrategyNodeKind, StrategyNodeVersionId, StrategyRevisionId, node,
    node_version, strategy, strategy_revision,
};
use crate::strategy::rules;
use crate::strategy::shapes::{Strategy, StrategyNode, StrategyRevision};

/// 項目の内容。
#[derive(InputObject)]
pub struct StrategyNodeAddInput {
    /// 戦略。
    pub strategy_id: StrategyId,
    /// 上位の項目。最上位なら指定しない。
    pub parent_id: Option<StrategyNodeId>,
    /// 種類。
    pub kind: StrategyNodeKind,
    /// 番号。なければ指定しない。
    pub number: Option<i32>,
    /// 題名。なければ指定しない。
    pub title: Option<String>,
    /// ねらい・説明。
    pub aim: Option<String>,
    /// 新規か。
    #[graphql(default)]
    pub is_new: bool,
    /// 注記・用語の説明。
    pub note: Option<String>,
    /// チャレンジの担い手。
    pub category: Option<StrategyCategory>,
    /// 愛称。
    pub nickname: Option<String>,
    /// 担当する課。
    pub section_id: Option<SectionId>,
    /// 根拠となる改訂。策定後に加えるときは必ず指定する。
    pub revision_id: Option<StrategyRevisionId>,
}

/// Adds a node to the tree of a strategy.
pub async fn add_node(tx: &Tx, input: StrategyNodeAddInput) -> Result<StrategyNodeId> {
    let StrategyNodeAddInput {
        strategy_id,
        parent_id,
        kind,
        number,
        title,
        aim,
        is_new,
        note,
        category,
        nickname,
        section_id,
        revision_id,
    } = input;
    let strategy = tx.load::<Strategy>(strategy_id, STRATEGY_NODE_ADD).await?;
    rules::strategy(&strategy, STRATEGY_NODE_ADD, tx.now)?;
    if let Some(section) = section_id {
        tx.peek::<Section>(section, Action::READ).await?;
    }
    let parent = parent_of(tx, strategy_id, parent_id).await?;
    let above = parent.map(|p| p.sort_path).unwrap_or_default();
    let _ = under_revision(tx, &strategy, revision_id, &above).await?;
    let position = next_position(tx, strategy_id, parent_id).await?;
    let mut checks = Checks::new();
    check_number(&mut checks, number);
    let row = node::ActiveModel {
        id: Set(StrategyNodeId::new()),
        strategy_id: Set(strategy_id),
        strategy_state: Set(strategy.state),
        parent_id: Set(parent_id),
        kind: Set(kind),
        number: Set(number),
        position: Set(position),
        sort_path: Set(above + &rules::sort_step(kind, number, position)),
        title: Set(checks.optional("input.title", title.as_deref(), 500)),
        aim: Set(checks.optional("input.aim", aim.as_deref(), 4000)),
        is_new: Set(is_new),
        note: Set(checks.optional("input.note", note.as_deref(), 4000)),
        category: Set(category),
        nickname: Set(checks.optional("input.nickname", nickname.as_deref(), 50)),
        section_id: Set(section_id),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

async fn parent_of(tx: &Tx, strategy: StrategyId, parent: Option<StrategyNodeId>) -> Result<Option<node::Model>> {
    let Some(parent) = parent else { return Ok(None) };
    let parent = tx.peek::<StrategyNode>(parent, Action::READ).await?;
    if parent.strategy_id == strategy {
        return Ok(Some(parent));
    }
    Err(Error::invalid(
        "input.parentId",
        "STRATEGY",
        "上位の項目が別の戦略のものです。",
        "The parent is of another strategy.",
    ))
}

async fn next_position(tx: &Tx, strategy: StrategyId, parent: Option<StrategyNodeId>) -> Result<i32> {
    let siblings = node::Entity::find().filter(node::Column::StrategyId.eq(strategy));
    let siblings = match parent {
        Some(parent) => siblings.filter(node::Column::ParentId.eq(parent)),
        None => siblings.filter(node::Column::ParentId.is_null()),
    };
    let last = siblings.order_by_desc(node::Column::Position).one(tx).await?;
    Ok(last.map_or(1, |node| node.position + 1))
}

fn check_number(checks: &mut Checks, number: Option<i32>) {
    checks.check(
        number.is_none_or(|n| (1..=9998).contains(&n)),
        "input.number",
        "RANGE",
        "1から9998までで指定してください。",
        "1 to 9998.",
    );
}

/// The revision that allows a change at `path`, where one is needed. A revision bound to a node allows
/// changes of that node and of what stands below it.
async fn under_revision(
    tx: &Tx,
    strategy: &strategy::Model,
    revision: Option<StrategyRevisionId>,
    path: &str,
) -> Result<Option<strategy_revision::Model>> {
    let revision = match revision {
        Some(id) => Some(tx.peek::<StrategyRevision>(id, Action::READ).await?),
        None => None,
    };
    rules::tree_change(strategy.state, revision.as_ref(), Date(tx.today()))?;
    if let Some(revision) = &revision {
        let covers = match revision.node_id {
            Some(node) => path.starts_with(&tx.peek::<StrategyNode>(node, Action::READ).await?.sort_path),
            None => true,
        };
        if revision.strategy_id != strategy.id || !covers {
            return Err(Error::invalid(
                "input.revisionId",
                "REVISION",
                "この改訂の対象ではありません。",
                "The revision does not cover this.",
            ));
        }
    }
    Ok(revision)
}

/// 項目の変更。指定した項目だけが変わり、null は消去。
#[derive(InputObject)]
pub struct StrategyNodeChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 根拠となる改訂。策定後に変えるときは必ず指定する。
    pub revision_id: Option<StrategyRevisionId>,
    /// 番号。
    pub number: MaybeUndefined<i32>,
    /// 題名。
    pub title: MaybeUndefined<String>,
    /// ねらい・説明。
    pub aim: MaybeUndefined<String>,
    /// 新規か。
    pub is_new: Option<bool>,
    /// 注記・用語の説明。
    pub note: MaybeUndefined<String>,
    /// チャレンジの担い手。
    pub category: MaybeUndefined<StrategyCategory>,
    /// 愛称。
    pub nickname: MaybeUndefined<String>,
    /// 担当する課。
    pub section_id: MaybeUndefined<SectionId>,
}

/// Changes a node. Under a revision what it said before stays readable.
pub async fn change_node(tx: &Tx, id: StrategyNodeId, input: StrategyNodeChangeInput) -> Result<StrategyNodeId> {
    // The strategy is locked before its parts, as everywhere.
    let seen = tx.peek::<StrategyNode>(id, STRATEGY_NODE_CHANGE).await?;
    let strategy = tx.load::<Strategy>(seen.strategy_id, Action::READ).await?;
    let old = tx.load::<StrategyNode>(id, STRATEGY_NODE_CHANGE).await?;
    rules::node(&old, STRATEGY_NODE_CHANGE, tx.now)?;
    let StrategyNodeChangeInput {
        revision,
        revision_id,
        number,
        title,
        aim,
        is_new,
        note,
        category,
        nickname,
        section_id,
    } = input;
    same_revision::<StrategyNode>(id, old.revision, revision)?;
    let revised_by = under_revision(tx, &strategy, revision_id, &old.sort_path).await?;
    if let MaybeUndefined::Value(section) = section_id {
        tx.peek::<Section>(section, Action::READ).await?;
    }
    let mut checks = Checks::new();
    check_number(&mut checks, number.as_opt_ref().flatten().copied());
    let mut row: node::ActiveModel = old.clone().into();
    number.apply(&mut row.number);
    title.map_value(|t| checks.text("input.title", &t, 500)).apply(&mut row.title);
    aim.map_value(|t| checks.text("input.aim", &t, 4000)).apply(&mut row.aim);
    note.map_value(|t| checks.text("input.note", &t, 4000)).apply(&mut row.note);
    nickname.map_value(|t| checks.text("input.nickname", &t, 50)).apply(&mut row.nickname);
    category.apply(&mut row.category);
    section_id.apply(&mut row.section_id);
    if let Some(is_new) = is_new {
        row.is_new = Set(is_new);
    }
    checks.done()?;
    if let Some(revision) = revised_by {
        keep_version(tx, &old, revision.id).await?;
    }
    let new = row.update(tx).await?;
    if new.number != old.number {
        move_subtree(tx, &old, &new).await?;
    }
    Ok(id)
}

async fn keep_version(tx: &Tx, old: &node::Model, revised_by: StrategyRevisionId) -> Result<()> {
    let row = node_version::ActiveModel {
        id: Set(StrategyNodeVersionId::new()),
        strategy_id: Set(old.strategy_id),
        node_id: Set(old.id),
        revised_by: Set(revised_by),
        number: Set(old.number),
        title: Set(old.title.clone()),
        aim: Set(old.aim.clone()),
        is_new: Set(old.is_new),
        note: Set(old.note.clone()),
        nickname: Set(old.nickname.clone()),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// Gives a node and all below it the path of its new number.
async fn move_subtree(tx: &Tx, old: &node::Model, new: &node::Model) -> Result<()> {
    let length = old.sort_path.len();
    let own = rules::sort_step(old.kind, old.number, old.position).len();
    let path = format!("{}{}", &old.sort_path[..length - own], rules::sort_step(new.kind, new.number, new.position));
    let length = i64::try_from(length).map_err(Error::internal)?;
    let mut sql = Sql::new("UPDATE strategy_nodes SET sort_path = ");
    sql.fill("? || substr(sort_path, (?)::int + 1)", [Param::text(path), Param::Int(Some(length))]);
    sql.fill(" WHERE strategy_id = ?", [Param::Uuid(Some(old.strategy_id.0))]);
    let prefix = [Param::Int(Some(length)), Param::text(old.sort_path.as_str())];
    sql.fill(" AND left(sort_path, (?)::int) = ?", prefix);
    tx.run(sql).await?;
    Ok(())
}
