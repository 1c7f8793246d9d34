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
pub(super) fn allocations(files: &Store, of: &Of, all: &[Allocation]) -> Result<Vec<u8>> {
    let mut sheet = begin(files, &["根拠", "配分額", "算定の根拠", "定めた日"])?;
    for a in all {
        let own = [text(&a.programme.legal_basis), yen(a.amount), text(&a.basis), Cell::Day(a.decided_on)];
        sheet.row(whose(of, a).into_iter().chain(own))?;
    }
    whole(sheet)
}

/// One row a term. Terms are taken apart one organization after another, so that they are not all in memory at once.
pub(super) fn terms(files: &Store, of: &Of, all: &[Allocation]) -> Result<Vec<u8>> {
    let mut sheet = begin(files, &["項", "根拠条項", "用いた値", "計算", "端数処理", "額", "合計に入る額"])?;
    for allocation in all {
        for line in allocation.lines()? {
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
            sheet.row(whose(of, allocation).into_iter().chain(own))?;
        }
    }
    whole(sheet)
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

fn begin(files: &Store, labels: &[&str]) -> Result<Sheet> {
    let columns: Vec<Column> = WHOSE.iter().chain(labels).map(|label| Column::named(label)).collect();
    Sheet::begin(ExportFormat::Csv, files.scratch()?, files.scratch_directory(), &columns)
}

fn whole(sheet: Sheet) -> Result<Vec<u8>> {
    let (mut file, mut bytes) = (sheet.done()?, Vec::new());
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Error::internal)?;
    Ok(bytes)
}
