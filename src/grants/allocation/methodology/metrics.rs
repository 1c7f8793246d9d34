//! The values that are counted with: where each comes from, and of which day it is.

use crate::grants::allocation::methodology::Teller;
use crate::grants::allocation::metric::{Metric, MetricOf, MetricSource, RecordField, StatisticField, WhenMissing};
use crate::kernel::paper::{Block, Cell, Column, Table};

impl Teller<'_> {
    pub(super) fn metrics(&self) -> Block {
        let rows = self.rule.metrics.iter().map(|metric| {
            let of = if metric.of == MetricOf::Municipality { "自治体全体の" } else { "" };
            let rounding = metric.rounding.as_ref().map_or(String::new(), |r| format!("。{}", r.words(&metric.unit)));
            let source = format!("{of}{}{rounding}", self.source(metric));
            let day =
                if metric.parts().is_empty() { day(metric) } else { "算定に用いる各値による".to_owned() };
            vec![Cell::text(&metric.label), Cell::text(&metric.unit), Cell::text(source), Cell::text(day)]
        });
        let columns =
            vec![Column::new("名称", 3), Column::new("単位", 1), Column::new("出所", 4), Column::new("基準日", 4)];
        Block::Table(Table { columns, rows: rows.collect() })
    }

    fn source(&self, metric: &Metric) -> String {
        let made_of = metric.formula(|key| self.label(key)).unwrap_or_default();
        match &metric.source {
            MetricSource::Statistic(field) => format!("地区の統計({})", statistic(*field)),
            MetricSource::Declaration(item) => format!("申告「{item}」"),
            MetricSource::Record(RecordField::YearsSinceFounded) => "団体の登録(設立からの満年数)".into(),
            MetricSource::Record(RecordField::OrganizationKind) => "団体の登録(組織の種類)".into(),
            MetricSource::Record(RecordField::AreaUnit) => "地区の登録(地区の単位)".into(),
            MetricSource::Record(RecordField::PreviousAmount) => "前年度の配分額".into(),
            MetricSource::Difference(_) => format!("{made_of}(負になるときは0)"),
            MetricSource::Quotient(_)
            | MetricSource::Sum(_)
            | MetricSource::WeightedSum(_)
            | MetricSource::Product(_) => made_of,
        }
    }
}

fn day(metric: &Metric) -> String {
    let date = metric.reference();
    let year = match date.year_offset {
        0 => "年度の始まる年の".to_owned(),
        -1 => "年度の始まる年の前年の".to_owned(),
        years if years < 0 => format!("年度の始まる年の{}年前の", -years),
        years => format!("年度の始まる年の{years}年後の"),
    };
    let missing = match date.missing {
        WhenMissing::Refuse => "",
        WhenMissing::LatestBefore => "。その日の値がなければ、それより前の最も新しい値",
    };
    format!("{year}{}月{}日{missing}", date.month, date.day)
}

fn statistic(field: StatisticField) -> &'static str {
    match field {
        StatisticField::Population => "人口",
        StatisticField::Households => "世帯数",
        StatisticField::Aged65 => "65歳以上の人口",
        StatisticField::Aged75 => "75歳以上の人口",
        StatisticField::AreaSquareMetres => "面積",
    }
}
