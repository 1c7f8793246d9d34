//! The log: one line an event, whatever text stands in it.

use std::io::{self, Write};

/// Begins to log to the standard error, as much as `RUST_LOG` says.
pub fn begin() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,sqlx=warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| OneLine(io::stderr())).init();
}

/// Writes each event as one line: control characters inside it are shown, not written, so that no text that came from
/// outside can look like an event of its own or colour one.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        let mut line = Vec::with_capacity(event.len());
        for byte in text {
            match byte {
                control if control.is_ascii_control() => line.extend(control.escape_ascii()),
                other => line.push(*other),
            }
        }
        if text.len() < event.len() {
            line.push(b'\n');
        }
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("the log").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn v8_no_text_begins_a_line_of_its_own_nor_colours_one() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || OneLine(writer.clone())).finish();
        let hostile = "x\n2026-11-21T00:00:00Z ERROR entaku: forged\r\n\u{1b}[31mred\u{7}";
        tracing::subscriber::with_default(subscriber, || tracing::warn!(cause = %hostile, "refused: {hostile}"));
        let text = String::from_utf8(kept.0.lock().expect("the log").clone()).expect("text");
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.ends_with('\n') && !text.contains(['\r', '\u{1b}', '\u{7}']), "{text:?}");
        assert!(text.contains("forged"), "nothing is left out: {text:?}");
    }
}
