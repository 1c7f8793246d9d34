//! The classes of table (ARCHITECTURE.md, "Two walls"). Every tenant table is made here, so that
//! none can be made without its wall, its keys, its trigger and its grants.

use sea_orm_migration::prelude::*;

/// What the events of a table's rows tell besides the row: to which object it belongs, and who could read it.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    table: &'static str,
    /// Columns whose values never enter the audit.
    secrets: &'static [&'static str],
    /// The table of the object a row belongs to, and the row's column with that object's id.
    part_of: Option<(&'static str, &'static str)>,
    /// The row's columns on which it depends who reads it.
    judged: &'static [&'static str],
    /// The columns of the object it belongs to on which that depends, too.
    opened_by: &'static [&'static str],
    /// The columns whose update is one; empty for all. What is only seen again is no act.
    acts: &'static [&'static str],
    /// Are there no events at all? Nobody reads the rows, and they change often.
    silent: bool,
}

impl Told {
    /// Rows that belong to nothing and that the same people read for ever.
    pub(crate) const fn of(table: &'static str) -> Self {
        Self { table, secrets: &[], part_of: None, judged: &[], opened_by: &[], acts: &[], silent: false }
    }

    /// Columns whose values never enter the audit.
    pub(crate) const fn secret(mut self, columns: &'static [&'static str]) -> Self {
        self.secrets = columns;
        self
    }

    /// The row belongs to the object of `table` that its `column` names.
    pub(crate) const fn part_of(mut self, table: &'static str, column: &'static str) -> Self {
        self.part_of = Some((table, column));
        self
    }

    /// Who reads the row depends on these of its columns (the id apart): those that its shape's policy of reading
    /// names, a test says.
    pub(crate) const fn judged_by(mut self, columns: &'static [&'static str]) -> Self {
        self.judged = columns;
        self
    }

    /// It depends on these columns of the object it belongs to, too. Not before m0023, which makes the function.
    pub(crate) const fn opened_by(mut self, columns: &'static [&'static str]) -> Self {
        self.opened_by = columns;
        self
    }

    /// Only an update of these columns is recorded and told.
    pub(crate) const fn acts(mut self, columns: &'static [&'static str]) -> Self {
        self.acts = columns;
        self
    }

    /// The rows change often and nobody reads them: they have no events.
    pub(crate) const fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// The statements that make the triggers, or make them anew.
    pub(crate) fn triggers(&self) -> String {
        let Self { table, secrets, part_of, judged, opened_by, acts, silent } = self;
        let (secrets, judged, opened) = (secrets.join(","), judged.join(","), opened_by.join(","));
        let parent = part_of.map(|(parent, column)| format!("{parent}.{column}")).unwrap_or_default();
        let args = match (silent, parent.as_str(), judged.as_str()) {
            (true, ..) => format!("'{secrets}', '', '', '', 'silent'"),
            (false, "", "") => format!("'{secrets}'"),
            _ => format!("'{secrets}', '{parent}', '{judged}', '{opened}'"),
        };
        let of = if acts.is_empty() { String::new() } else { format!(" OF {}", acts.join(", ")) };
        let mut sql = format!(
            "CREATE OR REPLACE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE{of} ON {table}
                FOR EACH ROW EXECUTE FUNCTION entaku_changed({args});"
        );
        if let (Some((parent, column)), false) = (part_of, opened.is_empty()) {
            let row = |row: &str| opened_by.iter().map(|c| format!("{row}.{c}")).collect::<Vec<_>>().join(", ");
            let (old, new) = (row("OLD"), row("NEW"));
            sql += &format!(
                "CREATE OR REPLACE TRIGGER opens_{table} AFTER UPDATE ON {parent}
                    FOR EACH ROW WHEN (ROW({old}) IS DISTINCT FROM ROW({new}))
                    EXECUTE FUNCTION entaku_opens('{table}', '{column}', '{judged}', '{opened}');"
            );
        }
        sql
    }

    /// The statements that take back what [`Told::triggers`] made beyond what there was before (m0023).
    pub(crate) fn without(&self) -> String {
        let mut sql = Self::of(self.table).secret(self.secrets).acts(self.acts).triggers();
        if let (Some((parent, _)), false) = (self.part_of, self.opened_by.is_empty()) {
            sql += &format!("DROP TRIGGER opens_{} ON {parent};", self.table);
        }
        sql
    }
}

/// A table behind the municipality's wall.
pub(crate) struct Tenant {
    /// Its name.
    pub(crate) name: &'static str,
    /// What its events tell.
    pub(crate) told: Told,
    /// Its own columns, constraints and foreign keys; `municipality_id`, `id`, `revision`,
    /// `created_at` and `updated_at` are there already.
    pub(crate) columns: String,
    /// Indexes: what follows `(municipality_id, `, with its closing parenthesis.
    pub(crate) indexes: &'static [&'static str],
    /// May the application delete rows?
    pub(crate) deletes: bool,
}

impl Tenant {
    /// A table that keeps its rows for ever and has no secrets.
    pub(crate) fn new(name: &'static str, columns: impl Into<String>) -> Self {
        Self { name, told: Told::of(name), columns: columns.into(), indexes: &[], deletes: false }
    }

    /// Columns whose values never enter the audit.
    pub(crate) fn secret(mut self, columns: &'static [&'static str]) -> Self {
        self.told = self.told.secret(columns);
        self
    }

    /// As [`Told::part_of`].
    pub(crate) fn part_of(mut self, table: &'static str, column: &'static str) -> Self {
        self.told = self.told.part_of(table, column);
        self
    }

    /// As [`Told::judged_by`].
    pub(crate) fn judged_by(mut self, columns: &'static [&'static str]) -> Self {
        self.told = self.told.judged_by(columns);
        self
    }

    /// As [`Told::opened_by`].
    #[allow(dead_code)] // for tables made after m0023
    pub(crate) fn opened_by(mut self, columns: &'static [&'static str]) -> Self {
        self.told = self.told.opened_by(columns);
        self
    }

    /// As [`Told::silent`]. Not before m0023.
    pub(crate) fn silent(mut self) -> Self {
        self.told = self.told.silent();
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
            {}
            GRANT SELECT, INSERT, UPDATE{delete} ON {name} TO entaku_app;",
            wall(name),
            self.told.triggers()
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

/// A function as an earlier migration made it, to be made again; what is no SQL where that did not make it.
pub(crate) fn former(statements: &str, function: &str) -> String {
    let made = ["CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"].map(|create| format!("{create} {function}("));
    let Some(from) = made.iter().find_map(|made| statements.find(made)) else {
        return format!("no statement makes {function}");
    };
    let rest = &statements[from..];
    let body = &rest[rest.find('(').unwrap_or(0)..rest.find("$$;").map_or(rest.len(), |end| end + 3)];
    format!("CREATE OR REPLACE FUNCTION {function}{body}")
}

/// A statement that refuses to undo a migration as long as there are `rows` that the schema before cannot hold. What is
/// `told` names their number with `%`.
pub(crate) fn held_before(migration: &str, rows: &str, told: &str) -> String {
    format!(
        "DO $$
         DECLARE
            later bigint;
         BEGIN
            SELECT count(*) INTO later FROM {rows};
            IF later > 0 THEN
                RAISE EXCEPTION '{migration} cannot be undone: {told}', later
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
         END $$;"
    )
}

/// A statement that makes a function with other words, whichever migration made it last; it fails where the words are
/// missing, so that nothing is changed that is not what this was written for.
pub(crate) fn reworded(function: &str, was: &str, is: &str) -> String {
    format!(
        "DO $do$ DECLARE
            made text := pg_get_functiondef('{function}'::regprocedure);
            again text := replace(made, $was${was}$was$, $is${is}$is$);
         BEGIN
            IF again = made THEN
                RAISE EXCEPTION '{function} has not the words that are to change';
            END IF;
            EXECUTE again;
         END $do$;"
    )
}

/// Words of a function, and what they are from now on, whichever migration made it last.
pub(crate) type Rewording = (&'static str, &'static str, &'static str);

/// Makes functions with other words.
pub(crate) async fn reword(
    manager: &SchemaManager<'_>,
    changes: impl IntoIterator<Item = &'static Rewording>,
) -> Result<(), DbErr> {
    for (function, was, is) in changes {
        run(manager, &reworded(function, was, is)).await?;
    }
    Ok(())
}

/// Takes back what [`reword`] made of them, the last first.
pub(crate) async fn reword_back(
    manager: &SchemaManager<'_>,
    changes: impl IntoIterator<Item = &'static Rewording, IntoIter: DoubleEndedIterator>,
) -> Result<(), DbErr> {
    for (function, was, is) in changes.into_iter().rev() {
        run(manager, &reworded(function, is, was)).await?;
    }
    Ok(())
}
