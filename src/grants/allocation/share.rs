//! Sharing out to the last unit.

use std::cmp::Reverse;

use crate::grants::allocation::exact::Exact;

/// Rounds quotas down to the unit and gives the units that are left of `total` to the largest remainders, equal
/// ones to the earlier. The sum is `total` without the part below one unit.
pub(super) fn largest_remainder(total: &Exact, quotas: &[Exact], unit: &Exact) -> Vec<Exact> {
    let counts: Vec<Exact> = quotas.iter().map(|quota| quota.over(unit).unwrap_or_else(Exact::zero)).collect();
    let mut given: Vec<Exact> = counts.iter().map(Exact::floor).collect();
    let sum = given.iter().fold(Exact::zero(), |sum, n| &sum + n);
    let units = total.over(unit).unwrap_or_else(Exact::zero).floor();
    let left = (&units - &sum).count().unwrap_or_default();
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    order.sort_by_cached_key(|n| Reverse(&counts[*n] - &given[*n]));
    for n in order.into_iter().take(left) {
        given[n] = &given[n] + &Exact::one();
    }
    given.iter().map(|count| count * unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m10_a_hundred_yen_by_three_is_a_hundred_yen() {
        let third = Exact::parse("100/3").expect("a number");
        let shares = largest_remainder(&Exact::from(100), &[third.clone(), third.clone(), third], &Exact::one());
        assert_eq!(shares, [34, 33, 33].map(Exact::from));
    }

    #[test]
    fn thousands_go_to_the_largest_remainders() {
        let quotas = [1_400, 2_700, 5_900].map(Exact::from);
        let shares = largest_remainder(&Exact::from(10_000), &quotas, &Exact::from(1_000));
        assert_eq!(shares, [1_000, 3_000, 6_000].map(Exact::from));
    }
}
