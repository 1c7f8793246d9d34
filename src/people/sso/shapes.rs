//! What can be read of single sign-on: that a municipality has it, and whose account is linked. Neither the client's
//! secret nor anybody's subject is shown to anybody.

use chrono::{DateTime, Utc};

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::{Key, Mask, Ty};
use crate::people::shapes::Account;
use crate::people::sso::commands::{IDENTITY_LINK, IDENTITY_PROVIDER_SET, IDENTITY_UNLINK};
use crate::people::sso::entity::{IdentityId, IdentityProviderId, SecondFactorBy, identity, identity_provider};
use crate::shape;

const SECURITY: &str = "情報セキュリティ対策基準";
const ADMIN: &[Role] = &[Role::Admin];

fn staff() -> Mask {
    let permits = vec![Permit { action: Action::READ, roles: Role::STAFF, over: Over::Municipality }];
    Mask { permits, unless: None, personal: false, reason: "INTERNAL" }
}

shape! {
    IdentityProvider("IdentityProvider", "市の認証(シングルサインオン、OpenID Connect)の設定。自治体に一つ。", "identity_providers") { id: IdentityProviderId, row: identity_provider::Entity }
    |shape| shape
        .revision()
        .column::<String>("issuer", "発行者(issuer)。")
        .column::<bool>("enabled", "使っているか。")
        .column::<String>("clientId", "クライアント ID。")
        .masked(staff())
        .column::<SecondFactorBy>("secondFactor", "二要素目をどこで確かめるか。")
        .masked(staff())
        .column::<Option<String>>("secondFactorAcr", "二要素で確かめたことを示す `acr` の値。")
        .masked(staff())
        .column::<bool>("staffOnlyHere", "町の仕事をする人は市の認証だけでサインインするか。")
        .one::<Account>("emergencyAccount", "emergency_account_id", "非常用の管理者。職員だけに表示される。")
        .ordered([Key::up("issuer", Ty::Text)])
        .published("enabled")
        .readable(Role::STAFF, Over::Municipality)
        .create(IDENTITY_PROVIDER_SET, SECURITY, ADMIN, Over::Municipality)
        .step_up(IDENTITY_PROVIDER_SET)
}

shape! {
    Identity("Identity", "アカウントに結び付けた、市の認証の ID。", "identities") { id: IdentityId, row: identity::Entity }
    |shape| shape
        .one::<Account>("account", "account_id", "アカウント。")
        .column::<String>("issuer", "発行者(issuer)。")
        .column_named::<DateTime<Utc>>("linkedAt", "created_at", "結び付けた日時。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(&[], Over::Own("account_id"))
        .readable(ADMIN, Over::Municipality)
        .create(IDENTITY_LINK, SECURITY, &[], Over::SignedIn)
        .step_up(IDENTITY_LINK)
        .act(IDENTITY_UNLINK, SECURITY, &[], Over::Own("account_id"))
        .act(IDENTITY_UNLINK, SECURITY, ADMIN, Over::Municipality)
        .step_up(IDENTITY_UNLINK)
}
