//! Where files are kept: a directory, or storage that speaks S3. A file's key is its municipality and a random UUID.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::ExposeSecret;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::kernel::config::{Bucket, FilesConfig, Place};
use crate::kernel::error::{Error, Result};
use crate::kernel::files::spool::{Spool, Spooled};
use crate::kernel::principal::MunicipalityId;

/// How many files are received at the same time.
const RECEIVING: usize = 16;
/// How much of one is in memory while it is kept, in bytes; no part of an upload to S3 is smaller.
const PART: usize = 5 * 1024 * 1024;
/// How long a storage elsewhere is tried again before the request is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where files are kept.
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    spool: PathBuf,
    /// The largest upload, in bytes.
    pub limit: u32,
    receiving: Semaphore,
}

/// A kept file: how many bytes, and they themselves.
pub type Content = (u64, BoxStream<'static, std::io::Result<Bytes>>);

impl Store {
    /// Opens the configured place. Directories are made where there are none, for the server alone.
    ///
    /// # Errors
    /// INTERNAL where that cannot be done.
    pub fn open(config: &FilesConfig) -> Result<Self> {
        own_directory(&config.spool)?;
        let (objects, prefix): (Arc<dyn ObjectStore>, Path) = match &config.place {
            Place::Directory(path) => {
                own_directory(path)?;
                let kept = LocalFileSystem::new_with_prefix(path).map_err(Error::internal)?;
                (Arc::new(kept.with_fsync(true)), Path::default())
            }
            Place::S3(bucket) => (s3(bucket)?, Path::from(bucket.prefix.as_str())),
        };
        let receiving = Semaphore::new(RECEIVING);
        Ok(Self { objects, prefix, spool: config.spool.clone(), limit: config.limit, receiving })
    }

    /// A place among those whose files are received.
    ///
    /// # Errors
    /// UNAVAILABLE when too many send at the same time.
    pub fn receive(&self) -> Result<SemaphorePermit<'_>> {
        self.receiving.try_acquire().map_err(|_| Error::Unavailable)
    }

    /// A file to be received.
    pub fn spool(&self) -> Result<Spool> {
        self.scratch().map(Spool::new)
    }

    /// A file without a name, for what is being written.
    pub fn scratch(&self) -> Result<std::fs::File> {
        tempfile::tempfile_in(&self.spool).map_err(Error::internal)
    }

    /// The directory of what is being written.
    pub fn scratch_directory(&self) -> &FilePath {
        &self.spool
    }

    /// Keeps a file under a key, whole or not at all.
    ///
    /// # Errors
    /// UNAVAILABLE when the place does not take it.
    pub async fn keep(&self, town: MunicipalityId, key: Uuid, file: Spooled) -> Result<()> {
        let writer = BufWriter::with_capacity(self.objects.clone(), self.path(town, key), PART);
        let mut writer = writer.with_max_concurrency(1);
        let mut file = tokio::fs::File::from_std(file.file);
        let kept = async {
            tokio::io::copy(&mut file, &mut writer).await?;
            writer.shutdown().await
        };
        let kept = kept.await;
        if let Err(error) = kept {
            tracing::warn!(%error, "a file could not be kept");
            drop(writer.abort().await);
            return Err(Error::Unavailable);
        }
        Ok(())
    }

    /// A kept file.
    ///
    /// # Errors
    /// UNAVAILABLE when the place does not answer or has lost it.
    pub async fn read(&self, town: MunicipalityId, key: Uuid) -> Result<Content> {
        let found = self.objects.get(&self.path(town, key)).await.map_err(|error| {
            tracing::warn!(%error, "a file could not be read");
            Error::Unavailable
        })?;
        let size = found.meta.size;
        Ok((size, found.into_stream().map(|part| part.map_err(std::io::Error::other)).boxed()))
    }

    /// Throws a file away; one that is not there is thrown away already.
    ///
    /// # Errors
    /// UNAVAILABLE when the place does not answer.
    pub async fn remove(&self, town: MunicipalityId, key: Uuid) -> Result<()> {
        match self.objects.delete(&self.path(town, key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "a file could not be thrown away");
                Err(Error::Unavailable)
            }
        }
    }

    fn path(&self, town: MunicipalityId, key: Uuid) -> Path {
        self.prefix.clone().join(town.0.simple().to_string()).join(key.simple().to_string())
    }
}

fn own_directory(path: &FilePath) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Error::internal(format!("{}: {error}", path.display())))
}

fn s3(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        // One by one: not all that speak S3 know how to throw away many at once.
        .with_disable_bulk_delete(true)
        .with_retry(retry)
        .with_client_options(ClientOptions::new().with_connect_timeout(PATIENCE));
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some((id, secret)) = &bucket.credentials {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose_secret());
    }
    Ok(Arc::new(builder.build().map_err(Error::internal)?))
}
