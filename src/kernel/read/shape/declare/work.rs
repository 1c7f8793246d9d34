//! What waits for whom: tasks, and work that no act settles.

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::shape::{Shape, ShapeDef};
use crate::kernel::tasks::Work;

impl ShapeDef {
    /// These rows wait for whoever holds one of the roles, without an act that would settle it: they are handed over with
    /// a post. `when` and `title` are written over `t`, `due` is a date or empty.
    #[must_use]
    pub fn waits_for(self, roles: &'static [Role], over: Over, what: [&'static str; 3]) -> Self {
        self.waits(None, None, vec![Permit { action: Action::READ, roles, over }], what, ["", ""])
    }

    /// These rows wait until the act is done: they are tasks of whoever may do it, and handed over with a post. `when`
    /// and `title` are written over `t`, `due` is a date or empty; why, in Japanese and English. The act takes the
    /// object's `id`, or what the object tells (a year, whose it is), and where `when` holds, its rules let it be done
    /// (a test compares).
    #[must_use]
    pub fn task(self, act: Action, what: [&'static str; 3], why: [&'static str; 2]) -> Self {
        self.waits(Some(act), None, Vec::new(), what, why)
    }

    /// These rows wait until something of another type is made of them, by that type's act: its policy says whose task it
    /// is, over columns that these rows have as well. Duties are kept apart on a row, and of that type there is none yet.
    #[must_use]
    pub fn task_to_make<S: Shape>(self, act: Action, what: [&'static str; 3], why: [&'static str; 2]) -> Self {
        self.waits(Some(act), Some(S::shape), Vec::new(), what, why)
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
        of: Option<fn() -> &'static ShapeDef>,
        permits: Vec<Permit>,
        [when, title, due]: [&'static str; 3],
        why: [&'static str; 2],
    ) -> Self {
        let (table, prefix, apart) = (self.table, self.prefix, Vec::new());
        let work =
            Work { table, prefix, act, of, permits, apart, except: Vec::new(), when, title, due, why, policy_ref: "" };
        self.work.push(work);
        self
    }

    /// A task is whose its act is.
    pub(super) fn assign_work(&mut self) {
        let mut declared = std::mem::take(&mut self.work);
        for work in declared.iter_mut().filter(|work| work.of.is_none()) {
            let Some(act) = work.act else { continue };
            work.assign(self);
            let apart = self.duties.iter().filter(|d| d.action == act).flat_map(|d| d.columns.iter().copied());
            work.apart = apart.collect();
            work.except.extend(self.hands.iter().filter(|h| h.action == act).map(|h| h.accounts));
        }
        self.work = declared;
    }
}
