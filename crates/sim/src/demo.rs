//! Building a sample jurisdiction in a data directory: founded, its history played, its clock let go.

mod bulletins;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bihuan_domain::calendar::{Calendar, date_of, instant, local};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{PostId, RegisterId, RowId};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_engine::{Accounts, Engine, Error, Failure};
use bihuan_mechanism::{Input, Loaded};
use bihuan_messages::Label;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};

use crate::custodians;
use crate::founding::Founding;
use crate::history::{self, Outcome, Script};
use crate::packs;
use crate::people::on_post;
use crate::samples;
use crate::shift::Shift;
use crate::time::DemoTime;
use crate::twin::{self, Names, Twin};
use crate::walks::{self, Guide};

/// A jurisdiction as it is to become.
pub(crate) struct Sample {
    /// Short name: the directory, and the name in addresses.
    pub(crate) slug: &'static str,
    pub(crate) founding: Founding,
    pub(crate) shift: Shift,
    pub(crate) first: DateTime,
    /// Which report the history follows.
    pub(crate) follows: Label,
    /// Which packs it has.
    pub(crate) packs: fn(&str) -> bool,
    /// What the packs' standard county is called here.
    pub(crate) names: Names,
    /// Better names for rows of registers than the packs' own samples.
    pub(crate) rename: fn(&str, &RowId) -> Option<String>,
    pub(crate) scripts: fn(&Scenery<'_>) -> Vec<Script>,
    /// Of which mechanisms the packs' scenarios are played, because they have no history here.
    pub(crate) tales: fn(&str) -> bool,
    pub(crate) accounts: Vec<Account>,
}

/// An account of the demo.
#[derive(Clone, Debug)]
pub struct Account {
    /// Sign-in name.
    pub login: String,
    /// The post of its person.
    pub post: PostId,
    /// What this person does.
    pub what: Label,
}

/// Sample names of people that packs bring begin after those of the places' own.
const PEOPLE_OF_PACKS: usize = 120;

/// What scripts are written from: the moved dates, the present, and the packs' rows.
pub(crate) struct Scenery<'a> {
    pub(crate) shift: Shift,
    /// The demo's present when it is ready.
    pub(crate) now: DateTime,
    rows: &'a BTreeMap<RegisterId, Vec<SampleRow>>,
}

impl Scenery<'_> {
    /// The working day that lies `n` working days before today: for what is still fresh.
    pub(crate) fn back(&self, n: usize) -> Date {
        let calendar = Calendar::statutory();
        let mut day = self.now.date();
        for _ in 0..n {
            let before = day.saturating_sub(1.day());
            day = calendar.working_day_until(before).unwrap_or(before);
        }
        day
    }

    /// The rows of a register, in the order of its file.
    pub(crate) fn rows(&self, register: &str) -> impl Iterator<Item = &SampleRow> {
        self.rows.get(register).into_iter().flatten()
    }
}

/// A row of a register with its texts in the clear.
pub(crate) struct SampleRow {
    pub(crate) id: RowId,
    values: BTreeMap<bihuan_domain::id::FieldId, Input>,
}

impl SampleRow {
    fn value(&self, field: &str) -> Option<&Value> {
        match self.values.get(field)? {
            Input::Value(value) => Some(value),
            Input::Text(_) => None,
        }
    }

    /// A text; empty where there is none.
    pub(crate) fn text(&self, field: &str) -> String {
        match self.values.get(field) {
            Some(Input::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// A choice, or the code of the row pointed at; empty where there is none.
    pub(crate) fn code(&self, field: &str) -> String {
        match self.value(field) {
            Some(Value::Code(code)) => code.to_string(),
            Some(Value::Row(row)) => row.row.to_string(),
            _ => String::new(),
        }
    }

    /// A yes.
    pub(crate) fn flag(&self, field: &str) -> bool {
        matches!(self.value(field), Some(Value::Bool(true)))
    }

    /// A number as text.
    pub(crate) fn number(&self, field: &str) -> Option<String> {
        self.value(field)?.number().map(|number| number.to_string())
    }

    /// A day.
    pub(crate) fn day(&self, field: &str) -> Option<Date> {
        match self.value(field)? {
            Value::Date(day) => Some(*day),
            _ => None,
        }
    }
}

/// A sample jurisdiction that runs.
pub struct Built {
    /// Short name.
    pub slug: &'static str,
    /// Its engine.
    pub engine: Engine,
    /// Its accounts.
    pub accounts: Arc<Accounts>,
    /// Who they are.
    pub people: Vec<Account>,
    /// Which report its history follows.
    pub follows: Label,
    /// What came of its history.
    pub outcome: Outcome,
    /// Its guided walks.
    pub guide: Guide,
}

/// Builds a sample in `dir` and lets its clock run from `now`. `hash` is that of the accounts' password.
///
/// # Errors
///
/// If the directory is not empty or cannot be written, or the built-in packs do not load.
pub(crate) fn build(
    sample: fn(Date) -> Result<Sample, Error>,
    dir: &Path,
    hash: &str,
    now: Timestamp,
) -> Result<Built, Failure> {
    let sample = sample(date_of(now))?;
    let clock = Arc::new(DemoTime::standing_at(instant(sample.first)));
    let engine = Engine::create_hastily(
        &dir.join(sample.slug),
        &format!("{}.bihuan.demo", sample.slug),
        clock.clone(),
    )?;
    let kit = Kit {
        packs: sample.packs,
        names: &sample.names,
        rename: sample.rename,
        follows: &sample.follows,
    };
    let Founded { rows, loaded, twin } = found(&engine, sample.founding, &kit, now)?;
    custodians::register(&engine, dir, sample.slug)?;
    let accounts = Arc::new(Accounts::open(&dir.join(sample.slug))?);
    let now_local = local(Timestamp::from_second(now.as_second()).unwrap_or(now));
    let scripts = (sample.scripts)(&Scenery {
        shift: sample.shift,
        now: now_local,
        rows: &rows,
    });
    let span = (sample.first, now_local);
    let tales = samples::tales(&loaded, &Arc::new(twin), span, (sample.slug, sample.tales));
    drop(loaded);
    let interludes = bulletins::of_the_last_months(&engine, now_local);
    let outcome = history::play(&engine, &clock, scripts, tales, interludes, (now_local, 1))?;
    walks::begin(&engine)?;
    let guide = Guide::of(&engine, sample.slug, &sample.names);
    let people = with_walkers(&engine, sample.accounts, &guide)?;
    enter(&engine, &accounts, &people, hash)?;
    clock.run_from(now);
    engine.catch_up()?;
    Ok(Built {
        slug: sample.slug,
        engine,
        accounts,
        people,
        follows: sample.follows,
        outcome,
        guide,
    })
}

/// Sign-in names of those whom walks need beside the known accounts; others are called by their post.
const WALKERS: [(&str, &str); 24] = [
    ("emergency.clerk", "yingji"),
    ("emergency.head", "yingjijuzhang"),
    ("market.clerk", "shichang"),
    ("market.head", "shichangjuzhang"),
    ("market.verifier", "shichanghecha"),
    ("longmen-grid.grid-head", "wanggezhang"),
    ("longmen-b1.building-head", "louzhang"),
    ("longmen-b1-u1.unit-head", "danyuanzhang"),
    ("longmen-station.clerk", "lianluozhan"),
    ("141122100-longmen.clerk", "shequ"),
    ("141122100-longmen.head", "shequshuji"),
    ("charity.clerk", "cishan"),
    ("charity.verifier", "cishanhecha"),
    ("store.clerk", "yaofang"),
    ("flood-office.clerk", "fangxun"),
    ("flood-office.head", "fangxunzhuren"),
    ("weather.clerk", "qixiang"),
    ("assessment-office.clerk", "kaoheban"),
    ("assessment-office.head", "kaohezhuren"),
    ("rural.clerk", "xiangcun"),
    ("rural.head", "xiangcunjuzhang"),
    ("ent-lihu.safety-officer", "anquanyuan"),
    ("ent-lihu.manager", "qiyefuzeren"),
    ("ent-hengtong.manager", "qizhanzhang"),
];

/// The known accounts, and one for each post that a walk needs and nobody has yet.
fn with_walkers(engine: &Engine, mut known: Vec<Account>, guide: &Guide) -> Result<Vec<Account>, Failure> {
    let world = engine.world();
    for id in walks::posts(&guide.walks()?) {
        let Some(post) = world.org.posts.get(&id) else {
            continue;
        };
        if known.iter().any(|account| account.post == id) {
            continue;
        }
        let unit = world.org.units.get(&post.unit);
        let (zh, en) = unit.map_or(("", ""), |unit| (unit.name.zh.as_str(), unit.name.en.as_str()));
        let login = WALKERS.iter().find(|(walker, _)| *walker == id.as_str());
        known.push(Account {
            login: login.map_or_else(|| id.as_str().replace('.', "-"), |(_, login)| (*login).to_owned()),
            what: Label::new(format!("{zh}{}", post.name.zh), format!("{en}: {}", post.name.en)),
            post: id,
        });
    }
    Ok(known)
}

/// What a founding takes from its sample.
struct Kit<'a> {
    packs: fn(&str) -> bool,
    names: &'a Names,
    rename: fn(&str, &RowId) -> Option<String>,
    follows: &'a Label,
}

/// What was founded.
struct Founded {
    rows: BTreeMap<RegisterId, Vec<SampleRow>>,
    loaded: Loaded,
    twin: Twin,
}

/// Carries the founding out, with packs and their sample rows, which are given back in the clear.
fn found(engine: &Engine, mut founding: Founding, kit: &Kit<'_>, now: Timestamp) -> Result<Founded, Failure> {
    let chosen: BTreeMap<_, _> = packs::all()
        .into_iter()
        .filter(|(id, _)| (kit.packs)(id))
        .collect();
    let loaded: Loaded = bihuan_mechanism::load_all(chosen.iter().map(|(id, files)| (id.as_str(), files)));
    let twin = twin::settle(&mut founding, &loaded, kit.names, PEOPLE_OF_PACKS)?;
    founding.also(packs::adoptions(&chosen));
    founding.setting("demo", true.into());
    // History is what the reports say; what opens by itself begins with the visitor.
    founding.setting("schedules_from", date_of(now).to_string().into());
    founding.setting(
        "follows",
        serde_json::json!({ "zh": kit.follows.zh, "en": kit.follows.en }),
    );
    let mut rows: BTreeMap<RegisterId, Vec<SampleRow>> = BTreeMap::new();
    for pack in &loaded.packs {
        let titles: BTreeMap<_, _> = pack
            .registers
            .iter()
            .map(|register| (register.id.clone(), register.title.clone()))
            .collect();
        for row in &pack.rows {
            let weeks = samples::weeks_of_rows(pack.id.as_str(), row.register.as_str(), date_of(now));
            let mut values = row.values.clone();
            if let (Some(title), Some(name)) = (
                titles.get(&row.register),
                (kit.rename)(row.register.as_str(), &row.row),
            ) {
                values.insert(title.clone(), Input::Text(name));
            }
            for value in values.values_mut() {
                if let Input::Value(value) = value {
                    translate(value, &twin, weeks);
                }
            }
            let (mut sealed, mut drafts) = (Row::new(), Vec::new());
            for (field, value) in &values {
                let value = match value {
                    Input::Value(value) => value.clone(),
                    Input::Text(text) => {
                        let (reference, draft) = Engine::seal(text)?;
                        drafts.push(draft);
                        Value::Sealed(reference)
                    }
                };
                sealed.insert(field.clone(), value);
            }
            let spec = pack.registers.iter().find(|spec| spec.id == row.register);
            founding.row(spec, &row.register, &row.row, sealed, drafts);
            rows.entry(row.register.clone()).or_default().push(SampleRow {
                id: row.row.clone(),
                values,
            });
        }
    }
    engine.change(&Actor::system(), "founding", founding.finish())?;
    Ok(Founded { rows, loaded, twin })
}

/// A value of the packs' standard county as it is here and now.
fn translate(value: &mut Value, twin: &Twin, weeks: i64) {
    match value {
        Value::Unit(unit) => *unit = twin.unit(unit),
        Value::Post(post) => *post = twin.post(post),
        Value::List(items) => items.iter_mut().for_each(|item| translate(item, twin, weeks)),
        Value::Date(day) => *day = day.saturating_add(weeks.weeks()),
        Value::At(at) => *at = instant(local(*at).saturating_add(weeks.weeks())),
        _ => {}
    }
}

/// Gives the demo's people their accounts, all under one password that is hashed once.
fn enter(engine: &Engine, accounts: &Accounts, people: &[Account], hash: &str) -> Result<(), Error> {
    let world = engine.world();
    let today = date_of(engine.now());
    for account in people {
        if let Some(actor) = on_post(&world.org, &account.post, today) {
            accounts.put_hashed(&account.login, &actor.person, hash)?;
        }
    }
    Ok(())
}

/// Both samples, built side by side: Jiaocheng county and Yuncheng city, neither above the other.
///
/// # Errors
///
/// As when one is built.
pub fn both(dir: &Path, hash: &str, now: Timestamp) -> Result<Vec<Built>, Failure> {
    std::thread::scope(|scope| {
        let county = scope.spawn(|| build(crate::jiaocheng::sample, dir, hash, now));
        let city = build(crate::yuncheng::sample, dir, hash, now);
        let county = county.join().unwrap_or(Err(Failure::Fault(Error::Stopped)));
        Ok(vec![county?, city?])
    })
}

/// Jiaocheng county alone.
///
/// # Errors
///
/// As for [`both`].
pub fn county(dir: &Path, hash: &str, now: Timestamp) -> Result<Built, Failure> {
    build(crate::jiaocheng::sample, dir, hash, now)
}

/// Opens a demo that was built before; its clock runs on from where it is now, or from the newest entry if that is later.
///
/// # Errors
///
/// If the directory is damaged or held by another process.
pub fn reopen(dir: &Path) -> Result<Vec<Built>, Failure> {
    let mut built = Vec::new();
    for sample in [crate::jiaocheng::sample, crate::yuncheng::sample] {
        let sample = sample(date_of(Timestamp::now()))?;
        let place = dir.join(sample.slug);
        if !place.join("ledger.sqlite").is_file() {
            continue;
        }
        let clock = Arc::new(DemoTime::standing_at(Timestamp::now()));
        let (engine, _) = Engine::open(&place, clock.clone())?;
        let newest = engine.views()?.log().head()?.at;
        clock.run_from(newest.max(Timestamp::now()));
        engine.catch_up()?;
        let accounts = Arc::new(Accounts::open(&place)?);
        let guide = Guide::of(&engine, sample.slug, &sample.names);
        let people = with_walkers(&engine, sample.accounts, &guide)?;
        built.push(Built {
            slug: sample.slug,
            follows: follows(&engine).unwrap_or(sample.follows),
            engine,
            accounts,
            people,
            outcome: Outcome::default(),
            guide,
        });
    }
    Ok(built)
}

/// Which report a built demo follows, as its log says.
fn follows(engine: &Engine) -> Option<Label> {
    let world = engine.world();
    let setting = world.settings.get("follows")?;
    Some(Label::new(
        setting.get("zh")?.as_str()?,
        setting.get("en")?.as_str()?,
    ))
}
