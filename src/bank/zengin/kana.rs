//! The characters of bank files: digits, capitals, half-width katakana and a few signs, one byte each (JIS X 0201).

use unicode_normalization::UnicodeNormalization;

/// Signs that banks take in names.
const SIGNS: &str = " ()-./,\\｢｣";

/// A name as bank files write it: katakana half-width with the marks apart, small kana large, the long sound a hyphen,
/// letters large. Nothing where a character has no such form.
pub fn half_width(name: &str) -> Option<String> {
    // What is half-width joins with its mark before it is taken apart.
    name.trim().nfkc().map(katakana).nfd().map(half).collect()
}

/// May bank files have it?
pub fn is_allowed(c: char) -> bool {
    c.is_ascii_digit() || c.is_ascii_uppercase() || SIGNS.contains(c) || ('ｱ'..='ﾟ').contains(&c)
}

/// Hiragana as katakana.
fn katakana(c: char) -> char {
    if ('ぁ'..='ゖ').contains(&c) { char::from_u32(u32::from(c) + 0x60).unwrap_or(c) } else { c }
}

fn half(c: char) -> Option<char> {
    const FULL: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
    const SMALL: [(char, char); 13] = [
        ('ァ', 'ア'),
        ('ィ', 'イ'),
        ('ゥ', 'ウ'),
        ('ェ', 'エ'),
        ('ォ', 'オ'),
        ('ッ', 'ツ'),
        ('ャ', 'ヤ'),
        ('ュ', 'ユ'),
        ('ョ', 'ヨ'),
        ('ヮ', 'ワ'),
        ('ヵ', 'カ'),
        ('ヶ', 'ケ'),
        // Banks write the particle as it is heard.
        ('ヲ', 'オ'),
    ];
    let c = SMALL.iter().find(|(small, _)| *small == c).map_or(c, |(_, large)| *large);
    if let Some(at) = FULL.chars().position(|full| full == c) {
        return char::from_u32(u32::from('ｱ') + u32::try_from(at).ok()?);
    }
    match c {
        '\u{3099}' | '\u{309B}' => Some('ﾞ'),
        '\u{309A}' | '\u{309C}' => Some('ﾟ'),
        'ー' | '‐' | '−' | '―' | '–' => Some('-'),
        '「' => Some('｢'),
        '」' => Some('｣'),
        '¥' => Some('\\'),
        'a'..='z' => Some(c.to_ascii_uppercase()),
        '\u{3000}' => Some(' '),
        c if is_allowed(c) => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_as_banks_write_them() {
        for (name, written) in [
            ("あおばのかい　カイチョウ", "ｱｵﾊﾞﾉｶｲ ｶｲﾁﾖｳ"),
            ("ガッツポーズ", "ｶﾞﾂﾂﾎﾟ-ｽﾞ"),
            ("ｶﾞｯﾂﾎﾟｰｽﾞ", "ｶﾞﾂﾂﾎﾟ-ｽﾞ"),
            ("abcＸＹＺ１２(株)", ""),
            ("npo（アオバ）1．2", "NPO(ｱｵﾊﾞ)1.2"),
            ("ヲンヴ", "ｵﾝｳﾞ"),
            ("ｦ・を", ""),
            ("ｦを", "ｵｵ"),
            ("ヶ関ゖヵ", ""),
            ("ヶゖヵ", "ｹｹｶ"),
        ] {
            let found = half_width(name).unwrap_or_default();
            assert_eq!(found, written, "{name}");
        }
    }

    #[test]
    fn v3_v4_what_is_no_kana_is_no_name() {
        for name in
            ["山田", "ア\0", "ア\nイ", "ア\r2059", "ア\u{1b}", "é", "ア😀", "ア\u{202e}", "*", "ア;イ", "\u{7f}"]
        {
            assert_eq!(half_width(name), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_one_byte_each_and_stays_as_it_is(name in "\\PC{0,40}") {
            if let Some(written) = half_width(&name) {
                prop_assert!(written.chars().all(is_allowed));
                let (bytes, _, failed) = encoding_rs::SHIFT_JIS.encode(&written);
                prop_assert!(!failed && bytes.len() == written.chars().count());
                let again = half_width(&written);
                prop_assert_eq!(again.as_deref(), Some(written.trim()));
            }
        }
    }
}
