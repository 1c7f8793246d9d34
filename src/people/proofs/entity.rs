//! Rows of proofs, their ids and purposes.

use chrono::{DateTime, Utc};

use crate::kernel::principal::AccountId;
use crate::people::entity::Language;
use crate::{entity, id_type, text_enum};

id_type!(/// メールの確認
    AddressProofId = "adp");

text_enum! {
    /// メールで確かめること。
    ProofPurpose {
        /// パスワードの再設定
        PasswordReset,
        /// アカウントの登録
        Registration,
        /// メールアドレスの変更
        EmailChange,
    }
}

entity! {
    /// What a link in a mail proves. Without `mailed_at` it is not decided, and nothing was sent.
    address_proof in "address_proofs" {
        id: AddressProofId,
        purpose: ProofPurpose,
        email: String,
        language: Language,
        account_id: Option<AccountId>,
        token_hash: String,
        expires_at: DateTime<Utc>,
        mailed_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
    }
}
