//! The bank's notice of one payment, on paper or by telephone: what was recorded by hand, and what proves it.

use super::{BankTransferLine, PAYER};
use crate::bank::entity::{BankNoticeId, bank_notice};
use crate::files::shapes::attached;
use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::{Children, Mask};
use crate::shape;

/// Too late: the bank was to have told of all its payments.
pub(super) const LATE: &str = "t.state = 'PRODUCED' AND t.report_due < entaku_today()";
pub(super) const OF_LINE: Children = Children { key: "line_id", when: "", order: &[] };

const AUDITOR: &[Role] = &[Role::Auditor];

/// It shows numbers of accounts, which are for those who pay; and it is what is audited.
pub(super) fn readers() -> Mask {
    let read = |roles| Permit { action: Action::READ, roles, over: Over::Municipality };
    Mask { permits: vec![read(PAYER), read(AUDITOR)], unless: None, personal: false, reason: "PAYERS" }
}

shape! {
    BankNotice("BankNotice", "銀行の通知により手で記録した、支払一件の結果。通知(書面の写し、電話の記録など)が添付されている。支払う人と監査の人だけが読める。", "bank_notices") { id: BankNoticeId, row: bank_notice::Entity }
    |shape| attached::<BankNoticeId>(shape.one::<BankTransferLine>("transferLine", "line_id", "支払。"))
        .column::<bool>("paid", "振り込まれたか。false は振込不能。")
        .column::<Date>("toldOn", "振り込まれた日、または振込不能とされた日。")
        .column::<Option<String>>("reason", "銀行が示した理由。振込不能のときは必ずある。")
        .readable(PAYER, Over::Municipality)
        .readable(AUDITOR, Over::Municipality)
}
