//! The county of the simulated year: its units and people, its packs, its directory, and the engine that may be stopped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bihuan_domain::calendar::instant;
use bihuan_domain::id::{PackId, PersonId, PostId};
use bihuan_domain::org::Actor;
use bihuan_engine::Engine;
use bihuan_engine::adoption::Files;
use bihuan_engine::time::SetTime;
use bihuan_messages::Label;
use bihuan_sim::founding::Founding;
use bihuan_sim::packs;
use jiff::civil::date;
use tempfile::TempDir;

/// `(unit, kind, functions, posts)`
const UNITS: &[(&str, &str, &[&str], &[&str])] = &[
    ("county", "county", &["leadership"], &["leader"]),
    (
        "supervision",
        "office",
        &["supervision", "dispatch"],
        &["head", "supervisor", "dispatcher"],
    ),
    ("housing", "department", &["housing"], &["head", "clerk"]),
    ("water", "department", &[], &["head", "clerk"]),
    (
        "development",
        "department",
        &["development", "verification"],
        &["head", "clerk", "verifier"],
    ),
    (
        "statistics",
        "department",
        &["verification"],
        &["head", "clerk", "verifier"],
    ),
    (
        "audit",
        "department",
        &["verification"],
        &["head", "clerk", "verifier"],
    ),
];

/// Units that own cases.
pub(crate) const OWNERS: [&str; 5] = ["housing", "water", "development", "statistics", "audit"];

pub(crate) struct County {
    /// Directories of this year; each crash leaves one behind.
    base: TempDir,
    pub(crate) dir: PathBuf,
    crashes: u32,
    pub(crate) engine: Engine,
    pub(crate) time: Arc<SetTime>,
}

/// Where writing through to the disk costs nothing, where there is such a place: nothing here outlives the process.
fn base() -> TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory)
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// The files of a pack without its scenarios; files as evidence are left out, so that a command stands by itself.
pub(crate) fn pack_files(pack: &str) -> BTreeMap<String, String> {
    let files = packs::all().remove(pack).unwrap();
    files
        .into_iter()
        .filter(|(path, _)| !path.ends_with(".scenario.toml"))
        .map(|(path, text)| (path, text.replace("evidence = 1\n", "")))
        .collect()
}

impl County {
    /// Founded on Monday 5 January 2026.
    pub(crate) fn found() -> County {
        let base = base();
        let dir = base.path().join("data");
        let time = Arc::new(SetTime::at(instant(date(2026, 1, 5).at(9, 0, 0, 0))));
        let engine = Engine::create(&dir, "year.example", time.clone()).unwrap();
        let name = Label::new("样县", "Sample County");
        let mut founding = Founding::new("county", "000000", name, "supervision.head", date(2020, 1, 1));
        for (unit, kind, functions, posts) in UNITS {
            let parent = (*unit != "county").then_some("county");
            founding.unit(
                unit,
                kind,
                Label::new(format!("{unit}局"), *unit),
                parent,
                functions,
            );
            for post in *posts {
                let id = founding.post(unit, post, post, Label::new(*post, *post));
                let person = founding.person(&format!("样本 {id}")).unwrap();
                founding.appoint(&person, &id);
            }
        }
        let packs = ["base", "intake"].map(|pack| Engine::adopt_pack(&PackId::new(pack), pack_files(pack)));
        founding.also(packs);
        engine
            .change(&Actor::system(), "found", founding.finish())
            .unwrap();
        County {
            base,
            dir,
            crashes: 0,
            engine,
            time,
        }
    }

    /// Whoever serves on a post today; the first by appointment.
    pub(crate) fn serving(&self, post: &PostId) -> Option<PersonId> {
        let (world, today) = (
            self.engine.world(),
            bihuan_domain::calendar::date_of(self.engine.now()),
        );
        let found = world
            .org
            .appointments
            .iter()
            .find(|one| one.post == *post && one.valid.covers(today));
        found.map(|one| one.person.clone())
    }

    pub(crate) fn actor(&self, post: &str) -> Option<Actor> {
        let post = PostId::from(post);
        Some(Actor {
            person: self.serving(&post)?,
            post,
            on_behalf_of: None,
            session: None,
        })
    }

    /// The intake pack with other limits.
    pub(crate) fn other_rules(whole: u64, again: u64) -> Files {
        let mut files = pack_files("intake");
        for (path, text) in &mut files {
            if path == "instruction.toml" {
                *text = text
                    .replace("or 10 working days", &format!("or {whole} working days"))
                    .replace(
                        "limit = \"5 working days\"",
                        &format!("limit = \"{again} working days\""),
                    );
            }
        }
        BTreeMap::from([(PackId::new("intake"), files)])
    }

    /// Stopped and started.
    pub(crate) fn restart(self) -> Result<County, String> {
        let County {
            base,
            dir,
            crashes,
            engine,
            time,
        } = self;
        drop(engine);
        let (engine, opening) =
            Engine::open(&dir, time.clone()).map_err(|error| format!("law 8: {error}"))?;
        if opening.rebuilt {
            return Err("law 9: the read models lagged behind after an orderly stop".to_owned());
        }
        Ok(County {
            base,
            dir,
            crashes,
            engine,
            time,
        })
    }

    /// What lies on the disk at this moment is opened elsewhere, as after a power cut.
    pub(crate) fn crash(self) -> Result<County, String> {
        let County {
            base,
            dir,
            crashes,
            engine,
            time,
        } = self;
        let crashes = crashes + 1;
        let image = base.path().join(format!("crash-{crashes}"));
        copy(&dir, &image);
        drop(engine);
        std::fs::remove_dir_all(&dir).unwrap();
        let (engine, _) = Engine::open(&image, time.clone()).map_err(|error| format!("law 8: {error}"))?;
        Ok(County {
            base,
            dir: image,
            crashes,
            engine,
            time,
        })
    }
}

/// The write-ahead log first: what is brought back from it into the database meanwhile is then in both.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    let mut entries: Vec<PathBuf> = std::fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort_by_key(|path| !path.to_string_lossy().ends_with("-wal"));
    for path in entries {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if !path.to_string_lossy().ends_with("-shm") {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
