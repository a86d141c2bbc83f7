//! How values look: names of units, posts and people, days and durations, colours with a shape, texts made safe.

use bihuan_domain::calendar::{date_of, day_number, local};
use bihuan_domain::clock::duration_label;
use bihuan_domain::expr;
use bihuan_domain::id::{PersonId, PostId, RegisterId, RowId, Sealed, UnitId};
use bihuan_domain::mechanism::{Colour, Field, Mechanism, RegisterSpec, Stage, StageKind};
use bihuan_domain::org::Actor;
use bihuan_domain::value::{RowRef, Value};
use bihuan_domain::world::World;
use bihuan_engine::access::Task;
use bihuan_engine::views::Views;
use bihuan_engine::{custody, unmask};
use bihuan_messages::{Label, Lang, t, tf};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use maud::{Markup, html};
use rust_decimal::Decimal;

use crate::session::Visitor;

/// Shows the world to one visitor. Holds the readers that names and sealed texts need.
pub struct Show<'a> {
    /// Who looks.
    pub visitor: &'a Visitor,
    /// The reader that unseals.
    pub views: &'a Views,
}

impl Show<'_> {
    fn lang(&self) -> Lang {
        self.visitor.lang
    }

    fn world(&self) -> &World {
        &self.visitor.world
    }

    /// A unit's name.
    pub fn unit(&self, unit: &UnitId) -> String {
        unit_name(self.world(), unit, self.lang())
    }

    /// A post with its unit, as a door plate has it.
    pub fn post(&self, post: &PostId) -> String {
        post_name(self.world(), post, self.lang())
    }

    /// A person's name, unsealed; the pseudonym where it was erased.
    pub fn person(&self, person: &PersonId) -> String {
        person_name(self.world(), self.views, person, self.lang())
    }

    /// Who acted: the person and the post; the system for timers.
    pub fn actor(&self, actor: &Actor) -> Markup {
        if actor.is_system() {
            return html! { span .actor { (t(self.lang(), "web.actor_system")) } };
        }
        html! {
            span .actor {
                (text(&self.person(&actor.person))) " " span .quiet { (self.post(&actor.post)) }
                @if let Some(unit) = &actor.on_behalf_of {
                    " " span .tag { (tf(self.lang(), "web.on_behalf_of", &[("unit", &self.unit(unit))])) }
                }
            }
        }
    }

    /// What a row of a register is called; its code where it has no name, or none that this visitor may see.
    pub fn row(&self, row: &RowRef) -> String {
        let spec = self.visitor.mechanisms.register(&row.register);
        let values = self.world().registers.row(&row.register, &row.row);
        match values {
            Some(values) => self.row_name(spec, &row.row, values),
            None => row.row.to_string(),
        }
    }

    /// As [`Show::row`], of a row at hand.
    pub fn row_name(&self, spec: Option<&RegisterSpec>, id: &RowId, values: &expr::Row) -> String {
        let Some(spec) = spec else { return id.to_string() };
        if self.hides_names(spec) && values.contains_key(&spec.title) {
            return tf(self.lang(), "admin.masked_name", &[("code", id)]);
        }
        row_title(spec, values, self.views).unwrap_or_else(|| id.to_string())
    }

    /// Whether the rows of a register are called by what this visitor may not see.
    pub fn hides_names(&self, spec: &RegisterSpec) -> bool {
        unmask::has_masked_name(spec) && !self.visitor.may(Task::Unmask(spec))
    }

    /// Rows of a register whose code or name contains `part`, in the order of codes, at most `limit`: code and name.
    pub fn rows_like(&self, register: &RegisterId, part: &str, limit: usize) -> Vec<(String, String)> {
        let part = part.trim().to_lowercase();
        let spec = self.visitor.mechanisms.register(register);
        let rows = self.world().registers.rows(register);
        let named = rows.map(|(id, row)| (id.to_string(), self.row_name(spec, id, row)));
        let like =
            |(id, title): &(String, String)| id.contains(&part) || title.to_lowercase().contains(&part);
        named.filter(like).take(limit).collect()
    }

    /// The plain text of a sealed value; what says that it was erased where it was.
    pub fn sealed(&self, sealed: &Sealed) -> String {
        self.sealed_in(None, sealed)
    }

    /// As [`Show::sealed`], of a field, which may be a custodian's: then only whose it is.
    fn sealed_in(&self, field: Option<&Field>, sealed: &Sealed) -> String {
        match self.views.unseal(sealed) {
            Ok(Some(plain)) => match custody::locked_to(field, &plain) {
                Some(function) => {
                    let who = custody::custodian(self.world(), &function, self.visitor.now).name;
                    tf(self.lang(), "web.locked_to", &[("who", &who.get(self.lang()))])
                }
                None => plain,
            },
            Ok(None) => t(self.lang(), "web.erased").to_owned(),
            Err(error) => {
                tracing::error!(%error, "a sealed value could not be opened");
                t(self.lang(), "web.unreadable").to_owned()
            }
        }
    }

    /// A value of a field.
    pub fn value(&self, field: &Field, value: &Value) -> Markup {
        let unit = field.unit.as_ref().map(|unit| unit.get(self.lang()));
        let lang = self.lang();
        match value {
            Value::Bool(answer) => html! { (t(lang, if *answer { "web.yes" } else { "web.no" })) },
            Value::Fen(fen) => {
                html! { span .num title={ (plain_number(value)) " " (t(lang, "web.unit_yuan")) } { (money(*fen, lang)) } }
            }
            Value::Int(_) | Value::Dec(_) | Value::Minutes(_) => html! {
                span .num { (plain_number(value)) } @if let Some(unit) = unit { " " span .unit { (unit) } }
                @else if matches!(value, Value::Minutes(_)) { " " span .unit { (t(lang, "web.unit_minutes")) } }
            },
            Value::Date(day) => html! { span .when { (date(*day, lang)) } },
            Value::At(at) => moment(*at, lang),
            Value::Code(code) => {
                let label = field.choices.iter().find(|(known, _)| known == code);
                html! { (label.map_or(code.as_str(), |(_, label)| label.get(lang))) }
            }
            Value::Unit(unit) => html! { (self.unit(unit)) },
            Value::Post(post) => html! { (self.post(post)) },
            Value::Person(person) => text(&self.person(person)),
            Value::Row(row) => html! {
                a href={ "/registers/" (row.register) "#row-" (row.row) } { (self.row(row)) }
            },
            Value::Case(case) => html! { a href={ "/cases/" (case) } { (case) } },
            Value::File(file) => text(&self.sealed(&file.name)),
            Value::Sealed(sealed) => lines(&self.sealed_in(Some(field), sealed)),
            Value::List(items) => html! {
                @for (n, item) in items.iter().enumerate() {
                    @if n > 0 { (t(lang, "web.list_comma")) }
                    (self.value(field, item))
                }
            },
        }
    }
}

/// Money as offices write it: `5.55亿元`, `6,935万元`, exact; in English in plain yuan.
pub fn money(fen: i64, lang: Lang) -> String {
    let yuan = Decimal::new(fen, 2);
    let in_units_of = |size: u32, key: &str| {
        let amount = yuan.checked_div(Decimal::from(size))?.normalize();
        // More than four decimals are harder to read than the plain number.
        let short = amount.abs() >= Decimal::ONE && amount.scale() <= 4;
        short.then(|| format!("{}{}", grouped(&amount.to_string()), t(lang, key)))
    };
    let short = match lang {
        Lang::Zh => {
            in_units_of(100_000_000, "web.unit_yi_yuan").or_else(|| in_units_of(10_000, "web.unit_wan_yuan"))
        }
        Lang::En => None,
    };
    short.unwrap_or_else(|| format!("{} {}", plain_number(&Value::Fen(fen)), t(lang, "web.unit_yuan")))
}

/// Whether a stage lies beside the way: parked, void, or entered only after something failed.
pub fn is_detour(mechanism: &Mechanism, stage: &Stage) -> bool {
    if matches!(stage.kind, StageKind::Parked | StageKind::Void) {
        return true;
    }
    let leads = |step: &bihuan_domain::mechanism::Step| step.to == stage.id;
    let entered = mechanism.open.stage == stage.id
        || mechanism
            .stages
            .iter()
            .filter(|from| !is_aside(from))
            .any(|from| from.steps.iter().any(leads));
    !entered && stage.kind != StageKind::Closed
}

fn is_aside(stage: &Stage) -> bool {
    matches!(stage.kind, StageKind::Parked | StageKind::Void)
}

/// A unit's name; its code where it is unknown.
pub fn unit_name(world: &World, unit: &UnitId, lang: Lang) -> String {
    world
        .org
        .units
        .get(unit)
        .map_or_else(|| unit.to_string(), |unit| unit.name.get(lang).to_owned())
}

/// A post's name with its unit's.
pub fn post_name(world: &World, post: &PostId, lang: Lang) -> String {
    let Some(found) = world.org.posts.get(post) else {
        return post.to_string();
    };
    let name = found.name.get(lang);
    let unit = unit_name(world, &found.unit, lang);
    match lang {
        // Many offices write the unit into the post's name already.
        _ if name.starts_with(&unit) => name.to_owned(),
        Lang::Zh => format!("{unit}{name}"),
        Lang::En => format!("{unit}, {name}"),
    }
}

/// A person's name, unsealed; the pseudonym where there is none to show.
pub fn person_name(world: &World, views: &Views, person: &PersonId, lang: Lang) -> String {
    if person.as_str() == "system" {
        return t(lang, "web.actor_system").to_owned();
    }
    let name = world
        .org
        .persons
        .get(person)
        .map(|person| views.unseal(&person.name));
    match name {
        Some(Ok(Some(name))) => name,
        _ => person.to_string(),
    }
}

/// The name of a mechanism's stage.
pub fn stage_name<'a>(
    mechanism: Option<&'a Mechanism>,
    stage: &'a bihuan_domain::id::StageId,
    lang: Lang,
) -> &'a str {
    mechanism
        .and_then(|m| m.stage(stage))
        .map_or(stage.as_str(), |stage| stage.label.get(lang))
}

/// What a row of a register is called.
pub fn row_title(spec: &RegisterSpec, row: &bihuan_domain::expr::Row, views: &Views) -> Option<String> {
    match row.get(&spec.title)? {
        Value::Sealed(sealed) => {
            let plain = views.unseal(sealed).ok().flatten();
            plain.filter(|plain| custody::locked_to(None, plain).is_none())
        }
        Value::Code(code) => Some(code.to_string()),
        other => other.number().map(|n| n.to_string()),
    }
}

/// A number as people write it: thousands in groups, money in yuan.
pub fn plain_number(value: &Value) -> String {
    match value {
        Value::Fen(fen) => grouped(&Decimal::new(*fen, 2).normalize().to_string()),
        Value::Dec(decimal) => grouped(&decimal.normalize().to_string()),
        other => other
            .number()
            .map(|n| grouped(&n.to_string()))
            .unwrap_or_default(),
    }
}

/// Puts commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number
        .split_once('.')
        .map_or((number, None), |(w, f)| (w, Some(f)));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let count = digits.chars().count();
    let mut out = sign.to_owned();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (count - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A whole number with its thousands in groups.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A number that was counted up to `known` and may be more: `1,000+`.
pub fn counted(n: u64, known: u64) -> String {
    match n > known {
        true => format!("{}+", count(known)),
        false => count(n),
    }
}

/// A day with its year.
pub fn date(day: Date, lang: Lang) -> String {
    bihuan_domain::clock::date_label(day).get(lang).to_owned()
}

/// The weekday.
pub fn weekday(day: Date, lang: Lang) -> &'static str {
    t(
        lang,
        match day.weekday() {
            Weekday::Monday => "web.monday",
            Weekday::Tuesday => "web.tuesday",
            Weekday::Wednesday => "web.wednesday",
            Weekday::Thursday => "web.thursday",
            Weekday::Friday => "web.friday",
            Weekday::Saturday => "web.saturday",
            Weekday::Sunday => "web.sunday",
        },
    )
}

/// A day with its weekday: `2026年11月22日 周日`, `Sunday 22 November 2026`.
pub fn day_of_week(day: Date, lang: Lang) -> String {
    let (date, weekday) = (date(day, lang), weekday(day, lang));
    match lang {
        Lang::Zh => format!("{date} {weekday}"),
        Lang::En => format!("{weekday} {date}"),
    }
}

/// A moment as plain text: `2026年11月22日 9:05`.
pub fn moment_text(at: Timestamp, lang: Lang) -> String {
    bihuan_domain::clock::moment_label(at).get(lang).to_owned()
}

/// A moment, kept in one piece, with the exact instant for machines.
pub fn moment(at: Timestamp, lang: Lang) -> Markup {
    html! { time .when datetime=(at.to_string()) { (moment_text(at, lang)) } }
}

/// A day and time without the year where it is this year's.
pub fn short_moment(at: Timestamp, now: Timestamp, lang: Lang) -> Markup {
    let (there, here) = (local(at), local(now));
    let clock = format!("{}:{:02}", there.hour(), there.minute());
    let text = match (there.year() == here.year(), lang) {
        (true, Lang::Zh) => format!("{}月{}日 {clock}", there.month(), there.day()),
        _ => moment_text(at, lang),
    };
    html! { time .when datetime=(at.to_string()) title=(moment_text(at, lang)) { (text) } }
}

/// How far away a due time is, in the one unit that matters: `超期 3 天`, `剩 5 小时`, and whether it has passed.
pub fn distance(due: Timestamp, now: Timestamp, lang: Lang) -> (String, bool) {
    let seconds = due.duration_since(now).as_secs();
    let late = seconds <= 0;
    let size = seconds.unsigned_abs();
    let days = day_number(date_of(due)).abs_diff(day_number(date_of(now)));
    let amount = if size >= 72 * 3600 {
        tf(
            lang,
            if days == 1 { "web.day_1" } else { "web.days" },
            &[("n", &days)],
        )
    } else if size > 24 * 3600 {
        duration(size, lang)
    } else if size >= 3600 {
        let n = size / 3600;
        tf(
            lang,
            if n == 1 { "web.hour_1" } else { "web.hours" },
            &[("n", &n)],
        )
    } else {
        let n = size / 60;
        tf(
            lang,
            if n == 1 { "web.minute_1" } else { "web.minutes" },
            &[("n", &n)],
        )
    };
    let key = if late { "web.late_by" } else { "web.left" };
    (tf(lang, key, &[("amount", &amount)]), late)
}

/// How far away a due time is, marked where it has passed.
pub fn remaining(due: Timestamp, now: Timestamp, lang: Lang) -> Markup {
    let (text, late) = distance(due, now, lang);
    html! { span .remaining .is-late[late] title=(moment_text(due, lang)) { (text) } }
}

/// A stretch of time: `1天3小时`.
pub fn duration(seconds: u64, lang: Lang) -> String {
    // Minutes matter only in what is shorter than a day.
    let rounded = if seconds >= 24 * 3600 {
        seconds - seconds % 3600
    } else {
        seconds
    };
    duration_label(rounded).get(lang).to_owned()
}

/// A colour: a shape of its own, the colour and the word, never the colour alone.
pub fn colour(colour: Colour, lang: Lang) -> Markup {
    html! { span class={ "signal " (colour_class(colour)) } { (shape(colour)) span { (t(lang, colour_key(colour))) } } }
}

/// A colour as its shape alone, with the word for who cannot see it.
pub fn colour_mark(colour: Colour, lang: Lang) -> Markup {
    let word = t(lang, colour_key(colour));
    html! { span class={ "signal " (colour_class(colour)) } title=(word) { (shape(colour)) span .sr { (word) } } }
}

fn shape(colour: Colour) -> Markup {
    html! {
        svg .shape viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false" {
            @match colour {
                Colour::Green => { circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2" {} },
                Colour::Blue => { circle cx="6" cy="6" r="4.6" fill="currentColor" {} },
                Colour::Yellow => { path d="M6 1 11.4 10.6H.6z" fill="currentColor" {} },
                Colour::Orange => { path d="M6 .4 11.6 6 6 11.6.4 6z" fill="currentColor" {} },
                Colour::Red => { path d="M1 1h10v10H1z" fill="currentColor" {} },
            }
        }
    }
}

/// The key of a colour's word.
pub fn colour_key(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "web.colour_green",
        Colour::Blue => "web.colour_blue",
        Colour::Yellow => "web.colour_yellow",
        Colour::Orange => "web.colour_orange",
        Colour::Red => "web.colour_red",
    }
}

/// The class of a colour, which is also its code in addresses.
pub fn colour_class(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Blue => "blue",
        Colour::Yellow => "yellow",
        Colour::Orange => "orange",
        Colour::Red => "red",
    }
}

/// Reads a colour's code.
pub fn colour_of(code: &str) -> Option<Colour> {
    [
        Colour::Green,
        Colour::Blue,
        Colour::Yellow,
        Colour::Orange,
        Colour::Red,
    ]
    .into_iter()
    .find(|colour| colour_class(*colour) == code)
}

/// A text that somebody typed: kept apart from its surroundings, its invisible direction marks made visible.
pub fn text(plain: &str) -> Markup {
    html! { bdi { (marked(plain)) } }
}

/// As [`text`], with its line breaks.
pub fn lines(plain: &str) -> Markup {
    html! { bdi .lines { (marked(plain)) } }
}

fn marked(plain: &str) -> Markup {
    if !plain.chars().any(is_direction_mark) {
        return html! { (plain) };
    }
    let mut parts: Vec<Result<String, char>> = Vec::new();
    for c in plain.chars() {
        match parts.last_mut() {
            _ if is_direction_mark(c) => parts.push(Err(c)),
            Some(Ok(run)) => run.push(c),
            _ => parts.push(Ok(c.to_string())),
        }
    }
    html! {
        @for part in parts {
            @match part {
                Ok(run) => { (run) },
                Err(mark) => { span .control { "U+" (format!("{:04X}", u32::from(mark))) } },
            }
        }
    }
}

/// Marks that turn the direction of text, by which a name can be made to look like another.
pub fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A text in the part of an address after `=`.
pub fn percent(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// A label in the visitor's language, made of two texts by `each`.
pub fn both(each: impl Fn(Lang) -> String) -> Label {
    Label::new(each(Lang::Zh), each(Lang::En))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_in_groups() {
        assert_eq!(grouped("1234567.5"), "1,234,567.5");
        assert_eq!(grouped("-1000"), "-1,000");
        assert_eq!(grouped("999"), "999");
        assert_eq!(plain_number(&Value::Fen(123_450)), "1,234.5");
    }

    #[test]
    fn money_is_written_as_offices_write_it_and_stays_exact() {
        assert_eq!(money(55_500_000_000, Lang::Zh), "5.55亿元");
        assert_eq!(money(6_935_000_000, Lang::Zh), "6,935万元");
        assert_eq!(money(12_345_678_901, Lang::Zh), "123,456,789.01 元");
        assert_eq!(money(99_900, Lang::Zh), "999 元");
        assert_eq!(money(55_500_000_000, Lang::En), "555,000,000 yuan");
    }

    #[test]
    fn direction_marks_are_seen_and_angle_brackets_stay_text() {
        let shown = text("合同\u{202E}fdp.exe <b>").into_string();
        assert!(shown.contains("U+202E") && !shown.contains('\u{202E}'), "{shown}");
        assert!(shown.contains("&lt;b&gt;"), "{shown}");
    }

    #[test]
    fn what_is_two_days_away_is_said_in_days() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            distance(at("2026-11-25T02:00:00Z"), now, Lang::Zh),
            ("剩3天".to_owned(), false)
        );
        assert_eq!(
            distance(at("2026-11-22T04:30:00Z"), now, Lang::Zh),
            ("剩2小时".to_owned(), false)
        );
        assert_eq!(
            distance(at("2026-11-19T01:00:00Z"), now, Lang::Zh),
            ("超期3天".to_owned(), true)
        );
    }
}
