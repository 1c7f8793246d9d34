//! A paper as Markdown (CommonMark with the tables of GFM). What people wrote is escaped.

use super::{Block, Cell, Paper, Table};

/// Writes a paper.
pub fn markdown(paper: &Paper) -> String {
    let mut text = format!("# {}\n", escaped(&paper.title));
    for block in &paper.blocks {
        text.push('\n');
        match block {
            Block::Heading(heading) => text += &format!("## {}\n", escaped(heading)),
            Block::Text(paragraph) => text += &format!("{}\n", escaped(paragraph)),
            Block::Facts(facts) => {
                text += &facts
                    .iter()
                    .map(|(name, what)| format!("- {}: {}\n", escaped(name), escaped(what)))
                    .collect::<String>();
            }
            Block::Table(rows) => table(&mut text, rows),
        }
    }
    text + &format!("\n---\n\n{}\n", escaped(&paper.foot))
}

fn table(text: &mut String, table: &Table) {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    *text += &line(table.columns.iter().map(|column| escaped(&column.label)).collect());
    let right = |n: usize| table.rows.iter().any(|row| matches!(row.get(n), Some(Cell::Yen(_))));
    *text += &line((0..table.columns.len()).map(|n| if right(n) { "---:" } else { "---" }.to_owned()).collect());
    for row in &table.rows {
        *text += &line(row.iter().map(|cell| escaped(&cell.said())).collect());
    }
}

/// Text is never markup: what could be some is preceded by a backslash, and a line stays one line.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            c if c.is_control() => safe.push(' '),
            '-' | '.' | '(' | ')' if !safe.is_empty() => safe.push(c),
            c if c.is_ascii_punctuation() && !",:;%/'\"?=".contains(c) => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Yen;
    use crate::kernel::paper::Column;

    #[test]
    fn v6_what_people_wrote_is_no_markup() {
        assert_eq!(escaped("<script>[x](javascript:1)|`a`\n# b"), "\\<script\\>\\[x\\](javascript:1)\\|\\`a\\` \\# b");
        assert_eq!(escaped("- 均等割"), "\\- 均等割");
        assert_eq!(escaped("1.5倍 (10%)"), "1.5倍 (10%)");
    }

    #[test]
    fn a_table_has_its_amounts_at_the_right() {
        let columns = vec![Column::new("項", 1), Column::new("額", 1)];
        let rows = vec![vec![Cell::text("均等割"), Cell::Yen(Yen(500_000))]];
        let paper = Paper {
            title: "調書".into(),
            foot: "円卓".into(),
            day: "2026-04-01".parse().expect("a day"),
            blocks: vec![Block::Table(Table { columns, rows })],
        };
        assert_eq!(markdown(&paper), "# 調書\n\n| 項 | 額 |\n| --- | ---: |\n| 均等割 | 500,000円 |\n\n---\n\n円卓\n");
    }
}
