//! A sign-in at the provider, from the button to what it is worth here.

use std::path::Path;

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use url::Url;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fetch::Fetch;
use crate::kernel::keys::{same_hash, sha256};
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::kernel::work::Turn;
use crate::people::entity::{InvitationId, account, session as sessions};
use crate::people::factor::check as factor;
use crate::people::session::Proved;
use crate::people::sso::discovery::Providers;
use crate::people::sso::entity::{AttemptPurpose, SignInAttemptId, attempt, identity, identity_provider};
use crate::people::sso::flow::{Party, Secrets};
use crate::people::sso::id_token::{unbelievable, verify};
use crate::people::sso::rules::{self, ATTEMPT_LIFE, Claims, Expected};
use crate::people::{authenticate, browser, session, token};

/// The kind of bearer secret that a browser keeps while somebody is at the provider.
pub const ATTEMPT: &str = "sso";

/// What single sign-on needs of the installation.
pub struct SingleSignOn {
    /// The providers of all municipalities.
    pub providers: Providers,
    /// Our public address.
    own: String,
}

impl SingleSignOn {
    /// At our public address, trusting also the authority in `ca` (PEM).
    pub fn new(own: &str, ca: Option<&Path>) -> Result<Self> {
        let fetch = Fetch::new(own, ca).map_err(Error::internal)?;
        Ok(Self { providers: Providers::new(fetch), own: own.trim_end_matches('/').to_owned() })
    }

    /// Where a provider sends browsers back to. Each municipality has its own, so that an answer of one provider is
    /// none of another's (RFC 9700, 4.4.2.2).
    async fn back(&self, tx: &Tx) -> Result<String> {
        Ok(format!("{}/sso/{}/callback", self.own, session::code(tx).await?.as_str()))
    }
}

/// What somebody wants of the provider.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// For what.
    pub purpose: AttemptPurpose,
    /// In which session.
    pub session: Option<SessionId>,
    /// With which invitation.
    pub invitation: Option<InvitationId>,
}

/// An attempt that has begun.
pub struct Begun {
    /// Where the browser is sent.
    pub location: Url,
    /// What it keeps meanwhile.
    pub secret: String,
}

/// What the browser brings back from the provider.
#[derive(Debug, Default)]
pub struct Answer {
    /// As it was sent.
    pub state: String,
    /// What is worth an ID token.
    pub code: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
}

/// What an answer is worth.
#[derive(Debug)]
pub enum Outcome {
    /// A session, or a proof in it: its new cookie.
    Cookie(AttemptPurpose, AccountId, String),
    /// A session as soon as a code of the local second factor is shown.
    Code,
    /// An identity that may be linked.
    Ticket(String),
}

/// The provider of the municipality, while it is used.
///
/// # Errors
/// CONFLICT/SSO_OFF.
pub async fn provider(tx: &Tx) -> Result<identity_provider::Model> {
    tx.municipality()?;
    let found = identity_provider::Entity::find().filter(identity_provider::Column::Enabled.eq(true)).one(tx).await?;
    found.ok_or_else(|| {
        Error::Conflict(Refusal::new(
            "SSO_OFF",
            "この自治体は市の認証を使っていません。",
            "This municipality does not use single sign-on.",
        ))
    })
}

/// Begins: tells where to send the browser, and what it has to keep. No connection is held while the provider is asked.
///
/// # Errors
/// CONFLICT/SSO_OFF; UNAVAILABLE where the provider does not answer.
pub async fn begin(turn: &mut Turn<'_>, sso: &SingleSignOn, wish: Wish) -> Result<Begun> {
    let tx = turn.tx();
    let (provider, back, now) = (provider(tx).await?, sso.back(tx).await?, tx.now);
    turn.release().await?;
    let metadata = sso.providers.metadata(&provider.issuer, now).await?;
    let tx = turn.tx();
    let Wish { purpose, session, invitation } = wish;
    let id = SignInAttemptId::new();
    let secret = token::bearer(ATTEMPT, &session::code(tx).await?, id.0)?;
    let row = attempt::ActiveModel {
        id: Set(id),
        purpose: Set(purpose),
        hash: Set(sha256(secret.as_bytes())),
        issuer: Set(provider.issuer.clone()),
        expires_at: Set(tx.now + ATTEMPT_LIFE),
        session_id: Set(session),
        invitation_id: Set(invitation),
        ..Default::default()
    };
    row.insert(tx).await?;
    let party = Party::new(&tx.keys, &provider, &metadata, &back)?;
    let location = party.location(&Secrets::of(&secret), purpose, provider.second_factor_acr.as_deref());
    Ok(Begun { location, secret })
}

/// Takes the provider's answer, once. `shown` is what the browser has kept, `name` what its session is called.
///
/// # Errors
/// BAD_REQUEST/SSO_ATTEMPT for what no attempt of this browser waits for; FORBIDDEN/SSO_REFUSED where the provider has
/// let nobody in, FORBIDDEN/SSO_ANSWER for what is not believed, FORBIDDEN/IDENTITY_UNKNOWN for nobody's identity,
/// FORBIDDEN/IDENTITY_OTHER for somebody else's; UNAVAILABLE where the provider does not answer.
pub async fn answered(
    turn: &mut Turn<'_>,
    sso: &SingleSignOn,
    (shown, name): (&str, &str),
    answer: Answer,
) -> Result<Outcome> {
    let tx = turn.tx();
    let (back, now) = (sso.back(tx).await?, tx.now);
    let row = find(tx, shown).await?.filter(|row| rules::is_waiting(row, now)).ok_or_else(unfit)?;
    let secrets = Secrets::of(shown);
    if !same_hash(&sha256(answer.state.as_bytes()), &sha256(secrets.state.as_bytes())) {
        return Err(unfit());
    }
    let provider = provider(tx).await?;
    if provider.issuer != row.issuer || !take(tx, row.id).await? {
        return Err(unfit());
    }
    let party_keys = tx.keys.clone();
    turn.release().await?;
    let issuer = provider.issuer.as_str();
    let code = answer.code.ok_or(Error::Forbidden("SSO_REFUSED"))?;
    let metadata = sso.providers.metadata(issuer, now).await?;
    if answer.iss.as_deref().map_or(metadata.names_itself, |iss| iss != issuer) {
        return Err(unbelievable(issuer, "the answer is another issuer's"));
    }
    let nonce = secrets.nonce.clone();
    let party = Party::new(&party_keys, &provider, &metadata, &back)?;
    let id_token = party.redeem(sso.providers.fetch(), issuer, &code, secrets).await?;
    let fresh = row.purpose == AttemptPurpose::Elevate;
    let expected = Expected { issuer, client_id: &provider.client_id, nonce: &nonce, begun: row.created_at, fresh };
    let claims = verify(&sso.providers, &id_token, expected, now).await?;
    conclude(turn.tx(), &row, &provider, (&claims, name)).await
}

/// What no attempt of this browser waits for: an answer that comes again, late, or to another browser.
fn unfit() -> Error {
    Error::BadRequest(Refusal::new(
        "SSO_ATTEMPT",
        "このサインインは終わっているか、別の画面で始められています。もう一度はじめからお試しください。",
        "This sign-in is over or began in another browser. Please begin again.",
    ))
}

/// The attempt that a browser's secret is of, locked.
async fn find(tx: &Tx, shown: &str) -> Result<Option<attempt::Model>> {
    let bearer = token::read_bearer(ATTEMPT, shown).map_err(|_| unfit())?;
    session::same_town(tx, &bearer).await?;
    let found = attempt::Entity::find_by_id(SignInAttemptId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    Ok(found.filter(|row| same_hash(&row.hash, &sha256(shown.as_bytes()))))
}

/// Writes that the provider has answered; false where it has before.
async fn take(tx: &Tx, id: SignInAttemptId) -> Result<bool> {
    let mut sql = Sql::new("UPDATE sign_in_attempts SET answered_at = ");
    sql.fill("? WHERE id = ? AND answered_at IS NULL", [Param::Time(Some(tx.now)), Param::Uuid(Some(id.0))]);
    Ok(tx.run(sql).await? == 1)
}

/// Writes that nothing more comes of an attempt; false where nothing did before.
pub(super) async fn end(tx: &Tx, id: SignInAttemptId) -> Result<bool> {
    let mut sql = Sql::new("UPDATE sign_in_attempts SET ended_at = ");
    sql.fill("? WHERE id = ? AND ended_at IS NULL", [Param::Time(Some(tx.now)), Param::Uuid(Some(id.0))]);
    Ok(tx.run(sql).await? == 1)
}

async fn conclude(
    tx: &Tx,
    row: &attempt::Model,
    provider: &identity_provider::Model,
    (claims, name): (&Claims, &str),
) -> Result<Outcome> {
    let strong = rules::is_strong(claims, provider);
    match row.purpose {
        AttemptPurpose::Link | AttemptPurpose::Invitation => ticket(tx, row, claims, strong).await.map(Outcome::Ticket),
        AttemptPurpose::SignIn | AttemptPurpose::Elevate => {
            let account = owner(tx, claims).await?;
            let mut known: attempt::ActiveModel = row.clone().into();
            known.account_id = Set(Some(account));
            known.provider_second_factor = Set(strong);
            let row = known.update(tx).await?;
            if row.purpose == AttemptPurpose::Elevate {
                same_person(tx, &row, account).await?;
            }
            if !strong && factor::is_on(tx, account).await? {
                return Ok(Outcome::Code);
            }
            earn(tx, &row, name).await
        }
    }
}

/// Whose identity it is. One that is nobody's is noted like a wrong password.
async fn owner(tx: &Tx, claims: &Claims) -> Result<AccountId> {
    let linked = identity::Entity::find()
        .filter(identity::Column::Issuer.eq(&claims.iss))
        .filter(identity::Column::Subject.eq(&claims.sub));
    let account = match linked.one(tx).await? {
        Some(identity) => account::Entity::find_by_id(identity.account_id)
            .filter(account::Column::SuspendedAt.is_null())
            .lock(LockType::Share)
            .one(tx)
            .await?
            .ok_or(identity.account_id),
        None => return Err(unknown(tx, None)),
    };
    account.map(|account| account.id).map_err(|suspended| unknown(tx, Some(suspended)))
}

fn unknown(tx: &Tx, account: Option<AccountId>) -> Error {
    session::failed(tx, account);
    Error::Forbidden("IDENTITY_UNKNOWN")
}

/// The session of an attempt, if it still holds and is this account's.
async fn same_person(tx: &Tx, row: &attempt::Model, account: AccountId) -> Result<SessionId> {
    let id = row.session_id.ok_or(Error::Unauthenticated)?;
    let found = sessions::Entity::find_by_id(id).one(tx).await?.ok_or(Error::Unauthenticated)?;
    if found.account_id != account {
        return Err(Error::Forbidden("IDENTITY_OTHER"));
    }
    authenticate::principal(tx, id, account).await?;
    Ok(id)
}

/// What an attempt is worth whose account is known and needs to prove nothing more.
async fn earn(tx: &Tx, row: &attempt::Model, name: &str) -> Result<Outcome> {
    let account = row.account_id.ok_or_else(unfit)?;
    if !end(tx, row.id).await? {
        return Err(unfit());
    }
    let secret = if row.purpose == AttemptPurpose::Elevate {
        let id = same_person(tx, row, account).await?;
        session::proved(tx, id).await?;
        browser::replace(tx, id).await?
    } else {
        let proved = Proved::ByProvider { second_factor: row.provider_second_factor };
        browser::open(tx, account, name, proved).await?
    };
    Ok(Outcome::Cookie(row.purpose, account, secret))
}

/// Takes the code of the local second factor, after which the attempt is worth what it is.
///
/// # Errors
/// BAD_REQUEST/SSO_ATTEMPT where none waits for one; else as [`factor::demand`].
pub async fn with_code(turn: &mut Turn<'_>, (shown, name): (&str, &str), code: Option<&str>) -> Result<Outcome> {
    let now = turn.tx().now;
    let waits = |row: &attempt::Model| rules::is_answered(row, now) && row.account_id.is_some();
    let row = find(turn.tx(), shown).await?.filter(waits).ok_or_else(unfit)?;
    let account = row.account_id.ok_or_else(unfit)?;
    factor::demand(turn, account, code).await?;
    // Spending the try has ended the transaction that found the attempt.
    let row = find(turn.tx(), shown).await?.filter(waits).ok_or_else(unfit)?;
    let suspended = account::Column::SuspendedAt.is_null();
    let there = account::Entity::find_by_id(account).filter(suspended).lock(LockType::Share).one(turn.tx()).await?;
    there.ok_or_else(|| unknown(turn.tx(), Some(account)))?;
    earn(turn.tx(), &row, name).await
}

/// Keeps whose identity it is, and gives what it can be linked with.
async fn ticket(tx: &Tx, row: &attempt::Model, claims: &Claims, strong: bool) -> Result<String> {
    let ticket = token::bearer(rules::ticket(row.purpose), &session::code(tx).await?, row.id.0)?;
    let mut known: attempt::ActiveModel = row.clone().into();
    known.subject = Set(Some(claims.sub.clone()));
    known.provider_second_factor = Set(strong);
    known.ticket_hash = Set(Some(sha256(ticket.as_bytes())));
    known.update(tx).await?;
    Ok(ticket)
}

/// What a ticket stands for: an attempt with a subject, locked.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike.
pub(super) async fn redeem(tx: &Tx, shown: &str, purpose: AttemptPurpose) -> Result<(attempt::Model, String)> {
    let bearer = token::read_bearer(rules::ticket(purpose), shown)?;
    session::same_town(tx, &bearer).await?;
    let found = attempt::Entity::find_by_id(SignInAttemptId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    let row = found.filter(|row| rules::is_answered(row, tx.now) && row.purpose == purpose);
    let row = row.ok_or(Error::Unauthenticated)?;
    let hash = row.ticket_hash.as_deref().ok_or(Error::Unauthenticated)?;
    let subject = row.subject.clone().ok_or(Error::Unauthenticated)?;
    let theirs = same_hash(hash, &sha256(shown.as_bytes())) && provider(tx).await?.issuer == row.issuer;
    if theirs && end(tx, row.id).await? { Ok((row, subject)) } else { Err(Error::Unauthenticated) }
}
