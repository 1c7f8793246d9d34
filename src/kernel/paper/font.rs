//! The bundled font: which glyph a character is, how wide, and what is shown of a character that it does not have.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use unicode_normalization::char::compose;

/// BIZ UDGothic (SIL Open Font License 1.1, assets/fonts): made for public papers, kanji of JIS X 0213.
static BYTES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/fonts/BIZUDGothic-Regular.ttf"));
/// 下駄: what printers set where they have no type.
const GETA: char = '〓';

static FACE: LazyLock<Option<Face>> = LazyLock::new(Face::load);

/// The font, read once.
pub(super) struct Face {
    font: Font,
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
}

impl Face {
    /// The font. Nothing only if the program was built with a broken one.
    pub(super) fn bundled() -> Option<&'static Self> {
        FACE.as_ref()
    }

    fn load() -> Option<Self> {
        let face = FontRef::new(BYTES).ok()?;
        let metrics = face.glyph_metrics(Size::unscaled(), LocationRef::default());
        let font = Font::new(BYTES.into(), 0)?;
        Some(Self { em: font.units_per_em(), font, characters: face.charmap(), metrics })
    }

    /// As the PDF knows it.
    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// How wide a text is, in ems.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    pub(super) fn advance(&self, character: char) -> f32 {
        let glyph = self.characters.map(character).unwrap_or_default();
        self.metrics.advance_width(glyph).unwrap_or(self.em) / self.em
    }

    /// The glyphs of a line.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let one = |(at, c): (usize, char)| {
            let glyph = GlyphId::new(self.characters.map(c).unwrap_or_default().to_u32());
            KrillaGlyph::new(glyph, self.advance(c), 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(one).collect()
    }

    /// What is shown of a text: marks composed with what they are on (か゛ as が; never variants of kanji, which matter in
    /// names), without what cannot be seen or turns the direction of writing, 〓 for what the font does not have, which is
    /// added to `missing`.
    pub(super) fn shown(&self, text: &str, missing: &mut BTreeSet<char>) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            let composed = shown.chars().next_back().and_then(|last| compose(last, c));
            match c {
                _ if composed.is_some_and(|one| self.characters.map(one).is_some()) => {
                    shown.pop();
                    shown.extend(composed);
                }
                '\n' => shown.push('\n'),
                c if c.is_control() => shown.push(' '),
                c if is_invisible(c) => {}
                c if self.characters.map(c).is_some() => shown.push(c),
                c => {
                    missing.insert(c);
                    shown.push(GETA);
                }
            }
        }
        shown
    }
}

/// Characters that only say how others are shown (Unicode: Default_Ignorable_Code_Point, the usual ones).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_lacks_is_a_geta_and_what_is_invisible_is_gone() {
        let face = Face::bundled().expect("a font");
        let mut missing = BTreeSet::new();
        let text = "髙﨑\u{FA19}徳\u{E0100}\t吉野家\u{202E}𠮷👨\u{200D}👩\u{FE0F}か\u{3099}";
        assert_eq!(face.shown(text, &mut missing), "髙﨑\u{FA19}徳 吉野家〓〓〓が");
        assert_eq!(missing.into_iter().collect::<String>(), "👨👩𠮷");
    }

    #[test]
    fn kana_and_kanji_are_an_em_wide_and_digits_half_of_it() {
        let face = Face::bundled().expect("a font");
        for (text, ems) in [("円", 1.0), ("1,476", 2.5), ("〓", 1.0), ("", 0.0)] {
            assert!((face.width(text) - ems).abs() < 1e-3, "{text}: {}", face.width(text));
        }
    }
}
