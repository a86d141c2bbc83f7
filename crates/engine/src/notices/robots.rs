//! Robots (群机器人): where what concerns a unit is told outside, in a group of the chat tool that the office uses anyway. Said
//! in `bihuan.toml` of the data directory; where that file is not there, nothing ever goes out.

use std::path::Path;

use bihuan_domain::id::{PostId, UnitId};
use bihuan_domain::world::World;
use bihuan_messages::Lang;
use jiff::civil::Time;
use serde::Deserialize;
use ureq::http::Uri;

use crate::error::Error;

/// The settings of a data directory that must not stand in the log, because secrets are among them.
const FILE: &str = "bihuan.toml";

/// Longest name of a robot, in characters.
const NAME_MAX: usize = 40;

/// Everything that goes out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robots {
    /// The address of this server as people reach it, for links; without it messages have none.
    #[serde(default)]
    pub address: Option<String>,
    /// The robots.
    #[serde(default, rename = "robot")]
    pub all: Vec<Robot>,
}

/// One robot.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robot {
    /// What people call it; unique.
    pub name: String,
    /// Whose form its messages have.
    pub kind: Shape,
    /// Where to. A secret: whoever knows it can write to the group.
    url: String,
    /// What messages are signed with, where the tool asks for it.
    #[serde(default)]
    secret: Option<String>,
    /// The unit whose posts, and those of units below it, are told of; everybody's where absent.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// How often.
    #[serde(default)]
    pub digest: Digest,
    /// Whether breaches are told at once and not with the next digest.
    #[serde(default = "yes")]
    pub breaches_at_once: bool,
    /// From when to when nothing is said but emergencies; days off are quiet as a whole.
    #[serde(default = "night")]
    pub quiet: (Time, Time),
    /// Whether emergencies are told at any hour.
    #[serde(default = "yes")]
    pub emergencies: bool,
    /// In which language.
    #[serde(default)]
    pub lang: Lang,
}

/// The form that a chat tool takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// WeCom (企业微信).
    Wecom,
    /// DingTalk (钉钉).
    Dingtalk,
    /// Feishu (飞书).
    Feishu,
    /// Plain JSON, for a program of the county's own.
    Json,
}

impl Shape {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Wecom => "wecom",
            Shape::Dingtalk => "dingtalk",
            Shape::Feishu => "feishu",
            Shape::Json => "json",
        }
    }
}

/// How often what is not urgent is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// Every hour, if there is anything.
    Hourly,
    /// Once on a working day, in the morning.
    #[default]
    Daily,
}

impl Digest {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Digest::Hourly => "hourly",
            Digest::Daily => "daily",
        }
    }
}

fn yes() -> bool {
    true
}

fn night() -> (Time, Time) {
    (Time::constant(22, 0, 0, 0), Time::constant(7, 0, 0, 0))
}

impl Robots {
    /// Reads `bihuan.toml` of a data directory; none where there is no such file.
    ///
    /// # Errors
    ///
    /// What the file says that is not understood or not allowed, and how it must be.
    pub fn read(dir: &Path) -> Result<Robots, Error> {
        let file = dir.join(FILE);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Robots::default()),
            Err(error) => return Err(Error::Other(format!("{}: {error}", file.display()))),
        };
        Robots::parse(&text).map_err(|why| Error::Other(format!("{}: {why}", file.display())))
    }

    /// Reads the text of `bihuan.toml`.
    ///
    /// # Errors
    ///
    /// As [`Robots::read`]; addresses and secrets are never repeated.
    pub fn parse(text: &str) -> Result<Robots, String> {
        // The message alone: the whole error shows the line, with what must stay secret in it.
        let robots: Robots = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut names = Vec::new();
        for robot in &robots.all {
            let name = robot.name.as_str();
            let long = name.chars().count() > NAME_MAX;
            if name.trim().is_empty() || long || names.contains(&name) {
                return Err(format!(
                    "robot `{name}`: a name of 1 to {NAME_MAX} characters is expected, and no two the same"
                ));
            }
            names.push(name);
            fit(&robot.url).map_err(|why| format!("robot `{name}`: {why}"))?;
        }
        if let Some(address) = &robots.address
            && !["https://", "http://"]
                .iter()
                .any(|start| address.starts_with(start))
        {
            return Err("address: found none that begins with https:// or http://".to_owned());
        }
        Ok(robots)
    }

    /// A robot by its name.
    pub fn find(&self, name: &str) -> Option<&Robot> {
        self.all.iter().find(|robot| robot.name == name)
    }
}

impl Robot {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    /// The machine that it writes to: all of its address that may be shown.
    pub fn host(&self) -> String {
        let uri = self.url.parse::<Uri>();
        uri.ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whether it tells what concerns this post.
    pub(super) fn tells(&self, world: &World, post: &PostId) -> bool {
        let Some(unit) = &self.unit else { return true };
        let of = world.org.posts.get(post);
        of.is_some_and(|post| world.org.ancestry(&post.unit).contains(&unit))
    }
}

impl std::fmt::Debug for Robot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Robot")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Whether an address may be written to at all; what its name means is asked again at each sending.
fn fit(url: &str) -> Result<(), &'static str> {
    let uri: Uri = url.parse().map_err(|_| "url: no address")?;
    let host = uri.host().ok_or("url: no machine in the address")?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err("url: no name or password may stand before the machine");
    }
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if here => Ok(()),
        _ => Err("url: https is expected; http only to this machine itself"),
    }
}
