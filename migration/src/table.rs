//! The classes of table (ARCHITECTURE.md, "Two walls"). Every tenant table is made here, so that
//! none can be made without its wall, its keys, its trigger and its grants.

use sea_orm_migration::prelude::*;

/// A table behind the municipality's wall.
pub(crate) struct Tenant {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its own columns, constraints and foreign keys; `municipality_id`, `id`, `revision`,
    /// `created_at` and `updated_at` are there already.
    pub(crate) columns: String,
    /// Columns whose values never enter the audit.
    pub(crate) secrets: &'static [&'static str],
    /// Indexes: what follows `(municipality_id, `, with its closing parenthesis.
    pub(crate) indexes: &'static [&'static str],
    /// May the application delete rows?
    pub(crate) deletes: bool,
}

impl Tenant {
    /// A table that keeps its rows for ever and has no secrets.
    pub(crate) fn new(name: &'static str, columns: impl Into<String>) -> Self {
        Self { name, columns: columns.into(), secrets: &[], indexes: &[], deletes: false }
    }

    /// Columns whose values never enter the audit.
    pub(crate) fn secret(mut self, columns: &'static [&'static str]) -> Self {
        self.secrets = columns;
        self
    }

    /// Indexes, each led by the municipality.
    pub(crate) fn indexed(mut self, indexes: &'static [&'static str]) -> Self {
        self.indexes = indexes;
        self
    }

    /// The application may delete rows.
    pub(crate) fn deletable(mut self) -> Self {
        self.deletes = true;
        self
    }

    /// Makes the table.
    pub(crate) async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let Self { name, columns, .. } = self;
        let delete = if self.deletes { ", DELETE" } else { "" };
        let secrets = self.secrets.join(",");
        let mut sql = format!(
            "CREATE TABLE {name} (
                municipality_id uuid NOT NULL DEFAULT entaku_municipality() REFERENCES municipalities (id),
                id uuid NOT NULL,
                revision int NOT NULL DEFAULT 1,
                created_at timestamptz NOT NULL DEFAULT entaku_now(),
                updated_at timestamptz NOT NULL DEFAULT entaku_now(),
                {columns},
                PRIMARY KEY (municipality_id, id)
            );
            {}
            CREATE TRIGGER touch BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION entaku_touch();
            CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON {name}
                FOR EACH ROW EXECUTE FUNCTION entaku_changed('{secrets}');
            GRANT SELECT, INSERT, UPDATE{delete} ON {name} TO entaku_app;",
            wall(name)
        );
        for (i, index) in self.indexes.iter().enumerate() {
            let n = i + 1;
            sql += &format!("CREATE INDEX {name}_{n} ON {name} (municipality_id, {index};");
        }
        run(manager, &sql).await
    }
}

/// Forced row-level security on the municipality: a forgotten WHERE returns nothing.
pub(crate) fn wall(name: &str) -> String {
    format!(
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
         CREATE POLICY wall ON {name}
            USING (municipality_id = (SELECT NULLIF(current_setting('entaku.municipality', true), '')::uuid))
            WITH CHECK (municipality_id = (SELECT NULLIF(current_setting('entaku.municipality', true), '')::uuid));"
    )
}

/// A foreign key that cannot leave the municipality.
pub(crate) fn fk(column: &str, table: &str) -> String {
    format!("FOREIGN KEY (municipality_id, {column}) REFERENCES {table} (municipality_id, id)")
}

/// A CHECK that a text column holds one of some words.
pub(crate) fn words(column: &str, words: &[&str]) -> String {
    format!("CHECK ({column} IN ('{}'))", words.join("','"))
}

/// Adds words to the CHECK of a text column, whatever words it has.
pub(crate) async fn more_words(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
    words: &[&str],
) -> Result<(), DbErr> {
    let more = words.iter().map(|word| format!(", ''{word}''::text")).collect::<String>();
    let sql = format!(
        "DO $do$ DECLARE name text; definition text;
         BEGIN
            SELECT c.conname, pg_get_constraintdef(c.oid) INTO STRICT name, definition FROM pg_constraint c
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                WHERE c.conrelid = '{table}'::regclass AND c.contype = 'c' AND a.attname = '{column}';
            definition := replace(definition, ']))', '{more}]))');
            EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', name, name, definition);
         END $do$"
    );
    run(manager, &sql).await
}

/// Runs statements of ours.
pub(crate) async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

/// Drops tables, the last made first.
pub(crate) async fn drop(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    run(manager, &format!("DROP TABLE {}", tables.join(", "))).await
}
