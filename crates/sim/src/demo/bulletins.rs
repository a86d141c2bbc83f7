//! The bulletins of a sample's last months: two issued, the newest waiting for its signature.

use bihuan_domain::id::PostId;
use bihuan_domain::org::Actor;
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use bihuan_engine::{Engine, Error, Failure};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use crate::history::Interlude;
use crate::people::on_post;

/// The post that drafts and issues.
const OFFICE: &str = "supervision.supervisor";

/// One bulletin for each of the two months before this one, issued; one for this month so far, drafted yesterday.
pub(super) fn of_the_last_months(engine: &Engine, now: DateTime) -> Vec<Interlude<'static>> {
    let first = now.date().first_of_month();
    let months = [first.saturating_sub(2.months()), first.saturating_sub(1.month())];
    let began = bihuan_domain::calendar::date_of(engine.now());
    let mut interludes: Vec<Interlude<'static>> = months
        .into_iter()
        .filter(|month| *month > began)
        .map(|month| {
            let next = month.saturating_add(1.month());
            // Early on the first of the next month, so that the whole month is over.
            Interlude {
                at: next.at(8, 0, 0, 0),
                act: Box::new(move |engine| issue(engine, month, month.last_of_month())),
            }
        })
        .collect();
    let yesterday = now.saturating_sub(1.day());
    if yesterday.date() >= first {
        let act = move |engine: &Engine| draft(engine, first, yesterday.date()).map(|_| ());
        interludes.push(Interlude {
            at: yesterday,
            act: Box::new(act),
        });
    }
    interludes
}

fn draft(engine: &Engine, from: Date, to: Date) -> Result<bihuan_domain::id::BulletinId, Failure> {
    let scope = Scope {
        from,
        to,
        mechanisms: Vec::new(),
        order: UnitOrder::default(),
        sections: Vec::new(),
    };
    let drafting = Drafting {
        scope,
        signer: None,
        remarks: Vec::new(),
    };
    bulletin::draft(
        engine,
        &seated(engine, &OFFICE.into())?,
        &format!("bulletin/{from}"),
        drafting,
    )
}

/// Drafted by the office, signed by whoever signs, issued by the office.
fn issue(engine: &Engine, from: Date, to: Date) -> Result<(), Failure> {
    let id = draft(engine, from, to)?;
    let signer = engine
        .world()
        .bulletins
        .get(&id)
        .map(|bulletin| bulletin.draft.signer.clone());
    let signer = seated(engine, &signer.ok_or(Failure::Fault(Error::Stopped))?)?;
    bulletin::sign(engine, &signer, &format!("sign/{from}"), &id)?;
    bulletin::issue(
        engine,
        &seated(engine, &OFFICE.into())?,
        &format!("issue/{from}"),
        &id,
    )
}

fn seated(engine: &Engine, post: &PostId) -> Result<Actor, Failure> {
    let today = bihuan_domain::calendar::date_of(engine.now());
    on_post(&engine.world().org, post, today).ok_or(Failure::Fault(Error::Stopped))
}
