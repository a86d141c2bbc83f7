//! Closing is a fact and somebody else's word: the rules about condition and verification.

use bihuan_diagnostics::Span;
use bihuan_domain::expr::Expr;
use bihuan_domain::mechanism::Risk;

use super::Subject;
use crate::expr::{Ty, compile};
use crate::read::{Sink, Sp};
use crate::syntax::mechanism::WayAst;
use crate::syntax::parts::Finder;

fn ways<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = &'s (Risk, Sp<WayAst>)> {
    subject.ast.closing.iter().flat_map(|closing| &closing.verify)
}

/// Whether the handler's own unit may verify for some risk.
pub(super) fn verifies_itself(subject: &Subject<'_>) -> bool {
    ways(subject).any(|(_, way)| way.value == WayAst::Own)
}

/// `M0120`: no way of verification for ordinary risk, which is also what others fall back on.
pub(super) fn no_way_of_verification(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(closing) = &subject.ast.closing else {
        return;
    };
    if !closing.verify.iter().any(|(risk, _)| *risk == Risk::Ordinary) {
        sink.error("M0120", closing.span, |m| m);
    }
}

/// `M0121`: the handler's own unit verifies, though the risk is major or nobody looks back.
pub(super) fn own_verification_not_allowed(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(closing) = &subject.ast.closing else {
        return;
    };
    let major_has_its_own = closing.verify.iter().any(|(risk, _)| *risk == Risk::Major);
    for (risk, way) in ways(subject).filter(|(_, way)| way.value == WayAst::Own) {
        let major = *risk == Risk::Major || subject.ast.risk == Risk::Major || !major_has_its_own;
        if major || closing.look_back.is_none() {
            sink.error("M0121", way.span, |m| m);
        }
    }
}

/// `M0122`: the requester verifies, but only the owner's own posts may open a case.
pub(super) fn requester_is_the_owner(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(open) = &subject.ast.open else { return };
    let own = |role: &Sp<String>| {
        subject
            .roles
            .get(role.as_str())
            .is_some_and(|role| role.unit.value == Finder::Owner)
    };
    if open.by.is_empty() || !open.by.iter().all(own) {
        return;
    }
    for (_, way) in ways(subject).filter(|(_, way)| way.value == WayAst::Requester) {
        sink.error("M0122", way.span, |m| m);
    }
}

/// `M0123`: the office that verifies is the handler's own.
pub(super) fn office_of_the_handler(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for (_, way) in ways(subject) {
        let WayAst::Office(office) = &way.value else {
            continue;
        };
        let Some(role) = subject.roles.get(office.as_str()) else {
            continue;
        };
        if role.unit.value == Finder::Owner {
            sink.error("M0123", office.span, |m| m.with("role", office.as_str()));
        }
    }
}

/// The closing condition as compiled; `None` where it has faults, which are reported once, by the compiler.
fn condition(subject: &Subject<'_>) -> Option<(Span, Expr)> {
    let when = subject.ast.closing.as_ref()?.when.as_ref()?;
    let mut silent = Sink::new("");
    compile(when, subject.raw, &subject.names(false), &[Ty::Bool], &mut silent).map(|expr| (when.span, expr))
}

/// `M0124`: closing by record, though the condition reads no register and no child.
pub(super) fn record_that_proves_nothing(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some((_, condition)) = condition(subject) else {
        return;
    };
    if any(&condition, &|part| matches!(part, Expr::Aggregate { .. })) {
        return;
    }
    for (_, way) in ways(subject).filter(|(_, way)| way.value == WayAst::Record) {
        sink.error("M0124", way.span, |m| m);
    }
}

/// `M0135`: a closing condition that looks at nothing and so holds always or never.
pub(super) fn closing_without_condition(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some((span, condition)) = condition(subject) else {
        return;
    };
    let looks = |part: &Expr| {
        matches!(
            part,
            Expr::Field(_) | Expr::Through(..) | Expr::ThroughHas(..) | Expr::Has(_) | Expr::Aggregate { .. }
        )
    };
    if !any(&condition, &looks) {
        sink.error("M0135", span, |m| m);
    }
}

/// Whether some part of an expression is such a one.
fn any(expr: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
    if is(expr) {
        return true;
    }
    let one = |inner: &Expr| any(inner, is);
    match expr {
        Expr::Not(a) | Expr::Size(a) => one(a),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) => one(a) || one(b),
        Expr::In(a, list) => one(a) || list.iter().any(one),
        Expr::If(a, b, c) => one(a) || one(b) || one(c),
        _ => false,
    }
}
