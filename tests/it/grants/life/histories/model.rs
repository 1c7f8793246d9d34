//! The life of one grant in memory: what is answered to each act, and what there is after it.

/// What is granted, before it is changed.
pub const DECIDED: i64 = 50_000;
/// What the organization may have of the programme.
pub const ALLOCATED: i64 = 1_500_000;
/// What may be reserved in a year, where the surplus is.
pub const RESERVE: i64 = 10_000;

/// What a programme does with a surplus, as its terms say it.
pub const RULES: [&str; 4] = ["RETURN", "CARRY_OVER", "RESERVE", "OFFSET_NEXT_YEAR"];

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Asks for so much.
    Ask(i64),
    Pay,
    /// Reverses the newest payment.
    Undo,
    /// Asks that so much be granted instead.
    Change(i64),
    /// Approves the newest change, or refuses it.
    Decide(bool),
    /// Reports that so much was spent.
    Report(i64),
    /// Returns the report.
    Return,
    /// Finds so much eligible.
    Examine(i64),
    Fix,
    /// So much comes back.
    Repay(i64),
    Revoke,
    /// Closes the accounts of the year.
    Close,
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask(_) => "ask",
            Self::Pay => "pay",
            Self::Undo => "undo",
            Self::Change(_) => "change",
            Self::Decide(true) => "approve",
            Self::Decide(false) => "refuse",
            Self::Report(_) => "report",
            Self::Return => "return",
            Self::Examine(_) => "examine",
            Self::Fix => "fix",
            Self::Repay(_) => "repay",
            Self::Revoke => "revoke",
            Self::Close => "close",
        }
    }
}

/// A grant.
#[derive(Clone, Debug)]
pub struct Model {
    pub state: &'static str,
    /// By its place among [`RULES`].
    rule: usize,
    pub decided: i64,
    /// What counts as paid, in order.
    paid: Vec<i64>,
    pub pending: Option<i64>,
    /// The newest change: what it asks for, and whether it waits.
    pub change: Option<(i64, bool)>,
    reported: i64,
    eligible: i64,
    pub fixed: Option<i64>,
    pub kept: i64,
    pub offset: i64,
    pub ordered: i64,
    pub repaid: i64,
    revoked: bool,
    closed: bool,
}

const DONE: &str = "(none)";
const STATE: &str = "CONFLICT/STATE";
const CHANGE_OPEN: &str = "CONFLICT/CHANGE_OPEN";
const YEAR_CLOSED: &str = "CONFLICT/YEAR_CLOSED";

impl Model {
    pub fn new(rule: usize) -> Self {
        Self {
            state: "DECIDED",
            rule,
            decided: DECIDED,
            paid: Vec::new(),
            pending: None,
            change: None,
            reported: 0,
            eligible: 0,
            fixed: None,
            kept: 0,
            offset: 0,
            ordered: 0,
            repaid: 0,
            revoked: false,
            closed: false,
        }
    }

    pub fn sum(&self) -> i64 {
        self.paid.iter().sum()
    }

    fn payable(&self) -> i64 {
        self.fixed.unwrap_or(self.decided)
    }

    /// What is promised and not paid.
    fn committed(&self) -> i64 {
        if self.revoked { 0 } else { (self.payable() - self.sum()).max(0) }
    }

    fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.state)
    }

    fn waits(&self) -> bool {
        self.change.is_some_and(|(_, waits)| waits)
    }

    /// Neither reported nor fixed.
    fn standing(&self) -> &'static str {
        match self.sum() {
            0 => "DECIDED",
            paid if paid < self.decided => "PARTLY_PAID",
            _ => "PAID",
        }
    }

    /// What is answered; what follows from it is done.
    pub fn take(&mut self, step: Step) -> &'static str {
        match step {
            Step::Ask(yen) => self.ask(yen),
            Step::Pay => self.pay(),
            Step::Undo => self.undo(),
            Step::Change(yen) => self.ask_for_change(yen),
            Step::Decide(approved) => self.decide(approved),
            Step::Report(yen) => self.report(yen),
            Step::Return | Step::Examine(_) if !self.is(&["REPORTED", "REPORT_REVIEWED"]) => STATE,
            Step::Return => {
                self.state = self.standing();
                DONE
            }
            Step::Examine(yen) if yen > self.reported => "INVALID_INPUT",
            Step::Examine(yen) => {
                (self.state, self.eligible) = ("REPORT_REVIEWED", yen);
                DONE
            }
            Step::Fix => self.fix(),
            Step::Repay(_) if self.state != "REPAYMENT_ORDERED" => STATE,
            Step::Repay(yen) if yen > self.ordered - self.repaid => "CONFLICT/REPAYMENT_EXCEEDED",
            Step::Repay(yen) => {
                self.repaid += yen;
                self.state = if self.repaid < self.ordered { "REPAYMENT_ORDERED" } else { "REPAID" };
                DONE
            }
            Step::Revoke => self.revoke(),
            Step::Close if self.closed => YEAR_CLOSED,
            Step::Close if self.committed() > 0 => "CONFLICT/COMMITMENTS_OPEN",
            Step::Close => {
                self.closed = true;
                DONE
            }
        }
    }

    fn ask(&mut self, yen: i64) -> &'static str {
        match () {
            () if !self.is(&["DECIDED", "PARTLY_PAID", "AMOUNT_FIXED"]) => STATE,
            () if self.waits() => CHANGE_OPEN,
            () if yen > self.payable() - self.sum() => "CONFLICT/PAYMENT_EXCEEDED",
            () => {
                (self.state, self.pending) = ("PAYMENT_REQUESTED", Some(yen));
                DONE
            }
        }
    }

    fn pay(&mut self) -> &'static str {
        let Some(yen) = self.pending.take() else { return STATE };
        self.paid.push(yen);
        self.state = match self.fixed {
            Some(fixed) if self.sum() < fixed => "AMOUNT_FIXED",
            Some(_) => "SETTLED",
            None => self.standing(),
        };
        DONE
    }

    fn undo(&mut self) -> &'static str {
        let reporting = self.is(&["REPORTED", "REPORT_REVIEWED"]);
        match () {
            () if self.is(&["REPAYMENT_ORDERED", "REPAID"]) || self.state == "REVOKED" && self.repaid > 0 => {
                return "CONFLICT/RETURN_ORDERED";
            }
            () if !reporting && !self.is(&["PAYMENT_REQUESTED", "PARTLY_PAID", "PAID", "AMOUNT_FIXED", "SETTLED"]) => {
                return STATE;
            }
            () if self.waits() => return CHANGE_OPEN,
            () if self.sum() == 0 => return "CONFLICT/NOTHING_PAID",
            () if self.fixed.is_some_and(|fixed| self.sum() > fixed) => return "CONFLICT/SURPLUS_SETTLED",
            () if self.closed => return YEAR_CLOSED,
            () => {}
        }
        let yen = self.paid.pop().unwrap_or_default();
        if !reporting {
            (self.state, self.pending) = ("PAYMENT_REQUESTED", Some(self.pending.unwrap_or(0) + yen));
        }
        DONE
    }

    fn ask_for_change(&mut self, yen: i64) -> &'static str {
        match () {
            () if !self.is(&["DECIDED", "PARTLY_PAID", "PAID"]) => STATE,
            () if self.waits() => CHANGE_OPEN,
            () if yen < self.sum() => "CONFLICT/PAID_ALREADY",
            // Nothing is changed: that needs nobody's decision.
            () if yen == self.decided => DONE,
            () => {
                self.change = Some((yen, true));
                DONE
            }
        }
    }

    fn decide(&mut self, approved: bool) -> &'static str {
        let Some((yen, true)) = self.change else { return STATE };
        if approved && self.closed {
            return YEAR_CLOSED;
        }
        if approved && yen > ALLOCATED {
            return "CONFLICT/ALLOCATION_EXCEEDED";
        }
        self.change = Some((yen, false));
        if approved {
            self.decided = yen;
            self.state = self.standing();
        }
        DONE
    }

    fn report(&mut self, yen: i64) -> &'static str {
        match () {
            () if !self.is(&["DECIDED", "PARTLY_PAID", "PAID"]) => STATE,
            () if self.waits() => CHANGE_OPEN,
            () => {
                (self.state, self.reported) = ("REPORTED", yen);
                DONE
            }
        }
    }

    fn fix(&mut self) -> &'static str {
        if self.state != "REPORT_REVIEWED" {
            return STATE;
        }
        let fixed = self.decided.min(self.eligible);
        let rest = (self.sum() - fixed).max(0);
        (self.kept, self.offset) = match RULES[self.rule] {
            "CARRY_OVER" => (rest, 0),
            "RESERVE" => (rest.min(RESERVE), 0),
            "OFFSET_NEXT_YEAR" => (0, rest),
            _ => (0, 0),
        };
        self.fixed = Some(fixed);
        self.ordered = rest - self.kept - self.offset;
        self.state = match () {
            () if self.ordered > 0 => "REPAYMENT_ORDERED",
            () if self.sum() < fixed => "AMOUNT_FIXED",
            () => "SETTLED",
        };
        DONE
    }

    fn revoke(&mut self) -> &'static str {
        match () {
            () if self.state == "REVOKED" => STATE,
            () if self.revoked => "CONFLICT/REVOKED",
            () => {
                (self.revoked, self.pending, self.kept, self.offset) = (true, None, 0, 0);
                self.change = self.change.map(|(yen, _)| (yen, false));
                self.ordered = self.sum();
                self.state = if self.repaid < self.ordered { "REPAYMENT_ORDERED" } else { "REVOKED" };
                DONE
            }
        }
    }
}
