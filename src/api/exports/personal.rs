//! All that is kept about a person, as a ZIP: one JSON for machines, a CSV a table for people, and what it is.

use std::fs::File;
use std::io::Write;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::sheet::harmless;
use crate::files::entity::export;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::AccountId;
use crate::kernel::tx::Tx;
use crate::people::privacy::record::{self, Row, Table};

/// The law under which it is asked for.
const BASIS: &str = "個人情報の保護に関する法律(平成15年法律第57号)第76条";
/// By this spreadsheets know that a CSV is in UTF-8.
const BOM: &str = "\u{FEFF}";

/// Writes everything about somebody; returns how many rows there were.
pub(super) async fn write(tx: &Tx, export: &export::Model, subject: AccountId, file: File) -> Result<(i32, File)> {
    let mut zip = Archive { zip: ZipWriter::new(file), rows: 0 };
    let (mut all, mut contents) = (serde_json::Map::new(), Vec::new());
    for table in record::tables(tx).await? {
        let (about, acted) = (table.about(tx, subject).await?, table.acted(tx, subject).await?);
        let Table { name, label, .. } = table;
        zip.csv(&format!("{name}.csv"), &about)?;
        zip.csv(&format!("{name}_行為.csv"), &acted)?;
        contents.push(json!({ "table": name, "label": label, "about": about.len(), "acted": acted.len() }));
        all.insert(name, json!({ "label": label, "about": about, "acted": acted }));
    }
    let what = json!({
        "basis": BASIS,
        "municipality": tx.municipality()?.to_string(),
        "account": subject.to_string(),
        "export": export.id.to_string(),
        "requestedBy": export.account_id.to_string(),
        "purpose": export.purpose,
        "at": tx.now,
        "about": "本人についての行(すべての項目。合言葉の類を除く)",
        "acted": "本人が行ったこと(ほかの人についての行なので、行ったことだけ)",
        "tables": contents,
    });
    zip.json("about.json", &what)?;
    zip.json("data.json", &Value::Object(all))?;
    zip.done()
}

struct Archive {
    zip: ZipWriter<File>,
    rows: usize,
}

impl Archive {
    fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).large_file(true);
        self.zip.start_file(name, options).map_err(Error::internal)
    }

    fn json(&mut self, name: &str, value: &Value) -> Result<()> {
        self.begin(name)?;
        serde_json::to_writer_pretty(&mut self.zip, value).map_err(Error::internal)
    }

    /// A table with every column that one of its rows has; none where there are no rows.
    fn csv(&mut self, name: &str, rows: &[Row]) -> Result<()> {
        let Some(first) = rows.first() else { return Ok(()) };
        let columns: Vec<&String> = first.keys().collect();
        self.begin(&format!("csv/{name}"))?;
        self.zip.write_all(BOM.as_bytes()).map_err(Error::internal)?;
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary);
        let mut csv = builder.from_writer(&mut self.zip);
        csv.write_record(columns.iter().map(|column| column.as_str())).map_err(Error::internal)?;
        for row in rows {
            csv.write_record(columns.iter().map(|column| cell(row.get(*column)))).map_err(Error::internal)?;
        }
        csv.flush().map_err(Error::internal)?;
        self.rows += rows.len();
        Ok(())
    }

    fn done(self) -> Result<(i32, File)> {
        let rows = i32::try_from(self.rows).map_err(Error::internal)?;
        Ok((rows, self.zip.finish().map_err(Error::internal)?))
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(other) => other.to_string(),
    }
}
