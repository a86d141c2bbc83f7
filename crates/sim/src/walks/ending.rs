//! How every walk ends: the bulletin that counts the closed case is drafted, signed, issued, opened at the figure, and
//! computed again from the log.

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::PostId;
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use bihuan_engine::{Engine, Failure};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::course::Course;
use super::deeds::seated;
use super::standing::Standing;
use super::{Place, WalkStep, both};

/// The post that drafts and issues.
const OFFICE: &str = "supervision.supervisor";

/// The acts, in order; the last two only look.
const ACTS: [&str; 5] = ["draft", "sign", "issue", "figure", "recheck"];

/// Between two of them.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// The steps of the ending.
pub(super) fn steps(engine: &Engine, course: &Course, standing: &Standing) -> Vec<WalkStep> {
    let bulletin = standing.bulletin.as_ref().map(|(_, bulletin)| bulletin);
    let signer = signer(engine, bulletin);
    let (from, to) = period(engine, standing);
    let mut at = standing
        .tale
        .acts
        .last()
        .map_or(Timestamp::UNIX_EPOCH, |act| standing.tale.moment(act));
    let mut steps = Vec::new();
    for act in ACTS {
        at = at.saturating_add(APART).unwrap_or(at);
        let place = match (act, &standing.bulletin) {
            ("draft", None) if standing.is_walked() => Place::Draft {
                mechanism: course.mechanism.id.clone(),
                from,
                to,
            },
            (_, None) => Place::Nowhere,
            ("figure", Some((id, _))) => Place::Figure(id.clone()),
            ("recheck", Some((id, _))) => Place::Recheck(id.clone()),
            (_, Some((id, _))) => Place::Bulletin(id.clone()),
        };
        steps.push(WalkStep {
            at,
            post: if act == "sign" {
                signer.clone()
            } else {
                Some(OFFICE.into())
            },
            act: both(&format!("demo.act_{act}")),
            values: Vec::new(),
            files: 0,
            lands: None,
            done: bulletin.is_some_and(|bulletin| match act {
                "draft" => true,
                "sign" => bulletin.signed.is_some(),
                _ => bulletin.issued.is_some(),
            }),
            place,
        });
    }
    steps
}

/// From the month of the closing to the end of this one.
fn period(engine: &Engine, standing: &Standing) -> (Date, Date) {
    let today = date_of(engine.now());
    let closed = standing.closed.map_or(today, date_of);
    (closed.first_of_month(), today.last_of_month().max(closed))
}

fn signer(engine: &Engine, bulletin: Option<&Bulletin>) -> Option<PostId> {
    match bulletin {
        Some(bulletin) => Some(bulletin.draft.signer.clone()),
        None => bulletin::signers(&engine.world(), engine.now())
            .into_iter()
            .next(),
    }
}

/// Does one of them.
pub(super) fn act(engine: &Engine, course: &Course, standing: &Standing, n: usize) -> Result<(), Failure> {
    let office = seated(engine, &OFFICE.into())?;
    let key = |what: &str| format!("{}/{what}", standing.tale.name);
    match (ACTS.get(n).copied(), &standing.bulletin) {
        (Some("draft"), None) => {
            let (from, to) = period(engine, standing);
            let scope = Scope {
                from,
                to,
                mechanisms: vec![course.mechanism.id.clone()],
                order: UnitOrder::default(),
                sections: Vec::new(),
            };
            let drafting = Drafting {
                scope,
                signer: None,
                remarks: Vec::new(),
            };
            bulletin::draft(engine, &office, &key("draft"), drafting).map(|_| ())
        }
        (Some("sign"), Some((id, bulletin))) => {
            let signer = seated(engine, &bulletin.draft.signer)?;
            bulletin::sign(engine, &signer, &key("sign"), id).map(|_| ())
        }
        (Some("issue"), Some((id, _))) => bulletin::issue(engine, &office, &key("issue"), id),
        _ => Ok(()),
    }
}
