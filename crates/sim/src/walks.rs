//! Guided walks (导览): each deep mechanism from its source to the issued bulletin that counts the case, act by act, done
//! by the visitor on the pages or, where he would rather look on, by the demo in the name of whose act it is.
//!
//! Nothing of a walk is kept: how far it has come is read from the log, so it does not matter who did what from where.

mod course;
mod deeds;
mod ending;
mod standing;

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::event::{SettingSet, WorldEvent};
use bihuan_domain::id::{
    BulletinId, CaseId, Code, DocumentId, FieldId, MechanismId, PostId, RegisterId, RowId,
};
use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_domain::org::Actor;
use bihuan_engine::documents::Accepted;
use bihuan_engine::views::Views;
use bihuan_engine::{Engine, Failure, WorldChange};
use bihuan_mechanism::scenario::{OrgTree, Told};
use bihuan_messages::{Label, Lang, t};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use course::Course;
use standing::Standing;

use crate::twin::{Names, Twin};

/// Ends the name of a scenario that is walked.
const COPY: &str = "walk";
/// The setting that keeps from when on walks are walked; what lies before it is history.
const SETTING: &str = "walks_from";

/// A walk as it stands.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The mechanism's number, such as `M14`.
    pub number: String,
    /// The mechanism.
    pub mechanism: Label,
    /// The scenario in one sentence.
    pub course: Label,
    /// The case that the bulletin is to count, once it is there.
    pub case: Option<CaseId>,
    /// What is to be done, in order.
    pub steps: Vec<WalkStep>,
}

impl Walk {
    /// Which step is next; `None` where all are done.
    pub fn next(&self) -> Option<usize> {
        self.steps.iter().position(|step| !step.done)
    }
}

/// What is to be done in a walk.
#[derive(Clone, Debug)]
pub struct WalkStep {
    /// When, by the demo's clock.
    pub at: Timestamp,
    /// The post that acts; `None` where a day comes or the demo acts for many.
    pub post: Option<PostId>,
    /// What is done.
    pub act: Label,
    /// What is filled in, in words.
    pub values: Vec<(Label, String)>,
    /// How many files it wants.
    pub files: u32,
    /// The stage to which it leads.
    pub lands: Option<Label>,
    /// Whether it is done.
    pub done: bool,
    /// Where on the pages it is done or seen.
    pub place: Place,
}

/// Where on the pages a step is done, with what is typed there.
#[derive(Clone, Debug)]
pub enum Place {
    /// Nowhere yet, or nowhere at all: a case that is not there, a day that comes, acts of many.
    Nowhere,
    /// The page that reads a text.
    Read {
        /// Its name.
        name: String,
        /// The text.
        text: String,
    },
    /// The review of a document.
    Accept {
        /// The document.
        document: DocumentId,
        /// The ledger into which the row goes.
        mechanism: MechanismId,
        /// The row.
        row: Accepted,
    },
    /// The form of a new case.
    Open {
        /// Of which mechanism.
        mechanism: MechanismId,
        /// What is typed beside its fields: owner, source, parent and the like, by the names of the form.
        form: Vec<(String, String)>,
        /// The fields.
        fields: Vec<(FieldId, String)>,
    },
    /// The form of a register's row.
    Row {
        /// The register.
        register: RegisterId,
        /// The row.
        row: RowId,
        /// The fields.
        fields: Vec<(FieldId, String)>,
    },
    /// The page on which a scheme is computed.
    Compute {
        /// The scheme.
        scheme: bihuan_domain::id::Code,
        /// The period.
        period: String,
    },
    /// A form of a case's page.
    Case {
        /// The case.
        case: CaseId,
        /// The act as the page calls it, such as `step:report`.
        act: String,
        /// What is typed beside the fields.
        form: Vec<(String, String)>,
        /// The fields.
        fields: Vec<(FieldId, String)>,
        /// The fields of the row that it adds.
        row: Vec<(FieldId, String)>,
    },
    /// The form that drafts a bulletin.
    Draft {
        /// Which mechanism it counts.
        mechanism: MechanismId,
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    },
    /// A bulletin.
    Bulletin(BulletinId),
    /// The cases behind the figure of closings in a bulletin.
    Figure(BulletinId),
    /// The recomputation of a bulletin from the log.
    Recheck(BulletinId),
}

/// The walks of a sample jurisdiction.
#[derive(Clone)]
pub struct Guide {
    engine: Engine,
    courses: Arc<Vec<Course>>,
    from: Timestamp,
}

/// Says in the log that history ends here and walks begin.
///
/// # Errors
///
/// Faults of the log.
pub(crate) fn begin(engine: &Engine) -> Result<(), Failure> {
    let event = WorldEvent::SettingSet(SettingSet {
        key: Code::new(SETTING),
        value: engine.now().to_string().into(),
    });
    engine.change(&Actor::system(), SETTING, vec![WorldChange::from(event)])?;
    Ok(())
}

impl Guide {
    /// The walks of the place that `engine` runs.
    pub(crate) fn of(engine: &Engine, slug: &str, names: &Names) -> Guide {
        let (world, mechanisms) = (engine.world(), engine.mechanisms());
        let orgs: Vec<&OrgTree> = mechanisms
            .packs()
            .iter()
            .flat_map(|pack| pack.orgs.values())
            .collect();
        let twin = Arc::new(Twin::of(orgs.into_iter(), names));
        let from = world.settings.get(SETTING).and_then(|from| from.as_str());
        Guide {
            engine: engine.clone(),
            courses: Arc::new(course::all(&mechanisms, &twin, slug)),
            from: from
                .and_then(|from| from.parse().ok())
                .unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// All walks as they stand.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn walks(&self) -> Result<Vec<Walk>, Failure> {
        let views = self.engine.views()?;
        let walks = self.courses.iter().map(|course| self.walk_of(&views, course));
        walks.collect()
    }

    /// One walk by its mechanism's number.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn walk(&self, number: &str) -> Result<Option<Walk>, Failure> {
        let views = self.engine.views()?;
        let course = self.courses.iter().find(|course| course.number == number);
        course.map(|course| self.walk_of(&views, course)).transpose()
    }

    /// Moves the demo's clock forward to the hour of a step, unless that is over.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn reach(&self, at: Timestamp) -> Result<(), Failure> {
        let now = self.engine.now();
        if at > now {
            // The clock moves by whole seconds.
            self.engine.advance(
                at.duration_since(now)
                    .saturating_add(SignedDuration::from_secs(1)),
            )?;
        }
        Ok(())
    }

    /// Does a step of a walk at its hour, in the name of whose act it is. Says why where a rule refuses it.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn play(&self, number: &str, step: usize) -> Result<Result<(), String>, Failure> {
        let Some(course) = self.courses.iter().find(|course| course.number == number) else {
            return Ok(Ok(()));
        };
        let standing = || standing::of(&self.engine, &self.engine.views()?, course, self.from);
        let planned = self.walk_of(&self.engine.views()?, course)?;
        if let Some(step) = planned.steps.get(step) {
            self.reach(step.at)?;
        }
        let mut standing = standing()?;
        match step.checked_sub(standing.done.len()) {
            None => deeds::act(&self.engine, &mut standing, step),
            Some(n) => deeds::said(ending::act(&self.engine, course, &standing, n)),
        }
    }

    fn walk_of(&self, views: &Views, course: &Course) -> Result<Walk, Failure> {
        let standing = standing::of(&self.engine, views, course, self.from)?;
        let mut steps = Vec::new();
        for (act, done) in standing.tale.acts.iter().zip(&standing.done) {
            steps.push(self.step(views, course, &standing, act, *done)?);
        }
        steps.extend(ending::steps(&self.engine, course, &standing));
        Ok(Walk {
            number: course.number.to_owned(),
            mechanism: course.mechanism.label.clone(),
            course: course.label.clone(),
            case: standing.case(course),
            steps,
        })
    }

    fn step(
        &self,
        views: &Views,
        course: &Course,
        standing: &Standing,
        act: &Told,
        done: bool,
    ) -> Result<WalkStep, Failure> {
        let (tale, mechanisms) = (&standing.tale, self.engine.mechanisms());
        let mechanism = course.mechanism_of(&act.case, &mechanisms);
        let mechanism: &Mechanism = mechanism.as_ref().unwrap_or(&course.mechanism);
        let label = act.text("step").and_then(|name| {
            let mut steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
            steps
                .find(|step| step.id.as_str() == name)
                .map(|step| &step.label)
        });
        let spec = act
            .text("register")
            .and_then(|register| mechanisms.register(&register.into()));
        let of_register = spec.map_or(&[][..], |spec| &spec.fields);
        let of_rows = mechanism.registers.values().flat_map(|register| &register.fields);
        let fields: Vec<&Field> = match spec {
            Some(_) => of_register.iter().collect(),
            None => mechanism.fields.iter().chain(of_rows).collect(),
        };
        let mut values = Vec::new();
        for key in ["values", "row"] {
            for (name, value) in act.table(key) {
                let field = fields.iter().find(|field| field.id.as_str() == name);
                values.extend(
                    field.map(|field| (field.label.clone(), self.shown(tale.shown(&value, field), field))),
                );
            }
        }
        let shown = |key: &str| both(&format!("demo.act_{key}"));
        let post = match (act.action.as_str(), &act.by, tale.cases.get(&act.case)) {
            // Who verifies is found by the case, or drawn by lot.
            ("verify", _, Some(case)) if !done => views
                .state(*case)?
                .filter(|state| state.verification.is_some())
                .map(|state| state.holder.post),
            _ => None,
        };
        let post = post.or_else(|| {
            let by = act.by.as_ref().filter(|_| act.action != "others")?;
            Some(tale.twin.post(&PostId::from(by.as_str())))
        });
        let lands = act.stage.as_ref().and_then(|stage| {
            let stage = mechanism.stage(&stage.as_str().into())?;
            Some(stage.label.clone())
        });
        Ok(WalkStep {
            at: tale.moment(act),
            post,
            act: match label {
                Some(label) => label.clone(),
                None if act.action == "verify" && act.text("pass") == Some("false") => shown("send_back"),
                None => self.named(act, mechanism, spec, shown(&act.action)),
            },
            values,
            files: act.number("evidence").unwrap_or(0),
            lands,
            done,
            place: self.place(views, course, standing, act, mechanism)?,
        })
    }

    /// What an act without a step of its own is called: with what is opened or written.
    fn named(
        &self,
        act: &Told,
        mechanism: &Mechanism,
        spec: Option<&bihuan_domain::mechanism::RegisterSpec>,
        word: Label,
    ) -> Label {
        let with = |label: &Label| {
            Label::new(
                format!("{}：{}", word.zh, label.zh),
                format!("{}: {}", word.en, label.en),
            )
        };
        match (act.action.as_str(), spec) {
            ("row", Some(spec)) => with(&spec.label),
            ("open" | "wait" | "accept", _) => with(&mechanism.label),
            _ => word,
        }
    }

    /// Posts and units by their names.
    fn shown(&self, value: String, field: &Field) -> String {
        use bihuan_domain::value::Type;
        let world = self.engine.world();
        let name = match &field.ty {
            Type::Unit => world
                .org
                .units
                .get(value.as_str())
                .map(|unit| unit.name.zh.clone()),
            Type::Post => world.org.posts.get(value.as_str()).map(|post| {
                let unit = world.org.units.get(&post.unit);
                format!(
                    "{}{}",
                    unit.map_or("", |unit| unit.name.zh.as_str()),
                    post.name.zh
                )
            }),
            _ => None,
        };
        name.unwrap_or(value)
    }

    fn place(
        &self,
        views: &Views,
        course: &Course,
        standing: &Standing,
        act: &Told,
        mechanism: &Mechanism,
    ) -> Result<Place, Failure> {
        let tale = &standing.tale;
        let case = tale.cases.get(&act.case).copied();
        let text = |key: &str, name: &str| Some((name.to_owned(), act.text(key)?.to_owned()));
        Ok(match (act.action.as_str(), case) {
            ("document", _) => {
                let text = act.text("text").unwrap_or_default();
                Place::Read {
                    name: deeds::name_of(text).to_owned(),
                    text: text.to_owned(),
                }
            }
            ("accept", None) => match deeds::proposed(&self.engine, views, standing, act)? {
                Some(row) => Place::Accept {
                    document: standing::document(act.text("text").unwrap_or_default()),
                    mechanism: course.mechanism.id.clone(),
                    row,
                },
                None => Place::Nowhere,
            },
            ("open", None) => {
                let mut form: Vec<(String, String)> = [
                    text("from", "source"),
                    text("risk", "risk"),
                    text("stage", "stage"),
                ]
                .into_iter()
                .flatten()
                .collect();
                let owner = act.text("owner").map(|owner| tale.twin.unit(&owner.into()));
                form.extend(owner.map(|owner| ("owner".to_owned(), owner.to_string())));
                for unit in act.texts("supporting") {
                    form.push(("supporting".to_owned(), tale.twin.unit(&unit.into()).to_string()));
                }
                let parent = act.text("parent").map(|name| tale.cases.get(name));
                match parent {
                    Some(None) => return Ok(Place::Nowhere),
                    Some(Some(parent)) => form.push(("parent".to_owned(), parent.to_string())),
                    None => {}
                }
                form.push(("source-key".to_owned(), format!("{}-{}", tale.name, act.case)));
                let mut fields = tale.typed(&act.table("values"), &mechanism.fields);
                let title = act.text("title").unwrap_or(&mechanism.label.zh);
                fields.push((mechanism.title.clone(), crate::history::sample_title(title)));
                Place::Open {
                    mechanism: mechanism.id.clone(),
                    form,
                    fields,
                }
            }
            ("row", _) => {
                let (Some(register), Some(row)) = (act.text("register"), act.text("row")) else {
                    return Ok(Place::Nowhere);
                };
                let register = RegisterId::from(register);
                let mechanisms = self.engine.mechanisms();
                let spec = mechanisms.register(&register);
                let fields = spec.map_or(&[][..], |spec| &spec.fields);
                Place::Row {
                    row: tale.row_here(&register, row),
                    fields: tale.typed(&act.table("values"), fields),
                    register,
                }
            }
            ("compute", _) => {
                let (Some(register), Some(period)) = (act.text("register"), act.text("period")) else {
                    return Ok(Place::Nowhere);
                };
                let mechanisms = self.engine.mechanisms();
                let spec = mechanisms.register(&RegisterId::from(register));
                match spec.and_then(|spec| spec.computed.clone()) {
                    Some(scheme) => Place::Compute {
                        scheme,
                        period: period.to_owned(),
                    },
                    None => Place::Nowhere,
                }
            }
            (_, None) => Place::Nowhere,
            ("others" | "wait" | "open" | "accept", Some(case)) => Place::Case {
                case,
                act: String::new(),
                form: Vec::new(),
                fields: Vec::new(),
                row: Vec::new(),
            },
            (action, Some(case)) => {
                let verdict = match act.text("pass") {
                    Some("false") => "no",
                    _ => "yes",
                };
                let mut form: Vec<(String, String)> = text("note", "note").into_iter().collect();
                let act_code = match action {
                    "step" => format!("step:{}", act.text("step").unwrap_or_default()),
                    "request" => format!("request:{}", act.text("kind").unwrap_or_default()),
                    "answer" => format!("answer:{}", act.text("clock").unwrap_or("stage")),
                    other => other.to_owned(),
                };
                if matches!(action, "verify" | "look_back") {
                    form.push(("pass".to_owned(), verdict.to_owned()));
                }
                let adds = mechanism
                    .stages
                    .iter()
                    .flat_map(|stage| &stage.steps)
                    .find(|step| Some(step.id.as_str()) == act.text("step"))
                    .and_then(|step| mechanism.registers.get(step.adds.as_ref()?));
                Place::Case {
                    case,
                    act: act_code,
                    form,
                    fields: tale.typed(&act.table("values"), &mechanism.fields),
                    row: adds.map_or_else(Vec::new, |register| {
                        tale.typed(&act.table("row"), &register.fields)
                    }),
                }
            }
        })
    }
}

/// A file that a step may bring as evidence: its token and its name.
///
/// # Errors
///
/// Faults of the disk.
pub fn sample_file(engine: &Engine, what: &str) -> Result<(String, &'static str), Failure> {
    Ok((
        crate::history::sample_file(engine, what)?,
        crate::history::SAMPLE_FILE,
    ))
}

fn both(key: &str) -> Label {
    Label::new(t(Lang::Zh, key), t(Lang::En, key))
}

/// Who acts in these walks, each once.
pub(crate) fn posts(walks: &[Walk]) -> BTreeSet<PostId> {
    walks
        .iter()
        .flat_map(|walk| &walk.steps)
        .filter_map(|step| step.post.clone())
        .collect()
}
