//! Passwords that others try first (NIST SP 800-63B-4, 3.1.1.2): common ones, rows of keys, and words of the person, the
//! town and this program, in any order and with a few digits.

use std::collections::HashSet;
use std::sync::LazyLock;

use sea_orm::EntityTrait;

use crate::kernel::error::{Error, Result};
use crate::kernel::text::normal_password;
use crate::kernel::tx::Tx;
use crate::people::entity::municipality;
use crate::people::romaji::romaji;

/// Common passwords and what they are made of, one a line; `#` begins a remark.
static COMMON: LazyLock<Vec<String>> = LazyLock::new(|| {
    let lines = include_str!("common-passwords.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(plain).filter(|word| !word.is_empty()).collect()
});

/// Rows that are typed along: keyboard, alphabet, kana.
const ROWS: &[&str] = &[
    "12345678901234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "qazwsxedcrfvtgbyhnujm",
    "abcdefghijklmnopqrstuvwxyz",
    "あいうえおかきくけこさしすせそたちつてとなにぬねの",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノ",
    "いろはにほへとちりぬるをわかよたれそつねならむ",
    "一二三四五六七八九十",
];
/// How many digits are no more than an ornament: a year, a day.
const ORNAMENT: usize = 8;
/// The longest piece whose mere repetition is no password.
const REPEATED: usize = 6;

/// Only letters and digits, in the form and case in which they are compared.
pub fn plain(text: &str) -> String {
    normal_password(text).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Words that somebody's password must not be made of: the address, the town in kanji, kana and Latin letters.
pub async fn words_of(tx: &Tx, email: &str) -> Result<Vec<String>> {
    let town = municipality::Entity::find_by_id(tx.municipality()?).one(tx).await?.ok_or(Error::NotFound)?;
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let mut words: Vec<String> = vec![email.to_owned(), local.to_owned()];
    words.extend(local.split(|c: char| !c.is_alphanumeric()).chain(domain.split('.')).map(str::to_owned));
    words.extend([town.prefecture.clone(), town.name.clone(), town.name_kana.clone(), romaji(&town.name_kana)]);
    words.push(town.name.trim_end_matches(['市', '町', '村', '区', '県']).to_owned());
    for end in ["し", "ちょう", "まち", "むら", "そん", "く"] {
        if let Some(name) = town.name_kana.strip_suffix(end) {
            words.extend([name.to_owned(), romaji(name)]);
        }
    }
    let mut words: Vec<String> = words.iter().map(|word| plain(word)).filter(|w| w.chars().count() >= 2).collect();
    words.sort_unstable();
    words.dedup();
    Ok(words)
}

/// Would others try it first? `known` are words as [`plain`] gives them.
pub fn is_guessable(password: &str, known: &[String]) -> bool {
    let few = password.chars().collect::<HashSet<_>>().len() < 4;
    let text: Vec<char> = plain(password).chars().collect();
    few || (!text.is_empty() && (repeats(&text) || is_made_of(&text, known)))
}

fn repeats(text: &[char]) -> bool {
    let most = REPEATED.min(text.len() / 2);
    (1..=most).any(|period| text.iter().zip(&text[period..]).all(|(a, b)| a == b))
}

/// Can the whole text be cut into words, rows and ornaments?
fn is_made_of(text: &[char], known: &[String]) -> bool {
    let ornament = text.iter().filter(|c| c.is_numeric()).count() <= ORNAMENT;
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for at in 0..text.len() {
        if !reached[at] {
            continue;
        }
        let rest = &text[at..];
        for word in COMMON.iter().chain(known) {
            if starts_with(rest, word) {
                reached[at + word.chars().count()] = true;
            }
        }
        for length in 3..=along(rest) {
            reached[at + length] = true;
        }
        if ornament && rest[0].is_numeric() {
            reached[at + 1] = true;
        }
    }
    reached[text.len()]
}

fn starts_with(text: &[char], word: &str) -> bool {
    let mut text = text.iter();
    !word.is_empty() && word.chars().all(|c| text.next() == Some(&c))
}

/// How many characters lie along a row, forwards or backwards.
fn along(text: &[char]) -> usize {
    let most = ROWS.iter().flat_map(|row| {
        let row: Vec<char> = row.chars().collect();
        [row.iter().rev().copied().collect(), row]
    });
    most.map(|row: Vec<char>| {
        let from = |at: usize| text.iter().zip(&row[at..]).take_while(|(a, b)| a == b).count();
        (0..row.len()).map(from).max().unwrap_or(0)
    })
    .max()
    .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(password: &str) -> bool {
        let known =
            ["雲南市", "雲南", "うんなん", "unnan", "unnanshi", "hanako", "hanakoexamplejp", "島根県"].map(plain);
        is_guessable(&normal_password(password), &known)
    }

    #[test]
    fn a7_what_others_try_first_is_no_password() {
        for password in [
            "password1234",
            "Passw0rd2024!",
            "qwertyuiop123",
            "1qaz2wsx3edc",
            "zaq12wsxcde3",
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "あいうえおかきくけこさし",
            "いろはにほへとちりぬるを",
            "パスワードパスワード12",
            "ﾊﾟｽﾜｰﾄﾞﾊﾟｽﾜｰﾄﾞ12",
            "ありがとうございます2024",
            "sakurasakura2024",
            "よろしくおねがいします",
            "春夏秋冬春夏秋冬春夏秋冬",
            "aaaaaaaaaaaaaaaa",
            "UnnanUnnan-2026",
            "雲南市雲南市雲南市2026",
            "うんなんうんなんうんなん",
            "unnanshi-entaku1",
            "hanako@example.jp",
            "Hanako-19800401",
            "島根県雲南市円卓2026",
        ] {
            assert!(bad(password), "{password}");
        }
    }

    #[test]
    fn what_is_long_and_somebodys_own_is_one() {
        for password in [
            "correct horse battery",
            "雲南の夜空に星が降る",
            "unnan-kawa-no-hotaru",
            "夜明けの田んぼに白鷺三羽",
            "pi is 314159265358979",
            "😀🏔🚜🌾🎏🏮🎐🍙🦌🌊🐟🍵",
            "管理者のとても長いパスワード",
        ] {
            assert!(!bad(password), "{password}");
        }
    }

    #[test]
    fn the_list_is_read() {
        assert!(COMMON.len() > 200, "{}", COMMON.len());
        assert!(COMMON.iter().all(|word| *word == plain(word)));
    }
}
