//! Winners and losers as a drawing (SVG 1.1): bars to both sides of a line, the greatest changes first.

use serde::{Deserialize, Serialize};

use crate::kernel::money::Yen;

/// A body and by how much its amount changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// The body.
    pub name: String,
    /// The change.
    pub difference: Yen,
}

/// How many bars each side has; the others are counted in a line below.
const SIDE: usize = 20;
/// Units of the drawing.
const NAMES: i64 = 200;
const HALF: i64 = 240;
const ROW: i64 = 24;
const HEAD: i64 = 56;

/// Draws the chart.
pub fn chart(bars: &[Bar]) -> String {
    let mut winners: Vec<&Bar> = bars.iter().filter(|bar| bar.difference.0 > 0).collect();
    let mut losers: Vec<&Bar> = bars.iter().filter(|bar| bar.difference.0 < 0).collect();
    winners.sort_by(|a, b| b.difference.cmp(&a.difference).then_with(|| a.name.cmp(&b.name)));
    losers.sort_by(|a, b| a.difference.cmp(&b.difference).then_with(|| a.name.cmp(&b.name)));
    let (up, down) = (winners.len(), losers.len());
    winners.truncate(SIDE);
    losers.truncate(SIDE);
    let hidden = up + down - winners.len() - losers.len();
    let shown: Vec<&Bar> = winners.into_iter().chain(losers.into_iter().rev()).collect();
    let most = shown.iter().map(|bar| bar.difference.0.abs()).max().unwrap_or(1).max(1);
    draw(&shown, most, &format!("増額 {up}団体、減額 {down}団体、増減なし {}団体", bars.len() - up - down), hidden)
}

fn draw(shown: &[&Bar], most: i64, summary: &str, hidden: usize) -> String {
    let rows = i64::try_from(shown.len()).unwrap_or_default();
    let (width, height) = (NAMES + 2 * HALF + 120, HEAD + rows * ROW + 32);
    let middle = NAMES + HALF;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\"><title>配分額の増減</title><desc>{summary}</desc>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/><text x=\"16\" y=\"28\">{summary}</text>"
    );
    for (n, bar) in shown.iter().enumerate() {
        let y = HEAD + i64::try_from(n).unwrap_or_default() * ROW;
        svg += &row(bar, y, middle, most);
    }
    let (top, bottom) = (HEAD - 8, HEAD + rows * ROW);
    svg += &format!("<line x1=\"{middle}\" y1=\"{top}\" x2=\"{middle}\" y2=\"{bottom}\" stroke=\"#333\"/>");
    if hidden > 0 {
        svg += &format!("<text x=\"16\" y=\"{}\">ほか {hidden}団体</text>", bottom + 20);
    }
    svg + "</svg>"
}

fn row(bar: &Bar, y: i64, middle: i64, most: i64) -> String {
    let difference = bar.difference.0;
    let length =
        i64::try_from(i128::from(difference.abs()) * i128::from(HALF) / i128::from(most)).unwrap_or(HALF).max(1);
    let up = difference > 0;
    let (x, fill, anchor, at) = if up {
        (middle, "#0b6e99", "start", middle + length + 6)
    } else {
        (middle - length, "#b3541e", "end", middle - length - 6)
    };
    let sign = if up { "+" } else { "" };
    let name = escaped(&short(&bar.name));
    let base = y + 14;
    format!(
        "<g><title>{}: {sign}{}</title><text x=\"16\" y=\"{base}\">{name}</text>\
         <rect x=\"{x}\" y=\"{}\" width=\"{length}\" height=\"14\" fill=\"{fill}\"/>\
         <text x=\"{at}\" y=\"{base}\" text-anchor=\"{anchor}\" paint-order=\"stroke\" stroke=\"#fff\" \
         stroke-width=\"3\">{sign}{}</text></g>",
        escaped(&bar.name),
        bar.difference,
        y + 3,
        bar.difference,
    )
}

fn short(name: &str) -> String {
    if name.chars().count() <= 13 { name.to_owned() } else { name.chars().take(12).chain(['…']).collect() }
}

/// Text of people is never markup.
fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, difference: i64) -> Bar {
        Bar { name: name.to_owned(), difference: Yen(difference) }
    }

    #[test]
    fn winners_stand_above_losers_and_the_rest_is_counted() {
        let mut bars: Vec<Bar> = (1..=30).map(|n| bar(&format!("増{n}"), n * 1_000)).collect();
        bars.extend([bar("減", -5_000), bar("同", 0)]);
        let svg = chart(&bars);
        let place = |text: &str| svg.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(place("増30: +30,000円") < place("増11: +11,000円"));
        assert!(place("増11: +11,000円") < place("減: -5,000円"));
        assert!(!svg.contains("増10:"));
        assert!(svg.contains("増額 30団体、減額 1団体、増減なし 1団体") && svg.contains("ほか 10団体"));
    }

    #[test]
    fn names_are_no_markup_and_the_greatest_numbers_fit() {
        let svg = chart(&[bar("<script>\"&\u{1}", Yen::MAX.0), bar("小", -1)]);
        assert!(svg.contains("&lt;script&gt;&quot;&amp; ") && !svg.contains("<script"));
        assert!(svg.contains("width=\"240\"") && svg.contains("width=\"1\""));
        assert!(chart(&[]).ends_with("</svg>"));
    }
}
