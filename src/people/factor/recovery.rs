//! Recovery codes: ten random words of 80 bits, each good once, for the day the authenticator is lost.

use sea_orm::{ActiveModelTrait, Set};
use unicode_normalization::UnicodeNormalization;

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::{KeyRing, random};
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::entity::{RecoveryCodeId, recovery_code};

/// How many there are.
const MANY: usize = 10;
/// Letters and digits that are not taken for one another on paper (no i, l, o, 0, 1, u).
const ALPHABET: &[u8; 30] = b"abcdefghjkmnpqrstvwxyz23456789";
/// Characters of a code; 30¹⁶ is more than 2⁷⁸.
const LENGTH: usize = 16;

/// New codes; those before are worth nothing from now on. They are shown once: only hashes are kept.
pub async fn renew(tx: &Tx, account: AccountId) -> Result<Vec<String>> {
    forget(tx, account).await?;
    let mut codes = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        let code = draw()?;
        let row = recovery_code::ActiveModel {
            id: Set(RecoveryCodeId::new()),
            account_id: Set(account),
            hash: Set(hash(&tx.keys, account, &normal(&code))),
            ..Default::default()
        };
        row.insert(tx).await?;
        codes.push(code);
    }
    Ok(codes)
}

/// Throws them away.
pub async fn forget(tx: &Tx, account: AccountId) -> Result<()> {
    let mut sql = Sql::new("DELETE FROM recovery_codes WHERE account_id = ");
    sql.param(Param::Uuid(Some(account.0)));
    tx.run(sql).await?;
    Ok(())
}

/// Uses a code, if it is one and nobody has used it.
pub async fn spend(tx: &Tx, account: AccountId, code: &str) -> Result<bool> {
    let mut sql = Sql::new("UPDATE recovery_codes SET used_at = ");
    let hash = hash(&tx.keys, account, &normal(code));
    sql.fill(
        "? WHERE account_id = ? AND hash = ? AND used_at IS NULL",
        [Param::Time(Some(tx.now)), Param::Uuid(Some(account.0)), Param::text(hash)],
    );
    Ok(tx.run(sql).await? == 1)
}

/// As it is compared: in half-width small letters, without what only makes it readable.
pub fn normal(code: &str) -> String {
    let kept = code.nfkc().filter(char::is_ascii_alphanumeric).take(64);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn hash(keys: &KeyRing, account: AccountId, normal: &str) -> String {
    keys.peppered(&[b"recovery code ", account.0.as_bytes().as_slice()].concat(), normal.as_bytes())
}

/// `xxxx-xxxx-xxxx-xxxx`
fn draw() -> Result<String> {
    let mut code = String::with_capacity(LENGTH + 3);
    let mut drawn = 0;
    while drawn < LENGTH {
        // What is beyond the last whole turn of the alphabet would make some letters likelier.
        for byte in random(LENGTH).map_err(Error::internal)?.into_iter().filter(|byte| *byte < 240) {
            if drawn == LENGTH {
                break;
            }
            if drawn > 0 && drawn % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            drawn += 1;
        }
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a21_a_code_is_long_random_and_read_as_people_type_it() {
        let (one, other) = (draw().expect("a code"), draw().expect("a code"));
        assert_ne!(one, other);
        assert_eq!((one.len(), normal(&one).len()), (19, 16));
        assert!(normal(&one).bytes().all(|b| ALPHABET.contains(&b)));
        assert_eq!(normal("ＡＢＣＤ－efgh ２３４５ーwxyz"), "abcdefgh2345wxyz");
    }
}
