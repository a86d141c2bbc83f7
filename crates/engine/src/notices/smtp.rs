//! Handing a letter to a mail server: submission (RFC 6409) over TLS, or STARTTLS, with AUTH PLAIN or LOGIN. Nothing is said
//! before the way is locked; every wait ends.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::mail::{Mail, Security};
use super::post::{Unsent, may, trusted, unsent};

/// What the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the whole conversation may take.
const WHOLE: Duration = Duration::from_mins(1);

/// Longest line of an answer, in bytes; the standard says 512.
const LINE_MAX: usize = 2_048;

/// Most lines of one answer.
const LINES_MAX: usize = 64;

/// Hands a letter over.
///
/// # Errors
///
/// [`Unsent`]: `smtp` with the step, the answer's code and its enhanced code in `said`, or what stood in the way.
pub(super) fn send(mail: &Mail, extra: Option<&Path>, to: &str, letter: &str) -> Result<(), Unsent> {
    let until = Instant::now().checked_add(WHOLE);
    let stream = reached(mail)?;
    let plain = Line::new(Box::new(stream), until);
    let (mut line, offers) = match mail.security {
        Security::Tls => {
            let mut line = locked(mail, extra, plain)?;
            line.answer("connect", 2)?;
            let offers = line.hello()?;
            (line, offers)
        }
        Security::Starttls => {
            let mut plain = plain;
            plain.answer("connect", 2)?;
            let offers = plain.hello()?;
            if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
                return Err(unsent("no_starttls", ""));
            }
            plain.say("STARTTLS")?;
            plain.answer("starttls", 2)?;
            // What came before the lock was turned may be somebody else's.
            if !plain.reader.buffer().is_empty() {
                return Err(unsent("injected", ""));
            }
            let mut line = locked(mail, extra, plain)?;
            let offers = line.hello()?;
            (line, offers)
        }
        Security::Nothing => {
            let mut plain = plain;
            plain.answer("connect", 2)?;
            let offers = plain.hello()?;
            (plain, offers)
        }
    };
    if let Some((login, password)) = &mail.login {
        line.sign_in(&offers, login, password)?;
    }
    line.say(&format!("MAIL FROM:<{}>", mail.from))?;
    line.answer("from", 2)?;
    line.say(&format!("RCPT TO:<{to}>"))?;
    line.answer("to", 2)?;
    line.say("DATA")?;
    line.answer("data", 3)?;
    line.write(stuffed(letter).as_bytes())?;
    line.write(b".\r\n")?;
    line.answer("taken", 2)?;
    // It has the letter: what goes wrong from here on must not send it again.
    let _ = line.say("QUIT");
    Ok(())
}

/// Lines that begin with a dot get a second one, so that none ends the letter.
fn stuffed(letter: &str) -> String {
    let mut text = String::with_capacity(letter.len());
    for line in letter.split_inclusive("\r\n") {
        if line.starts_with('.') {
            text.push('.');
        }
        text.push_str(line);
    }
    text
}

/// A connection to the server, at an address that may be written to.
fn reached(mail: &Mail) -> Result<TcpStream, Unsent> {
    let found = (mail.server.as_str(), mail.port).to_socket_addrs();
    let found: Vec<_> = found.map_err(|_| unsent("address", ""))?.collect();
    if found.is_empty() {
        return Err(unsent("address", ""));
    }
    let plain = mail.security == Security::Nothing;
    let allowed: Vec<_> = found.iter().filter(|address| may(address, plain)).collect();
    if allowed.is_empty() {
        return Err(unsent("forbidden", ""));
    }
    let mut last = unsent("unreached", "");
    for address in allowed {
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(stream) => {
                let set = stream
                    .set_read_timeout(Some(PATIENCE))
                    .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
                set.map_err(|error| broken(&error))?;
                return Ok(stream);
            }
            Err(error) => last = broken(&error),
        }
    }
    Err(last)
}

/// Turns the lock.
fn locked(mail: &Mail, extra: Option<&Path>, plain: Line) -> Result<Line, Unsent> {
    let mut roots = RootCertStore::empty();
    let own: Vec<_> = trusted(extra)
        .iter()
        .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
        .collect();
    roots.add_parsable_certificates(own);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unsent("tls", &error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(mail.server.clone()).map_err(|_| unsent("address", ""))?;
    let session =
        ClientConnection::new(Arc::new(config), name).map_err(|error| unsent("tls", &error.to_string()))?;
    let until = plain.until;
    let stream = plain.reader.into_inner();
    Ok(Line::new(Box::new(StreamOwned::new(session, stream)), until))
}

trait Both: Read + Write {}
impl<T: Read + Write> Both for T {}

/// The way to a server, locked or not.
struct Line {
    reader: BufReader<Box<dyn Both>>,
    until: Option<Instant>,
}

impl Line {
    fn new(stream: Box<dyn Both>, until: Option<Instant>) -> Line {
        Line {
            reader: BufReader::new(stream),
            until,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Unsent> {
        let stream = self.reader.get_mut();
        let sent = stream.write_all(bytes).and_then(|()| stream.flush());
        sent.map_err(|error| broken(&error))
    }

    fn say(&mut self, command: &str) -> Result<(), Unsent> {
        self.write(format!("{command}\r\n").as_bytes())
    }

    /// An answer whose code begins with `class`; its lines without their codes.
    fn answer(&mut self, step: &str, class: u16) -> Result<Vec<String>, Unsent> {
        let mut lines = Vec::new();
        loop {
            let bytes = self.line()?;
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            let code = text.get(..3).and_then(|code| code.parse::<u16>().ok());
            let code = code.ok_or_else(|| unsent("no_mail_server", ""))?;
            let rest = text.get(4..).unwrap_or_default();
            lines.push(rest.to_owned());
            if text.as_bytes().get(3) == Some(&b'-') && lines.len() < LINES_MAX {
                continue;
            }
            if code / 100 == class {
                return Ok(lines);
            }
            let fine = lines.first().and_then(|line| enhanced(line)).unwrap_or_default();
            return Err(unsent("smtp", format!("{step} {code} {fine}").trim_end()));
        }
    }

    /// One line; a server that sends it byte by byte does not hold the others up for ever.
    fn line(&mut self) -> Result<Vec<u8>, Unsent> {
        let mut bytes = Vec::new();
        loop {
            if self.until.is_some_and(|until| Instant::now() > until) {
                return Err(unsent("slow", ""));
            }
            let there = self.reader.fill_buf().map_err(|error| broken(&error))?;
            let end = there.iter().position(|byte| *byte == b'\n');
            let n = end.map_or(there.len(), |end| end.saturating_add(1));
            bytes.extend(there.iter().take(n));
            self.reader.consume(n);
            if end.is_some() {
                return Ok(bytes);
            }
            if n == 0 || bytes.len() > LINE_MAX {
                return Err(unsent("no_mail_server", ""));
            }
        }
    }

    /// Greets, and hears what the server offers.
    fn hello(&mut self) -> Result<Vec<String>, Unsent> {
        self.say("EHLO bihuan.localhost")?;
        let lines = self.answer("hello", 2)?;
        Ok(lines.into_iter().skip(1).collect())
    }

    fn sign_in(&mut self, offers: &[String], login: &str, password: &str) -> Result<(), Unsent> {
        let ways: Vec<String> = offers
            .iter()
            .filter_map(|offer| offer.split_at_checked(5))
            .filter(|(name, _)| name.eq_ignore_ascii_case("AUTH ") || name.eq_ignore_ascii_case("AUTH="))
            .flat_map(|(_, ways)| ways.split_whitespace().map(str::to_ascii_uppercase))
            .collect();
        let offers = |way: &str| ways.iter().any(|one| one == way);
        if offers("PLAIN") {
            let secret = STANDARD.encode(format!("\0{login}\0{password}"));
            self.say(&format!("AUTH PLAIN {secret}"))?;
        } else if offers("LOGIN") {
            self.say("AUTH LOGIN")?;
            self.answer("auth", 3)?;
            self.say(&STANDARD.encode(login))?;
            self.answer("auth", 3)?;
            self.say(&STANDARD.encode(password))?;
        } else {
            return Err(unsent("no_auth", ""));
        }
        self.answer("auth", 2).map(drop)
    }
}

/// The enhanced code at the head of an answer (RFC 3463): `5.1.1`. The words after it may hold an address and stay here.
fn enhanced(line: &str) -> Option<&str> {
    let word = line.split_whitespace().next()?;
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (word.split('.').count() == 3 && word.split('.').all(digits)).then_some(word)
}

fn broken(error: &std::io::Error) -> Unsent {
    use std::io::ErrorKind::{InvalidData, TimedOut, WouldBlock};
    match error.kind() {
        TimedOut | WouldBlock => unsent("slow", ""),
        InvalidData => unsent("tls", &error.to_string()),
        kind => unsent("unreached", &kind.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_a_dot_does_not_end_the_letter() {
        assert_eq!(stuffed("a\r\n.\r\n..b\r\nc.\r\n"), "a\r\n..\r\n...b\r\nc.\r\n");
    }

    #[test]
    fn only_the_codes_of_an_answer_are_kept() {
        assert_eq!(enhanced("5.1.1 <li@example.gov.cn> unknown"), Some("5.1.1"));
        assert_eq!(enhanced("<li@example.gov.cn> unknown"), None);
        assert_eq!(enhanced("1.2.3.4 is on a list"), None);
    }
}
