//! Files that people send, what they are attached to, and exports. What is attached belongs to the record: it comes
//! and goes only while the record may be written.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FILE_STATES: &[&str] = &["WAITING", "STORED", "ATTACHED", "DISCARDED"];
const EXPORT_STATES: &[&str] = &["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED", "EXPIRED"];

/// The content of a file, as it was announced and as it is kept.
const CONTENT: &str = "name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200), media_type text NOT NULL,
    size int NOT NULL CHECK (size > 0), sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$')";

/// An attachment is written once. Files of an application that has been decided on stay as they were, as do those of
/// published minutes (`entaku_roundtable_locked`, m0011).
const GUARDS: &str = "
REVOKE UPDATE ON grant_application_files, roundtable_files FROM entaku_app;

CREATE FUNCTION entaku_grant_files_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided date;
BEGIN
    SELECT decided_on INTO decided FROM grant_applications
        WHERE municipality_id = coalesce(NEW.municipality_id, OLD.municipality_id)
            AND id = coalesce(NEW.application_id, OLD.application_id) FOR SHARE;
    IF decided IS NOT NULL THEN
        RAISE EXCEPTION 'the files of a decided application are locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER locked BEFORE INSERT OR UPDATE OR DELETE ON grant_application_files
    FOR EACH ROW EXECUTE FUNCTION entaku_grant_files_locked();
CREATE TRIGGER locked BEFORE INSERT OR UPDATE OR DELETE ON roundtable_files
    FOR EACH ROW EXECUTE FUNCTION entaku_roundtable_locked();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [files(), exports(), application_files(), roundtable_files()] {
            table.create(manager).await?;
        }
        run(manager, GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["roundtable_files", "grant_application_files", "exports", "files"]).await?;
        run(manager, "DROP FUNCTION entaku_grant_files_locked(); DELETE FROM jobs WHERE kind LIKE 'files.%'").await
    }
}

fn files() -> Tenant {
    let state = words("state", FILE_STATES);
    Tenant::new(
        "files",
        format!(
            "uploader_id uuid NOT NULL, {CONTENT}, state text NOT NULL {state}, object_key uuid NOT NULL,
             UNIQUE (municipality_id, object_key), {}",
            fk("uploader_id", "accounts")
        ),
    )
    .secret(&["object_key"])
    .indexed(&["uploader_id, created_at, id)", "state, created_at, id)"])
    .deletable()
}

fn exports() -> Tenant {
    let (state, format) = (words("state", EXPORT_STATES), words("format", &["CSV", "XLSX"]));
    Tenant::new(
        "exports",
        format!(
            "account_id uuid NOT NULL, name text NOT NULL, format text NOT NULL {format},
             document text NOT NULL, operation_name text, variables text NOT NULL, path text,
             purpose text,
             state text NOT NULL {state}, rows_done int NOT NULL, rows_total int, attempts int NOT NULL,
             failure_code text, failure_ja text, failure_en text, rights text,
             object_key uuid, size int, sha256 text, finished_at timestamptz, expires_at timestamptz,
             CHECK (state <> 'DONE' OR (object_key IS NOT NULL AND rights IS NOT NULL AND expires_at IS NOT NULL)),
             CHECK (state <> 'FAILED' OR failure_code IS NOT NULL), {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["object_key"])
    .indexed(&["account_id, created_at, id)", "state, expires_at, id)"])
}

fn attachment(name: &'static str, columns: &str) -> Tenant {
    Tenant::new(
        name,
        format!(
            "{columns}, file_id uuid NOT NULL, attached_by uuid, {CONTENT},
             UNIQUE (municipality_id, file_id), {}, {}",
            fk("file_id", "files"),
            fk("attached_by", "accounts")
        ),
    )
    .deletable()
}

fn application_files() -> Tenant {
    attachment(
        "grant_application_files",
        "application_id uuid NOT NULL, organization_id uuid NOT NULL, district_id uuid NOT NULL,
         FOREIGN KEY (municipality_id, application_id, organization_id, district_id)
            REFERENCES grant_applications (municipality_id, id, organization_id, district_id)",
    )
    .indexed(&["application_id, created_at, id)"])
}

/// Organization and district are the meeting's.
fn roundtable_files() -> Tenant {
    let meeting = fk("roundtable_id", "roundtables");
    attachment(
        "roundtable_files",
        &format!(
            "roundtable_id uuid NOT NULL, organization_id uuid, district_id uuid, {meeting},
             FOREIGN KEY (municipality_id, roundtable_id, organization_id)
                REFERENCES roundtables (municipality_id, id, organization_id),
             FOREIGN KEY (municipality_id, roundtable_id, district_id)
                REFERENCES roundtables (municipality_id, id, district_id)"
        ),
    )
    .indexed(&["roundtable_id, created_at, id)"])
}
