//! What files may be, and whether one is what its name says. The name is a claim; the bytes decide.

use std::fs::File;
use std::io::{Read, Result, Seek};

use zip::ZipArchive;

/// How the bytes of a type show what they are.
#[derive(Clone, Copy, Debug)]
enum Sign {
    /// By these at the very beginning; what else there must be is known to `infer`.
    Begins(&'static [u8]),
    /// An archive of OOXML (ECMA-376) with this part.
    Ooxml(&'static str),
    /// An archive of ODF whose first entry names the type (OpenDocument 1.3, part 2, 3.3).
    OpenDocument,
    /// There are nothing but characters.
    Text,
}

/// A type that files may have.
#[derive(Debug)]
pub struct Media {
    /// Its name (RFC 6838).
    pub name: &'static str,
    /// How names of such files end, in lower case.
    pub ends: &'static [&'static str],
    sign: Sign,
}

/// Why a file is not taken for what its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is something else.
    Other,
    /// It is this and something else at once.
    Polyglot,
    /// It has programs in it.
    Macros,
    /// It would be many times larger when it is opened.
    Bomb,
}

/// Every type.
pub const MEDIA: &[Media] = &[
    Media { name: "application/pdf", ends: &["pdf"], sign: Sign::Begins(b"%PDF-") },
    Media { name: "image/jpeg", ends: &["jpg", "jpeg"], sign: Sign::Begins(b"\xFF\xD8\xFF") },
    Media { name: "image/png", ends: &["png"], sign: Sign::Begins(b"\x89PNG\r\n\x1A\n") },
    Media { name: "image/webp", ends: &["webp"], sign: Sign::Begins(b"RIFF") },
    Media {
        name: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ends: &["xlsx"],
        sign: Sign::Ooxml("xl/workbook.xml"),
    },
    Media {
        name: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ends: &["docx"],
        sign: Sign::Ooxml("word/document.xml"),
    },
    Media {
        name: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ends: &["pptx"],
        sign: Sign::Ooxml("ppt/presentation.xml"),
    },
    Media { name: "application/vnd.oasis.opendocument.spreadsheet", ends: &["ods"], sign: Sign::OpenDocument },
    Media { name: "application/vnd.oasis.opendocument.text", ends: &["odt"], sign: Sign::OpenDocument },
    Media { name: "application/vnd.oasis.opendocument.presentation", ends: &["odp"], sign: Sign::OpenDocument },
    Media { name: "text/csv", ends: &["csv"], sign: Sign::Text },
    Media { name: "text/plain", ends: &["txt"], sign: Sign::Text },
];

/// How much of a file is looked at for its sign.
const HEAD: u64 = 8 * 1024;
/// The most entries of an archive.
const ENTRIES: usize = 10_000;
/// The most bytes of what an archive unpacks to …
const UNPACKED: u128 = 1024 * 1024 * 1024;
/// … and how many times its own size that may be, beyond what is little anyway.
const RATIO: u128 = 200;
const LITTLE: u128 = 32 * 1024 * 1024;

impl Media {
    /// The type that a name claims.
    pub fn of_name(name: &str) -> Option<&'static Self> {
        let (_, end) = name.rsplit_once('.')?;
        let end = end.to_ascii_lowercase();
        MEDIA.iter().find(|media| media.ends.contains(&end.as_str()))
    }

    /// Is a file of this type? Reads it, so it may block.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn fits(&self, file: &mut File) -> Result<std::result::Result<(), Unfit>> {
        file.rewind()?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head)?;
        file.rewind()?;
        let found = infer::get(&head).map(|kind| kind.mime_type());
        let fits = match self.sign {
            Sign::Begins(with) if found != Some(self.name) || !head.starts_with(with) => Err(Unfit::Other),
            Sign::Begins(_) if ZipArchive::new(&mut *file).is_ok() => Err(Unfit::Polyglot),
            Sign::Begins(_) => Ok(()),
            Sign::Ooxml(part) if head.starts_with(b"PK\x03\x04") => ooxml(file, part),
            Sign::OpenDocument if head.starts_with(b"PK\x03\x04") => open_document(file, self.name),
            Sign::Ooxml(_) | Sign::OpenDocument => Err(Unfit::Other),
            Sign::Text if found.is_some_and(|kind| kind != self.name) || is_markup(&head) => Err(Unfit::Other),
            Sign::Text => text(file)?,
        };
        file.rewind()?;
        Ok(fits)
    }
}

type Archive<'f> = ZipArchive<&'f mut File>;

fn ooxml(file: &mut File, part: &str) -> std::result::Result<(), Unfit> {
    let archive = opened(file)?;
    let has = |wanted: &str| archive.index_for_name(wanted).is_some();
    if !has("[Content_Types].xml") || !has(part) {
        return Err(Unfit::Other);
    }
    let programs = |name: &[u8]| name.to_ascii_lowercase().ends_with(b"vbaproject.bin");
    if archive.file_names_raw().any(programs) { Err(Unfit::Macros) } else { Ok(()) }
}

fn open_document(file: &mut File, name: &str) -> std::result::Result<(), Unfit> {
    let mut archive = opened(file)?;
    let mut said = String::new();
    let first = archive.by_index(0).map_err(|_| Unfit::Other)?;
    let is_type = first.name().is_ok_and(|entry| entry == "mimetype");
    first.take(100).read_to_string(&mut said).map_err(|_| Unfit::Other)?;
    if !is_type || said != name {
        return Err(Unfit::Other);
    }
    let programs = |entry: &[u8]| entry.starts_with(b"Basic/") || entry.starts_with(b"Scripts/");
    if archive.file_names_raw().any(programs) { Err(Unfit::Macros) } else { Ok(()) }
}

/// An archive that opens to a reasonable size, with names that stay inside of it.
fn opened(file: &mut File) -> std::result::Result<Archive<'_>, Unfit> {
    let size = u128::from(file.metadata().map_err(|_| Unfit::Other)?.len());
    let mut archive = ZipArchive::new(file).map_err(|_| Unfit::Other)?;
    if archive.len() > ENTRIES {
        return Err(Unfit::Bomb);
    }
    let mut unpacked = 0;
    for entry in 0..archive.len() {
        unpacked += u128::from(archive.by_index_raw(entry).map_err(|_| Unfit::Other)?.size());
    }
    if unpacked > UNPACKED || unpacked > (size * RATIO).max(LITTLE) {
        return Err(Unfit::Bomb);
    }
    let astray = |name: &[u8]| name.starts_with(b"/") || name.split(|b| b"/\\".contains(b)).any(|step| step == b"..");
    if archive.file_names_raw().any(astray) { Err(Unfit::Other) } else { Ok(archive) }
}

/// Text in which a browser could find a page or a script.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| head.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    [&b"<!"[..], b"<?", b"<svg", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"#!", b"%PDF", b"PK\x03\x04"]
        .into_iter()
        .any(begins)
}

/// Nothing but characters, in UTF-8 or Shift_JIS, which spreadsheets in Japan still write.
fn text(file: &mut File) -> Result<std::result::Result<(), Unfit>> {
    let mut decoders = [encoding_rs::UTF_8.new_decoder(), encoding_rs::SHIFT_JIS.new_decoder()];
    let mut readable = [true; 2];
    let (mut part, mut to) = (vec![0; 16 * 1024], vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut part)?;
        let strange = |b: &u8| *b < b' ' && !b"\t\n\r\x0C".contains(b);
        if part[..read].iter().any(strange) {
            return Ok(Err(Unfit::Other));
        }
        for (decoder, readable) in decoders.iter_mut().zip(&mut readable) {
            *readable = *readable && !decoder.decode_to_utf8(&part[..read], &mut to, read == 0).3;
        }
        if read == 0 {
            return Ok(if readable.contains(&true) { Ok(()) } else { Err(Unfit::Other) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::CompressionMethod;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn fits(name: &str, bytes: &[u8]) -> std::result::Result<(), Unfit> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        Media::of_name(name).expect("a type").fits(&mut file).expect("readable")
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(*name, stored).expect("an entry");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("an archive").into_inner()
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const SHEET: &[(&str, &[u8])] = &[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")];

    #[test]
    fn v14_what_is_what_it_says_is_taken() {
        assert_eq!(fits("a.pdf", b"%PDF-1.7\n%%EOF"), Ok(()));
        assert_eq!(fits("a.PNG", PNG), Ok(()));
        assert_eq!(fits("a.jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF"), Ok(()));
        assert_eq!(fits("a.webp", b"RIFF\x24\0\0\0WEBPVP8 "), Ok(()));
        assert_eq!(fits("a.xlsx", &archive(SHEET)), Ok(()));
        let text = b"application/vnd.oasis.opendocument.text";
        assert_eq!(fits("a.odt", &archive(&[("mimetype", text), ("content.xml", b"")])), Ok(()));
        assert_eq!(fits("a.csv", "\u{FEFF}名称,額\r\n円卓,1\r\n".as_bytes()), Ok(()));
        assert_eq!(fits("a.txt", &encoding_rs::SHIFT_JIS.encode("表計算の能力ソ").0), Ok(()));
    }

    #[test]
    fn v14_what_is_not_what_it_says_is_refused() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let cases: [(&str, &[u8]); 14] = [
            ("a.pdf", b"MZ\x90\0"),
            ("a.pdf", b" <html>%PDF-1.7"),
            ("a.png", b"\xFF\xD8\xFF\xE0\0\x10JFIF"),
            ("a.jpg", b"<?php echo 1; ?>"),
            ("a.xlsx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
            ("a.txt", svg),
            ("a.csv", b"\xEF\xBB\xBF  <!DOCTYPE html><script>"),
            ("a.txt", b"#!/bin/sh\nrm -rf"),
            ("a.txt", b"text with \0 in it"),
            ("a.csv", b"\x81\x00\xFF\xFF"),
            ("a.txt", b"\x7FELF\x02\x01\x01"),
            ("a.png", b""),
            ("a.xlsx", b""),
            ("a.txt", PNG),
        ];
        for (name, bytes) in cases {
            assert_eq!(fits(name, bytes), Err(Unfit::Other), "{name} {bytes:?}");
        }
        assert_eq!(fits("a.docx", &archive(SHEET)), Err(Unfit::Other));
        assert_eq!(
            fits("a.ods", &archive(&[("mimetype", b"application/vnd.oasis.opendocument.text")])),
            Err(Unfit::Other)
        );
        let astray = [SHEET, &[("../../etc/passwd", &b"x"[..])]].concat();
        assert_eq!(fits("a.xlsx", &archive(&astray)), Err(Unfit::Other));
        assert!(Media::of_name("a.svg").is_none() && Media::of_name("a.pdf.exe").is_none());
        assert!(Media::of_name("pdf").is_none() && Media::of_name("a.xlsm").is_none());
    }

    #[test]
    fn v14_two_things_at_once_programs_and_bombs_are_refused() {
        let both = [PNG, &archive(&[("a.html", b"<script>")])].concat();
        assert_eq!(fits("a.png", &both), Err(Unfit::Polyglot));
        let macros = [SHEET, &[("xl/vbaProject.bin", &b"x"[..])]].concat();
        assert_eq!(fits("a.xlsx", &archive(&macros)), Err(Unfit::Macros));
        assert_eq!(fits("a.xlsx", &said_to_unpack_to(2 * 1024 * 1024 * 1024)), Err(Unfit::Bomb));
        let many: Vec<String> = (0..=ENTRIES).map(|n| format!("{n}")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(fits("a.xlsx", &archive(&[SHEET, &many].concat())), Err(Unfit::Bomb));
    }

    /// An archive whose directory says that an entry unpacks to so many bytes.
    fn said_to_unpack_to(bytes: u32) -> Vec<u8> {
        let mut bomb = archive(SHEET);
        let directory = bomb.windows(4).position(|four| four == b"PK\x01\x02").expect("a directory");
        bomb[directory + 24..directory + 28].copy_from_slice(&bytes.to_le_bytes());
        bomb
    }
}
