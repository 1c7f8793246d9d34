//! What a by-law asks of who has its grant, in plain Japanese: papers, and until when each step is done.

use crate::grants::allocation::conditions::{Conditions, Elapsed, ReportDue};
use crate::grants::allocation::deadlines::{ClosedDays, Deadlines, Period};
use crate::grants::allocation::papers::AskedPaper;
use crate::kernel::paper::{Block, Cell, Column, Table};

/// The parts of a paper about it; none where nothing is asked.
pub(super) fn asked(conditions: &Conditions) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !conditions.papers.is_empty() {
        blocks.extend([Block::Heading("求める書類".into()), papers(&conditions.papers)]);
    }
    let deadlines = deadlines(conditions);
    if !deadlines.is_empty() {
        let columns = vec![Column::new("段階", 3), Column::new("根拠", 2), Column::new("期限", 6)];
        blocks.extend([Block::Heading("期限".into()), Block::Table(Table { columns, rows: deadlines })]);
    }
    blocks
}

fn papers(papers: &[AskedPaper]) -> Block {
    let row = |paper: &AskedPaper| {
        let when = paper.from_yen.map_or("常に".to_owned(), |yen| format!("{yen}以上のとき"));
        let when = if paper.each_time { format!("{when}、請求のたびに") } else { when };
        vec![
            Cell::text(&paper.name),
            Cell::text(&paper.legal_reference),
            Cell::text(paper.at.label()),
            Cell::text(when),
        ]
    };
    let columns =
        vec![Column::new("書類", 4), Column::new("根拠", 3), Column::new("段階", 2), Column::new("求める場合", 3)];
    Block::Table(Table { columns, rows: papers.iter().map(row).collect() })
}

/// A row for each step that has one.
fn deadlines(conditions: &Conditions) -> Vec<Vec<Cell>> {
    let row = |step: &str, reference: Option<&String>, until: String| {
        vec![Cell::text(step), Cell::text(reference.map_or("", String::as_str)), Cell::text(until)]
    };
    let report = conditions.report.iter().map(|of| row("実績報告", of.legal_reference.as_ref(), report(of)));
    let usual = Deadlines::default();
    let of = conditions.deadlines.as_ref().unwrap_or(&usual);
    let steps = of.periods().into_iter().filter_map(|step| {
        let period = step.period?;
        Some(row(step.name.1, period.legal_reference.as_ref(), days(period)))
    });
    let closed = (of.closed_days == Some(ClosedDays::NextOpenDay))
        .then(|| row("閉庁日に当たる団体の期限", None, "次の開庁日".to_owned()));
    report.chain(steps).chain(closed).collect()
}

fn days(period: &Period) -> String {
    let kind = if period.open_days { "開庁日で" } else { "" };
    format!("{kind}{}日(初日は数えない)", period.days)
}

fn report(due: &ReportDue) -> String {
    if let Some(by) = due.by {
        return format!("年度の終わった後の{}月{}日", by.month, by.day);
    }
    let after = match due.elapsed {
        Elapsed::CorrespondingDay => format!("完了の日から{}月後の応当日", due.months),
        Elapsed::DayAfter => format!("完了の日から{}月後の応当日の翌日", due.months),
        Elapsed::ThirtyDays => format!("完了の日から{}日後", due.months * 30),
    };
    if due.within_fiscal_year { format!("{after}か、年度の末日の、早い方") } else { after }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn papers_and_deadlines_are_told_with_their_articles() {
        let of = |value| serde_json::from_value::<Conditions>(value).expect("conditions");
        assert!(asked(&of(json!({"minorChange": {"percent": "20"}}))).is_empty(), "nothing is asked");
        let said = of(
            json!({"papers": [{"name": "監査報告書", "legalReference": "第9条", "at": "REPORT", "fromYen": 500_000}],
            "report": {"months": 1, "elapsed": "CORRESPONDING_DAY", "withinFiscalYear": true, "legalReference": "第8条"},
            "deadlines": {"closedDays": "NEXT_OPEN_DAY", "payment": {"days": 20, "openDays": true, "legalReference": "第7条"}}}),
        );
        let text = format!("{:?}", asked(&said));
        for told in [
            "監査報告書",
            "第9条",
            "実績報告",
            "500,000円以上のとき",
            "完了の日から1月後の応当日か、年度の末日の、早い方",
            "第8条",
            "支払の期間",
            "第7条",
            "開庁日で20日(初日は数えない)",
            "次の開庁日",
        ] {
            assert!(text.contains(told), "{told} is not in {text}");
        }
        let by = of(json!({"report": {"months": 0, "elapsed": "CORRESPONDING_DAY", "withinFiscalYear": false,
            "by": {"month": 5, "day": 31}}}));
        assert!(format!("{:?}", asked(&by)).contains("年度の終わった後の5月31日"));
    }
}
