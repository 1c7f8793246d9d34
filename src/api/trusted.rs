//! Trusted documents: what the applications of a town were built with, asked by their SHA-256 instead of
//! their text. The manifests are those of graphql-codegen (`persistedDocuments` with `hashAlgorithm: "sha256"`):
//! a JSON object of hashes and documents.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::intake::GraphQlRequest;
use crate::api::limits;
use crate::kernel::config::WireConfig;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;

/// The documents of the manifests, by the SHA-256 of their text in hexadecimal digits.
#[derive(Default)]
pub struct Trusted(HashMap<String, Arc<str>>);

/// Why manifests cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// It is no manifest.
    #[error("{}: not a JSON object of hashes and documents: {}", .0.display(), .1)]
    NoManifest(PathBuf, serde_json::Error),
    /// An entry's hash is not its document's.
    #[error("{}: {} is not the SHA-256 of its document (set hashAlgorithm: \"sha256\")", .0.display(), .1)]
    WrongHash(PathBuf, String),
    /// A document is too long.
    #[error("{}: {} is longer than a document may be", .0.display(), .1)]
    TooLong(PathBuf, String),
}

impl Trusted {
    /// Reads the configured manifest, or every `.json` of the configured directory.
    ///
    /// # Errors
    /// For what is not as it should be, because a server with half of its documents helps nobody.
    pub fn read(config: &WireConfig) -> Result<Self, ManifestError> {
        let mut trusted = Self::default();
        for path in config.documents.as_deref().map(manifests).transpose()?.unwrap_or_default() {
            let text = std::fs::read_to_string(&path).map_err(|e| ManifestError::Unreadable(path.clone(), e))?;
            trusted.add(&path, &text)?;
        }
        Ok(trusted)
    }

    fn add(&mut self, path: &Path, manifest: &str) -> Result<(), ManifestError> {
        let entries: HashMap<String, String> =
            serde_json::from_str(manifest).map_err(|e| ManifestError::NoManifest(path.to_owned(), e))?;
        for (id, document) in entries {
            let hash = sha256(document.as_bytes());
            if parse(&id).as_deref() != Some(&*hash) {
                return Err(ManifestError::WrongHash(path.to_owned(), id));
            }
            if document.len() > limits::DOCUMENT {
                return Err(ManifestError::TooLong(path.to_owned(), id));
            }
            self.0.insert(hash, document.into());
        }
        Ok(())
    }

    /// Puts the document into a request that names it.
    ///
    /// # Errors
    /// PERSISTED_QUERY_NOT_FOUND where no such document is known, or document and id do not belong together.
    pub fn resolve(&self, request: &mut GraphQlRequest) -> Result<()> {
        let Some(id) = request.document_id.as_deref().or_else(|| apollo_hash(request)) else { return Ok(()) };
        let hash = parse(id).ok_or(Error::UnknownDocument)?;
        if request.query.is_empty() {
            request.trusted = Some(self.0.get(&hash).ok_or(Error::UnknownDocument)?.clone());
        } else if hash != sha256(request.query.as_bytes()) {
            return Err(Error::UnknownDocument);
        }
        Ok(())
    }

    /// Is it one of the documents?
    pub fn contains(&self, document: &str) -> bool {
        !self.0.is_empty() && self.0.contains_key(&sha256(document.as_bytes()))
    }
}

/// The hash that Apollo's clients send in `extensions.persistedQuery`.
fn apollo_hash(request: &GraphQlRequest) -> Option<&str> {
    request.extensions.as_ref()?.get("persistedQuery")?.get("sha256Hash")?.as_str()
}

fn manifests(path: &Path) -> Result<Vec<PathBuf>, ManifestError> {
    let unreadable = |e| ManifestError::Unreadable(path.to_owned(), e);
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|end| end == "json") {
            found.push(file);
        }
    }
    Ok(found)
}

/// The digits of `sha256:` and 64 hexadecimal digits, or of the digits alone.
fn parse(id: &str) -> Option<String> {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    (digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "{ __typename }";

    fn hex(document: &str) -> String {
        sha256(document.as_bytes())
    }

    fn trusted() -> Trusted {
        let mut trusted = Trusted::default();
        let manifest = serde_json::json!({ hex(DOCUMENT): DOCUMENT }).to_string();
        trusted.add(Path::new("manifest.json"), &manifest).expect("a manifest");
        trusted
    }

    #[test]
    fn g33_a_document_is_found_by_its_hash_and_only_by_it() {
        let id = format!("sha256:{}", hex(DOCUMENT));
        let zeros = "0".repeat(64);
        for (query, id, found) in [
            ("", id.as_str(), true),
            ("", &id["sha256:".len()..], true),
            (DOCUMENT, &id, true),
            ("{ viewer { id } }", &id, false),
            ("", "sha256:00", false),
            ("", &zeros, false),
        ] {
            let mut request =
                GraphQlRequest { query: query.into(), document_id: Some(id.into()), ..GraphQlRequest::default() };
            let resolved = trusted().resolve(&mut request);
            assert_eq!(resolved.is_ok(), found, "{query} {id}");
            assert!(!found || request.text() == DOCUMENT);
        }
        assert!(trusted().contains(DOCUMENT) && !trusted().contains("{ viewer { id } }"));
    }

    #[test]
    fn a_manifest_with_other_hashes_is_refused() {
        let sha1 = serde_json::json!({ "da39a3ee5e6b4b0d3255bfef95601890afd80709": "" }).to_string();
        for manifest in ["[]", "{", &sha1, &serde_json::json!({ hex("x"): DOCUMENT }).to_string()] {
            assert!(Trusted::default().add(Path::new("manifest.json"), manifest).is_err(), "{manifest}");
        }
    }
}
