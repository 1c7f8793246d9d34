//! Where files are kept, and how large they may be.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

/// Where files are kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory of this host.
    Directory(PathBuf),
    /// Storage that speaks S3.
    S3(Bucket),
}

/// A bucket, and how to reach it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all keys in it begin with; may be empty.
    pub prefix: String,
    /// The address of the storage; that of AWS where none is given.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// The id of the access key and its secret; the host's own credentials where none are given.
    pub credentials: Option<(String, SecretString)>,
}

/// The configuration of files.
#[derive(Clone, Debug)]
pub struct FilesConfig {
    /// Where they are kept.
    pub place: Place,
    /// Where they are while they are being received or written.
    pub spool: PathBuf,
    /// The largest upload, in bytes.
    pub limit: u32,
}

const MEBIBYTE: u32 = 1024 * 1024;
/// The largest upload where nothing is configured, in mebibytes.
const USUAL: u32 = 20;
/// A size fits into the schema's Int.
const MOST: u32 = 2047;

impl FilesConfig {
    /// Files in a directory, as large as usual.
    pub fn below(data_dir: &std::path::Path) -> Self {
        let place = Place::Directory(data_dir.join("files"));
        Self { place, spool: data_dir.join("spool"), limit: USUAL * MEBIBYTE }
    }
}

/// Reads the variables of files.
pub(super) fn read(
    var: &impl Fn(&str) -> Option<String>,
    data_dir: &std::path::Path,
    problems: &mut Vec<String>,
) -> FilesConfig {
    let mut config = FilesConfig::below(data_dir);
    if let Some(text) = var("ENTAKU_FILES_URL") {
        match place(&text, var, problems) {
            Some(place) => config.place = place,
            None => problems.push(format!("ENTAKU_FILES_URL={text:?} is neither file:///… nor s3://bucket/prefix")),
        }
    }
    let limit = super::parsed::<u32>(var, "ENTAKU_FILES_LIMIT", "a number of mebibytes", problems);
    match limit.unwrap_or(USUAL) {
        mebibytes @ 1..=MOST => config.limit = mebibytes * MEBIBYTE,
        other => problems.push(format!("ENTAKU_FILES_LIMIT={other} is not from 1 to {MOST}")),
    }
    config
}

fn place(text: &str, var: &impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Option<Place> {
    let url = Url::parse(text).ok()?;
    match url.scheme() {
        "file" => url.to_file_path().ok().map(Place::Directory),
        "s3" => Some(Place::S3(Bucket {
            name: url.host_str().filter(|name| !name.is_empty())?.to_owned(),
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: var("ENTAKU_FILES_ENDPOINT"),
            region: var("ENTAKU_FILES_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            credentials: credentials(var, problems),
        })),
        _ => None,
    }
}

fn credentials(var: &impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Option<(String, SecretString)> {
    match (var("ENTAKU_FILES_KEY_ID"), var("ENTAKU_FILES_SECRET")) {
        (Some(id), Some(secret)) => Some((id, secret.into())),
        (None, None) => None,
        _ => {
            problems.push("ENTAKU_FILES_KEY_ID and ENTAKU_FILES_SECRET go together".to_owned());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<FilesConfig, Vec<String>> {
        let mut problems = Vec::new();
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let config = read(&var, Path::new("data"), &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    #[test]
    fn files_are_kept_beside_the_database_unless_told_otherwise() {
        let usual = config(&[]).expect("usable");
        assert!(matches!(&usual.place, Place::Directory(path) if path == Path::new("data/files")));
        assert_eq!(usual.limit, 20 * MEBIBYTE);
        let told = [("ENTAKU_FILES_URL", "s3://town/entaku/"), ("ENTAKU_FILES_ENDPOINT", "https://storage.example")];
        let Place::S3(bucket) = config(&told).expect("usable").place else { panic!("a bucket") };
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("town", "entaku"));
    }

    #[test]
    fn o1_every_problem_of_files_is_listed_and_no_secret_shown() {
        let problems = config(&[
            ("ENTAKU_FILES_URL", "s3://town"),
            ("ENTAKU_FILES_SECRET", "hunter2"),
            ("ENTAKU_FILES_LIMIT", "0"),
        ]);
        let problems = problems.expect_err("refused");
        assert_eq!(problems.len(), 2);
        assert!(!problems.join("").contains("hunter2"));
        for place in ["ftp://a/b", "s3:///prefix", "nowhere"] {
            assert!(config(&[("ENTAKU_FILES_URL", place)]).is_err(), "{place}");
        }
    }
}
