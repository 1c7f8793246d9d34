//! What follows when somebody asked for a link: whether a mail is sent is decided here, where nobody waits for it.

use chrono::Duration;
use futures_util::future::BoxFuture;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::jobs::Kind;
use crate::kernel::outbox::Link;
use crate::kernel::tx::Tx;
use crate::people::entity::{Language, account};
use crate::people::mails::{self, Addressee, MailKind};
use crate::people::proofs::commands;
use crate::people::proofs::entity::{AddressProofId, ProofPurpose, address_proof};
use crate::people::proofs::rules::{self, MAIL_WINDOW, MAILS};
use crate::people::{session, token};

/// The job of one proof.
pub(super) const PROOF: &str = "people.proof";

/// The job itself.
pub fn kind() -> Kind {
    Kind::new(PROOF, run)
}

/// How long a notice is worth sending that asks for nothing.
pub(super) const NOTICE_LIFE: Duration = Duration::days(3);

fn run(tx: &Tx, subject: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let Some(id) = subject else { return Ok(()) };
        let found = address_proof::Entity::find_by_id(AddressProofId(id)).one(tx).await?;
        // Decided already, if this is the second run.
        let Some(proof) = found.filter(|proof| proof.mailed_at.is_none() && proof.ended_at.is_none()) else {
            return Ok(());
        };
        let holder = account::Entity::find().filter(account::Column::Email.eq(&proof.email)).one(tx).await?;
        let outcome = if had_enough(tx, &proof).await? { Outcome::Nothing } else { decide(&proof, holder) };
        settle(tx, proof, outcome).await
    })
}

/// Did the address get its mails of the last hour?
async fn had_enough(tx: &Tx, proof: &address_proof::Model) -> Result<bool> {
    let lately = address_proof::Entity::find()
        .filter(address_proof::Column::Email.eq(&proof.email))
        .filter(address_proof::Column::Purpose.eq(proof.purpose))
        .filter(address_proof::Column::MailedAt.gt(tx.now - MAIL_WINDOW));
    Ok(i64::try_from(lately.count(tx).await?).unwrap_or(i64::MAX) >= MAILS)
}

/// What is to be done.
enum Outcome {
    /// No mail: nobody has the address, or somebody else does.
    Nothing,
    /// The link, and the account that it is for.
    Link(MailKind, Option<account::Model>),
    /// Only a word, because there is an account already.
    Told(Language),
}

fn decide(proof: &address_proof::Model, holder: Option<account::Model>) -> Outcome {
    match (proof.purpose, holder) {
        (ProofPurpose::PasswordReset, Some(account))
            if account.suspended_at.is_none() && account.anonymized_at.is_none() && !account.support =>
        {
            Outcome::Link(MailKind::PasswordReset, Some(account))
        }
        (ProofPurpose::Registration, None) => Outcome::Link(MailKind::Registration, None),
        (ProofPurpose::Registration, Some(account)) if account.suspended_at.is_none() => {
            Outcome::Told(account.language)
        }
        (ProofPurpose::EmailChange, None) => Outcome::Link(MailKind::EmailChange, None),
        _ => Outcome::Nothing,
    }
}

/// Writes what was decided, and the mail. A link ends those before it.
async fn settle(tx: &Tx, proof: address_proof::Model, outcome: Outcome) -> Result<()> {
    let (email, expires_at) = (proof.email.clone(), proof.expires_at);
    let mut row: address_proof::ActiveModel = proof.clone().into();
    if !matches!(outcome, Outcome::Nothing) {
        row.mailed_at = Set(Some(tx.now));
    }
    if let Outcome::Link(kind, account) = outcome {
        let language = account.as_ref().map_or(proof.language, |account| account.language);
        if let Some(account) = account {
            row.account_id = Set(Some(account.id));
        }
        commands::end_all(tx, &proof, Some(proof.id)).await?;
        let public = token::public_part(rules::kind(proof.purpose), &session::code(tx).await?, proof.id.0);
        let to = Addressee { email: &email, language };
        mails::write(tx, kind, to, &[], Some(Link::Secret(public)), expires_at).await?;
    } else {
        row.ended_at = Set(Some(tx.now));
        if let Outcome::Told(language) = outcome {
            let (to, page) = (Addressee { email: &email, language }, Link::Page("password-reset"));
            mails::write(tx, MailKind::AlreadyRegistered, to, &[], Some(page), tx.now + NOTICE_LIFE).await?;
        }
    }
    row.update(tx).await?;
    Ok(())
}
