//! What waits for whom: tasks, and work that no act settles.

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::tasks::Work;

impl ShapeDef {
    /// These rows wait for whoever holds one of the roles, without an act that would settle it: they are handed over with
    /// a post. `when` and `title` are written over `t`, `due` is a date or empty.
    #[must_use]
    pub fn waits_for(self, roles: &'static [Role], over: Over, what: [&'static str; 3]) -> Self {
        self.waits(None, vec![Permit { action: Action::READ, roles, over }], what, ["", ""])
    }

    /// These rows wait until the act is done: they are tasks of whoever may do it, and handed over with a post. `when`
    /// and `title` are written over `t`, `due` is a date or empty; why, in Japanese and English. The act takes the
    /// object's `id`, and where `when` holds, its rules let it be done (a test compares).
    #[must_use]
    pub fn task(self, act: Action, what: [&'static str; 3], why: [&'static str; 2]) -> Self {
        self.waits(Some(act), Vec::new(), what, why)
    }

    /// The task declared last is not one of these accounts', a query over `t`, because the act is refused to them by
    /// more than the policy tells: what keeps duties apart is declared once, by [`ShapeDef::apart_from`].
    #[must_use]
    pub fn except(mut self, accounts: &'static str) -> Self {
        if let Some(work) = self.work.last_mut() {
            work.except.push(accounts);
        }
        self
    }

    fn waits(
        mut self,
        act: Option<Action>,
        permits: Vec<Permit>,
        [when, title, due]: [&'static str; 3],
        why: [&'static str; 2],
    ) -> Self {
        let (table, prefix, apart) = (self.table, self.prefix, Vec::new());
        let work =
            Work { table, prefix, act, permits, apart, except: Vec::new(), when, title, due, why, policy_ref: "" };
        self.work.push(work);
        self
    }

    /// A task is whose its act is.
    pub(super) fn assign_work(&mut self) {
        for work in &mut self.work {
            let Some(act) = work.act else { continue };
            work.permits = self.permits.iter().filter(|p| p.action == act).copied().collect();
            let apart = self.duties.iter().filter(|d| d.action == act).flat_map(|d| d.columns.iter().copied());
            work.apart = apart.collect();
            work.except.extend(self.hands.iter().filter(|h| h.action == act).map(|h| h.accounts));
            work.policy_ref = self.acts.iter().find(|a| a.action == act).map_or("", |a| a.policy_ref);
        }
    }
}
