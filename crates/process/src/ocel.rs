//! Object-centric event logs, OCEL 2.0 as JSON: one event may touch a case, its parent, units and posts at once.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use crate::stamp::written;

/// A whole log. Types and the attributes they may have are found from what is added.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ocel {
    event_types: Vec<Type>,
    object_types: Vec<Type>,
    events: Vec<Event>,
    objects: Vec<Object>,
}

#[derive(Clone, Debug, Serialize)]
struct Type {
    name: String,
    attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, Serialize)]
struct Attribute {
    name: String,
    r#type: &'static str,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its id, the only one of its name.
    pub id: String,
    /// Its type: the activity.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, in microseconds since 1970, UTC.
    #[serde(serialize_with = "as_instant")]
    pub time: i64,
    /// Attributes by name.
    #[serde(serialize_with = "as_values")]
    pub attributes: BTreeMap<&'static str, String>,
    /// The objects that it touched.
    pub relationships: Vec<Relation>,
}

/// What it happened to, or who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// Its id, the only one of its name among all objects.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Attributes that never change, by name.
    #[serde(serialize_with = "as_lasting")]
    pub attributes: BTreeMap<&'static str, String>,
    /// Other objects.
    pub relationships: Vec<Relation>,
}

/// A relation to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Relation {
    /// The object's id.
    pub object_id: String,
    /// As what.
    pub qualifier: &'static str,
}

impl Relation {
    /// A relation to `object` as `qualifier`.
    pub fn new(object: impl Into<String>, qualifier: &'static str) -> Self {
        Relation {
            object_id: object.into(),
            qualifier,
        }
    }
}

#[derive(Serialize)]
struct Value<'a> {
    name: &'a str,
    // The published schema takes texts only, whatever the type of the attribute.
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

fn as_instant<S: serde::Serializer>(time: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&written(*time))
}

fn as_values<S: serde::Serializer>(
    values: &BTreeMap<&'static str, String>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(values.iter().map(|(name, value)| Value {
        name,
        value,
        time: None,
    }))
}

fn as_lasting<S: serde::Serializer>(
    values: &BTreeMap<&'static str, String>,
    to: S,
) -> Result<S::Ok, S::Error> {
    // The standard gives what never changes the beginning of time.
    let time = || Some("1970-01-01T00:00:00Z".to_owned());
    to.collect_seq(values.iter().map(|(name, value)| Value {
        name,
        value,
        time: time(),
    }))
}

impl Ocel {
    /// A log of these; relations to objects that are not among them are left out.
    pub fn new(mut events: Vec<Event>, mut objects: Vec<Object>) -> Ocel {
        events.sort_by_key(|event| event.time);
        objects.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        objects.dedup_by(|a, b| a.id == b.id);
        let known: std::collections::BTreeSet<String> =
            objects.iter().map(|object| object.id.clone()).collect();
        for event in &mut events {
            event
                .relationships
                .retain(|relation| known.contains(&relation.object_id));
        }
        for object in &mut objects {
            object
                .relationships
                .retain(|relation| known.contains(&relation.object_id));
        }
        let event_types = types(events.iter().map(|event| (&event.kind, &event.attributes)));
        let object_types = types(objects.iter().map(|object| (&object.kind, &object.attributes)));
        Ocel {
            event_types,
            object_types,
            events,
            objects,
        }
    }

    /// The events, in order of time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The objects, by type and id.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// If `out` cannot be written.
    pub fn write(&self, out: impl Write) -> std::io::Result<()> {
        serde_json::to_writer(out, self).map_err(std::io::Error::from)
    }
}

fn types<'a>(all: impl Iterator<Item = (&'a String, &'a BTreeMap<&'static str, String>)>) -> Vec<Type> {
    let mut types: BTreeMap<&String, std::collections::BTreeSet<&'static str>> = BTreeMap::new();
    for (kind, attributes) in all {
        types.entry(kind).or_default().extend(attributes.keys().copied());
    }
    let attribute = |name: &'static str| Attribute {
        name: name.to_owned(),
        r#type: "string",
    };
    types
        .into_iter()
        .map(|(name, attributes)| Type {
            name: name.clone(),
            attributes: attributes.into_iter().map(attribute).collect(),
        })
        .collect()
}
