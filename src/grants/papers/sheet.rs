//! 算定調書: how the amount of one organization arose, on paper.

use chrono::NaiveDate;

use crate::grants::allocation::outcome::{Line, LineInput, without_words_of_declarations};
use crate::grants::entity::{
    GrantRunId, GrantRunKind, GrantRunState, grant_programme, grant_rule, grant_run, grant_run_line,
};
use crate::grants::papers::{Correction, NOT_PUBLIC};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{TypedId, encode};
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::paper::{Block, Cell, Column, Paper, Table};

/// What is on the sheet.
pub(super) struct Sheet {
    pub(super) town: String,
    pub(super) programme: grant_programme::Model,
    pub(super) rule: grant_rule::Model,
    pub(super) run: grant_run::Model,
    pub(super) line: grant_run_line::Model,
    /// Who approved; nothing where the reader may not know, or nobody has.
    pub(super) approver: Option<String>,
    /// May the reader know the organization?
    pub(super) known: bool,
    /// May the reader read what people wrote in declarations?
    pub(super) inside: bool,
    /// The approved run that took the place of this one, where the reader may know it.
    pub(super) corrected_by: Option<Correction>,
}

impl Sheet {
    pub(super) fn name(&self) -> String {
        let run = encode(GrantRunId::PREFIX, self.run.id.0);
        format!("算定調書_{}_{}_{run}", self.organization(), self.run.fiscal_year.label())
    }

    fn organization(&self) -> &str {
        if self.known { &self.line.name } else { NOT_PUBLIC }
    }

    pub(super) fn paper(&self, day: NaiveDate) -> Result<Paper> {
        let mut lines: Vec<Line> = serde_json::from_str(&self.line.terms).map_err(Error::internal)?;
        if !self.inside {
            without_words_of_declarations(&mut lines);
        }
        let instalments: Vec<Yen> = serde_json::from_str(&self.line.instalments).map_err(Error::internal)?;
        let mut blocks = vec![
            Block::Facts(self.heading()),
            Block::Heading("用いた値".into()),
            Block::Table(inputs(&lines)),
            Block::Heading("算定".into()),
            Block::Table(self.terms(&lines)),
        ];
        if !instalments.is_empty() {
            let part = |(n, yen): (usize, &Yen)| (format!("第{}回", n + 1), yen.to_string());
            blocks.push(Block::Heading("分割払".into()));
            blocks.push(Block::Facts(instalments.iter().enumerate().map(part).collect()));
        }
        blocks.push(Block::Heading("決裁と照合".into()));
        blocks.push(Block::Facts(self.approval(day)));
        let foot = format!("{} {} {}", self.town, self.run.fiscal_year.label(), self.organization());
        Ok(Paper { title: format!("算定調書({})", self.state()), foot, day, blocks })
    }

    fn state(&self) -> &'static str {
        match (self.run.kind, self.run.state) {
            (GrantRunKind::WhatIf, _) => "試算",
            (GrantRunKind::Real, GrantRunState::Calculated) => "案",
            (GrantRunKind::Real, GrantRunState::Approved) if self.run.superseded_on.is_some() => "確定(訂正済み)",
            (GrantRunKind::Real, GrantRunState::Approved) => "確定",
        }
    }

    fn heading(&self) -> Vec<(String, String)> {
        let Self { town, programme, rule, run, line, .. } = self;
        let facts = [
            ("自治体", town.clone()),
            ("交付金制度", programme.title.clone()),
            ("根拠", programme.legal_basis.clone()),
            ("年度", format!("{}({})", run.fiscal_year.label(), run.fiscal_year.0)),
            ("団体", self.organization().to_owned()),
            ("算定", run.title.clone()),
            ("算定規則", format!("{} 第{}版", rule.title, rule.version)),
            ("額", line.amount_yen.to_string()),
        ];
        facts.map(|(name, what)| (name.to_owned(), what)).into()
    }

    fn terms(&self, lines: &[Line]) -> Table {
        let row = |line: &Line| {
            let expression = match &line.rounded {
                Some(rounded) => format!("{}\n端数処理: {rounded}", line.expression),
                None => line.expression.clone(),
            };
            let amount = if line.counted {
                Cell::Yen(line.amount)
            } else {
                Cell::text(format!("({})\n合計に入らない", line.amount))
            };
            vec![Cell::text(&line.label), Cell::text(&line.legal_reference), Cell::text(expression), amount]
        };
        let mut rows: Vec<Vec<Cell>> = lines.iter().map(row).collect();
        rows.push(vec![Cell::text("合計"), Cell::text(""), Cell::text(""), Cell::Yen(self.line.amount_yen)]);
        let columns = [("項", 3), ("根拠", 3), ("計算", 7), ("額", 3)];
        Table { columns: columns.map(|(label, part)| Column::new(label, part)).into(), rows }
    }

    fn approval(&self, day: NaiveDate) -> Vec<(String, String)> {
        let run = &self.run;
        let mut facts = Vec::new();
        if run.state == GrantRunState::Approved {
            facts.extend(self.approver.iter().map(|name| ("承認した人".to_owned(), name.clone())));
            facts.push(("承認した日".to_owned(), day.to_string()));
        } else {
            facts.push(("承認".to_owned(), "されていない".to_owned()));
            facts.push(("算定した日".to_owned(), day.to_string()));
        }
        let of = |id| encode(GrantRunId::PREFIX, id);
        facts.extend(run.corrects_id.map(|id| ("訂正する算定".to_owned(), of(id.0))));
        facts.extend(run.superseded_on.map(|day| ("訂正された日".to_owned(), day.0.to_string())));
        let by = self.corrected_by.iter();
        facts.extend(by.map(|c| ("訂正した算定".to_owned(), format!("{}({})", c.title, of(c.id)))));
        // Rule and inputs decide everything: who has both counts again to the same yen.
        let whole = sha256(format!("{}\n{}", run.rule_hash, run.inputs_hash).as_bytes());
        for (name, what) in [
            ("規則のSHA-256", run.rule_hash.clone()),
            ("入力のSHA-256", run.inputs_hash.clone()),
            ("算定のSHA-256", whole),
            ("算定のID", run.id.to_string()),
            ("明細のID", self.line.id.to_string()),
        ] {
            facts.push((name.to_owned(), what));
        }
        facts
    }
}

/// Every value once, in the order of the terms.
fn inputs(lines: &[Line]) -> Table {
    let mut seen: Vec<&LineInput> = Vec::new();
    for input in lines.iter().flat_map(|line| &line.inputs) {
        if !seen.contains(&input) {
            seen.push(input);
        }
    }
    let row = |input: &&LineInput| {
        let day = input.as_of.map_or_else(|| Cell::text("—"), Cell::Day);
        vec![Cell::text(&input.name), Cell::text(&input.value), day, Cell::text(&input.source)]
    };
    let columns = [("名称", 4), ("値", 4), ("基準日", 3), ("出所", 5)];
    Table {
        columns: columns.map(|(label, part)| Column::new(label, part)).into(),
        rows: seen.iter().map(row).collect(),
    }
}
