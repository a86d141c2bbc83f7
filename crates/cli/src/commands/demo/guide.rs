//! The guided walks of the samples for the pages: steps with their accounts, their addresses, and what is typed there.

use bihuan_domain::id::{FieldId, PostId};
use bihuan_engine::{Engine, Failure};
use bihuan_messages::Label;
use bihuan_sim::demo::Account;
use bihuan_sim::walks::{self, Place, Walk, WalkStep};
use bihuan_web::form::{OF_CASE, OF_ROW};
use bihuan_web::{DemoActor, DemoStep, DemoWalk};
use jiff::Timestamp;

/// The walks of one sample.
pub(super) struct Guide {
    guide: walks::Guide,
    engine: Engine,
    people: Vec<Account>,
}

impl std::fmt::Debug for Guide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guide")
            .field("people", &self.people.len())
            .finish()
    }
}

impl Guide {
    pub(super) fn of(sample: &bihuan_sim::demo::Built) -> Guide {
        Guide {
            guide: sample.guide.clone(),
            engine: sample.engine.clone(),
            people: sample.people.clone(),
        }
    }

    fn shown(&self, walk: Walk) -> DemoWalk {
        DemoWalk {
            number: walk.number,
            mechanism: walk.mechanism,
            course: walk.course,
            steps: walk.steps.into_iter().map(|step| self.step(step)).collect(),
        }
    }

    /// The unit and the post.
    fn post_name(&self, id: &PostId) -> Label {
        let world = self.engine.world();
        let post = world.org.posts.get(id);
        let unit = post.and_then(|post| world.org.units.get(&post.unit));
        match (unit, post) {
            // A leader's post bears the office in its name.
            (Some(unit), Some(post)) if unit.parent.is_some() => Label::new(
                format!("{}{}", unit.name.zh, post.name.zh),
                format!("{}: {}", unit.name.en, post.name.en),
            ),
            (_, Some(post)) => post.name.clone(),
            (_, None) => Label::new(id.as_str(), id.as_str()),
        }
    }

    fn step(&self, step: WalkStep) -> DemoStep {
        let account = |post| self.people.iter().find(|account| account.post == post);
        let who = step.post.and_then(account).map(|account| DemoActor {
            login: account.login.clone(),
            post: account.post.clone(),
            what: self.post_name(&account.post),
        });
        DemoStep {
            at: step.at,
            who,
            act: step.act,
            values: step.values,
            files: step.files,
            lands: step.lands,
            done: step.done,
            page: page(&step.place),
        }
    }
}

impl bihuan_web::Guide for Guide {
    fn walks(&self) -> Result<Vec<DemoWalk>, Failure> {
        let walks = self.guide.walks()?;
        Ok(walks.into_iter().map(|walk| self.shown(walk)).collect())
    }

    fn walk(&self, number: &str) -> Result<Option<DemoWalk>, Failure> {
        Ok(self.guide.walk(number)?.map(|walk| self.shown(walk)))
    }

    fn reach(&self, at: Timestamp) -> Result<(), Failure> {
        self.guide.reach(at)
    }

    fn play(&self, number: &str, step: usize) -> Result<Result<(), String>, Failure> {
        self.guide.play(number, step)
    }

    fn typed(&self, number: &str, step: usize) -> Result<Vec<(String, String)>, Failure> {
        let walk = self.guide.walk(number)?;
        let Some(step) = walk.and_then(|walk| walk.steps.into_iter().nth(step)) else {
            return Ok(Vec::new());
        };
        let mut typed = typed(step.place);
        for n in 0..step.files {
            let (token, name) = walks::sample_file(&self.engine, &format!("{number}-{n}"))?;
            typed.push(("evidence".to_owned(), format!("{token}|{name}")));
        }
        Ok(typed)
    }
}

/// The page on which something is done or seen, and the part of it.
fn page(place: &Place) -> Option<(String, String)> {
    let at = |page: String, part: &str| Some((page, part.to_owned()));
    match place {
        Place::Nowhere => None,
        Place::Read { .. } => at("/reading".to_owned(), ""),
        Place::Accept {
            document, mechanism, ..
        } => at(format!("/reading/{document}?ledger={mechanism}"), "#rows"),
        Place::Open { mechanism, .. } => at(format!("/ledgers/{mechanism}/new"), ""),
        Place::Row { register, .. } => at(format!("/registers/{register}"), "#row-form"),
        Place::Case { case, act, .. } if act.is_empty() => at(format!("/cases/{case}"), ""),
        Place::Case { case, act, .. } => {
            let form = act.replace([':', '/', '_', '@'], "-");
            at(format!("/cases/{case}"), &format!("#act-{form}"))
        }
        Place::Compute { scheme, period } => at(format!("/assessments/{scheme}?period={period}"), "#course"),
        Place::Draft { .. } => at("/bulletins".to_owned(), "#draft"),
        Place::Bulletin(id) => at(format!("/bulletins/{id}"), ""),
        Place::Figure(id) => at(format!("/bulletins/{id}/cases?figure=closed"), ""),
        Place::Recheck(id) => at(format!("/bulletins/{id}/verify"), "#verified"),
    }
}

/// What is typed there, by the names that the forms have.
fn typed(place: Place) -> Vec<(String, String)> {
    let named = |prefix: &'static str, fields: Vec<(FieldId, String)>| {
        fields
            .into_iter()
            .map(move |(field, value)| (format!("{prefix}.{field}"), value))
    };
    let one = |name: &str, value: String| (name.to_owned(), value);
    match place {
        Place::Read { name, text } => vec![one("name", name), one("text", text)],
        Place::Accept { row, .. } => {
            let n = row.row;
            let mut typed = vec![
                one("row", n.clone()),
                one(&format!("title-{n}"), row.title),
                one(&format!("owner-{n}"), row.owner.to_string()),
            ];
            let due = row.due.map(|due| due.to_string());
            for (name, value) in [("due", due), ("value", row.value), ("unit", row.unit)] {
                typed.extend(value.map(|value| one(&format!("{name}-{n}"), value)));
            }
            typed
        }
        Place::Open { form, fields, .. } => form.into_iter().chain(named(OF_CASE, fields)).collect(),
        Place::Row { row, fields, .. } => {
            let row = one("row", row.to_string());
            std::iter::once(row).chain(named(OF_ROW, fields)).collect()
        }
        Place::Case {
            act,
            form,
            fields,
            row,
            ..
        } if !act.is_empty() => {
            let act = one("act", act);
            let typed = std::iter::once(act).chain(form);
            typed
                .chain(named(OF_CASE, fields))
                .chain(named(OF_ROW, row))
                .collect()
        }
        Place::Draft { mechanism, from, to } => vec![
            one("from", from.to_string()),
            one("to", to.to_string()),
            one("mechanism", mechanism.to_string()),
        ],
        Place::Case { .. }
        | Place::Nowhere
        | Place::Compute { .. }
        | Place::Bulletin(_)
        | Place::Figure(_)
        | Place::Recheck(_) => Vec::new(),
    }
}
