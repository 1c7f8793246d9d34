//! Programmes, allocations, decisions and payments as CSV. What a column is called where the 自治体標準オープンデータセット has it, it is called here.

use std::io::{Read as _, Seek as _};

use super::Of;
use crate::api::exports::columns::{Cell, Column};
use crate::api::exports::sheet::Sheet;
use crate::files::entity::ExportFormat;
use crate::grants::open_data::{Allocation, Award, Budget, Chain, Organization, Payment, Programme};
use crate::kernel::error::{Error, Result};
use crate::kernel::files::Store;
use crate::kernel::money::Yen;

/// The columns every table begins with.
const WHOSE: [&str; 9] =
    ["全国地方公共団体コード", "法人番号", "ID", "地方公共団体名", "名称", "名称_カナ", "地区名", "年度", "制度名"];

/// The amounts of a chain, in its order; of an allocation those of all decisions.
const CHAIN: [&str; 11] = [
    "交付決定額",
    "交付決定額のうち交付しないこととなった額",
    "支払額",
    "未払額",
    "額が確定していない額",
    "確定額",
    "繰越・積立額",
    "後の年度の配分から差し引く額",
    "返還を命じた額",
    "返還された額",
    "返還を待つ額",
];

fn chain(chain: &Chain) -> [Cell; 11] {
    let Chain { decided, released, paid, fixed, kept, offset, ordered, repaid } = *chain;
    let (unpaid, open, outstanding) = (chain.unpaid(), chain.open(), chain.outstanding());
    [decided, released, paid, unpaid, open, fixed, kept, offset, ordered, repaid, outstanding].map(yen)
}

/// One row a programme.
pub(super) fn programmes(files: &Store, of: &Of, all: &[Budget]) -> Result<Vec<u8>> {
    let labels = [
        "全国地方公共団体コード",
        "ID",
        "地方公共団体名",
        "年度",
        "制度名",
        "根拠",
        "予算額",
        "公表された配分額",
        "配分額が公表されていない額",
    ];
    let mut sheet = with_columns(files, &labels)?;
    for Budget { programme, budget, allocated } in all {
        let row = [
            text(of.town.code.as_str()),
            text(&programme.id),
            text(&of.town.name),
            Cell::Number(of.year.0.to_string()),
            text(&programme.title),
            text(&programme.legal_basis),
            yen(*budget),
            yen(*allocated),
            yen(Yen(budget.0 - allocated.0)),
        ];
        sheet.row(row.into_iter())?;
    }
    whole(sheet)
}

/// One row an allocation.
pub(super) fn allocations(files: &Store, of: &Of, all: &[Allocation]) -> Result<Vec<u8>> {
    let own = [
        "根拠",
        "配分額",
        "算定の根拠",
        "定めた日",
        "前の年度の剰余金として差し引かれた額",
        "交付を受けられる額",
        "交付決定をしていない額",
    ];
    let mut sheet = begin(files, &[&own[..], &CHAIN, &["交付決定の日", "支払った日", "額を確定した日"]].concat())?;
    for a in all {
        let own = [
            text(&a.programme.legal_basis),
            yen(a.amount),
            text(&a.basis),
            Cell::Day(a.decided_on),
            yen(a.offset),
            yen(a.payable()),
            yen(a.undecided()),
        ];
        let days = [&a.decided_days, &a.paid_days, &a.fixed_days].map(|days| text(days));
        sheet.row(
            whose(of, &a.id, &a.organization, &a.programme).into_iter().chain(own).chain(chain(&a.chain)).chain(days),
        )?;
    }
    whole(sheet)
}

/// One row a decision.
pub(super) fn awards(files: &Store, of: &Of, all: &[Award]) -> Result<Vec<u8>> {
    let mut sheet = begin(
        files,
        &[&["事業名", "配分のID"][..], &CHAIN, &["交付決定の日", "額を確定した日", "交付決定を取り消した日"]].concat(),
    )?;
    for a in all {
        let own = [text(&a.title), text(&a.allocation)];
        let days = [Some(a.decided_on), a.fixed_on, a.revoked_on].map(|day| day.map_or(Cell::Empty, Cell::Day));
        sheet.row(
            whose(of, &a.id, &a.organization, &a.programme).into_iter().chain(own).chain(chain(&a.chain)).chain(days),
        )?;
    }
    whole(sheet)
}

/// One row a payment or a return.
pub(super) fn payments(files: &Store, of: &Of, all: &[Payment]) -> Result<Vec<u8>> {
    let mut sheet = begin(files, &["事業名", "交付決定のID", "種類", "額", "日"])?;
    for p in all {
        let kind = text(p.kind.label());
        let own = [text(&p.title), text(&p.award), kind, yen(p.amount), Cell::Day(p.day)];
        sheet.row(whose(of, &p.id, &p.organization, &p.programme).into_iter().chain(own))?;
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
            sheet.row(
                whose(of, &allocation.id, &allocation.organization, &allocation.programme).into_iter().chain(own),
            )?;
        }
    }
    whole(sheet)
}

fn whose(of: &Of, id: &str, organization: &Organization, programme: &Programme) -> [Cell; 9] {
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
    with_columns(files, &[&WHOSE, labels].concat())
}

fn with_columns(files: &Store, labels: &[&str]) -> Result<Sheet> {
    let columns: Vec<Column> = labels.iter().map(|label| Column::named(label)).collect();
    Sheet::begin(ExportFormat::Csv, files.scratch()?, files.scratch_directory(), &columns)
}

fn whole(sheet: Sheet) -> Result<Vec<u8>> {
    let (mut file, mut bytes) = (sheet.done()?, Vec::new());
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Error::internal)?;
    Ok(bytes)
}
