//! What each table holds about a person: how a row belongs to them, which of its columns are theirs, and what becomes of
//! it when they are forgotten. Every table that names an account, or has personal columns, stands here (a test says so);
//! a table made later is declared by the migration that makes it.

use sea_orm_migration::prelude::*;

use crate::table::run;

/// What becomes of a row when the person is forgotten.
enum Fate {
    /// It stays: a record of what was done, with the id of who did it.
    Keep,
    /// It goes.
    Delete,
    /// These columns are set, where this holds.
    Change(&'static str, &'static str),
}
use Fate::{Change, Delete, Keep};

/// One table.
struct Declared {
    table: &'static str,
    /// What people call it.
    label: &'static str,
    /// The rows about the person: a condition over `t`, the person's id as `$1`. They are shown whole.
    about: &'static str,
    /// Columns that name an account that did something. Of such a row only that is shown: it is about others.
    acted: &'static [&'static str],
    /// Columns whose values are somebody's: the audit leaves them out.
    personal: &'static [&'static str],
    /// Columns that are shown to nobody.
    hidden: &'static [&'static str],
    fate: Fate,
}

const fn of(table: &'static str, label: &'static str, about: &'static str, fate: Fate) -> Declared {
    Declared { table, label, about, acted: &[], personal: &[], hidden: &[], fate }
}

/// The statement by which a later migration declares a table that says only who did something.
pub(crate) fn declare_acts(table: &'static str, label: &'static str, acted: &'static [&'static str]) -> String {
    acts(table, label, acted).insert(0)
}

/// A table that says only who did something.
const fn acts(table: &'static str, label: &'static str, acted: &'static [&'static str]) -> Declared {
    of(table, label, "false", Keep).acted(acted)
}

impl Declared {
    const fn acted(mut self, columns: &'static [&'static str]) -> Self {
        self.acted = columns;
        self
    }

    const fn personal(mut self, columns: &'static [&'static str]) -> Self {
        self.personal = columns;
        self
    }

    const fn hidden(mut self, columns: &'static [&'static str]) -> Self {
        self.hidden = columns;
        self
    }

    /// The statement that declares it.
    fn insert(&self, place: usize) -> String {
        let (fate, change, changed) = match self.fate {
            Keep => ("KEEP", "", "false"),
            Delete => ("DELETE", "", "true"),
            Change(change, changed) => ("CHANGE", change, changed),
        };
        let texts = [self.table, self.label, self.about, fate, change, changed].map(quoted).join(", ");
        let lists = [self.acted, self.personal, self.hidden].map(list).join(", ");
        format!(
            "INSERT INTO personal_tables (place, name, label, about, fate, change, changed, acted, personal, hidden)
                VALUES ({place}, {texts}, {lists});"
        )
    }
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn list(columns: &[&str]) -> String {
    format!("'{{{}}}'::text[]", columns.join(","))
}

/// No part of what the person is shown.
const ALL: &[&str] = &["*"];
const OWN: &str = "t.account_id = $1";
const OWN_SESSION: &str = "EXISTS (SELECT FROM sessions s
    WHERE s.municipality_id = t.municipality_id AND s.id = t.session_id AND s.account_id = $1)";
const OWN_ATTEMPT: &str = "t.account_id = $1 OR EXISTS (SELECT FROM sessions s
    WHERE s.municipality_id = t.municipality_id AND s.id = t.session_id AND s.account_id = $1)";
const OWN_ADDRESS: &str =
    "t.email = (SELECT a.email FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.id = $1)";
const SENT_TO: &str =
    "t.recipient = (SELECT a.email FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.id = $1)";
const PROVES: &str = "t.account_id = $1
    OR t.email = (SELECT a.email FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.id = $1)";

/// Children first, the account last: others find it by its address until then.
const DECLARED: &[Declared] = &[
    of("sign_in_attempts", "市の認証によるサインインの途中", OWN_ATTEMPT, Delete).hidden(ALL),
    of("identities", "市の認証との結び付き", OWN, Delete).hidden(&["subject"]),
    acts("identity_providers", "市の認証の設定", &["emergency_account_id"]),
    of("refresh_tokens", "サインインの更新", OWN_SESSION, Delete).hidden(ALL),
    of("session_cookies", "サインインのクッキー", OWN_SESSION, Delete).hidden(ALL),
    of("sessions", "サインイン", OWN, Delete),
    of("second_factors", "二要素認証", OWN, Delete).hidden(&["key_id", "secret", "last_step"]),
    of("recovery_codes", "回復コード", OWN, Delete).hidden(&["hash"]),
    of("notification_choices", "お知らせの受け取り方", OWN, Delete),
    of("notifications", "お知らせ", OWN, Delete),
    of("address_proofs", "メールアドレスの確認", PROVES, Delete).hidden(&["token_hash"]),
    of("mails", "送ったメール", SENT_TO, Delete).hidden(&["link"]),
    of(
        "invitations",
        "招待",
        OWN_ADDRESS,
        Change(
            "email = t.id::text || '@deleted.invalid',
             revoked_at = CASE WHEN t.accepted_at IS NULL THEN coalesce(t.revoked_at, entaku_now()) ELSE t.revoked_at END",
            "true",
        ),
    )
    .acted(&["invited_by"])
    .personal(&["email"])
    .hidden(&["token_hash"]),
    of("idempotency_keys", "要求の控え", OWN, Delete).hidden(ALL),
    of(
        "exports",
        "書き出し",
        "t.account_id = $1 OR t.subject_id = $1",
        Change(
            "name = '(削除済み)', document = '', variables = '{}', expires_at = least(t.expires_at, entaku_now()),
             state = CASE WHEN t.state IN ('QUEUED', 'RUNNING') THEN 'CANCELLED' ELSE t.state END",
            "t.name <> '(削除済み)'",
        ),
    )
    .acted(&["account_id"])
    .hidden(&["object_key"]),
    of(
        "files",
        "送ったファイル",
        "t.uploader_id = $1",
        Change("name = '(削除済み)', state = 'DISCARDED'", "t.state IN ('WAITING', 'STORED')"),
    )
    .hidden(&["object_key"]),
    of("appointments", "任命", OWN, Keep).acted(&["appointed_by"]),
    of(
        "handovers",
        "役職の引継ぎ",
        "t.predecessor_id = $1",
        Change("notes = NULL, contacts = NULL", "t.notes IS NOT NULL OR t.contacts IS NOT NULL"),
    )
    .acted(&["successor_id"]),
    acts("handover_items", "引継ぎの項目", &["predecessor_id", "successor_id"]),
    of("support_sessions", "運用サポート", OWN, Keep).acted(&["ended_by", "lent_by"]),
    of(
        "officers",
        "地域組織の役員",
        OWN,
        Change("name = '(削除済み)', name_kana = ''", "NOT t.name_public AND t.name <> '(削除済み)'"),
    )
    .personal(&["name", "name_kana"]),
    of(
        "liaison_assignments",
        "地域担当の任命",
        OWN,
        Change("relief_reason = '(削除済み)'", "t.relief_reason <> '(削除済み)'"),
    )
    .personal(&["staff_name", "relief_reason"]),
    of("liaison_visits", "地域担当の訪問記録", OWN, Keep).personal(&["staff_name", "place", "content", "requests_heard"]),
    acts("liaison_requests", "地域の要望", &["received_by", "answered_by"]).personal(&["content", "answer", "report_note"]),
    acts(
        "grant_applications",
        "交付申請",
        &["submitted_by", "recommended_by", "decided_by", "payment_requested_by", "paid_by"],
    ),
    acts("grant_acts", "交付申請の手続", &["actor_id"]),
    acts("grant_application_files", "交付申請の添付", &["attached_by"]),
    acts("grant_rules", "配分の規則", &["drafted_by", "enacted_by"]),
    acts("grant_declarations", "配分の申告", &["declared_by"]),
    acts("grant_runs", "配分の算定", &["run_by", "approved_by"]),
    acts("ledger_journals", "仕訳", &["actor_id"]),
    acts("roundtables", "円卓会議", &["submitted_by", "published_by"]),
    acts("roundtable_files", "円卓会議の添付", &["attached_by"]),
    acts("roundtable_participants", "円卓会議の参加者", &[]).personal(&["name", "affiliation"]),
    acts("roundtable_action_items", "円卓会議の行動", &[]).personal(&["owner"]),
    of(
        "challenge_proposals",
        "提案",
        "t.proposer_id = $1",
        Change(
            "proposer_name = CASE WHEN t.state = 'PUBLISHED' AND t.name_public THEN t.proposer_name ELSE '(削除済み)' END,
             (title, summary, my_text, social_text, action_text) =
                (SELECT CASE WHEN stays THEN t.title ELSE '(削除済み)' END,
                    CASE WHEN stays THEN t.summary ELSE '(削除済み)' END,
                    CASE WHEN stays THEN t.my_text ELSE '(削除済み)' END,
                    CASE WHEN stays THEN t.social_text ELSE '(削除済み)' END,
                    CASE WHEN stays THEN t.action_text ELSE '(削除済み)' END
                 FROM (SELECT t.state IN ('ADOPTED', 'PUBLISHED') AS stays) decided)",
            "NOT (t.state = 'PUBLISHED' AND t.name_public) AND t.proposer_name <> '(削除済み)'",
        ),
    )
    .acted(&["decided_by"])
    .personal(&["proposer_name", "my_text", "social_text", "action_text"]),
    acts("challenge_reviews", "提案の審査", &["reviewer_id"]),
    acts("challenge_scores", "提案の採点", &["reviewer_id"]),
    of("erasure_requests", "消去の請求", OWN, Change("reason = '(削除済み)'", "t.reason <> '(削除済み)'"))
        .acted(&["requested_by", "decided_by"])
        .personal(&["reason"]),
    acts("legal_holds", "保全", &["placed_by", "lifted_by"]),
    of("audit_entries", "記録(自分が行ったこと、自分のアカウントについてのこと)", "t.actor_id = $1 OR t.object_id = $1", Keep)
        .hidden(&["before", "after", "xid", "seq"]),
    of(
        "accounts",
        "アカウント",
        "t.id = $1",
        // Who acted for the town did so by name: that is part of what they did (個人情報保護法78条1項2号ハ).
        Change(
            "email = t.id::text || '@deleted.invalid', password_hash = NULL, second_factor_at = NULL, language = 'JA',
             name_kana = CASE WHEN entaku_acted_for_the_town(t.municipality_id, t.id) THEN t.name_kana ELSE '' END,
             name = CASE WHEN entaku_acted_for_the_town(t.municipality_id, t.id) THEN t.name ELSE '(削除済み)' END,
             suspended_at = coalesce(t.suspended_at, entaku_now()), anonymized_at = entaku_now()",
            "t.anonymized_at IS NULL",
        ),
    )
    .personal(&["email", "name", "name_kana"])
    .hidden(&["password_hash"]),
];

const TABLE: &str = "
CREATE TABLE personal_tables (
    name text PRIMARY KEY,
    place int NOT NULL,
    label text NOT NULL,
    about text NOT NULL,
    acted text[] NOT NULL,
    personal text[] NOT NULL,
    hidden text[] NOT NULL,
    fate text NOT NULL CHECK (fate IN ('KEEP', 'DELETE', 'CHANGE')),
    change text NOT NULL,
    changed text NOT NULL
);
GRANT SELECT ON personal_tables TO entaku_app;
";

/// Makes the table of declarations and the audit's list of personal columns, which is one part of it.
pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rows: String = DECLARED.iter().enumerate().map(|(place, declared)| declared.insert(place)).collect();
    run(manager, &format!("{TABLE}{rows}")).await?;
    run(manager, &personal_columns()).await
}

/// While somebody is forgotten every text is left out: else the record would keep what is being removed. Without a
/// subquery of its own, so that PostgreSQL puts it in line for every row that changes.
fn personal_columns() -> String {
    let named = DECLARED.iter().filter(|declared| !declared.personal.is_empty());
    let lines: String =
        named.map(|declared| format!(" WHEN '{}' THEN {}", declared.table, list(declared.personal))).collect();
    format!(
        "CREATE FUNCTION entaku_text_columns(of text) RETURNS text[] LANGUAGE sql STABLE AS $$
            SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = of::regclass AND a.atttypid = 'text'::regtype AND NOT a.attisdropped) $$;
        GRANT EXECUTE ON FUNCTION entaku_text_columns(text) TO entaku_app;
        CREATE OR REPLACE FUNCTION entaku_personal_columns(of text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN current_setting('entaku.forgetting', true) = 'on' AND entaku_forgetting()
                THEN entaku_text_columns(of) ELSE CASE of{lines} ELSE ARRAY[]::text[] END END $$;"
    )
}
