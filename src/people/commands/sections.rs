//! Sections of the town hall.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::Result;
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{SectionId, section};
use crate::people::rules;
use crate::people::shapes::Section;

/// 部署を作る。
pub const SECTION_CREATE: Action = Action("sectionCreate");
/// 部署の連絡先などを変える。
pub const SECTION_CHANGE: Action = Action("sectionChange");
/// 部署を廃止する。
pub const SECTION_ABOLISH: Action = Action("sectionAbolish");

/// 部署の内容。
#[derive(InputObject)]
pub struct SectionCreateInput {
    /// 名称。
    pub name: String,
    /// 上位の部署。
    pub parent_id: Option<SectionId>,
    /// 設置日。
    pub established_on: Date,
    /// 郵便番号。
    pub postal_code: Option<String>,
    /// 所在地。
    pub address: Option<String>,
    /// 電話番号。
    pub phone: Option<String>,
    /// ファクス番号。
    pub fax: Option<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: Option<String>,
}

/// Makes a section.
pub async fn create_section(tx: &Tx, input: SectionCreateInput) -> Result<SectionId> {
    tx.may_create::<Section>(SECTION_CREATE, &[])?;
    let SectionCreateInput { name, parent_id, established_on, postal_code, address, phone, fax, email } = input;
    if let Some(parent) = parent_id {
        tx.peek::<Section>(parent, Action::READ).await?;
    }
    let mut checks = Checks::new();
    let row = section::ActiveModel {
        id: Set(SectionId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        parent_id: Set(parent_id),
        established_on: Set(established_on),
        postal_code: Set(checks.optional("input.postalCode", postal_code.as_deref(), 10)),
        address: Set(checks.optional("input.address", address.as_deref(), 200)),
        phone: Set(checks.optional("input.phone", phone.as_deref(), 30)),
        fax: Set(checks.optional("input.fax", fax.as_deref(), 30)),
        email: Set(email.map(|text| checks.email("input.email", &text))),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// 部署の変更。指定した項目だけが変わり、null は消去。
#[derive(InputObject)]
pub struct SectionChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 郵便番号。
    pub postal_code: MaybeUndefined<String>,
    /// 所在地。
    pub address: MaybeUndefined<String>,
    /// 電話番号。
    pub phone: MaybeUndefined<String>,
    /// ファクス番号。
    pub fax: MaybeUndefined<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: MaybeUndefined<String>,
}

/// Changes how a section is reached.
pub async fn change_section(tx: &Tx, id: SectionId, input: SectionChangeInput) -> Result<SectionId> {
    let row = tx.load::<Section>(id, SECTION_CHANGE).await?;
    let SectionChangeInput { revision, postal_code, address, phone, fax, email } = input;
    same_revision::<Section>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    let mut row: section::ActiveModel = row.into();
    postal_code.map_value(|t| checks.text("input.postalCode", &t, 10)).apply(&mut row.postal_code);
    address.map_value(|t| checks.text("input.address", &t, 200)).apply(&mut row.address);
    phone.map_value(|t| checks.text("input.phone", &t, 30)).apply(&mut row.phone);
    fax.map_value(|t| checks.text("input.fax", &t, 30)).apply(&mut row.fax);
    email.map_value(|t| checks.email("input.email", &t)).apply(&mut row.email);
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// 部署の廃止。
#[derive(InputObject)]
pub struct SectionAbolishInput {
    /// 廃止日。
    pub abolished_on: Date,
    /// 事務を引き継ぐ部署。
    pub successor_id: SectionId,
}

/// Abolishes a section in a reorganization; its successor takes over.
pub async fn abolish_section(tx: &Tx, id: SectionId, input: SectionAbolishInput) -> Result<SectionId> {
    let row = tx.load::<Section>(id, SECTION_ABOLISH).await?;
    rules::section(&row, SECTION_ABOLISH, tx.now)?;
    let SectionAbolishInput { abolished_on, successor_id } = input;
    tx.peek::<Section>(successor_id, Action::READ).await?;
    let mut checks = Checks::new();
    checks.check(
        successor_id != id,
        "input.successorId",
        "SELF",
        "自分自身に引き継ぐことはできません。",
        "A section cannot succeed itself.",
    );
    checks.check(
        abolished_on > row.established_on,
        "input.abolishedOn",
        "ORDER",
        "廃止日が設置日より前です。",
        "It would end before it began.",
    );
    checks.done()?;
    let mut row: section::ActiveModel = row.into();
    row.abolished_on = Set(Some(abolished_on));
    row.successor_id = Set(Some(successor_id));
    row.update(tx).await?;
    Ok(id)
}
