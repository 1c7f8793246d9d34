//! A paper as PDF/A-2u (ISO 19005-2): the glyphs that are used are embedded, and every text can be searched and copied.

use chrono::Datelike;
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

use super::Paper;
use super::font::Face;
use super::layout::{HEIGHT, Mark, WIDTH, pages};
use crate::kernel::error::{Error, Result};

const RULE_WIDTH: f32 = 0.5;
const GREY: u8 = 238;

/// Typesets a paper. It counts for some milliseconds, so it belongs beside the server's other work.
///
/// # Errors
/// INTERNAL where the writer refuses what the layout made.
pub fn pdf(paper: &Paper) -> Result<Vec<u8>> {
    let face = Face::bundled().ok_or_else(|| Error::internal("the bundled font cannot be read"))?;
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish();
    let configuration = configuration.map_err(|error| Error::internal(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    for marks in pages(paper, face) {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| Error::internal("a page without a size"))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, face, &mark);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(paper, face));
    document.finish().map_err(|error| Error::internal(format!("{error:?}")))
}

fn metadata(paper: &Paper, face: &Face) -> Metadata {
    let title = face.shown(&paper.title, &mut std::collections::BTreeSet::new());
    let metadata = Metadata::new().title(title).language("ja".to_owned()).creator("Entaku".to_owned());
    let date = DateTime::new(u16::try_from(paper.day.year()).unwrap_or_default())
        .month(u8::try_from(paper.day.month()).unwrap_or(1))
        .day(u8::try_from(paper.day.day()).unwrap_or(1));
    metadata.creation_date(date)
}

fn draw(surface: &mut Surface<'_>, face: &Face, mark: &Mark) {
    let mut path = PathBuilder::new();
    match mark {
        Mark::Text { x, y, size, text } => {
            if text.is_empty() {
                return;
            }
            surface.set_stroke(None);
            surface.set_fill(Some(Fill::default()));
            surface.draw_glyphs(Point::from_xy(*x, *y), &face.glyphs(text), face.font(), text, *size, false);
            return;
        }
        Mark::Rule { from, to } => {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { width: RULE_WIDTH, ..Stroke::default() }));
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
        }
        Mark::Ground { x, y, width, height } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: luma::Color::new(GREY).into(), ..Fill::default() }));
            if let Some(area) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(area);
            }
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}
