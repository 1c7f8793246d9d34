//! Settings of a municipality.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{SettingsId, settings};
use crate::people::factor::check as factor;
use crate::people::rules;
use crate::people::shapes::MunicipalitySettings;
use crate::people::tasks::rules as reminding;

/// 設定を変える。
pub const SETTINGS_CHANGE: Action = Action("municipalitySettingsChange");

/// 設定の変更。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct MunicipalitySettingsChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 住民に示す問い合わせ先。null は消去。
    pub public_contact: MaybeUndefined<String>,
    /// 交付決定の通知を受けてから申請を取り下げられる日数(0〜365)。
    pub grant_withdrawal_days: Option<i32>,
    /// 期限の何日前に、やることを知らせるか(0〜180、10まで)。空なら期限を過ぎたときだけ。
    pub task_reminder_days: Option<Vec<i32>>,
    /// 町の仕事をする人に二要素認証を求めるか。求めると、まだ登録していない人は登録だけができる。
    pub second_factor_required: Option<bool>,
    /// 住民などが自分でアカウントを登録できるか。
    pub self_registration: Option<bool>,
    /// 庁舎など、多くの職員が一つのアドレスを使うネットワーク(CIDR、「,」区切り、20まで)。ここからは回数の上限が高くなる。null は消去。
    pub networks: MaybeUndefined<String>,
    /// 年度の末日から、団体が会計を締めるまでの日数(1〜365)。null は期限なし。
    pub book_closing_days: MaybeUndefined<i32>,
    /// 会計を締めた日から、監事が確認するまでの日数(1〜365)。null は期限なし。
    pub book_audit_days: MaybeUndefined<i32>,
    /// 振込指定日から、銀行の報告を取り込むまでの開庁日の日数(1〜60)。以後に作るファイルに及ぶ。
    pub bank_report_days: Option<i32>,
}

/// Changes the settings.
pub async fn change_settings(tx: &Tx, id: SettingsId, input: MunicipalitySettingsChangeInput) -> Result<SettingsId> {
    let row = tx.load::<MunicipalitySettings>(id, SETTINGS_CHANGE).await?;
    let MunicipalitySettingsChangeInput {
        revision,
        public_contact,
        grant_withdrawal_days,
        task_reminder_days,
        second_factor_required,
        self_registration,
        networks,
        book_closing_days,
        book_audit_days,
        bank_report_days,
    } = input;
    same_revision::<MunicipalitySettings>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    let mut row: settings::ActiveModel = row.into();
    public_contact.map_value(|t| checks.text("input.publicContact", &t, 500)).apply(&mut row.public_contact);
    if let Some(days) = grant_withdrawal_days {
        checks.check(
            (0..=365).contains(&days),
            "input.grantWithdrawalDays",
            "RANGE",
            "0から365までで指定してください。",
            "0 to 365.",
        );
        row.grant_withdrawal_days = Set(days);
    }
    if let Some(days) = task_reminder_days {
        let fits = days.len() <= reminding::MOST_DAYS && days.iter().all(|day| (0..=reminding::LONGEST).contains(day));
        let (ja, en) = ("0から180までの数を10まで指定してください。", "At most ten numbers of 0 to 180.");
        checks.check(fits, "input.taskReminderDays", "RANGE", ja, en);
        row.task_reminder_days = Set(reminding::stored(&days));
    }
    if let Some(required) = second_factor_required {
        if required {
            asks_nobody_for_more(tx).await?;
        }
        row.second_factor_required = Set(required);
    }
    if let Some(open) = self_registration {
        row.self_registration = Set(open);
    }
    networks.map_value(|list| own_networks(&mut checks, &list)).apply(&mut row.networks);
    for (days, path) in [(book_closing_days, "input.bookClosingDays"), (book_audit_days, "input.bookAuditDays")] {
        let within = days.value().is_none_or(|days| (1..=365).contains(days));
        checks.check(within, path, "RANGE", "1から365までで指定してください。", "1 to 365.");
    }
    book_closing_days.apply(&mut row.book_closing_days);
    book_audit_days.apply(&mut row.book_audit_days);
    if let Some(days) = bank_report_days {
        let within = (1..=60).contains(&days);
        checks.check(within, "input.bankReportDays", "RANGE", "1から60までで指定してください。", "1 to 60.");
        row.bank_report_days = Set(days);
    }
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// A list of networks, each as it is compared.
fn own_networks(checks: &mut Checks, list: &str) -> String {
    let found = rules::networks(list);
    let none = ("ネットワークは 203.0.113.0/24 のように書いてください。", "Write a network as in 203.0.113.0/24.");
    let wide =
        ("ネットワークが広すぎます(/16、IPv6 は /32 まで)。", "The network is too wide: /16 at most, /32 of IPv6.");
    let many = ("ネットワークは20までです。", "At most 20 networks.");
    for (rule, (ja, en)) in [("NETWORK", none), ("NETWORK_WIDE", wide), ("TOO_MANY", many)] {
        checks.check(found != Err(rule), "input.networks", rule, ja, en);
    }
    found.unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Whoever asks others for a second factor has one: otherwise they could undo nothing of it.
async fn asks_nobody_for_more(tx: &Tx) -> Result<()> {
    let Some(account) = tx.principal.account else { return Ok(()) };
    if factor::is_on(tx, account).await? {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "SECOND_FACTOR_OFF",
        "先に自分の二要素認証を登録してください。",
        "Please enrol a second factor of your own first.",
    )))
}
