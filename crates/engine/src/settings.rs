//! The settings of a data directory (`bihuan.toml`): what must not stand in the log, because secrets are among it. Where the
//! file is not there nothing goes out, and nobody signs in by way of another system.
//!
//! A fault is said in both languages with its line, what was expected and how to mend it. Values are never repeated: one of
//! them may be a secret in the wrong place.

mod table;

use std::path::{Path, PathBuf};

use bihuan_messages::{Arg, Label, Lang, Message};

pub(crate) use table::Table;

use crate::error::Error;
use crate::notices::{Mail, Robot};
use crate::sso::Sso;

/// The file in a data directory.
const FILE: &str = "bihuan.toml";

/// Everything that `bihuan.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address of this server as people reach it, for links; without it messages have none.
    pub address: Option<String>,
    /// A file with certificates that are trusted beside those of the system: of an office's own authority.
    pub certificates: Option<PathBuf>,
    /// The robots.
    pub robots: Vec<Robot>,
    /// Through which server mail goes out; none where absent.
    pub mail: Option<Mail>,
    /// By which other system people may sign in; none where absent.
    pub sso: Option<Sso>,
}

impl Settings {
    /// Reads `bihuan.toml` of a data directory; empty where there is no such file.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`]: every fault of the file, and how it must be.
    pub fn read(dir: &Path) -> Result<Settings, Error> {
        let file = dir.join(FILE);
        let unfit = |faults: Vec<Message>| Error::Settings(Box::new(all(&file, &faults)));
        match std::fs::read_to_string(&file) {
            Ok(text) => Settings::parse(&text).map_err(unfit),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
            Err(error) => Err(unfit(vec![
                Message::new("settings.unreadable").show("said", error.kind()),
            ])),
        }
    }

    /// Reads the text of `bihuan.toml`.
    ///
    /// # Errors
    ///
    /// Every fault, each with its line.
    pub fn parse(text: &str) -> Result<Settings, Vec<Message>> {
        let mut faults = Vec::new();
        let settings = match toml::de::DeTable::parse(text) {
            Ok(root) => sections(text, root.get_ref(), &mut faults),
            Err(error) => {
                let line = table::line_of(text, error.span().map_or(0, |span| span.start));
                faults.push(
                    Message::new("settings.syntax")
                        .show("line", line)
                        .with("said", error.message()),
                );
                Settings::default()
            }
        };
        if faults.is_empty() {
            return Ok(settings);
        }
        // In the order in which one goes through the file.
        faults.sort_by_key(|fault| match fault.args.get("line") {
            Some(Arg::Text(line)) => line.parse().unwrap_or(0),
            _ => 0usize,
        });
        Err(faults)
    }

    /// A robot by its name.
    pub fn robot(&self, name: &str) -> Option<&Robot> {
        self.robots.iter().find(|robot| robot.name == name)
    }

    /// The way to a place of this server, where its address is known.
    pub fn link(&self, path: &str) -> Option<String> {
        let address = self.address.as_ref()?;
        Some(format!("{}{path}", address.trim_end_matches('/')))
    }
}

fn sections(text: &str, root: &toml::de::DeTable<'_>, faults: &mut Vec<Message>) -> Settings {
    let mut settings = Settings::default();
    let mut top = Table::top(text, root, faults);
    if let Some(address) = top.text("address") {
        if ["https://", "http://"]
            .iter()
            .any(|start| address.starts_with(start))
        {
            settings.address = Some(address);
        } else {
            top.fault("address", "settings.how_address");
        }
    }
    settings.certificates = top.text("certificates").map(PathBuf::from);
    if let Some(file) = &settings.certificates
        && !file.is_file()
    {
        top.fault("certificates", "settings.how_certificates");
    }
    let mut names = Vec::new();
    top.each("robot", |table| {
        if let Some(robot) = Robot::take(table, &names) {
            names.push(robot.name.clone());
            settings.robots.push(robot);
        }
    });
    top.one("mail", |table| settings.mail = Mail::take(table));
    top.one("sso", |table| settings.sso = Sso::take(table));
    if settings.sso.is_some() && settings.address.is_none() {
        top.fault("address", "settings.how_sso_address");
    }
    top.end();
    settings
}

/// All faults of a file in one message, one a line.
fn all(file: &Path, faults: &[Message]) -> Message {
    let said = |lang: Lang| {
        let lines: Vec<String> = faults.iter().map(|fault| fault.text(lang)).collect();
        lines.join("\n")
    };
    Message::new("settings.unfit")
        .show("file", file.display())
        .show("n", faults.len())
        .with("faults", Label::new(said(Lang::Zh), said(Lang::En)))
}
