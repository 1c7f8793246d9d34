//! Rows, ids and words of the books of organizations.

use crate::files::entity::FileId;
use crate::grants::entity::{GrantApplicationId, GrantProgrammeId};
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

id_type!(/// 会計
    AccountBookId = "abk");
id_type!(/// 予算の科目
    BudgetLineId = "bgl");
id_type!(/// 出納
    BookTransactionId = "btx");
id_type!(/// 証拠書類
    BookFileId = "bkf");
id_type!(/// 記帳した人
    BookKeeperId = "bkk");
id_type!(/// 対象外の使途
    IneligibleUseId = "inu");
id_type!(/// 対象外の判定
    BookJudgementId = "bkj");
id_type!(/// 交付金による支出
    GrantBookedId = "gbk");
id_type!(/// 交付金による支出の科目
    GrantBookedCostId = "gbc");
id_type!(/// 交付金からの繰越し
    BookCarriedOverId = "bco");

text_enum! {
    /// 会計の状態。
    BookState {
        /// 記帳中
        Open,
        /// 締めた(監事の確認待ち)。以後は取消しとその訂正だけ
        Closed,
        /// 監事が確認した。以後は変わらない
        Confirmed,
    }
}

text_enum! {
    /// 収入と支出の別。
    BookSide {
        /// 収入
        Income,
        /// 支出
        Expense,
    }
}

text_enum! {
    /// 予算の科目。支出は交付金交付要綱の経費の区分による。
    BookCategory {
        /// 収入: 交付金
        Grant,
        /// 収入: 交付金以外の補助金
        OtherSubsidy,
        /// 収入: 会費
        MembershipFee,
        /// 収入: 事業収入
        BusinessIncome,
        /// 収入: 寄附金
        Donation,
        /// 収入: 前年度からの繰越金
        CarriedOver,
        /// 収入: 積立金の取崩し
        FromReserve,
        /// 収入: 雑収入
        MiscellaneousIncome,
        /// 支出: 人件費
        Personnel,
        /// 支出: 報償費
        Remuneration,
        /// 支出: 旅費
        Travel,
        /// 支出: 需用費
        Supplies,
        /// 支出: 役務費
        Services,
        /// 支出: 委託料
        Outsourcing,
        /// 支出: 使用料及び賃借料
        Rent,
        /// 支出: 工事請負費
        Construction,
        /// 支出: 原材料費
        Materials,
        /// 支出: 備品購入費
        Equipment,
        /// 支出: 負担金、補助及び交付金
        Contributions,
        /// 支出: 積立金
        ToReserve,
        /// 支出: 予備費
        Contingency,
        /// 支出: その他
        OtherExpense,
    }
}

entity! {
    /// Books. The sums follow the transactions (a trigger).
    account_book in "account_books" {
        id: AccountBookId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        fiscal_year: FiscalYear,
        plan: String,
        adopted_on: Option<Date>,
        state: BookState,
        income_yen: Yen,
        expense_yen: Yen,
        last_number: i32,
        opened_by: Option<AccountId>,
        completed_on: Option<Date>,
        closed_by: Option<AccountId>,
        closed_on: Option<Date>,
        vouchers_until: Option<Date>,
        confirmed_by: Option<AccountId>,
        confirmed_on: Option<Date>,
        opinion: Option<String>,
    }
}

entity! {
    /// Everybody who wrote in a book, judged of it or attached to it (a trigger writes them).
    book_keeper in "book_keepers" {
        id: BookKeeperId,
        book_id: AccountBookId,
        organization_id: OrganizationId,
        account_id: AccountId,
    }
}

entity! {
    /// Lines of the budget; what was spent follows the transactions (a trigger).
    budget_line in "budget_lines" {
        id: BudgetLineId,
        book_id: AccountBookId,
        organization_id: OrganizationId,
        fiscal_year: FiscalYear,
        side: BookSide,
        category: BookCategory,
        title: String,
        budget_yen: Yen,
        actual_yen: Yen,
    }
}

entity! {
    /// What came in and went out. A reversal has the negative amount of what it undoes.
    book_transaction in "book_transactions" {
        id: BookTransactionId,
        book_id: AccountBookId,
        organization_id: OrganizationId,
        fiscal_year: FiscalYear,
        line_id: BudgetLineId,
        side: BookSide,
        category: BookCategory,
        number: i32,
        occurred_on: Date,
        amount_yen: Yen,
        counterparty: String,
        summary: String,
        application_id: Option<GrantApplicationId>,
        ineligible_use_id: Option<IneligibleUseId>,
        ineligible_reason: Option<String>,
        judged_by: Option<AccountId>,
        found_by_hall: bool,
        reverses_id: Option<BookTransactionId>,
        replaces_id: Option<BookTransactionId>,
        recorded_by: Option<AccountId>,
    }
}

entity! {
    /// Receipts and other vouchers of a transaction, with what is kept of each file.
    book_file in "book_files" {
        id: BookFileId,
        transaction_id: BookTransactionId,
        organization_id: OrganizationId,
        file_id: FileId,
        attached_by: Option<AccountId>,
        name: String,
        media_type: String,
        size: i32,
        sha256: String,
    }
}

entity! {
    /// The municipality's list of what its grants are not for.
    ineligible_use in "ineligible_uses" {
        id: IneligibleUseId,
        code: String,
        title: String,
        title_en: String,
        legal_basis: String,
        category: Option<BookCategory>,
        without_receipt: bool,
        in_force: bool,
        programme_id: Option<GrantProgrammeId>,
    }
}

entity! {
    /// Judgements of transactions, each time; one without a use lifts what was found before.
    book_judgement in "book_judgements" {
        id: BookJudgementId,
        transaction_id: BookTransactionId,
        organization_id: OrganizationId,
        ineligible_use_id: Option<IneligibleUseId>,
        reason: String,
        by_hall: bool,
        judged_by: Option<AccountId>,
    }
}

entity! {
    /// What the books show of a grant (a view). Its id is the application's.
    grant_booked in "grant_booked" {
        id: GrantBookedId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        spent_yen: Yen,
        ineligible_yen: Yen,
        eligible_yen: Yen,
        state: BookState,
    }
}

entity! {
    /// The same by category and finding (a view).
    grant_booked_cost in "grant_booked_costs" {
        id: GrantBookedCostId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        category: BookCategory,
        ineligible_use_id: Option<IneligibleUseId>,
        amount_yen: Yen,
    }
}

entity! {
    /// What was kept of a grant of the year before, and what the book says was carried over of it (a view).
    book_carried_over in "book_carried_over" {
        id: BookCarriedOverId,
        book_id: AccountBookId,
        organization_id: OrganizationId,
        application_id: GrantApplicationId,
        expected_yen: Yen,
        recorded_yen: Yen,
    }
}
