//! What people are written: which mail, to whom, in their language. Sending is the outbox's.

mod texts;

use chrono::{DateTime, Utc};
use sea_orm::EntityTrait;

use crate::kernel::error::{Error, Result};
use crate::kernel::outbox::{self, Link, Mail};
use crate::kernel::tx::Tx;
use crate::people::entity::{Language, municipality};
use crate::people::mails::texts::template;

/// The mails there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// To somebody who is invited.
    Invitation,
    /// To somebody who forgot a password.
    PasswordReset,
    /// To an account whose password was reset by mail.
    PasswordChanged,
    /// To somebody who registers.
    Registration,
    /// To somebody who registers and has an account already.
    AlreadyRegistered,
    /// To the new address of an account.
    EmailChange,
    /// To the old one.
    EmailChanged,
    /// What one was told since yesterday.
    Digest,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Invitation,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::Registration,
        Self::AlreadyRegistered,
        Self::EmailChange,
        Self::EmailChanged,
        Self::Digest,
    ];

    /// What operators see.
    fn word(self) -> &'static str {
        match self {
            Self::Invitation => "INVITATION",
            Self::PasswordReset => "PASSWORD_RESET",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::Registration => "REGISTRATION",
            Self::AlreadyRegistered => "ALREADY_REGISTERED",
            Self::EmailChange => "EMAIL_CHANGE",
            Self::EmailChanged => "EMAIL_CHANGED",
            Self::Digest => "DIGEST",
        }
    }
}

/// Somebody who is written to.
pub struct Addressee<'a> {
    /// The address.
    pub email: &'a str,
    /// The language.
    pub language: Language,
}

/// Writes to somebody. `lines` are the lines of a digest, `link` is where the mail's link leads, and after `deadline`
/// it is not worth sending.
pub async fn write(
    tx: &Tx,
    kind: MailKind,
    to: Addressee<'_>,
    lines: &[String],
    link: Option<Link>,
    deadline: DateTime<Utc>,
) -> Result<()> {
    let town = municipality::Entity::find_by_id(tx.municipality()?).one(tx).await?.ok_or(Error::NotFound)?.name;
    let (subject, body) = letter(kind, to.language, &town, lines);
    let mail = Mail { kind: kind.word(), to: to.email.to_owned(), subject, body, link, deadline };
    outbox::put(tx, mail).await?;
    Ok(())
}

/// Subject and text. The names of the town and the lines are put in last, so that nothing in them is a place of ours.
fn letter(kind: MailKind, language: Language, town: &str, lines: &[String]) -> (String, String) {
    let [ja, easy, en] = template(kind);
    let (subject, body) = match language {
        Language::Ja => ja,
        Language::JaEasy => easy,
        Language::En => en,
    };
    let lines: Vec<String> = lines.iter().map(|line| format!("・{line}")).collect();
    let body = body.replacen("{lines}", &lines.join("\n"), 1).replace("{town}", town);
    (subject.replace("{town}", town), body)
}
