//! What holds for passwords, terms and sessions. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::kernel::text::Checks;
use crate::people::commands::{APPOINTMENT_END, SECTION_ABOLISH};
use crate::people::entity::{appointment, section};

/// How long an access token lives.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(5);
/// How long a session lives at most.
pub const SESSION_LIFE: Duration = Duration::days(30);
/// How long a session in a browser lives at most: a working day, because terminals are shared.
pub const BROWSER_SESSION_LIFE: Duration = Duration::hours(12);
/// How long a browser's session lives without being renewed.
pub const COOKIE_LIFE: Duration = Duration::minutes(30);
/// How long a cookie that was renewed is still taken, for requests on their way and other tabs.
pub const COOKIE_GRACE: Duration = Duration::minutes(1);
/// How long an invitation can be accepted.
pub const INVITATION_LIFE: Duration = Duration::hours(72);

/// NIST SP 800-63B-4: length, no composition rules, and not one's own name or the town's.
pub fn check_password(checks: &mut Checks, path: &'static str, password: &str, known: &[&str]) {
    let length = password.chars().count();
    checks.check(
        length >= 12,
        path,
        "TOO_SHORT",
        "パスワードは12文字以上にしてください。",
        "A password has at least 12 characters.",
    );
    checks.check(password.len() <= 256, path, "TOO_LONG", "パスワードが長すぎます。", "The password is too long.");
    let plain = password.to_lowercase();
    let guessable = known.iter().any(|k| !k.is_empty() && plain == k.to_lowercase())
        || plain.chars().collect::<std::collections::HashSet<_>>().len() < 4;
    checks.check(!guessable, path, "GUESSABLE", "推測されやすいパスワードです。", "The password is too easy to guess.");
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

    fn rules_broken(password: &str) -> bool {
        let mut checks = Checks::new();
        check_password(&mut checks, "password", password, &["雲南市", "admin@unnan.example.jp"]);
        checks.done().is_err()
    }

    #[test]
    fn a7_long_and_unguessable_is_all_that_is_asked() {
        for bad in ["short", "aaaaaaaaaaaaaaaa", "Admin@Unnan.example.jp", &"長".repeat(90)] {
            assert!(rules_broken(bad), "{bad}");
        }
        for good in ["correct horse battery", "夜空に星が降る里の灯り火", &"x1y2".repeat(16)] {
            assert!(!rules_broken(good), "{good}");
        }
    }
}
