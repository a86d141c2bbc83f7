//! Event logs as XES (IEEE 1849), read as a stream: traces with a name, events with name, instant and holder.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::columns::{Columns, Sort};
use crate::csv::text;
use crate::fault::{Faults, Unreadable};
use crate::log::Rows;
use crate::names::{NONE, Names};
use crate::stamp::instant;
use crate::{Options, Read};

/// Where the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Outside,
    Trace,
    Event,
}

/// One event as far as it was read.
#[derive(Default)]
struct Row {
    activity: String,
    time: String,
    holder: String,
    resource: String,
}

/// Keys of attributes.
struct Keys {
    case: String,
    activity: String,
    time: String,
    holder: String,
    /// Looked at where no event has a holder: the standard's own key for whoever did it.
    resource: Option<&'static str>,
}

impl Keys {
    fn of(columns: &Columns) -> Keys {
        let key = |named: &Option<String>, usual: &str| named.clone().unwrap_or_else(|| usual.to_owned());
        Keys {
            case: key(&columns.case, "concept:name"),
            activity: key(&columns.activity, "concept:name"),
            time: key(&columns.time, "time:timestamp"),
            holder: key(&columns.holder, "org:group"),
            resource: columns.holder.is_none().then_some("org:resource"),
        }
    }
}

struct Reading<'a> {
    keys: Keys,
    options: &'a Options,
    rows: Rows,
    /// The same rows' resources.
    resources: (Names, Vec<u32>),
    faults: Faults,
    events: u64,
    traces: u64,
    case: String,
    trace: Vec<Row>,
}

/// Reads XES.
///
/// # Errors
///
/// [`Unreadable`] where it is no XES, breaks off, or no event can be read.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<Read, Unreadable> {
    let (bytes, encoding) = text(bytes, options.threads)?;
    let mut reader = Reader::from_str(std::str::from_utf8(&bytes).unwrap_or_default());
    let mut reading = Reading {
        keys: Keys::of(&options.columns),
        options,
        rows: Rows::default(),
        resources: (Names::default(), Vec::new()),
        faults: Faults::default(),
        events: 0,
        traces: 0,
        case: String::new(),
        trace: Vec::new(),
    };
    let broken = |reader: &Reader<&[u8]>, why: String| Unreadable::BrokenXml {
        at: reader.error_position(),
        why,
    };
    let (mut at, mut depth, mut inner) = (At::Outside, 0u64, 0u64);
    let mut root = false;
    loop {
        let event = reader.read_event();
        match event {
            Err(error) => return Err(broken(&reader, error.to_string())),
            Ok(Event::Eof) if depth > 0 => {
                return Err(Unreadable::BrokenXml {
                    at: reader.buffer_position(),
                    why: "EOF".to_owned(),
                });
            }
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => {
                if !root {
                    is_log(&start)?;
                    root = true;
                }
                depth += 1;
                // Attributes of attributes, lists and what extensions bring are passed over whole.
                if inner > 0 {
                    inner += 1;
                    continue;
                }
                match (at, start.local_name().as_ref()) {
                    (At::Outside, "trace") => {
                        at = At::Trace;
                        reading.begin();
                    }
                    (At::Trace, "event") => {
                        at = At::Event;
                        reading.trace.push(Row::default());
                    }
                    (At::Outside, _) => {}
                    _ => {
                        reading.take(at, &start);
                        inner = 1;
                    }
                }
            }
            Ok(Event::Empty(start)) => {
                if !root {
                    is_log(&start)?;
                    root = true;
                }
                if inner == 0 && at == At::Trace && start.local_name().as_ref() == "event" {
                    reading.trace.push(Row::default());
                } else if inner == 0 && at != At::Outside {
                    reading.take(at, &start);
                }
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                if inner > 0 {
                    inner -= 1;
                    continue;
                }
                at = match (at, end.local_name().as_ref()) {
                    (At::Event, "event") => At::Trace,
                    (At::Trace, "trace") => {
                        reading.end();
                        At::Outside
                    }
                    (at, _) => at,
                };
            }
            Ok(_) => {}
        }
    }
    reading.finish(encoding)
}

fn is_log(start: &BytesStart<'_>) -> Result<(), Unreadable> {
    match start.local_name().as_ref() {
        "log" => Ok(()),
        other => {
            let root = other.chars().take(40).collect();
            Err(Unreadable::NotXes { root })
        }
    }
}

impl Reading<'_> {
    fn begin(&mut self) {
        self.traces += 1;
        self.case.clear();
    }

    /// An attribute of the trace or of its last event.
    fn take(&mut self, at: At, start: &BytesStart<'_>) {
        let value = |name: &str| {
            let attribute = start.try_get_attribute(name).ok().flatten()?;
            Some(
                attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .ok()?
                    .into_owned(),
            )
        };
        let Some(key) = value("key") else { return };
        let keys = &self.keys;
        if at == At::Trace {
            if key == keys.case {
                self.case = value("value").unwrap_or_default();
            }
            return;
        }
        let Some(row) = self.trace.last_mut() else { return };
        // One attribute may be named for two things, as one column may not: the name of activity and holder, say.
        let wanted = [
            (Some(keys.activity.as_str()), &mut row.activity),
            (Some(keys.time.as_str()), &mut row.time),
            (Some(keys.holder.as_str()), &mut row.holder),
            (keys.resource, &mut row.resource),
        ];
        for (wanted, place) in wanted {
            if wanted == Some(key.as_str()) {
                *place = value("value").unwrap_or_default();
            }
        }
    }

    fn end(&mut self) {
        if self.case.trim().is_empty() {
            // The standard does not demand a name.
            self.case = format!("#{}", self.traces);
        }
        for row in std::mem::take(&mut self.trace) {
            self.events += 1;
            let [activity, time, holder, resource] =
                [&row.activity, &row.time, &row.holder, &row.resource].map(|cell| cell.trim());
            if activity.is_empty() {
                self.faults.add(self.events, Sort::Activity, "");
                continue;
            }
            let Some(at) = instant(time, self.options.dates) else {
                self.faults.add(self.events, Sort::Time, time);
                continue;
            };
            let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
            self.rows.add(self.case.trim(), activity, at, some(holder));
            let (names, codes) = &mut self.resources;
            codes.push(some(resource).map_or(NONE, |resource| names.number(resource.as_bytes())));
        }
    }

    fn finish(mut self, encoding: &'static str) -> Result<Read, Unreadable> {
        if self.rows.is_empty() {
            return Err(match self.faults.total {
                0 => Unreadable::NoRows,
                total => Unreadable::NoneRead {
                    rows: total,
                    first: self.faults.first.into_iter().next(),
                },
            });
        }
        let mut columns = vec![
            (Sort::Case, self.keys.case),
            (Sort::Activity, self.keys.activity),
            (Sort::Time, self.keys.time),
        ];
        let ([_, _, holders], [_, _, codes]) = (&mut self.rows.names, &mut self.rows.codes);
        if !holders.is_empty() {
            columns.push((Sort::Holder, self.keys.holder));
        } else if let (Some(key), false) = (self.keys.resource, self.resources.0.is_empty()) {
            (*holders, *codes) = self.resources;
            columns.push((Sort::Holder, key.to_owned()));
        }
        Ok(Read {
            log: self.rows.into_log(),
            faults: self.faults,
            encoding,
            columns,
        })
    }
}
