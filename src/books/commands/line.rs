//! The lines of a budget.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::books::commands::{BUDGET_LINE_SET, locked};
use crate::books::entity::{AccountBookId, BookCategory, BudgetLineId, account_book, budget_line};
use crate::books::rules;
use crate::books::shapes::BudgetLine;
use crate::kernel::error::Result;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// A line that was checked and is not written yet.
pub(super) struct NewLine {
    category: BookCategory,
    title: String,
    budget: Yen,
}

impl NewLine {
    pub(super) fn of(category: BookCategory, title: &str, budget: Yen) -> Self {
        Self { category, title: title.into(), budget }
    }

    pub(super) fn checked(
        checks: &mut Checks,
        path: &'static str,
        category: BookCategory,
        title: &str,
        budget: Yen,
    ) -> Self {
        checks.check(budget.0 >= 0, path, "RANGE", "予算額は0以上で入力してください。", "A budget is 0 or more.");
        Self { category, title: checks.text(path, title, 100), budget }
    }
}

pub(super) async fn insert_line(tx: &Tx, book: &account_book::Model, line: NewLine) -> Result<BudgetLineId> {
    let row = budget_line::ActiveModel {
        id: Set(BudgetLineId::new()),
        book_id: Set(book.id),
        organization_id: Set(book.organization_id),
        fiscal_year: Set(book.fiscal_year),
        side: Set(rules::side(line.category)),
        category: Set(line.category),
        title: Set(line.title),
        budget_yen: Set(line.budget),
        actual_yen: Set(Yen(0)),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// 予算の科目の内容。
#[derive(InputObject)]
pub struct BudgetLineSetInput {
    /// 会計。
    pub book_id: AccountBookId,
    /// 科目。
    pub category: BookCategory,
    /// 内訳の名称。同じ科目に同じ名称があれば、その予算額を変える。
    pub title: String,
    /// 予算額(円)。
    pub budget_yen: Yen,
}

/// Adds a line to the budget, or changes its amount.
pub async fn set_line(tx: &Tx, input: BudgetLineSetInput) -> Result<BudgetLineId> {
    let BudgetLineSetInput { book_id, category, title, budget_yen } = input;
    let book = locked(tx, book_id).await?;
    tx.may_create::<BudgetLine>(BUDGET_LINE_SET, &[("organization_id", book.organization_id.0)])?;
    rules::writable(book.state, BUDGET_LINE_SET)?;
    let mut checks = Checks::new();
    let line = NewLine::checked(&mut checks, "input", category, &title, budget_yen);
    checks.done()?;
    let same = budget_line::Entity::find()
        .filter(budget_line::Column::BookId.eq(book_id))
        .filter(budget_line::Column::Category.eq(category))
        .filter(budget_line::Column::Title.eq(&line.title));
    let Some(known) = same.one(tx).await? else { return insert_line(tx, &book, line).await };
    let id = known.id;
    let mut known: budget_line::ActiveModel = known.into();
    known.budget_yen = Set(line.budget);
    known.update(tx).await?;
    Ok(id)
}
