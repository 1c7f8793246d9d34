//! Sharing out in proportion to what each claims, where some may not get less or more than their limits.
//!
//! There is one rate at which everybody gets the rate times the claim, or the limit that this would pass. What is given
//! in all only grows with the rate, and its line bends where somebody leaves the least or reaches the most. So the rate
//! is found by going along these bends, each of them once: that ends, and the order of the claims decides nothing.

use std::collections::VecDeque;

use crate::grants::allocation::exact::Exact;

/// What one may claim. The most is not below the least, nothing is below zero.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// In proportion to this.
    pub(super) weight: Exact,
    /// Not less than this.
    pub(super) least: Exact,
    /// Not more than this.
    pub(super) most: Option<Exact>,
}

/// Where a claim comes to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// In proportion would be less.
    Least,
    /// In proportion.
    Between,
    /// In proportion would be as much or more.
    Most,
}

/// Who is held at a limit, and what the others share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) stands: Vec<Stand>,
    /// What those have who are held.
    pub(super) held: Exact,
    /// What is left for the others.
    pub(super) rest: Exact,
    /// What the others claim together.
    pub(super) weights: Exact,
}

/// Shares `total` out.
///
/// # Errors
/// The sum of the least, where that is more than there is.
pub(super) fn share_within(total: &Exact, claims: &[Claim]) -> Result<Shared, Exact> {
    let least = claims.iter().fold(Exact::zero(), |sum, claim| &sum + &claim.least);
    if least > *total {
        return Err(least);
    }
    let start = |claim: &Claim| if claim.least.is_positive() { Stand::Least } else { Stand::Between };
    let stands: Vec<Stand> = claims.iter().map(start).collect();
    let between = claims.iter().zip(&stands).filter(|(_, stand)| **stand == Stand::Between);
    let weights = between.fold(Exact::zero(), |sum, (claim, _)| &sum + &claim.weight);
    let mut shared = Shared { stands, held: least, rest: Exact::zero(), weights };
    for Bend { rate, to, at } in bends(claims) {
        let Claim { weight, least, most } = &claims[at];
        if &shared.held + &(&shared.weights * &rate) > *total {
            break;
        }
        if to == Stand::Between {
            shared.held = &shared.held - least;
            shared.weights = &shared.weights + weight;
        } else {
            shared.held = &shared.held + most.as_ref().unwrap_or(least);
            shared.weights = &shared.weights - weight;
        }
        shared.stands[at] = to;
    }
    shared.rest = total - &shared.held;
    Ok(shared)
}

/// At a rate, a claim leaves its least or comes to its most.
struct Bend {
    rate: Exact,
    to: Stand,
    at: usize,
}

/// All of them, as the rate grows. A claim leaves its least before it comes to its most.
fn bends(claims: &[Claim]) -> Vec<Bend> {
    let mut bends = Vec::new();
    for (at, Claim { weight, least, most }) in claims.iter().enumerate() {
        if least.is_positive() {
            bends.extend(least.over(weight).map(|rate| Bend { rate, to: Stand::Between, at }));
        }
        let most = most.as_ref().and_then(|most| most.over(weight));
        bends.extend(most.map(|rate| Bend { rate, to: Stand::Most, at }));
    }
    bends.sort_by(|a, b| a.rate.cmp(&b.rate).then_with(|| (a.to == Stand::Most).cmp(&(b.to == Stand::Most))));
    bends
}

/// Rounds the quotas of those between down to the unit (but not below the least) and gives the units that are left of
/// the rest to the largest remainders, equal ones to the earlier; nobody comes above the most. Nobody has more than
/// one of them before everybody who may has one. Those who are held have nothing here.
pub(super) fn in_units(shared: &Shared, claims: &[Claim], quotas: &[Exact], unit: &Exact) -> Vec<Exact> {
    let mut given = vec![Exact::zero(); claims.len()];
    let mut left = shared.rest.clone();
    let mut open = Vec::new();
    for (at, quota) in quotas.iter().enumerate().filter(|(at, _)| shared.stands[*at] == Stand::Between) {
        let units = quota.over(unit).unwrap_or_else(Exact::zero).floor();
        given[at] = (&units * unit).max(claims[at].least.clone());
        left = &left - &given[at];
        if claims[at].weight.is_positive() {
            open.push(at);
        }
    }
    open.sort_by_cached_key(|at| std::cmp::Reverse(&quotas[*at] - &given[*at]));
    let mut open = VecDeque::from(open);
    while left >= *unit {
        let Some(at) = open.pop_front() else { break };
        let more = &given[at] + unit;
        if claims[at].most.as_ref().is_none_or(|most| more <= *most) {
            given[at] = more;
            left = &left - unit;
            open.push_back(at);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(weight: i64, least: i64, most: Option<i64>) -> Claim {
        Claim { weight: weight.into(), least: least.into(), most: most.map(Exact::from) }
    }

    /// What each gets, as a fraction.
    fn parts(total: i64, claims: &[Claim]) -> Result<Vec<Exact>, Exact> {
        let shared = share_within(&total.into(), claims)?;
        let part = |(claim, stand): (&Claim, &Stand)| match stand {
            Stand::Least => claim.least.clone(),
            Stand::Most => claim.most.clone().expect("a most"),
            Stand::Between => (&claim.weight * &shared.rest).over(&shared.weights).unwrap_or_else(Exact::zero),
        };
        Ok(claims.iter().zip(&shared.stands).map(part).collect())
    }

    #[test]
    fn who_is_held_at_the_least_makes_the_others_less_until_nobody_more_is() {
        // 600 : 300 : 200 of 900. The third is held at 190, the rest 710 : 900 makes 236.7 of 300, so 250 is held, too.
        let claims = [claim(600, 0, None), claim(300, 250, None), claim(200, 190, None)];
        assert_eq!(parts(900, &claims), Ok([460, 250, 190].map(Exact::from).to_vec()));
        assert_eq!(parts(1_100, &claims), Ok([600, 300, 200].map(Exact::from).to_vec()));
        assert_eq!(parts(440, &claims), Ok([0, 250, 190].map(Exact::from).to_vec()));
        assert_eq!(parts(439, &claims), Err(Exact::from(440)));
    }

    #[test]
    fn who_is_held_at_the_most_makes_the_others_more_as_far_as_there_are_any() {
        let claims = [claim(100, 0, Some(150)), claim(100, 0, Some(400)), claim(0, 0, None)];
        assert_eq!(parts(500, &claims), Ok([150, 350, 0].map(Exact::from).to_vec()));
        assert_eq!(parts(900, &claims), Ok([150, 400, 0].map(Exact::from).to_vec()), "the rest is nobody's");
    }

    /// At a rate of 3 the first is held at the least and nobody at the most; only then does the second come to its own.
    #[test]
    fn of_both_kinds_of_limits_only_those_bind_that_the_rate_passes() {
        let claims = [claim(10, 50, None), claim(10, 0, Some(30)), claim(10, 0, None)];
        assert_eq!(parts(90, &claims), Ok([50, 20, 20].map(Exact::from).to_vec()));
        assert_eq!(parts(120, &claims), Ok([50, 30, 40].map(Exact::from).to_vec()));
    }

    #[test]
    fn units_go_to_the_largest_remainders_that_may_have_them() {
        let claims = [claim(100, 0, Some(3_400)), claim(100, 0, None), claim(100, 3_300, None)];
        let shared = share_within(&Exact::from(10_000), &claims).expect("shared");
        let quotas: Vec<Exact> = claims.iter().map(|_| Exact::parse("10000/3").expect("a number")).collect();
        let given = in_units(&shared, &claims, &quotas, &Exact::from(1_000));
        assert_eq!(given, [3_000, 3_000, 3_300].map(Exact::from), "a thousand is too much for the first, 700 is left");
        let given = in_units(&shared, &claims, &quotas, &Exact::from(100));
        assert_eq!(given, [3_400, 3_300, 3_300].map(Exact::from));
    }

    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        let one = (0i64..1_000, 0i64..500, proptest::option::of(0i64..1_500));
        proptest::collection::vec(one, 1..12).prop_map(|all| {
            all.into_iter().map(|(weight, least, more)| claim(weight, least, more.map(|more| least + more))).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Every part is the rate times the claim, or the limit that this passes; the parts are all of it.
        #[test]
        fn there_is_one_rate_for_all(claims in claims(), total in 0i64..8_000) {
            let least = claims.iter().fold(Exact::zero(), |sum, claim| &sum + &claim.least);
            let Ok(shared) = share_within(&Exact::from(total), &claims) else {
                prop_assert!(least > Exact::from(total));
                return Ok(());
            };
            let parts = parts(total, &claims).expect("parts");
            let sum = parts.iter().fold(Exact::zero(), |sum, part| &sum + part);
            let full = |claim: &Claim| claim.weight.is_zero() || claim.most.is_some();
            if sum < Exact::from(total) {
                prop_assert!(claims.iter().all(full));
                prop_assert!(shared.stands.iter().zip(&claims).all(|(s, c)| *s == Stand::Most || c.weight.is_zero()));
            } else {
                prop_assert_eq!(sum, Exact::from(total));
            }
            for ((claim, part), stand) in claims.iter().zip(&parts).zip(&shared.stands) {
                prop_assert!(*part >= claim.least && claim.most.as_ref().is_none_or(|most| part <= most));
                if let Some(rate) = shared.rest.over(&shared.weights) {
                    let alike = &rate * &claim.weight;
                    let is_right = match stand {
                        Stand::Least => alike < *part || claim.weight.is_zero(),
                        Stand::Between => alike == *part,
                        Stand::Most => alike >= *part,
                    };
                    prop_assert!(is_right, "{:?} {} {}", stand, alike, part);
                }
            }
            let mut turned = claims.clone();
            turned.reverse();
            let mut back = self::parts(total, &turned).expect("parts");
            back.reverse();
            prop_assert_eq!(parts, back);
        }

        /// In whole units nothing is above what there is, and with a unit of one and whole limits all of it is given.
        #[test]
        fn units_stay_within_limits_and_total(claims in claims(), total in 0i64..8_000, unit in 1i64..300) {
            let Ok(shared) = share_within(&Exact::from(total), &claims) else { return Ok(()) };
            let quota = |claim: &Claim| (&claim.weight * &shared.rest).over(&shared.weights).unwrap_or_else(Exact::zero);
            let quotas: Vec<Exact> = claims.iter().map(quota).collect();
            let given = in_units(&shared, &claims, &quotas, &Exact::from(unit));
            let sum = given.iter().fold(Exact::zero(), |sum, part| &sum + part);
            prop_assert!(sum <= shared.rest);
            if unit == 1 && shared.weights.is_positive() {
                prop_assert_eq!(&sum, &shared.rest);
            }
            for ((claim, given), stand) in claims.iter().zip(&given).zip(&shared.stands) {
                if *stand == Stand::Between {
                    prop_assert!(*given >= claim.least && claim.most.as_ref().is_none_or(|most| given <= most));
                }
            }
        }
    }
}
