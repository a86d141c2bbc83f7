//! The process given to others: OCEL 2.0 and a flat table. Ids, codes, numbers and instants only: no person, no title, no text
//! that somebody wrote.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{MechanismId, StageId};
use bihuan_domain::mechanism::Risk;
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t};
use bihuan_process::flat::Row;
use bihuan_process::ocel::{Event, Object, Ocel, Relation};

use super::{Course, Stay};
use crate::mechanisms::Mechanisms;

/// The names under which stages are given.
pub struct Labels<'a> {
    mechanisms: &'a Mechanisms,
    lang: Lang,
    /// Whether the mechanism's name stands before: of several mechanisms at once.
    several: bool,
}

impl<'a> Labels<'a> {
    /// The names in `lang` for these courses.
    pub fn new(mechanisms: &'a Mechanisms, courses: &[Course], lang: Lang) -> Self {
        let first = courses.first().map(|course| &course.mechanism);
        Labels {
            mechanisms,
            lang,
            several: courses.iter().any(|course| Some(&course.mechanism) != first),
        }
    }

    /// The name of a stage: its label in the version in force, its code where that has no such stage. Where two stages
    /// of a mechanism bear one label, the code stands with it.
    pub fn stage(&self, mechanism: &MechanismId, stage: &StageId) -> String {
        let Some(known) = self.mechanisms.current(mechanism) else {
            return stage.to_string();
        };
        let label = |stage: &StageId| known.stage(stage).map(|stage| stage.label.get(self.lang));
        let name = match label(stage) {
            Some(name) => {
                let alike = known
                    .stages
                    .iter()
                    .filter(|one| one.label.get(self.lang) == name)
                    .count();
                if alike > 1 {
                    format!("{name} ({stage})")
                } else {
                    name.to_owned()
                }
            }
            None => stage.to_string(),
        };
        if self.several {
            format!("{} · {name}", known.label.get(self.lang))
        } else {
            name
        }
    }
}

/// A row for each stage that a case came to.
pub fn flat(courses: &[Course], labels: &Labels<'_>) -> Vec<Row> {
    let row = |course: &Course, stay: &Stay| Row {
        case: course.case.to_string(),
        activity: labels.stage(&course.mechanism, &stay.stage),
        time: stay.from.as_microsecond(),
        post: stay
            .holder
            .as_ref()
            .map(|holder| holder.post.to_string())
            .unwrap_or_default(),
        unit: stay
            .holder
            .as_ref()
            .map(|holder| holder.unit.to_string())
            .unwrap_or_default(),
        owner: course.owner.to_string(),
        mechanism: course.mechanism.to_string(),
        stage: stay.stage.to_string(),
        open: course.open,
    };
    courses
        .iter()
        .flat_map(|course| {
            course
                .arrivals()
                .map(|stay| row(course, stay))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Cases, units and posts as objects; stages that cases come to, and changes of hands within one, as events.
pub fn ocel(courses: &[Course], world: &World, labels: &Labels<'_>) -> Ocel {
    let (mut events, mut objects) = (Vec::new(), Vec::new());
    let mut units = BTreeSet::new();
    let mut posts = BTreeMap::new();
    let (case, unit, post) = (
        |id: &dyn std::fmt::Display| format!("case/{id}"),
        |id: &dyn std::fmt::Display| format!("unit/{id}"),
        |id: &dyn std::fmt::Display| format!("post/{id}"),
    );
    for course in courses {
        let own = case(&course.case);
        let mut relationships = vec![Relation::new(unit(&course.owner), "owner")];
        relationships.extend(
            course
                .parent
                .map(|parent| Relation::new(case(&parent), "part of")),
        );
        let mut attributes = BTreeMap::from([
            ("mechanism", course.mechanism.to_string()),
            ("open", course.open.to_string()),
            ("risk", risk(course.risk).to_owned()),
        ]);
        attributes.extend(course.number.clone().map(|number| ("number", number)));
        units.insert(course.owner.clone());
        objects.push(Object {
            id: own.clone(),
            kind: "case".to_owned(),
            attributes,
            relationships,
        });
        let mut last: Option<&StageId> = None;
        for (n, stay) in course.stays.iter().enumerate() {
            let kind = if last.replace(&stay.stage) == Some(&stay.stage) {
                t(labels.lang, "process.handed_over").to_owned()
            } else {
                labels.stage(&course.mechanism, &stay.stage)
            };
            let mut relationships = vec![
                Relation::new(own.clone(), "case"),
                Relation::new(unit(&course.owner), "owner"),
            ];
            if let Some(holder) = &stay.holder {
                units.insert(holder.unit.clone());
                posts.insert(holder.post.clone(), holder.unit.clone());
                relationships.push(Relation::new(post(&holder.post), "holder"));
                if holder.unit != course.owner {
                    relationships.push(Relation::new(unit(&holder.unit), "unit of the holder"));
                }
            }
            events.push(Event {
                id: format!("{}-{}", course.case, n.saturating_add(1)),
                kind,
                time: stay.from.as_microsecond(),
                attributes: BTreeMap::from([("stage", stay.stage.to_string())]),
                relationships,
            });
        }
    }
    for (id, of) in posts {
        let name = world
            .org
            .posts
            .get(&id)
            .map(|known| known.name.get(labels.lang).to_owned());
        objects.push(Object {
            id: post(&id),
            kind: "post".to_owned(),
            attributes: name.map(|name| ("name", name)).into_iter().collect(),
            relationships: vec![Relation::new(unit(&of), "post of")],
        });
        units.insert(of);
    }
    for id in units {
        let known = world.org.units.get(&id);
        let name = known.map(|known| ("name", known.name.get(labels.lang).to_owned()));
        let above = known.and_then(|known| known.parent.as_ref());
        objects.push(Object {
            id: unit(&id),
            kind: "unit".to_owned(),
            attributes: name.into_iter().collect(),
            relationships: above
                .map(|above| Relation::new(unit(above), "below"))
                .into_iter()
                .collect(),
        });
    }
    Ocel::new(events, objects)
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Ordinary => "ordinary",
        Risk::Major => "major",
    }
}
