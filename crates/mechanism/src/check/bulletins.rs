//! Bulletins that are drafted by themselves: somebody can sign them, and an overdue signature climbs to posts that can
//! be found without a case.

use std::collections::BTreeMap;

use bihuan_domain::id::{Code, MechanismId};
use bihuan_domain::mechanism::{BulletinTemplate, Chair, SignatureRung};

use super::{Kin, clocks, org, unknown};
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::bulletin::BulletinAst;
use crate::syntax::pack::PartsAst;
use crate::syntax::parts::Finder;

/// Applies the rules to the bulletins of a pack file.
pub(crate) fn bulletins(
    parts: &PartsAst,
    around: &Surroundings,
    mechanisms: &BTreeMap<String, Kin>,
    sink: &mut Sink<'_>,
) {
    for bulletin in &parts.bulletins {
        if let Some(function) = &bulletin.office {
            org::function_known(function, around, sink);
        }
        if let Some(role) = &bulletin.signer {
            chair(role, around, sink);
        }
        if let Some(limit) = &bulletin.sign_within {
            clocks::limit_sound(&Sp::new(limit.span, &limit.value), &around.calendars, sink);
        }
        if let Some(every) = &bulletin.every {
            clocks::cadence_sound(every, &around.calendars, sink);
        }
        if let Some(ladder) = &bulletin.ladder {
            if !around.ladders.contains_key(ladder.as_str()) {
                unknown(sink, "M0112", ladder, around.ladders.keys().map(String::as_str));
            } else if rungs(ladder.as_str(), around).is_none() {
                sink.error("M0186", ladder.span, |m| m.with("found", ladder.as_str()));
            }
        }
        for mechanism in &bulletin.mechanisms {
            if !mechanisms.contains_key(mechanism.as_str()) {
                unknown(sink, "M0159", mechanism, mechanisms.keys().map(String::as_str));
            }
        }
    }
}

/// `M0186`: a role that can be found only for a case.
fn chair(role: &Sp<String>, around: &Surroundings, sink: &mut Sink<'_>) {
    if !around.roles.contains_key(role.as_str()) {
        unknown(sink, "M0109", role, around.roles.keys().map(String::as_str));
    } else if found(role.as_str(), around).is_none() {
        sink.error("M0186", role.span, |m| m.with("found", role.as_str()));
    }
}

/// A bulletin as the engine makes it; `None` where something of it was reported.
pub(crate) fn template(ast: &BulletinAst, around: &Surroundings) -> Option<BulletinTemplate> {
    Some(BulletinTemplate {
        id: Code::new(ast.id.as_str()),
        label: ast.label.clone(),
        cadence: ast.every.as_ref()?.value.clone(),
        at: ast.at,
        span: ast.span.as_ref()?.value,
        office: Code::new(ast.office.as_ref()?.as_str()),
        signer: found(ast.signer.as_ref()?.as_str(), around)?,
        sign_within: ast.sign_within.as_ref()?.value.clone(),
        ladder: rungs(ast.ladder.as_ref()?.as_str(), around)?,
        mechanisms: ast
            .mechanisms
            .iter()
            .map(|id| MechanismId::new(id.as_str()))
            .collect(),
        sections: ast.sections.clone(),
    })
}

fn found(role: &str, around: &Surroundings) -> Option<Chair> {
    let role = &around.roles.get(role)?.ast;
    match &role.unit.value {
        Finder::Function(function) => Some(Chair {
            function: Code::new(function),
            post: Code::new(role.post.as_str()),
        }),
        _ => None,
    }
}

/// The rungs of a ladder and of those that it joins.
fn rungs(id: &str, around: &Surroundings) -> Option<Vec<SignatureRung>> {
    let (mut rungs, mut current) = (Vec::new(), around.ladders.get(id));
    // At most four ladders are joined; a circle is reported elsewhere.
    for _ in 0..4 {
        let Some(ladder) = current else { break };
        for rung in &ladder.ast.rungs {
            rungs.push(SignatureRung {
                to: found(rung.to.as_str(), around)?,
                label: rung.label.clone(),
                limit: rung.limit.as_ref()?.value.clone(),
            });
        }
        current = ladder
            .ast
            .then
            .as_ref()
            .and_then(|then| around.ladders.get(then.as_str()));
    }
    (!rungs.is_empty()).then_some(rungs)
}
