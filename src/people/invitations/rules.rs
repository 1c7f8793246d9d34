//! Who may give which role, and when an invitation is open. Pure.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::principal::{Principal, Role, ScopeKind};
use crate::people::entity::invitation;
use crate::people::invitations::commands::INVITATION_REVOKE;

/// How long an invitation can be accepted.
pub const INVITATION_LIFE: Duration = Duration::hours(72);

/// May they give the role over this? Administrators give every role, officers the roles of their own organization.
/// The system gives the first administrator's. Support gives none, whatever it was lent.
pub fn may_give(who: &Principal, role: Role, scope: ScopeKind, scope_id: Option<Uuid>) -> bool {
    let officer = || {
        scope == ScopeKind::Organization
            && Role::ORGANIZATION.contains(&role)
            && scope_id.is_some_and(|id| who.scopes(&[Role::OrgOfficer], scope).contains(&id))
    };
    who.system.is_some() || (who.support.is_none() && (who.holds(&[Role::Admin]) || officer()))
}

/// Can it still be accepted?
pub fn is_open(row: &invitation::Model, now: DateTime<Utc>) -> bool {
    row.accepted_at.is_none() && row.revoked_at.is_none() && row.expires_at > now
}

/// What may be done to an invitation now.
pub fn invitation(row: &invitation::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == INVITATION_REVOKE && !is_open(row, now) {
        return Err(Refusal::new("ENDED", "この招待はすでに終わっています。", "The invitation has already ended."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::principal::{Appointment, AppointmentId};

    fn holder(role: Role, scope: ScopeKind, scope_id: Option<Uuid>) -> Principal {
        Principal {
            appointments: vec![Appointment { id: AppointmentId::new(), role, scope, scope_id }],
            ..Principal::default()
        }
    }

    #[test]
    fn a26_nobody_gives_a_role_above_their_own() {
        let (own, other) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        let officer = holder(Role::OrgOfficer, ScopeKind::Organization, own);
        for role in Role::ORGANIZATION {
            assert!(may_give(&officer, *role, ScopeKind::Organization, own));
            assert!(!may_give(&officer, *role, ScopeKind::Organization, other));
        }
        for role in [Role::Admin, Role::GrantStaff, Role::Liaison, Role::Resident] {
            assert!(!may_give(&officer, role, ScopeKind::Municipality, None));
            assert!(!may_give(&officer, role, ScopeKind::Organization, own));
        }
        let member = holder(Role::OrgMember, ScopeKind::Organization, own);
        let clerk = holder(Role::GrantStaff, ScopeKind::Municipality, None);
        for who in [&member, &clerk, &Principal::public(), &holder(Role::Admin, ScopeKind::Organization, own)] {
            assert!(!may_give(who, Role::OrgMember, ScopeKind::Organization, own));
        }
        assert!(may_give(&holder(Role::Admin, ScopeKind::Municipality, None), Role::Approver, ScopeKind::Section, own));
    }
}
