//! Laws, by-laws and outlines.

use async_graphql::InputObject;
use sea_orm::Set;

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::strategy::commands::LEGAL_BASIS_RECORD;
use crate::strategy::entity::{LegalBasisId, legal_basis};
use crate::strategy::shapes::LegalBasis;

/// 根拠法令の内容。
#[derive(InputObject)]
pub struct LegalBasisRecordInput {
    /// 名称。
    pub name: String,
    /// 番号(平成31年条例第1号など)。
    pub number: Option<String>,
    /// 施行日。
    pub effective_on: Option<Date>,
    /// 施行の時期。日が分からない場合(平成17年3月など)。
    pub effective_note: Option<String>,
}

/// Records a law, by-law or outline. A name is recorded once.
pub async fn record_legal_basis(tx: &Tx, input: LegalBasisRecordInput) -> Result<LegalBasisId> {
    tx.may_create::<LegalBasis>(LEGAL_BASIS_RECORD, &[])?;
    let LegalBasisRecordInput { name, number, effective_on, effective_note } = input;
    let mut checks = Checks::new();
    let row = legal_basis::ActiveModel {
        id: Set(LegalBasisId::new()),
        name: Set(checks.text("input.name", &name, 200)),
        number: Set(checks.optional("input.number", number.as_deref(), 100)),
        effective_on: Set(effective_on),
        effective_note: Set(checks.optional("input.effectiveNote", effective_note.as_deref(), 100)),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}
