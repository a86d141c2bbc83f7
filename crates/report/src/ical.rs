//! Deadlines as iCalendar (RFC 5545), for the calendar programs that people have already.
//!
//! Each entry is a moment without length: a time by which something is due is no appointment.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Bytes of a line at most, without its end; longer ones are folded.
const LINE_MAX: usize = 75;

/// A deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Stays the same for the same matter, so that a program that reads again changes the entry instead of adding one.
    pub uid: String,
    /// When it is due.
    pub at: Timestamp,
    /// What is due.
    pub summary: String,
    /// More about it.
    pub note: String,
    /// Where it is done.
    pub url: String,
}

/// A calendar with these deadlines. `made` is the time for which it says what is due.
pub fn calendar(name: &str, deadlines: &[Deadline], made: Timestamp) -> String {
    let mut out = String::new();
    let mut line = |key: &str, value: &str| fold(&mut out, &format!("{key}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Bihuan//Deadlines//ZH");
    line("CALSCALE", "GREGORIAN");
    line("NAME", &text(name));
    line("X-WR-CALNAME", &text(name));
    for deadline in deadlines {
        line("BEGIN", "VEVENT");
        line("UID", &text(&deadline.uid));
        line("DTSTAMP", &moment(made));
        line("DTSTART", &moment(deadline.at));
        line("SUMMARY", &text(&deadline.summary));
        line("DESCRIPTION", &text(&deadline.note));
        line("URL", &deadline.url.replace(char::is_control, ""));
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    out
}

/// An instant in universal time, to the second.
fn moment(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    out
}

/// A text value: commas, semicolons and line ends mean something else there.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a line, folded where it is long, never inside a character.
fn fold(out: &mut String, line: &str) {
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(summary: &str) -> Deadline {
        Deadline {
            uid: "17-handling@jiaocheng.example".to_owned(),
            at: "2026-11-30T10:00:00.5Z".parse().unwrap(),
            summary: summary.to_owned(),
            note: "责任单位：水利局\n第二行".to_owned(),
            url: "http://localhost/cases/17".to_owned(),
        }
    }

    #[test]
    fn a_deadline_is_a_moment_that_calendar_programs_read() {
        let made = "2026-11-22T12:00:00Z".parse().unwrap();
        let ics = calendar("交城县待办时限", &[deadline("报送进度, 含附件; 正式\\稿")], made);
        insta::assert_snapshot!(ics.replace("\r\n", "\n"), @r"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Bihuan//Deadlines//ZH
        CALSCALE:GREGORIAN
        NAME:交城县待办时限
        X-WR-CALNAME:交城县待办时限
        BEGIN:VEVENT
        UID:17-handling@jiaocheng.example
        DTSTAMP:20261122T120000Z
        DTSTART:20261130T100000Z
        SUMMARY:报送进度\, 含附件\; 正式\\稿
        DESCRIPTION:责任单位：水利局\n第二行
        URL:http://localhost/cases/17
        TRANSP:TRANSPARENT
        END:VEVENT
        END:VCALENDAR
        ");
    }

    #[test]
    fn long_lines_are_folded_between_characters_and_unfold_to_what_they_were() {
        let long = "督查".repeat(200);
        let made = "2026-11-22T12:00:00Z".parse().unwrap();
        let ics = calendar("x", &[deadline(&long)], made);
        assert!(ics.split("\r\n").all(|line| line.len() <= LINE_MAX));
        assert!(ics.replace("\r\n ", "").contains(&format!("SUMMARY:{long}\r\n")));
    }

    #[test]
    fn nothing_that_somebody_wrote_ends_a_line_or_an_entry() {
        let made = "2026-11-22T12:00:00Z".parse().unwrap();
        let ics = calendar("x", &[deadline("a\r\nEND:VEVENT\u{0}b")], made);
        assert_eq!(ics.matches("END:VEVENT\r\n").count(), 1, "{ics}");
    }
}
