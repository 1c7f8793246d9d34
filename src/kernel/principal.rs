//! Who asks: nobody, a person with appointments, or the system itself.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, Duration, Utc};
use sea_orm::Iterable;
use uuid::Uuid;

use crate::{id_type, text_enum};

id_type!(/// 自治体
    MunicipalityId = "mun");
id_type!(/// アカウント
    AccountId = "acc");
id_type!(/// サインインの期間
    SessionId = "ses");
id_type!(/// 任命
    AppointmentId = "apt");

text_enum! {
    /// 役割。任命(役割×対象×任期)によって与えられる。
    Role {
        /// 利用者(サインイン済みの住民・提案者)
        Resident,
        /// 地域組織の会員
        OrgMember,
        /// 地域組織の役員・事務局
        OrgOfficer,
        /// 地域組織の会計
        OrgAccountant,
        /// 地域組織の監事
        OrgAuditor,
        /// 地域担当職員
        Liaison,
        /// 生活支援コーディネーター
        Coordinator,
        /// 関係課の職員
        SectionStaff,
        /// 交付金担当職員
        GrantStaff,
        /// 企画担当職員(戦略・公募・円卓会議)
        PlanningStaff,
        /// 決裁者
        Approver,
        /// 支出担当者
        Payer,
        /// 審査員
        Reviewer,
        /// 監査担当(すべて閲覧し、何も変えない)
        Auditor,
        /// 管理者(利用者と設定)
        Admin,
    }
}

impl Role {
    /// Municipal staff and others who work for the town hall; they read what is not published.
    pub const STAFF: &'static [Self] = &[
        Self::SectionStaff,
        Self::GrantStaff,
        Self::PlanningStaff,
        Self::Approver,
        Self::Payer,
        Self::Auditor,
        Self::Admin,
    ];

    /// People of a community organization, who read what is theirs.
    pub const ORGANIZATION: &'static [Self] =
        &[Self::OrgMember, Self::OrgOfficer, Self::OrgAccountant, Self::OrgAuditor];

    /// Those who look after districts.
    pub const FIELD: &'static [Self] = &[Self::Liaison, Self::Coordinator];

    /// Does whoever holds it act for the town? All do but residents and the people of organizations. Their
    /// sessions are short, and the municipality may ask them for a second factor.
    pub fn acts_for_the_town(self) -> bool {
        self != Self::Resident && !Self::ORGANIZATION.contains(&self)
    }

    /// The words of the roles that do, as rows have them.
    pub fn of_the_town() -> Vec<String> {
        Self::iter().filter(|role| role.acts_for_the_town()).map(Self::word).collect()
    }
}

/// How long a proof of identity is good for acts that need a fresh one (step-up).
pub const PROOF_LIFE: Duration = Duration::minutes(15);

text_enum! {
    /// 任命の対象の種類。
    ScopeKind {
        /// 自治体全体
        Municipality,
        /// 部・課
        Section,
        /// 地区
        District,
        /// 地域組織
        Organization,
        /// 公募
        Call,
        /// 提案
        Proposal,
    }
}

/// A role held over something. Only appointments in force at the request's time are kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Which one.
    pub id: AppointmentId,
    /// What the person may do.
    pub role: Role,
    /// Over which kind of thing.
    pub scope: ScopeKind,
    /// Over which one; nothing for the municipality as a whole.
    pub scope_id: Option<Uuid>,
}

/// What is true of somebody who helps from outside the municipality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// Why they are here: the purpose of whatever they look at and do.
    pub purpose: String,
    /// Has an administrator lent them a role to write with?
    pub writes: bool,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// The signed-in account.
    pub account: Option<AccountId>,
    /// The session the request came with.
    pub session: Option<SessionId>,
    /// What the account holds now.
    pub appointments: Vec<Appointment>,
    /// When the session last gave a proof of who uses it: at its beginning, or by a step-up since.
    pub proved_at: Option<DateTime<Utc>>,
    /// The municipality asks for a second factor and the account has none: nothing but getting one is allowed.
    pub must_enrol: bool,
    /// It is somebody of the installation who helps (a session of support).
    pub support: Option<Support>,
    /// The system's own acts (jobs, CLI, demo): everything is allowed, and the audit names the act.
    pub system: Option<&'static str>,
}

impl Principal {
    /// Nobody is signed in.
    pub fn public() -> Self {
        Self::default()
    }

    /// The system acting for itself; `act` is what the audit shows.
    pub fn system(act: &'static str) -> Self {
        Self { system: Some(act), ..Self::default() }
    }

    /// Is somebody signed in?
    pub fn is_signed_in(&self) -> bool {
        self.account.is_some()
    }

    /// Is the proof fresh enough for an act that needs one?
    pub fn proved_lately(&self, now: DateTime<Utc>) -> bool {
        self.system.is_some() || self.proved_at.is_some_and(|at| now - at < PROOF_LIFE)
    }

    /// Is one of the roles held over the municipality as a whole?
    pub fn holds(&self, roles: &[Role]) -> bool {
        self.appointments.iter().any(|a| a.scope == ScopeKind::Municipality && roles.contains(&a.role))
    }

    /// The things of a kind over which one of the roles is held.
    pub fn scopes(&self, roles: &[Role], kind: ScopeKind) -> Vec<Uuid> {
        let held = self.appointments.iter().filter(|a| a.scope == kind && roles.contains(&a.role));
        held.filter_map(|a| a.scope_id).collect()
    }
}

/// How often sessions, accounts and appointments of each municipality were changed by this process, so that
/// a principal that was read before is read again.
#[derive(Debug, Default)]
pub struct Identities(RwLock<HashMap<MunicipalityId, u64>>);

impl Identities {
    /// How often so far.
    pub fn changes(&self, municipality: MunicipalityId) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&municipality).copied().unwrap_or(0)
    }

    /// Once more.
    pub(crate) fn changed(&self, municipality: Option<MunicipalityId>) {
        if let Some(municipality) = municipality {
            *self.0.write().unwrap_or_else(PoisonError::into_inner).entry(municipality).or_default() += 1;
        }
    }
}

/// How it is written that a session is in use.
pub(crate) const SEEN: &str = "UPDATE sessions SET last_seen_at = ";

/// Does a statement write what principals are made of? A new session changes nobody who was seen before, nor
/// does a session that is seen again.
pub(crate) fn changes_identities(text: &str) -> bool {
    match written(text) {
        Some((_, "sessions")) if text.starts_with(SEEN) => false,
        Some((_, "appointments")) => true,
        Some((verb, "sessions" | "accounts")) => verb != INSERT,
        _ => false,
    }
}

const INSERT: &str = "INSERT INTO ";

/// The verb and the table of a statement that writes; it may read from any others.
fn written(text: &str) -> Option<(&'static str, &str)> {
    let verb = [INSERT, "UPDATE ", "DELETE FROM "].into_iter().find(|verb| text.starts_with(verb))?;
    let table = text[verb.len()..].trim_start_matches('"');
    let end = table.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(table.len());
    Some((verb, &table[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_principals_are_made_of_is_known_by_its_tables() {
        for text in [
            "UPDATE sessions SET ended_at = now()",
            r#"UPDATE "accounts" SET "suspended_at" = $1"#,
            r#"INSERT INTO "appointments" ("id") VALUES ($1)"#,
            "DELETE FROM appointments",
        ] {
            assert!(changes_identities(text), "{text}");
        }
        for text in [
            "SELECT FROM sessions",
            &format!("{SEEN}$1 WHERE id = $2")[..],
            r#"INSERT INTO "sessions" ("id") VALUES ($1)"#,
            "UPDATE roundtables SET x",
            "INSERT INTO notifications (account_id) SELECT account_id FROM appointments",
        ] {
            assert!(!changes_identities(text), "{text}");
        }
    }
}
