//! Which term needs which: pools and terms in an order in which each comes after what it is made of.

use crate::grants::allocation::rule::{Amount, Condition, Effect, Rule, Term, TermKind};

impl Term {
    /// The terms it is made of, without what its pool is made of.
    pub fn parts(&self) -> &[String] {
        match &self.kind {
            TermKind::Multiplier(multiplier) => &multiplier.of,
            TermKind::Ceiling(bound) | TermKind::Floor(bound) => &bound.of,
            _ => &[],
        }
    }

    /// The pool it shares out.
    pub fn pool(&self) -> Option<&str> {
        match &self.kind {
            TermKind::EqualPool(share) => Some(&share.pool),
            TermKind::ProportionalPool(share) => Some(&share.pool),
            _ => None,
        }
    }

    /// Does it stand in the place of the terms it is made of?
    pub fn replaces(&self) -> bool {
        match &self.kind {
            TermKind::Ceiling(_) | TermKind::Floor(_) => true,
            TermKind::Multiplier(multiplier) => multiplier.effect == Effect::Replaces,
            _ => false,
        }
    }
}

impl Rule {
    /// The place of a term.
    pub fn term(&self, key: &str) -> Option<usize> {
        self.terms.iter().position(|term| term.key == key)
    }

    /// The terms that must be known before this one.
    fn needs(&self, term: &Term) -> Vec<usize> {
        let pool = term.pool().and_then(|key| self.pools.iter().find(|pool| pool.key == key));
        let rest: &[String] = match pool.map(|pool| &pool.amount) {
            Some(Amount::BudgetRest(rest)) => &rest.after,
            _ => &[],
        };
        term.parts().iter().chain(rest).filter_map(|key| self.term(key)).collect()
    }

    /// The terms in an order of calculation.
    ///
    /// # Errors
    /// The place of a term that is made of itself.
    pub fn order(&self) -> Result<Vec<usize>, usize> {
        let needs: Vec<Vec<usize>> = self.terms.iter().map(|term| self.needs(term)).collect();
        sorted(self.terms.len(), &needs)
    }

    /// Whether the metrics can be calculated one after another.
    ///
    /// # Errors
    /// The place of a metric that is made of itself.
    pub fn metric_order(&self) -> Result<Vec<usize>, usize> {
        let place = |key: &str| self.metrics.iter().position(|metric| metric.key == key);
        let needs: Vec<Vec<usize>> =
            self.metrics.iter().map(|m| m.parts().into_iter().filter_map(place).collect()).collect();
        sorted(self.metrics.len(), &needs)
    }

    /// Is the term replaced by another, so that it does not count by itself?
    pub fn is_replaced(&self, key: &str) -> bool {
        self.terms.iter().any(|term| term.replaces() && term.parts().iter().any(|part| part == key))
    }
}

/// The numbers below `count`, each after what it needs; or one that needs itself. Without recursion, because a
/// client chooses how long a chain is.
fn sorted(count: usize, needs: &[Vec<usize>]) -> Result<Vec<usize>, usize> {
    let mut done = Vec::with_capacity(count);
    let mut is_done = vec![false; count];
    while done.len() < count {
        let ready: Vec<usize> = (0..count).filter(|n| !is_done[*n] && needs[*n].iter().all(|m| is_done[*m])).collect();
        if ready.is_empty() {
            return Err(on_a_circle(&is_done, needs));
        }
        for n in ready {
            is_done[n] = true;
            done.push(n);
        }
    }
    Ok(done)
}

/// Walks along what is needed until it comes to where it has been: that lies on the circle itself.
fn on_a_circle(is_done: &[bool], needs: &[Vec<usize>]) -> usize {
    let mut at = is_done.iter().position(|done| !done).unwrap_or_default();
    let mut seen = vec![false; needs.len()];
    while !seen[at] {
        seen[at] = true;
        at = needs[at].iter().copied().find(|n| !is_done[*n]).unwrap_or(at);
    }
    at
}

impl Rule {
    /// Every district the rule names, with its place below `at`.
    pub fn districts(&self, at: &str) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        for (n, term) in self.terms.iter().enumerate() {
            let path = format!("{at}.terms[{n}]");
            let weights = term.weights.iter().enumerate();
            found.extend(weights.map(|(m, w)| (format!("{path}.weights[{m}].district"), w.district.as_str())));
            for (m, exclusion) in term.exclusions.iter().enumerate() {
                named(&exclusion.when, &format!("{path}.exclusions[{m}].when"), &mut found);
            }
            match &term.kind {
                TermKind::FixedCeiling(table) => {
                    let rows = table.rows.iter().enumerate();
                    let at = |m| format!("{path}.kind.fixedCeiling.rows[{m}].district");
                    found.extend(rows.map(|(m, row)| (at(m), row.district.as_str())));
                }
                TermKind::Conditional(of) => {
                    for (m, case) in of.cases.iter().enumerate() {
                        named(&case.when, &format!("{path}.kind.conditional.cases[{m}].when"), &mut found);
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// The districts a condition names. Validation bounds how deep conditions go.
fn named<'r>(condition: &'r Condition, path: &str, found: &mut Vec<(String, &'r str)>) {
    match condition {
        Condition::District(names) => {
            let name = |(n, name): (usize, &'r String)| (format!("{path}.district[{n}]"), name.as_str());
            found.extend(names.iter().enumerate().map(name));
        }
        Condition::All(of) | Condition::Any(of) => {
            let word = if matches!(condition, Condition::All(_)) { "all" } else { "any" };
            for (n, one) in of.iter().enumerate() {
                named(one, &format!("{path}.{word}[{n}]"), found);
            }
        }
        Condition::Not(of) => named(of, &format!("{path}.not"), found),
        Condition::Number(_) | Condition::Word(_) | Condition::Flag(_) => {}
    }
}
