//! The one-time password itself (RFC 6238): SHA-1, six digits, thirty seconds, which every authenticator can do.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Totp};

use crate::kernel::error::{Error, Result};

/// How many bytes the secret has (RFC 4226, 4: 160 bits recommended).
pub const SECRET_BYTES: usize = 20;
/// How many steps a clock may be off, either way.
const DRIFT: u16 = 1;

/// The generator of a secret. `issuer` and `account` are what an authenticator shows.
pub fn of(secret: Vec<u8>, issuer: &str, account: &str) -> Result<Totp> {
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(DRIFT)
        .with_step_duration(30)
        .with_secret(secret)
        // A colon separates the two in the URI.
        .with_issuer(Some(issuer.replace(':', " ")))
        .with_account_name(account.replace(':', " "));
    builder.build().map_err(Error::internal)
}

/// The step whose code this is, if it is one of now or of a step before or after.
pub fn step(totp: &Totp, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let seconds = u64::try_from(now.timestamp()).ok()?;
    totp.check(code, seconds).and_then(|step| i64::try_from(step).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a20_a_code_is_good_for_its_step_and_one_beside_it() {
        let totp = of(vec![7; SECRET_BYTES], "円卓:試験町", "a@example.jp").expect("a generator");
        let now = DateTime::from_timestamp(1_779_238_800, 0).expect("a time");
        let at = |steps: i64| totp.generate(u64::try_from(now.timestamp() + steps * 30).expect("a time")).to_string();
        let this = now.timestamp() / 30;
        for near in [-1, 0, 1] {
            assert_eq!(step(&totp, &at(near), now), Some(this + near));
        }
        for far in [-2, 2, 100] {
            assert_eq!(step(&totp, &at(far), now), None, "{far}");
        }
        for wrong in ["", "abcdef", "１２３４５６", &"1".repeat(5), &"1".repeat(7)] {
            assert_eq!(step(&totp, wrong, now), None, "{wrong}");
        }
        assert!(totp.to_url().expect("a URI").starts_with("otpauth://totp/"));
    }
}
