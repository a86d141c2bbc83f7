//! Calendars of packs: each can be, bears a name of its own, and agrees with the one that is in force under that name.

use bihuan_diagnostics::Severity;
use bihuan_domain::calendar::{Calendar, CalendarId, Calendars};
use bihuan_messages::Label;

use crate::read::{Sink, described};
use crate::surroundings::Surroundings;
use crate::syntax::pack::PartsAst;

/// The calendars that a pack file declares. They come into reach of the pack, unless one of the name is in force: that
/// one counts, and `M0191` says so where the file says otherwise.
pub(crate) fn calendars(
    parts: &PartsAst,
    in_force: &Calendars,
    around: &mut Surroundings,
    sink: &mut Sink<'_>,
) -> Vec<Calendar> {
    let mut built = Vec::new();
    for ast in &parts.calendars {
        let id = CalendarId::new(ast.id.as_str());
        let known = in_force.get(&id);
        if id == CalendarId::statutory() {
            let why = |lang| bihuan_messages::t(lang, "check.calendar_statutory");
            let what = Label::new(why(bihuan_messages::Lang::Zh), why(bihuan_messages::Lang::En));
            sink.error("M0188", ast.id.span, |m| m.with("what", &what));
            continue;
        }
        let statutory = in_force.get(&CalendarId::statutory()).cloned();
        let statutory = statutory.unwrap_or_else(Calendar::statutory);
        let Some(calendar) = ast.build(&statutory, sink) else {
            // What is wrong is said; that it is not there would follow from that.
            around.calendars.insert(statutory.named(id, ast.label.clone()));
            continue;
        };
        match known {
            Some(known) if !ast.is_in(known) => {
                let mut finding = described("M0191", sink.file(), ast.id.span, |m| {
                    m.with("found", ast.id.as_str())
                });
                finding.severity = Severity::Warning;
                sink.push(finding);
            }
            Some(_) => {}
            None => {
                around.calendars.insert(calendar.clone());
            }
        }
        built.push(calendar);
    }
    built
}
