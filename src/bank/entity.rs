//! Rows, ids and words of the bank.

use chrono::{DateTime, Utc};

use crate::files::entity::FileId;
use crate::grants::entity::GrantApplicationId;
use crate::kernel::date::Date;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::OrganizationId;
use crate::{entity, id_type, text_enum};

id_type!(/// 振込先の口座
    BankAccountId = "bka");
id_type!(/// 振込依頼人(自治体)の設定
    TransferSourceId = "tsr");
id_type!(/// 総合振込
    BankTransferId = "btr");
id_type!(/// 総合振込の明細
    BankTransferLineId = "btl");
id_type!(/// 銀行からの報告
    BankReportId = "brp");
id_type!(/// 銀行からの報告の明細
    BankReportLineId = "brl");
id_type!(/// 銀行の通知による記録
    BankNoticeId = "bnt");

text_enum! {
    /// 預金種目。
    DepositKind {
        /// 普通
        Ordinary,
        /// 当座
        Current,
        /// 貯蓄
        Savings,
        /// その他
        Other,
    }
}

impl DepositKind {
    /// As bank files write it (全銀協規定形式 預金種目).
    pub fn code(self) -> u8 {
        match self {
            Self::Ordinary => 1,
            Self::Current => 2,
            Self::Savings => 4,
            Self::Other => 9,
        }
    }
}

text_enum! {
    /// 口座の状態。
    BankAccountState {
        /// 届出済み。確認を待つ。まだ使われない
        Proposed,
        /// 確認済み。振込先になる
        Confirmed,
        /// 次の口座に替わった
        Replaced,
        /// 確認できなかった
        Rejected,
    }
}

text_enum! {
    /// 総合振込の状態。
    BankTransferState {
        /// 起案
        Prepared,
        /// ファイルを作成した
        Produced,
        /// すべての結果が分かった
        Done,
        /// 取り消した
        Cancelled,
        /// 銀行がファイル全体を受け付けなかった。何も支払われていない
        Refused,
    }
}

text_enum! {
    /// 総合振込の明細の状態。
    TransferLineState {
        /// 結果を待つ
        Waiting,
        /// 振り込まれ、支払が仕訳された
        Paid,
        /// 振込不能。次の総合振込に入れられる
        Failed,
        /// 取り消した
        Cancelled,
        /// ファイル全体が受け付けられなかった。次の総合振込に入れられる
        Refused,
        /// 振り込まれた後、銀行から戻った(組戻し)。次の総合振込に入れられる
        Returned,
    }
}

text_enum! {
    /// 銀行からの報告の形式。
    BankReportFormat {
        /// 全銀協規定形式の入出金取引明細(200バイト)。ファイルの合計額の出金を、その総合振込が行われたものと読む
        Zengin,
        /// CSV(振込日・銀行番号・支店番号・預金種目・口座番号・受取人名・金額・結果)
        Csv,
    }
}

text_enum! {
    /// 照合の結果。
    ReportOutcome {
        /// 支払と一致し、仕訳した
        Matched,
        /// 振込不能と一致した
        Failed,
        /// 一致する支払がない
        Unmatched,
        /// 一致する支払は、前の報告で済んでいる
        AlreadySettled,
        /// 一致する支払は、今は支払えない(取下げ・別の支払など)
        NotPayable,
    }
}

entity! {
    /// Accounts of organizations. The number is sealed.
    bank_account in "bank_accounts" {
        id: BankAccountId,
        organization_id: OrganizationId,
        bank_code: String,
        bank_name: String,
        branch_code: String,
        branch_name: String,
        kind: DepositKind,
        key_id: String,
        secret: String,
        tail: String,
        holder_kana: String,
        state: BankAccountState,
        registered_by: Option<AccountId>,
        confirmed_by: Option<AccountId>,
        confirmed_on: Option<Date>,
        rejection_reason: Option<String>,
        mismatches: i32,
    }
}

entity! {
    /// From where the municipality pays, as its bank knows it; one row.
    transfer_source in "transfer_sources" {
        id: TransferSourceId,
        consignor_code: String,
        consignor_name: String,
        bank_code: String,
        bank_name: String,
        branch_code: String,
        branch_name: String,
        kind: DepositKind,
        number: String,
    }
}

entity! {
    /// Files of payments; the content is sealed.
    bank_transfer in "bank_transfers" {
        id: BankTransferId,
        transfer_on: Date,
        state: BankTransferState,
        count: i32,
        total_yen: Yen,
        prepared_by: Option<AccountId>,
        produced_by: Option<AccountId>,
        produced_at: Option<DateTime<Utc>>,
        sha256: Option<String>,
        key_id: String,
        secret: String,
        refused_on: Option<Date>,
        refused_by: Option<AccountId>,
        refusal_reason: Option<String>,
        report_due: Option<Date>,
        source_account: Option<String>,
    }
}

entity! {
    /// The payments of a file.
    bank_transfer_line in "bank_transfer_lines" {
        id: BankTransferLineId,
        transfer_id: BankTransferId,
        number: i32,
        application_id: GrantApplicationId,
        payment_number: i32,
        organization_id: OrganizationId,
        bank_account_id: BankAccountId,
        amount_yen: Yen,
        state: TransferLineState,
        paid_on: Option<Date>,
    }
}

entity! {
    /// What a bank reported, whole.
    bank_report in "bank_reports" {
        id: BankReportId,
        format: BankReportFormat,
        name: String,
        sha256: String,
        count: i32,
        matched: i32,
        unmatched: i32,
        imported_by: Option<AccountId>,
    }
}

entity! {
    /// What a bank reported, line by line.
    bank_report_line in "bank_report_lines" {
        id: BankReportLineId,
        report_id: BankReportId,
        number: i32,
        reported_on: Date,
        amount_yen: Yen,
        bank_code: String,
        branch_code: String,
        tail: String,
        holder: String,
        paid: bool,
        outcome: ReportOutcome,
        line_id: Option<BankTransferLineId>,
    }
}

entity! {
    /// What the bank told of one payment beside its reports, with the notice that says so.
    bank_notice in "bank_notices" {
        id: BankNoticeId,
        line_id: BankTransferLineId,
        paid: bool,
        told_on: Date,
        reason: Option<String>,
        file_id: FileId,
        attached_by: AccountId,
        name: String,
        media_type: String,
        size: i32,
        sha256: String,
    }
}
