//! Which files are taken, what may be attached, and when exports move on. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::files::commands::{EXPORT_CANCEL, EXPORT_RETRY};
use crate::files::entity::{ExportState, FileState, export};
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::principal::{Appointment, Principal};

/// How long an upload waits to be attached.
pub const UNATTACHED: Duration = Duration::hours(24);
/// How long an export can be fetched.
pub const FETCHED: Duration = Duration::days(7);
/// The most uploads of one person that are not attached.
pub const UPLOADS: u64 = 20;
/// The most files that are attached to one thing.
pub const ATTACHED: u64 = 50;
/// The most exports of one person that are not finished.
pub const EXPORTS: u64 = 3;
/// How often an export is tried.
pub const TRIES: i32 = 5;

/// May the bytes of a file be sent now?
pub fn receivable(state: FileState) -> Result<(), Refusal> {
    if state == FileState::Waiting {
        Ok(())
    } else {
        Err(already("受け取り済みのファイルです。", "The file is already here."))
    }
}

fn already(ja: &'static str, en: &'static str) -> Refusal {
    Refusal::new("STATE", ja, en)
}

/// May a file be attached now?
pub fn attachable(state: FileState) -> Result<(), Refusal> {
    match state {
        FileState::Stored => Ok(()),
        FileState::Waiting => Err(Refusal::new(
            "FILE_NOT_STORED",
            "ファイルの内容がまだ送られていません。",
            "The file's content has not been sent yet.",
        )),
        FileState::Attached | FileState::Discarded => {
            Err(Refusal::new("FILE_ATTACHED", "すでに添付したファイルです。", "The file has been attached already."))
        }
    }
}

/// May one more file be attached to something that has so many?
pub fn room_for_one_more(attached: u64) -> Result<(), Refusal> {
    fewer(attached, ATTACHED, "TOO_MANY_FILES", "添付できるファイルは", "files")
}

/// May somebody with so many uploads that are not attached announce another?
pub fn may_upload(unattached: u64) -> Result<(), Refusal> {
    fewer(unattached, UPLOADS, "TOO_MANY_UPLOADS", "添付していないファイルは", "files that are not attached")
}

/// May somebody with so many exports that are not finished ask for another?
pub fn may_export(unfinished: u64) -> Result<(), Refusal> {
    fewer(unfinished, EXPORTS, "TOO_MANY_EXPORTS", "同時に行える書き出しは", "exports at a time")
}

fn fewer(now: u64, most: u64, reason: &'static str, ja: &str, en: &str) -> Result<(), Refusal> {
    if now < most {
        Ok(())
    } else {
        Err(Refusal::new(reason, format!("{ja}{most}件までです。"), format!("At most {most} {en}.")))
    }
}

/// What may be done to an export now.
pub fn export(row: &export::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    use ExportState::{Cancelled, Expired, Failed, Queued, Running};
    match (action, row.state) {
        (EXPORT_CANCEL, Queued | Running) | (EXPORT_RETRY, Failed | Cancelled | Expired) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            format!("書き出しの今の状態({})では行えません。", row.state.word()),
            format!("The export is {}.", row.state.word()),
        )),
    }
}

/// What somebody holds, a line for each appointment.
pub fn rights(who: &Principal) -> String {
    let line = |a: &Appointment| {
        let over = a.scope_id.map_or_else(String::new, |id| id.simple().to_string());
        format!("{} {} {over}", a.role.word(), a.scope.word())
    };
    let mut lines: Vec<_> = who.appointments.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Does somebody still hold all that they held when an export was written?
pub fn still_held(then: &str, now: &Principal) -> bool {
    let now = rights(now);
    then.lines().all(|line| now.lines().any(|held| held == line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::principal::{AppointmentId, Role, ScopeKind};
    use sea_orm::Iterable;
    use uuid::Uuid;

    #[test]
    fn a_file_is_received_and_attached_once() {
        for state in FileState::iter() {
            assert_eq!(receivable(state).is_ok(), state == FileState::Waiting);
            assert_eq!(attachable(state).is_ok(), state == FileState::Stored);
        }
    }

    #[test]
    fn the_last_place_is_taken_and_no_other() {
        assert!(may_export(EXPORTS - 1).is_ok() && may_export(EXPORTS).is_err());
        assert!(may_upload(UPLOADS - 1).is_ok() && may_upload(UPLOADS).is_err());
        assert!(room_for_one_more(ATTACHED - 1).is_ok() && room_for_one_more(ATTACHED).is_err());
    }

    #[test]
    fn z22_what_was_exported_needs_what_was_held() {
        let appointment =
            |role, scope_id| Appointment { id: AppointmentId::new(), role, scope: ScopeKind::Organization, scope_id };
        let holds = |roles: &[(Role, Option<Uuid>)]| Principal {
            appointments: roles.iter().map(|&(role, scope_id)| appointment(role, scope_id)).collect(),
            ..Principal::default()
        };
        let (one, other) = (Some(Uuid::now_v7()), Some(Uuid::now_v7()));
        let then = rights(&holds(&[(Role::OrgOfficer, one)]));
        assert!(still_held(&then, &holds(&[(Role::OrgOfficer, one), (Role::Liaison, None)])));
        for less in [holds(&[]), holds(&[(Role::OrgOfficer, other)]), holds(&[(Role::OrgMember, one)])] {
            assert!(!still_held(&then, &less));
        }
        assert!(still_held("", &holds(&[])));
    }
}
