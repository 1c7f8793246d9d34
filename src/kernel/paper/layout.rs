//! Where everything stands: pages of marks, in points from the top left of an A4 sheet (ISO 216).

use std::collections::BTreeSet;

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::font::Face;
use super::{Block, Cell, Paper, Table};

/// A4.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 48.0;
const BODY: f32 = WIDTH - 2.0 * MARGIN;
/// Where the text of a page ends; below are the foot and the page's number.
const BOTTOM: f32 = HEIGHT - MARGIN - 20.0;
const FOOT: f32 = HEIGHT - MARGIN;

const TITLE: f32 = 18.0;
const HEADING: f32 = 12.0;
const TEXT: f32 = 10.0;
const SMALL: f32 = 9.0;
/// The height of a line, of the size of its text.
const LEADING: f32 = 1.5;
/// Between a cell's border and its text.
const PAD: f32 = 4.0;
/// What the names of facts have of the width.
const NAMES: f32 = 0.26;

/// What is drawn.
#[derive(Debug)]
pub(super) enum Mark {
    /// A line of text by the left end of its base line.
    Text { x: f32, y: f32, size: f32, text: String },
    /// A straight line.
    Rule { from: (f32, f32), to: (f32, f32) },
    /// A grey ground.
    Ground { x: f32, y: f32, width: f32, height: f32 },
}

/// Lays a paper out; returns its pages.
pub(super) fn pages(paper: &Paper, face: &Face) -> Vec<Vec<Mark>> {
    let mut made = Composer { face, pages: vec![Vec::new()], y: MARGIN, missing: BTreeSet::new() };
    made.lines(&paper.title, TITLE);
    made.y += 6.0;
    for block in &paper.blocks {
        made.block(block);
    }
    made.missing_characters();
    made.feet(&paper.foot);
    made.pages
}

struct Composer<'a> {
    face: &'a Face,
    pages: Vec<Vec<Mark>>,
    y: f32,
    missing: BTreeSet<char>,
}

/// A cell's lines that are not drawn yet, and whether they stand at the right.
struct Pending {
    lines: std::collections::VecDeque<String>,
    right: bool,
}

impl Composer<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => {
                // A heading does not stay alone at the end of a page.
                self.room(HEADING * LEADING + 60.0);
                self.y += 10.0;
                self.lines(text, HEADING);
                self.y += 2.0;
            }
            Block::Text(text) => {
                self.lines(text, TEXT);
                self.y += 4.0;
            }
            Block::Facts(facts) => {
                let widths = [BODY * NAMES, BODY * (1.0 - NAMES)];
                for (name, what) in facts {
                    let cells = vec![self.cell(name, false, widths[0]), self.cell(what, false, widths[1])];
                    self.row(cells, &widths, Some(0), None);
                }
                self.y += 6.0;
            }
            Block::Table(table) => self.table(table),
        }
    }

    fn table(&mut self, table: &Table) {
        let parts: f32 = table.columns.iter().map(|column| f32::from(column.part)).sum();
        let widths: Vec<f32> = table.columns.iter().map(|column| BODY * f32::from(column.part) / parts).collect();
        self.head(table, &widths);
        for row in &table.rows {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(c, w)| self.cell(&c.said(), matches!(c, Cell::Yen(_)), *w)).collect();
            self.row(cells, &widths, None, Some(table));
        }
        self.y += 6.0;
    }

    fn head(&mut self, table: &Table, widths: &[f32]) {
        let labels = table.columns.iter().zip(widths);
        let cells: Vec<Pending> = labels.map(|(column, width)| self.cell(&column.label, false, *width)).collect();
        self.part(cells, widths, |_| true);
    }

    fn cell(&mut self, text: &str, right: bool, width: f32) -> Pending {
        Pending { lines: self.wrapped(text, SMALL, width - 2.0 * PAD).into(), right }
    }

    /// A row; one that is higher than what is left of the page goes on on the next, below the head again.
    fn row(&mut self, mut cells: Vec<Pending>, widths: &[f32], grey: Option<usize>, table: Option<&Table>) {
        while cells.iter().any(|cell| !cell.lines.is_empty()) {
            let wanted = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(1);
            let mut fits = lines_in(BOTTOM - self.y);
            if fits < wanted.min(lines_in(BOTTOM - MARGIN) / 2) {
                self.page();
                if let Some(table) = table {
                    self.head(table, widths);
                }
                fits = lines_in(BOTTOM - self.y);
            }
            let now = cells.iter_mut().map(|cell| {
                let count = cell.lines.len().min(fits.max(1));
                Pending { lines: cell.lines.drain(..count).collect(), right: cell.right }
            });
            let now = now.collect();
            self.part(now, widths, |column| grey == Some(column));
        }
    }

    /// Draws the cells of a row, or of the part of it that fits.
    fn part(&mut self, cells: Vec<Pending>, widths: &[f32], grey: impl Fn(usize) -> bool) {
        let height = cells.iter().map(|cell| height(cell.lines.len())).fold(height(1), f32::max);
        self.room(height);
        let (top, mut x) = (self.y, MARGIN);
        let mut borders = Vec::new();
        for (n, (cell, width)) in cells.into_iter().zip(widths).enumerate() {
            if grey(n) {
                self.mark(Mark::Ground { x, y: top, width: *width, height });
            }
            let mut y = top + PAD + SMALL;
            for text in cell.lines {
                let indent = if cell.right { width - PAD - self.face.width(&text) * SMALL } else { PAD };
                self.mark(Mark::Text { x: x + indent, y, size: SMALL, text });
                y += SMALL * LEADING;
            }
            borders.push(x);
            x += width;
        }
        borders.push(x);
        for x in borders {
            self.mark(Mark::Rule { from: (x, top), to: (x, top + height) });
        }
        for y in [top, top + height] {
            self.mark(Mark::Rule { from: (MARGIN, y), to: (MARGIN + BODY, y) });
        }
        self.y += height;
    }

    fn lines(&mut self, text: &str, size: f32) {
        for text in self.wrapped(text, size, BODY) {
            self.room(size * LEADING);
            self.mark(Mark::Text { x: MARGIN, y: self.y + size, size, text });
            self.y += size * LEADING;
        }
    }

    fn missing_characters(&mut self) {
        if self.missing.is_empty() {
            return;
        }
        // Their numbers: the characters themselves cannot be shown.
        let all: Vec<String> = self.missing.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        self.y += 6.0;
        self.lines(&format!("〓 は書体にない文字({})。", all.join("、")), SMALL);
    }

    fn feet(&mut self, foot: &str) {
        let count = self.pages.len();
        let shown = self.wrapped(foot, SMALL, BODY * 0.8).into_iter().next().unwrap_or_default();
        for (n, page) in self.pages.iter_mut().enumerate() {
            let number = format!("{} / {count}", n + 1);
            let x = MARGIN + BODY - self.face.width(&number) * SMALL;
            page.push(Mark::Text { x: MARGIN, y: FOOT, size: SMALL, text: shown.clone() });
            page.push(Mark::Text { x, y: FOOT, size: SMALL, text: number });
        }
    }

    /// A new page unless so much fits on this one.
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM + 0.01 && self.y > MARGIN {
            self.page();
        }
    }

    fn page(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn wrapped(&mut self, text: &str, size: f32, width: f32) -> Vec<String> {
        let shown = self.face.shown(text, &mut self.missing);
        wrap(self.face, &shown, width / size)
    }
}

fn height(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * SMALL * LEADING + 2.0 * PAD
}

/// How many lines of a cell fit in a height; at most a few dozen.
fn lines_in(room: f32) -> usize {
    (1..100).take_while(|n| height(*n) <= room).count()
}

/// Breaks a text into lines of at most `ems`: where Unicode allows it, and within a word that is longer than a line.
fn wrap(face: &Face, text: &str, ems: f32) -> Vec<String> {
    let (mut lines, mut line, mut wide, mut from) = (Vec::new(), String::new(), 0.0, 0);
    for (to, opportunity) in linebreaks(text) {
        let piece = &text[from..to];
        from = to;
        let seen = face.width(piece.trim_end());
        if wide > 0.0 && wide + seen > ems {
            lines.push(std::mem::take(&mut line));
            wide = 0.0;
        }
        for c in piece.chars().filter(|c| *c != '\n') {
            let advance = face.advance(c);
            if wide > 0.0 && wide + advance > ems && !c.is_whitespace() {
                lines.push(std::mem::take(&mut line));
                wide = 0.0;
            }
            line.push(c);
            wide += advance;
        }
        if opportunity == BreakOpportunity::Mandatory && to < text.len() {
            lines.push(std::mem::take(&mut line));
            wide = 0.0;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::paper::Column;

    fn face() -> &'static Face {
        Face::bundled().expect("a font")
    }

    #[test]
    fn lines_are_broken_where_japanese_is() {
        assert_eq!(wrap(face(), "世帯数に、応じて「割る」。", 4.0), ["世帯数", "に、応じ", "て「割", "る」。"]);
        assert_eq!(wrap(face(), "一\n\n二", 4.0), ["一", "", "二"]);
        assert_eq!(wrap(face(), "", 4.0), [""]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_and_nothing_is_wider_than_its_place() {
        let word = "x".repeat(1_000);
        let lines = wrap(face(), &format!("町 {word} 村"), 10.0);
        assert!(lines.iter().all(|line| face().width(line) <= 10.01), "{lines:?}");
        assert_eq!(lines.concat().matches('x').count(), 1_000);
    }

    #[test]
    fn a_row_higher_than_a_page_goes_on_below_the_head() {
        let rows = vec![vec![Cell::text("長い説明。".repeat(2_000)), Cell::text("短い")]];
        let columns = vec![Column::new("計算", 3), Column::new("備考", 1)];
        let paper = Paper {
            title: "調書".into(),
            foot: "足".into(),
            day: "2026-04-01".parse().expect("a day"),
            blocks: vec![Block::Table(Table { columns, rows })],
        };
        let pages = pages(&paper, face());
        assert!(pages.len() > 3, "{}", pages.len());
        for (n, page) in pages.iter().enumerate() {
            let texts: Vec<&str> = page
                .iter()
                .filter_map(|mark| match mark {
                    Mark::Text { y, text, .. } => {
                        assert!(*y <= HEIGHT - MARGIN + 0.1);
                        Some(text.as_str())
                    }
                    _ => None,
                })
                .collect();
            assert!(texts.contains(&"計算"), "page {n}");
            assert!(texts.contains(&format!("{} / {}", n + 1, pages.len()).as_str()));
        }
        let all: usize = pages
            .iter()
            .flatten()
            .map(|mark| match mark {
                Mark::Text { text, .. } => text.matches('明').count(),
                _ => 0,
            })
            .sum();
        assert_eq!(all, 2_000);
    }
}
