//! Who may read the type, what can be done to it, by whom, and on what that rests.

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::field::{Act, Duty, Hands};
use crate::kernel::read::shape::ShapeDef;

impl ShapeDef {
    /// The by-law, law or setting behind the acts that name none of their own.
    #[must_use]
    pub fn ruled_by(mut self, policy_ref: &'static str) -> Self {
        self.policy_ref = policy_ref;
        self
    }

    /// The condition over `t` under which everybody may read a row; `"true"` for all rows. What depends on
    /// another row is a scalar subquery by its key: EXISTS may be answered by hashing a whole table.
    #[must_use]
    pub fn published(mut self, condition: &'static str) -> Self {
        self.published = Some(condition);
        self
    }

    /// These roles may read.
    #[must_use]
    pub fn readable(self, roles: &'static [Role], over: Over) -> Self {
        self.permit(Action::READ, roles, over)
    }

    /// These roles may do it.
    #[must_use]
    pub fn permit(mut self, action: Action, roles: &'static [Role], over: Over) -> Self {
        self.permits.push(Permit { action, roles, over });
        self
    }

    /// Something that can be done to the object.
    #[must_use]
    pub fn act(mut self, action: Action, policy_ref: &'static str, roles: &'static [Role], over: Over) -> Self {
        self.acts.push(Act { action, creates: false, policy_ref });
        self.permit(action, roles, over)
    }

    /// Something that makes an object of this kind.
    #[must_use]
    pub fn create(mut self, action: Action, policy_ref: &'static str, roles: &'static [Role], over: Over) -> Self {
        self.acts.push(Act { action, creates: true, policy_ref });
        self.permit(action, roles, over)
    }

    /// Refuses the act to the accounts in these columns: duties stay apart.
    #[must_use]
    pub fn apart(mut self, action: Action, columns: &'static [&'static str]) -> Self {
        self.duties.push(Duty { action, columns });
        self
    }

    /// Refuses the act to the accounts that a query over `t` finds, of whom the row names none or only the last. `name` is
    /// what they are called, beginning with `_`; under one name stands one query.
    #[must_use]
    pub fn apart_from(mut self, action: Action, name: &'static str, accounts: &'static str) -> Self {
        self.hands.push(Hands { action, name, accounts });
        self
    }

    /// The act needs a proof of who acts that is not older than [`PROOF_LIFE`](crate::kernel::principal::PROOF_LIFE).
    /// The mutation's description says so (a test compares).
    #[must_use]
    pub fn step_up(mut self, action: Action) -> Self {
        self.stepped_up.push(action);
        self
    }
}
