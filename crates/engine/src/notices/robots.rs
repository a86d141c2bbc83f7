//! Robots (群机器人): where what concerns a unit is told outside, in a group of the chat tool that the office uses anyway. Said
//! in `bihuan.toml` of the data directory; where that file is not there, nothing ever goes out.

use bihuan_domain::id::{PostId, UnitId};
use bihuan_domain::world::World;
use bihuan_messages::Lang;
use ureq::http::Uri;

use super::rounds::{Digest, Rhythm};
use crate::settings::Table;

/// Longest name of a robot, in characters.
const NAME_MAX: usize = 40;

/// What names the lanes and messages of a person's mail beside those of robots.
pub(super) const MAIL: &str = "mail:";

/// One robot.
#[derive(Clone)]
pub struct Robot {
    /// What people call it; unique.
    pub name: String,
    /// Whose form its messages have.
    pub kind: Shape,
    /// Where to. A secret: whoever knows it can write to the group.
    url: String,
    /// What messages are signed with, where the tool asks for it.
    secret: Option<String>,
    /// The unit whose posts, and those of units below it, are told of; everybody's where absent.
    pub unit: Option<UnitId>,
    /// When it speaks.
    pub rhythm: Rhythm,
    /// In which language.
    pub lang: Lang,
}

/// The form that a chat tool takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    const ALL: [Shape; 4] = [Shape::Wecom, Shape::Dingtalk, Shape::Feishu, Shape::Json];

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

impl Robot {
    /// Takes a robot from its table; `names` are those that there are already.
    pub(crate) fn take(table: &mut Table<'_>, names: &[String]) -> Option<Robot> {
        let name = table.need("name", "settings.how_name");
        if let Some(name) = &name
            && (name.chars().count() > NAME_MAX || names.contains(name) || name.starts_with(MAIL))
        {
            table.fault("name", "settings.how_name");
        }
        let kinds = Shape::ALL.map(|kind| (kind.name(), kind));
        let kind = table.need("kind", "settings.how_kind");
        let kind = kind.and_then(|_| table.word("kind", &kinds));
        let url = table.need("url", "settings.how_url");
        if url.as_ref().is_some_and(|url| !fit(url)) {
            table.fault("url", "settings.how_url");
        }
        let often = [Digest::AtOnce, Digest::Hourly, Digest::Daily].map(|often| (often.name(), often));
        let otherwise = Rhythm::of_robots();
        let rhythm = Rhythm {
            digest: table.word("digest", &often).unwrap_or(otherwise.digest),
            quiet: table.times("quiet", otherwise.quiet),
            days_off: otherwise.days_off,
            breaches_at_once: table.flag("breaches_at_once", otherwise.breaches_at_once),
            emergencies: table.flag("emergencies", otherwise.emergencies),
        };
        let secret = table.text("secret");
        let unit = table.text("unit").map(UnitId::from);
        let lang = table.word("lang", &[("zh", Lang::Zh), ("en", Lang::En)]);
        table.end();
        Some(Robot {
            name: name?,
            kind: kind?,
            url: url?,
            secret,
            unit,
            rhythm,
            lang: lang.unwrap_or_default(),
        })
    }

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
fn fit(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
        return false;
    };
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    !authority.as_str().contains('@')
        && (uri.scheme_str() == Some("https") || here && uri.scheme_str() == Some("http"))
}
