//! When somebody is reminded. Pure.

/// The most thresholds a municipality sets.
pub const MOST_DAYS: usize = 10;
/// The longest before the deadline.
pub const LONGEST: i32 = 180;

/// The days before a deadline at which people are reminded, as they are stored: different, the longest first.
pub fn stored(days: &[i32]) -> String {
    let mut days = days.to_vec();
    days.sort_unstable_by(|one, other| other.cmp(one));
    days.dedup();
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The days that were stored.
pub fn read(stored: &str) -> Vec<i32> {
    stored.split(',').filter_map(|day| day.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_kept_once_and_the_longest_first() {
        assert_eq!(stored(&[1, 7, 1, 30]), "30,7,1");
        assert_eq!(read(&stored(&[1, 7])), [7, 1]);
        assert_eq!((stored(&[]), read("")), (String::new(), Vec::new()));
    }
}
