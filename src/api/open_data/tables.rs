//! Allocations as CSV. What a column is called where the 自治体標準オープンデータセット has it, it is called here.

use std::io::{Read as _, Seek as _};

use super::Of;
use crate::api::exports::columns::{Cell, Column};
use crate::api::exports::sheet::Sheet;
use crate::files::entity::ExportFormat;
use crate::grants::open_data::Allocation;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::Store;
use crate::kernel::money::Yen;

/// The columns every table begins with.
const WHOSE: [&str; 9] =
    ["全国地方公共団体コード", "法人番号", "ID", "地方公共団体名", "名称", "名称_カナ", "地区名", "年度", "制度名"];

/// One row an allocation.
pub(super) async fn allocations(files: &Store, of: &Of, all: &[Allocation]) -> Result<Vec<u8>> {
    let labels = ["根拠", "配分額", "算定の根拠", "定めた日"];
    let row = |a: &Allocation| {
        let day = Cell::Day(a.decided_on);
        let own = [text(&a.programme.legal_basis), yen(a.amount), text(&a.basis), day];
        whose(of, a).into_iter().chain(own).collect()
    };
    whole(csv(files, &labels, all.iter().map(row))?).await
}

/// One row a term.
pub(super) async fn terms(files: &Store, of: &Of, all: &[Allocation]) -> Result<Vec<u8>> {
    let labels = ["項", "根拠条項", "用いた値", "計算", "端数処理", "額", "合計に入る額"];
    let rows = all.iter().flat_map(|allocation| {
        allocation.lines.iter().map(move |line| {
            let inputs = line.inputs.iter().map(|input| {
                let day = input.as_of.map_or(String::new(), |day| format!("{day}、"));
                format!("{} {}({day}{})", input.name, input.value, input.source)
            });
            let inputs = inputs.collect::<Vec<_>>().join("; ");
            let own = [
                text(&line.label),
                text(&line.legal_reference),
                Cell::Text(inputs),
                text(&line.expression),
                line.rounded.as_deref().map_or(Cell::Empty, text),
                yen(line.amount),
                yen(if line.counted { line.amount } else { Yen(0) }),
            ];
            whose(of, allocation).into_iter().chain(own).collect()
        })
    });
    whole(csv(files, &labels, rows)?).await
}

fn whose(of: &Of, allocation: &Allocation) -> [Cell; 9] {
    let Allocation { id, organization, programme, .. } = allocation;
    let optional = |value: &Option<String>| value.as_deref().map_or(Cell::Empty, text);
    [
        text(of.town.code.as_str()),
        optional(&organization.corporate_number),
        text(id),
        text(&of.town.name),
        optional(&organization.name),
        optional(&organization.kana),
        text(&organization.district),
        Cell::Number(of.year.0.to_string()),
        text(&programme.title),
    ]
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn yen(yen: Yen) -> Cell {
    Cell::Number(yen.0.to_string())
}

fn csv(files: &Store, labels: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<Sheet> {
    let columns: Vec<Column> = WHOSE.iter().chain(labels).map(|label| Column::named(label)).collect();
    let mut sheet = Sheet::begin(ExportFormat::Csv, files.scratch()?, files.scratch_directory(), &columns)?;
    for row in rows {
        sheet.row(row.into_iter())?;
    }
    Ok(sheet)
}

async fn whole(sheet: Sheet) -> Result<Vec<u8>> {
    let whole = move || {
        let (mut file, mut bytes) = (sheet.done()?, Vec::new());
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Error::internal)?;
        Ok(bytes)
    };
    tokio::task::spawn_blocking(whole).await.map_err(Error::internal)?
}
