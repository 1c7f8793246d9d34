//! What a request asks to be executed, and how, read from its body and headers.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{ServerError, Variables};
use axum::http::HeaderMap;

use crate::api::app::App;
use crate::api::documents::Document;
use crate::api::intake::GraphQlRequest;
use crate::api::lifecycle::document::document;
use crate::api::lifecycle::key::key;
use crate::api::lifecycle::refused;
use crate::api::rates::Spent;
use crate::api::response::{Outcome, bad_request};
use crate::api::status::End;
use crate::api::tab::Tab;
use crate::kernel::error::Result;
use crate::kernel::idempotency::Key;
use crate::kernel::request::{Errand, Request};
use crate::people::graphql::{CREDENTIAL_ACTS, ENDING_ACTS};

/// What is to be executed, and how.
pub(super) struct Task {
    pub(super) document: Arc<Document>,
    pub(super) variables: Variables,
    pub(super) key: Option<Key>,
    pub(super) dry_run: bool,
    /// Does it end the very session it may have come with?
    pub(super) signs_out: bool,
}

impl Task {
    pub(super) fn read(
        app: &App,
        gql: &mut GraphQlRequest,
        headers: &HeaderMap,
        request: &Request,
        tab: &mut Tab<'_>,
    ) -> Result<Result<Self, Box<Outcome>>, Spent> {
        let found = document(app, gql, request, |points| tab.spend(points))?;
        Ok(found.and_then(|document| Self::of(document, gql, headers, request)))
    }

    fn of(
        document: Arc<Document>,
        gql: &mut GraphQlRequest,
        headers: &HeaderMap,
        request: &Request,
    ) -> Result<Self, Box<Outcome>> {
        if document.kind == OperationType::Subscription {
            return Err(refused(bad_request(
                "OPERATION",
                "購読はこの経路では受け付けません。",
                "Subscriptions are not served here.",
            )));
        }
        if let Some(name) = missing_variable(&document, gql) {
            let error = ServerError::new(format!("Variable \"${name}\" is required."), None);
            return Err(Box::new(Outcome::Refused(End::Invalid, vec![error])));
        }
        let purpose = purpose(gql).map_err(refused)?;
        request.undertake(Errand { act: document.fields.join(","), purpose });
        let mutation = document.kind == OperationType::Mutation;
        let dry_run = mutation && dry_run(headers).map_err(refused)?;
        let key = if mutation { key(gql, headers, request).map_err(refused)? } else { None };
        let credentials = document.fields.iter().any(|f| CREDENTIAL_ACTS.contains(&f.as_str()));
        if credentials && (dry_run || key.is_some() || document.fields.len() > 1) {
            let (ja, en) = (
                "この操作は単独で行い、Idempotency-Key と Entaku-Dry-Run は使えません。",
                "This act stands alone and takes neither an idempotency key nor a dry run.",
            );
            return Err(refused(bad_request("CREDENTIALS", ja, en)));
        }
        let signs_out = document.fields.iter().any(|field| ENDING_ACTS.contains(&field.as_str()));
        Ok(Self { document, variables: gql.take_variables(), key, dry_run, signs_out })
    }

    /// Do the variables fit the document plainly?
    pub(super) fn fits(&self, app: &App) -> bool {
        app.input_types.fit(&self.document.operation().variable_definitions, &self.variables)
    }
}

/// A variable that is required and was not given (GraphQL spec, CoerceVariableValues).
fn missing_variable(document: &Document, gql: &GraphQlRequest) -> Option<String> {
    let definitions = &document.operation().variable_definitions;
    let given = |name: &str| gql.variables.as_ref().and_then(|v| v.get(name)).is_some_and(|v| !v.is_null());
    let missing = definitions
        .iter()
        .map(|d| &d.node)
        .find(|d| !d.var_type.node.nullable && d.default_value.is_none() && !given(&d.name.node));
    missing.map(|d| d.name.node.to_string())
}

/// Is it only a trial? A word that is neither yes nor no is refused: nothing must be done by mistake.
fn dry_run(headers: &HeaderMap) -> Result<bool> {
    let Some(value) = headers.get("entaku-dry-run") else { return Ok(false) };
    match value.as_bytes().to_ascii_lowercase().as_slice() {
        b"true" | b"1" | b"?1" => Ok(true),
        b"false" | b"0" | b"?0" => Ok(false),
        _ => Err(bad_request(
            "DRY_RUN",
            "Entaku-Dry-Run は true か false にしてください。",
            "Entaku-Dry-Run is true or false.",
        )),
    }
}

/// What a look at personal data is for (`extensions.purpose`), for the audit.
fn purpose(gql: &GraphQlRequest) -> Result<Option<String>> {
    const LONGEST: usize = 200;
    let Some(said) = gql.extensions.as_ref().and_then(|extensions| extensions.get("purpose")) else { return Ok(None) };
    let said = said.as_str().map(str::trim).filter(|text| (1..=LONGEST).contains(&text.chars().count()));
    let plain = said.filter(|text| !text.chars().any(char::is_control));
    let text = plain.ok_or_else(|| {
        let (ja, en) = ("閲覧の目的は1〜200文字にしてください。", "A purpose has 1 to 200 characters.");
        bad_request("PURPOSE", ja, en)
    })?;
    Ok(Some(text.to_owned()))
}
