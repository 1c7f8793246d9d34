//! What holds for passwords, terms and sessions. Pure.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use ipnet::IpNet;

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::kernel::text::{Checks, normal_password};
use crate::people::commands::{APPOINTMENT_END, SECTION_ABOLISH};
use crate::people::entity::{account, appointment, section};
use crate::people::factor::commands::{
    RECOVERY_CODES_RENEW, SECOND_FACTOR_CONFIRM, SECOND_FACTOR_DISABLE, SECOND_FACTOR_ENROL, SECOND_FACTOR_RESET,
};
use crate::people::guessable;
use crate::people::password::LONGEST;

/// How long an access token lives.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(5);
/// How long a cookie that was renewed is still taken, for requests on their way and other tabs.
pub const COOKIE_GRACE: Duration = Duration::minutes(1);
/// How long a refresh token that was used may be used again, where the answer was lost on its way.
pub const LOST_REPLY: Duration = Duration::seconds(30);
/// How often it is written that a session is in use.
pub const SEEN_EVERY: Duration = Duration::minutes(1);

/// How many failures in a row cost nothing but their own time.
const FREE_FAILURES: i32 = 10;
/// After how many failures in a row nothing is tried any more until the account is proved otherwise (NIST SP 800-63B-4,
/// 3.2.2).
const MOST_FAILURES: i32 = 100;
/// The longest that one failure makes wait.
const LONGEST_WAIT: Duration = Duration::minutes(15);

/// When a password may be tried again after so many failures in a row, the last at that time: each makes wait twice as
/// long as the one before, from a second on. Nothing: not at all.
pub fn next_try(failures: i32, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let Ok(doublings) = u32::try_from(failures - FREE_FAILURES) else { return Some(last) };
    let wait = Duration::seconds(1_i64 << doublings.min(20)).min(LONGEST_WAIT);
    (failures < MOST_FAILURES).then_some(last + wait)
}

/// How long a session lives (NIST SP 800-63B-4, 2.1.3 and 2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From its beginning.
    pub overall: Duration,
    /// Without being used.
    pub idle: Duration,
}

impl Limits {
    /// Whoever acts for the town, and whoever signs in at a device that is not their own.
    pub const SHORT: Self = Self { overall: Duration::hours(24), idle: Duration::hours(1) };
    /// Residents and people of organizations on a device of their own, which has a name.
    pub const LONG: Self = Self { overall: Duration::days(30), idle: Duration::days(30) };

    /// The limits of a session: the same for tokens and cookies.
    pub fn of(lasting: bool, acts_for_the_town: bool) -> Self {
        if lasting && !acts_for_the_town { Self::LONG } else { Self::SHORT }
    }

    /// Is a session that began and was last seen at these times still good?
    pub fn hold(self, began: DateTime<Utc>, seen: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now - began < self.overall && now - seen < self.idle
    }
}

/// The shortest password, in characters. NIST SP 800-63B-4 asks for 15 where it stands alone and 8 beside a second
/// factor; why it is one number for everybody: docs/adr/0020.
const SHORTEST: usize = 12;

/// NIST SP 800-63B-4: length, no composition rules, and nothing that others would try first. `known` are words of the
/// person and the town, as [`guessable::plain`] gives them. It is judged in the form in which it is hashed.
pub fn check_password(checks: &mut Checks, path: &'static str, password: &str, known: &[String]) {
    let password = normal_password(password);
    checks.check(
        password.chars().count() >= SHORTEST,
        path,
        "TOO_SHORT",
        "パスワードは12文字以上にしてください。",
        "A password has at least 12 characters.",
    );
    checks.check(password.len() <= LONGEST, path, "TOO_LONG", "パスワードが長すぎます。", "The password is too long.");
    let guessable = password.len() <= LONGEST && guessable::is_guessable(&password, known);
    checks.check(!guessable, path, "GUESSABLE", "推測されやすいパスワードです。", "The password is too easy to guess.");
}

/// The most networks a municipality lists.
const MOST_NETWORKS: usize = 20;

/// The networks of a list in CIDR notation (RFC 4632), separated by commas. None may be wider than 65,536 addresses, or
/// a /32 of IPv6, which is what a provider has: higher limits are for a hall and not for everybody.
///
/// # Errors
/// INVALID_INPUT's rule for what is none.
pub fn networks(list: &str) -> Result<Vec<IpNet>, &'static str> {
    let named = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    let found = named.map(|item| {
        let network = item.parse().or_else(|_| item.parse::<IpAddr>().map(IpNet::from)).map_err(|_| "NETWORK")?;
        let narrow = match network {
            IpNet::V4(network) => network.prefix_len() >= 16,
            IpNet::V6(network) => network.prefix_len() >= 32,
        };
        if narrow { Ok(network.trunc()) } else { Err("NETWORK_WIDE") }
    });
    let found: Vec<IpNet> = found.collect::<Result<_, _>>()?;
    if found.len() <= MOST_NETWORKS { Ok(found) } else { Err("TOO_MANY") }
}

/// What may be done to an account now.
pub fn account(row: &account::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    let on = row.second_factor_at.is_some();
    if on && [SECOND_FACTOR_ENROL, SECOND_FACTOR_CONFIRM].contains(&action) {
        return Err(Refusal::new(
            "SECOND_FACTOR_ON",
            "二要素認証はすでに登録されています。",
            "A second factor is there already.",
        ));
    }
    if !on && [SECOND_FACTOR_DISABLE, SECOND_FACTOR_RESET, RECOVERY_CODES_RENEW].contains(&action) {
        return Err(Refusal::new(
            "SECOND_FACTOR_OFF",
            "二要素認証は登録されていません。",
            "There is no second factor.",
        ));
    }
    Ok(())
}

/// What may be done to a section now.
pub fn section(row: &section::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == SECTION_ABOLISH && row.abolished_on.is_some() {
        return Err(Refusal::new(
            "ABOLISHED",
            "この部署はすでに廃止されています。",
            "The section is already abolished.",
        ));
    }
    Ok(())
}

/// What may be done to an appointment now.
pub fn appointment(row: &appointment::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    let over = row.ended_at.is_some() || row.ends_on.is_some_and(|end| end.0 < japan_day(now));
    if action == APPOINTMENT_END && over {
        return Err(Refusal::new("ENDED", "この任命はすでに終わっています。", "The appointment has already ended."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_broken(password: &str) -> Vec<&'static str> {
        let mut checks = Checks::new();
        let known = ["雲南市", "雲南", "うんなん", "unnan", "admin@unnan.example.jp"].map(guessable::plain);
        check_password(&mut checks, "password", password, &known);
        match checks.done() {
            Err(crate::kernel::error::Error::Invalid(_, found)) => found.iter().map(|v| v.rule).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a3_failures_in_a_row_make_wait_ever_longer_and_end_at_a_hundred() {
        let last = DateTime::UNIX_EPOCH;
        let waits = |failures| next_try(failures, last).map(|then| (then - last).num_seconds());
        for (failures, expected) in
            [(0, 0), (9, 0), (10, 1), (11, 2), (12, 4), (19, 512), (20, 900), (50, 900), (99, 900)]
        {
            assert_eq!(waits(failures), Some(expected), "{failures}");
        }
        assert_eq!((waits(100), waits(i32::MAX)), (None, None));
    }

    #[test]
    fn a_town_lists_its_own_networks_and_not_everybodys() {
        let shown = |list| networks(list).map(|n| n.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        assert_eq!(
            shown(" 203.0.113.7, 198.51.100.77/24 ,,2001:db8::/32"),
            Ok("203.0.113.7/32,198.51.100.0/24,2001:db8::/32".into())
        );
        assert_eq!(shown(""), Ok(String::new()));
        for (list, rule) in
            [("hall", "NETWORK"), ("1.2.3.4/33", "NETWORK"), ("0.0.0.0/0", "NETWORK_WIDE"), ("::/0", "NETWORK_WIDE")]
        {
            assert_eq!(shown(list), Err(rule), "{list}");
        }
        assert_eq!(shown(&"192.0.2.1,".repeat(21)), Err("TOO_MANY"));
    }

    #[test]
    fn a18_a_session_is_as_long_as_its_account_and_device_are() {
        let began = DateTime::<Utc>::UNIX_EPOCH;
        let holds = |lasting, town, age: Duration, idle: Duration| {
            Limits::of(lasting, town).hold(began, began + age - idle, began + age)
        };
        let (minute, hour, day) = (Duration::minutes(1), Duration::hours(1), Duration::days(1));
        for (lasting, town) in [(true, true), (false, true), (false, false)] {
            assert!(holds(lasting, town, day - minute, hour - minute));
            assert!(!holds(lasting, town, day, minute) && !holds(lasting, town, hour + minute, hour));
        }
        assert!(holds(true, false, day * 30 - minute, day * 29));
        assert!(!holds(true, false, day * 30, minute));
    }

    #[test]
    fn a7_long_and_unguessable_is_all_that_is_asked() {
        for (bad, rule) in [
            ("1234567", "TOO_SHORT"),
            ("ｓｈｏｒｔ１２３４", "TOO_SHORT"),
            (&"長".repeat(90) as &str, "TOO_LONG"),
            (&"㍿".repeat(30), "TOO_LONG"),
            (&"x1".repeat(500), "TOO_LONG"),
        ] {
            assert!(rules_broken(bad).contains(&rule), "{bad}");
        }
        for good in
            ["correct horse battery", "夜空に星が降る里の灯り火", "😀🏔🚜🌾🎏🏮🎐🍙🦌🌊🐟🍵", &"x1y2zk9w".repeat(8)]
        {
            assert_eq!(rules_broken(good), Vec::<&str>::new(), "{good}");
        }
    }
}
