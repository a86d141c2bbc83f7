//! Mail: the server that takes it, an address that may be written to, and a letter as RFC 5322 wants it. A letter holds what
//! a robot's message holds: numbers, reasons, due times and links, never a title, a name or a text of a case.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::settings::Table;

/// Longest address, in bytes (RFC 5321, 4.5.3.1.3 without its brackets).
const ADDRESS_MAX: usize = 254;

/// Bytes of text in one encoded word, so that a line stays under 78.
const WORD_BYTES: usize = 42;

/// Characters of a line of the body; base64 of 57 bytes.
const LINE: usize = 76;

/// How the way to the server is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// A plain greeting, then TLS before anything else.
    Starttls,
    /// Not at all: only to this machine itself.
    Nothing,
}

/// The server through which mail goes out (`[mail]`).
#[derive(Clone)]
pub struct Mail {
    /// The server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is locked.
    pub security: Security,
    /// Under which name, with which password; the latter a secret.
    pub(super) login: Option<(String, String)>,
    /// Whose mail it is.
    pub from: String,
    /// How the sender is called.
    pub name: Option<String>,
    /// The domains in which people may have their addresses; any where empty.
    pub domains: Vec<String>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Mail {
    /// Takes the server from its table.
    pub(crate) fn take(table: &mut Table<'_>) -> Option<Mail> {
        let server = table.need("server", "settings.how_server");
        let unfit = |server: &String| {
            server.len() > 253 || server.contains([':', '/', '@']) || server.contains(char::is_whitespace)
        };
        if server.as_ref().is_some_and(unfit) {
            table.fault("server", "settings.how_server");
        }
        let words = [
            ("tls", Security::Tls),
            ("starttls", Security::Starttls),
            ("none", Security::Nothing),
        ];
        let security = table.word("security", &words).unwrap_or(Security::Tls);
        let here = server
            .as_deref()
            .is_some_and(|server| matches!(server, "localhost" | "127.0.0.1" | "::1"));
        if security == Security::Nothing && !here {
            table.fault("security", "settings.how_security");
        }
        let usual = match security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::Nothing => 25,
        };
        let port = table.port("port", usual);
        let (login, password) = (table.text("login"), table.text("password"));
        if login.is_some() != password.is_some() {
            table.fault("login", "settings.how_login");
        }
        let from = table.need("from", "settings.how_from");
        if from.as_deref().is_some_and(|from| !may_be_address(from)) {
            table.fault("from", "settings.how_from");
        }
        let name = table.text("name");
        let domains: Vec<String> = table
            .texts("domains")
            .iter()
            .map(|domain| domain.to_ascii_lowercase())
            .collect();
        if domains.iter().any(|domain| !may_be_domain(domain)) {
            table.fault("domains", "settings.how_domains");
        }
        table.end();
        Some(Mail {
            server: server?,
            port,
            security,
            login: login.zip(password),
            from: from?,
            name,
            domains,
        })
    }

    /// Whether a person may have his notices sent there: an address, in one of the domains that the settings allow.
    pub fn may_write_to(&self, address: &str) -> bool {
        let domain = address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_ascii_lowercase());
        may_be_address(address)
            && (self.domains.is_empty() || domain.is_some_and(|domain| self.domains.contains(&domain)))
    }

    /// What the letter is called for good, however often it is sent.
    fn message_id(&self, id: &str) -> String {
        let domain = self
            .from
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain);
        format!("<bihuan.{id}@{domain}>")
    }

    /// A letter as it goes over the line, before dots are doubled.
    pub(super) fn letter(&self, to: &str, id: &str, subject: &str, text: &str, now: Timestamp) -> String {
        let at = rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
        let from = match &self.name {
            Some(name) => format!("{} <{}>", header(name), self.from),
            None => self.from.clone(),
        };
        let mut letter = String::new();
        let message_id = self.message_id(id);
        let subject = header(subject);
        for (name, value) in [
            ("Date", at.as_str()),
            ("From", &from),
            ("To", to),
            ("Subject", &subject),
            ("Message-ID", &message_id),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "base64"),
            // So that nobody's holiday notice answers a machine (RFC 3834).
            ("Auto-Submitted", "auto-generated"),
            ("X-Bihuan-Message", id),
        ] {
            letter.push_str(name);
            letter.push_str(": ");
            letter.push_str(value);
            letter.push_str("\r\n");
        }
        letter.push_str("\r\n");
        let body = STANDARD.encode(text.replace('\n', "\r\n"));
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
            letter.push_str(line);
            letter.push_str("\r\n");
            rest = after;
        }
        letter
    }
}

/// A text in a header: as it is where that is safe, else as encoded words (RFC 2047), each whole characters, one a line.
fn header(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_.".contains(c);
    if text.len() <= 60 && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len().saturating_add(c.len_utf8()) > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}

/// Whether a text may be an address: nothing that could be read as a second header or a second command. Addresses outside
/// ASCII are not taken: few servers of offices do.
pub fn may_be_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let fit = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    text.len() <= ADDRESS_MAX
        && (1..=64).contains(&local.len())
        && local.chars().all(fit)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && may_be_domain(domain)
}

fn may_be_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        let text = "[mail]\nserver = \"smtp.example.gov.cn\"\nfrom = \"bihuan@example.gov.cn\"\nname = \"样县闭环\"\ndomains = [\"example.gov.cn\"]";
        crate::settings::Settings::parse(text).unwrap().mail.unwrap()
    }

    #[test]
    fn a_letter_says_what_it_is_in_lines_that_every_server_takes() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let subject = "【闭环】样县人民政府督查室：超期情况，已超时限六十件，请您抓紧办理";
        let letter = mail().letter("li@example.gov.cn", "7", subject, &"事项一二三\n".repeat(40), at);
        insta::assert_snapshot!(letter.replace("\r\n", "\n"));
        for line in letter.split("\r\n") {
            assert!(
                line.len() <= 78 && line.is_ascii() && !line.contains(['\r', '\n']),
                "{line}"
            );
        }
    }

    #[test]
    fn no_text_can_add_a_header() {
        let at = Timestamp::UNIX_EPOCH;
        let letter = mail().letter("li@example.gov.cn", "7", "a\r\nBcc: all@example.com", "b", at);
        assert!(!letter.contains("Bcc"), "{letter}");
    }

    #[test]
    fn addresses_are_those_of_the_office_and_nothing_else_that_a_server_could_read() {
        let mail = mail();
        for fit in ["li@example.gov.cn", "li.ming+1@EXAMPLE.gov.cn"] {
            assert!(mail.may_write_to(fit), "{fit}");
        }
        for unfit in [
            "",
            "li",
            "@example.gov.cn",
            "li@example.com",
            "li@example.gov.cn>",
            "li@example.gov.cn\r\nRCPT TO:<x@y.z>",
            "li ming@example.gov.cn",
            "李@example.gov.cn",
            ".li@example.gov.cn",
            "li..ming@example.gov.cn",
            "\"li\"@example.gov.cn",
            "li@-example.gov.cn",
            "li@example",
        ] {
            assert!(!mail.may_write_to(unfit), "{unfit}");
        }
    }
}
