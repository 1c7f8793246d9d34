//! Rows of approval routes, their ids and words.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// 決裁ルート
    ApprovalRouteId = "apr");
id_type!(/// 決裁
    ApprovalId = "apv");
id_type!(/// 決裁の承認者の席
    ApprovalSeatId = "aps");
id_type!(/// 代決の定め
    DelegationId = "dlg");

text_enum! {
    /// 決裁ルートを定めることのできる操作。
    RoutedAct {
        /// 交付決定。決定の変更の承認も、変更後の額によって同じルートによる
        GrantApplicationDecide,
        /// 不交付の決定。額は申請額
        GrantApplicationRefuse,
        /// 支払
        GrantPaymentExecute,
        /// 額の確定。額は交付決定額
        GrantAmountFix,
        /// 返還命令。額の確定または交付決定の取消しで命じるもの。額は返還を命じる額
        GrantRepaymentOrder,
        /// 交付決定の取消し。額は交付決定額。決裁は approvalBegin で求める
        GrantDecisionRevoke,
        /// 配分の算定の承認
        GrantRunApprove,
    }
}

text_enum! {
    /// 決裁の状態。
    ApprovalState {
        /// 承認を待っている
        Open,
        /// すべて承認された。操作ができる
        Approved,
        /// 差し戻された
        Returned,
        /// 対象が変わったため無効になった
        Void,
        /// 操作が行われた
        Done,
    }
}

text_enum! {
    /// 席の状態。
    ApprovalSeatState {
        /// 順番を待っている
        Waiting,
        /// 承認を待っている
        Open,
        /// 承認した
        Approved,
        /// 差し戻した
        Returned,
        /// 承認の必要がなくなった
        Closed,
    }
}

/// One step of a route, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// The word of the role whose holders approve.
    pub role: Option<String>,
    /// Or the post whose holder approves.
    pub post: Option<Uuid>,
    /// How many have to.
    pub needed: i32,
}

entity! {
    /// Routes. `steps` is JSON of [`Step`]s.
    route in "approval_routes" {
        id: ApprovalRouteId,
        act: RoutedAct,
        title: String,
        from_yen: Yen,
        in_order: bool,
        steps: String,
        ended_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Approvals of one matter. The object is known by the prefix of its ids: it belongs to a ring further out.
    approval in "approvals" {
        id: ApprovalId,
        route_id: ApprovalRouteId,
        act: RoutedAct,
        object_kind: String,
        object_id: Uuid,
        object_hash: String,
        title: String,
        amount_yen: Yen,
        requested_by: Option<AccountId>,
        state: ApprovalState,
        organization_acted_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Who may give an approval, in whose name, and whether they have.
    seat in "approval_seats" {
        id: ApprovalSeatId,
        approval_id: ApprovalId,
        step: i32,
        step_name: String,
        account_id: AccountId,
        for_id: AccountId,
        state: ApprovalSeatState,
        comment: Option<String>,
        acted_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Who stands in for whom, and when.
    delegation in "delegations" {
        id: DelegationId,
        account_id: AccountId,
        delegate_id: AccountId,
        delegated_by: Option<AccountId>,
        starts_on: Date,
        ends_on: Date,
        reason: String,
        ended_at: Option<DateTime<Utc>>,
    }
}
