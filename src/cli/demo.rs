//! `entaku demo`: load the demo, print a token of one of its people; what `serve` says of it.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::cli::installation::Installation;
use crate::demo::{self, CODES, PASSWORD};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::{Config, MailConfig, Profile, Route};
use crate::kernel::principal::Role;
use crate::kernel::text_enum::from_word;
use crate::people::entity::{account, appointment};
use crate::people::session;

/// Loads the demo into a database of one's own.
pub async fn load(config: Config) -> Result<()> {
    ensure!(config.profile == Profile::Demo, "the demo is loaded in the demo profile only (ENTAKU_PROFILE=demo)");
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    demo::load(&app).await.map_err(anyhow::Error::msg)?;
    app.database.close();
    installation.close().await
}

/// Prints where the demo is and how to sign in.
#[allow(clippy::print_stdout)]
pub fn greet(address: SocketAddr, mail: &MailConfig) {
    let mails = match &mail.route {
        Route::Folder(folder) => format!("{}   (entaku mail list)", folder.display()),
        Route::Smtp { .. } | Route::Nowhere => "SMTP".to_owned(),
    };
    println!(
        "
  円卓 Entaku     http://{address}/playground
  GraphQL         http://{address}/graphql   (POST)
  JWK set         http://{address}/.well-known/jwks.json
  団体コード      {} (既定 / default {})
  サインイン      役割@市.example.jp / role@city.example.jp  例 / e.g. grant-staff@unnan.example.jp
                  admin planning-staff grant-staff approver payer reviewer liaison org-officer resident …
                  市 / city: unnan omitama niimi soja kanazawa
  パスワード      {PASSWORD}
  メール          {mails}
  トークン        entaku demo token --municipality {} --role GRANT_STAFF
",
        CODES.join(" "),
        CODES[0],
        CODES[0],
    );
}

/// Prints an access token of the first account that holds a role.
#[allow(clippy::print_stdout)]
pub async fn token(config: Config, municipality: &str, role: &str) -> Result<()> {
    ensure!(config.profile == Profile::Demo, "tokens are printed in the demo profile only");
    let code = LocalGovernmentCode::parse(municipality).context("--municipality is not a local government code")?;
    let role: Role = from_word(role).map_err(|_| anyhow::anyhow!("--role {role} is not a role"))?;
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let town = app.municipality(&code).await.map_err(anyhow::Error::msg)?;
    let tx = app.system("demo token", Some(town));
    let held = appointment::Entity::find().filter(appointment::Column::Role.eq(role)).one(&tx).await?;
    let held = held.context("nobody holds this role")?;
    let holder = account::Entity::find_by_id(held.account_id).one(&tx).await?.context("no account")?;
    let tokens =
        session::open(&tx, &app.settings.issuer, holder.id, "entaku demo token").await.map_err(anyhow::Error::msg)?;
    tx.commit().await.map_err(anyhow::Error::msg)?;
    println!("{}", tokens.access_token);
    app.database.close();
    installation.close().await
}
