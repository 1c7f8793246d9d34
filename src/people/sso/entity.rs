//! Rows of single sign-on, their ids and words.

use chrono::{DateTime, Utc};

use crate::kernel::principal::{AccountId, SessionId};
use crate::people::entity::InvitationId;
use crate::{entity, id_type, text_enum};

id_type!(/// 市の認証
    IdentityProviderId = "idp");
id_type!(/// 結び付けた ID
    IdentityId = "idn");
id_type!(/// 途中のサインイン
    SignInAttemptId = "sia");

text_enum! {
    /// 二要素目をどこで確かめるか。
    SecondFactorBy {
        /// この仕組みで確かめる(登録した人に確認コードを求める)
        Local,
        /// 市の認証が確かめていれば、それを認める
        Provider,
    }
}

text_enum! {
    /// 市の認証を使う目的。
    AttemptPurpose {
        /// サインイン
        SignIn,
        /// もう一度の本人確認
        Elevate,
        /// アカウントとの結び付け
        Link,
        /// 招待の受諾
        Invitation,
    }
}

entity! {
    /// The provider of a municipality, its client's secret sealed with a key of the ring.
    identity_provider in "identity_providers" {
        id: IdentityProviderId,
        issuer: String,
        client_id: String,
        key_id: String,
        secret: String,
        second_factor: SecondFactorBy,
        second_factor_acr: Option<String>,
        enabled: bool,
        staff_only_here: bool,
        emergency_account_id: Option<AccountId>,
    }
}

entity! {
    /// Identities: who somebody is at an issuer.
    identity in "identities" {
        id: IdentityId,
        account_id: AccountId,
        issuer: String,
        subject: String,
    }
}

entity! {
    /// Sign-ins on their way, by the hash of what their browser keeps.
    attempt in "sign_in_attempts" {
        id: SignInAttemptId,
        purpose: AttemptPurpose,
        hash: String,
        issuer: String,
        created_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        session_id: Option<SessionId>,
        invitation_id: Option<InvitationId>,
        answered_at: Option<DateTime<Utc>>,
        account_id: Option<AccountId>,
        subject: Option<String>,
        provider_second_factor: bool,
        ticket_hash: Option<String>,
        ended_at: Option<DateTime<Utc>>,
    }
}
