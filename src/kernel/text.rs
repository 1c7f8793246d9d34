//! Text of people is theirs: trimmed, with one kind of line end, never normalized further (names have
//! variants that matter). E-mail addresses and the like, which machines compare, are normalized.

use unicode_normalization::UnicodeNormalization;

use crate::kernel::error::{Error, Message, Result, Violation};

/// Collects every violation of an input, so that all are reported at once.
#[derive(Default)]
pub struct Checks(Vec<Violation>);

impl Checks {
    /// An input with nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trims a text and checks that it has 1 to `most` characters and none that cannot be stored.
    pub fn text(&mut self, path: &'static str, text: &str, most: usize) -> String {
        let tidy = tidy(text);
        if tidy.is_empty() {
            self.fail(path, "REQUIRED", "入力してください。", "This is required.");
        }
        self.limits(path, &tidy, most);
        tidy
    }

    /// As [`Checks::text`], but empty is nothing.
    pub fn optional(&mut self, path: &'static str, text: Option<&str>, most: usize) -> Option<String> {
        let tidy = tidy(text?);
        self.limits(path, &tidy, most);
        (!tidy.is_empty()).then_some(tidy)
    }

    /// An e-mail address as machines compare it: half-width, lower case.
    pub fn email(&mut self, path: &'static str, text: &str) -> String {
        let address = normal_email(text);
        let well_formed = address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !address.contains(char::is_whitespace)
                && !domain.contains('@')
        });
        if !well_formed || address.len() > 254 {
            self.fail(path, "EMAIL", "メールアドレスの形式が正しくありません。", "The e-mail address is malformed.");
        }
        address
    }

    /// Fails unless `holds`.
    pub fn check(&mut self, holds: bool, path: &'static str, rule: &'static str, ja: &'static str, en: &'static str) {
        if !holds {
            self.fail(path, rule, ja, en);
        }
    }

    /// Adds what was found elsewhere.
    pub fn found(&mut self, violations: Vec<Violation>) {
        self.0.extend(violations);
    }

    /// INVALID_INPUT with everything found wrong.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid("", self.0)) }
    }

    fn limits(&mut self, path: &'static str, text: &str, most: usize) {
        if text.chars().count() > most {
            let ja = format!("{most}文字以内で入力してください。");
            let message = Message::new(ja, format!("At most {most} characters."));
            self.0.push(Violation { path: path.into(), rule: "TOO_LONG", message });
        }
        if text.chars().any(|c| c == '\0' || (c.is_control() && c != '\n' && c != '\t')) {
            self.fail(path, "CHARACTER", "使用できない文字が含まれています。", "A character cannot be stored.");
        }
    }

    fn fail(&mut self, path: &'static str, rule: &'static str, ja: &'static str, en: &'static str) {
        self.0.push(Violation { path: path.into(), rule, message: Message::new(ja, en) });
    }
}

/// Trims, and turns every line end into `\n`.
pub fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// An e-mail address for comparing: NFKC (a full-width ＠ is read as @), trimmed, lower case.
pub fn normal_email(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_lowercase()
}

/// A password before hashing: NFKC, so that two keyboards give the same one (NIST SP 800-63B-4).
pub fn normal_password(text: &str) -> String {
    text.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_width_at_sign_is_an_at_sign() {
        assert_eq!(normal_email(" Seisaku＠City.Example.JP "), "seisaku@city.example.jp");
    }

    #[test]
    fn names_keep_their_variants() {
        let mut checks = Checks::new();
        assert_eq!(checks.text("name", " 髙\u{e0101}橋\r\n㈱ ", 10), "髙\u{e0101}橋\n㈱");
        assert!(checks.done().is_ok());
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let mut checks = Checks::new();
        checks.text("name", " ", 10);
        checks.text("note", "a\0b", 2);
        checks.email("email", "nobody");
        let Err(Error::Invalid(_, found)) = checks.done() else { panic!("refused") };
        let rules: Vec<_> = found.iter().map(|v| v.rule).collect();
        assert_eq!(rules, ["REQUIRED", "TOO_LONG", "CHARACTER", "EMAIL"]);
    }
}
