//! An org tree for scenarios: units with the posts they have, each post with a person.

use bihuan_domain::id::{Code, PersonId, PostId, UnitId};
use bihuan_domain::org::{Appointment, Person, Post, Unit, Validity};
use bihuan_messages::Label;
use jiff::civil::{Date, date};

use crate::input::seal;
use crate::read::{Node, Sink, Sp, Table};
use crate::scenario::OrgTree;

/// Before the first scenario: org trees of scenarios are in force all the time.
const SINCE: Date = date(2000, 1, 1);

/// What a unit of an org file names, with its places.
#[derive(Clone, Debug)]
pub(crate) struct OrgUnitAst {
    pub(crate) kind: Sp<String>,
    pub(crate) parent: Option<Sp<String>>,
    pub(crate) functions: Vec<Sp<String>>,
    pub(crate) posts: Vec<Sp<String>>,
}

/// Reads an org file.
pub(crate) fn read(root: &Node, sink: &mut Sink<'_>) -> (OrgTree, Vec<OrgUnitAst>) {
    let mut tree = OrgTree::default();
    let mut units = Vec::new();
    let Some(mut file) = Table::of(root, "file", sink) else {
        return (tree, units);
    };
    super::language(&mut file, sink);
    if let Some(mut head) = file.need_table("org", sink) {
        tree.root = head.need_code("root", sink).map(|id| UnitId::new(id.as_str()));
        tree.last_resort = head
            .need_code("last_resort", sink)
            .map(|id| PostId::new(id.as_str()));
        tree.division = head.code("division", sink).map(|id| Code::new(id.as_str()));
        tree.name = head.need_label("name", sink);
        head.finish(sink);
    }
    for table in file.tables("unit", "[[unit]]", sink) {
        units.extend(unit(table, &mut tree, sink));
    }
    for mut table in file.tables("person", "[[person]]", sink) {
        // A person who sits on several chairs: each named post gets this person beside its own.
        let id = table.need_code("id", sink);
        let posts = table.codes("posts", sink);
        table.finish(sink);
        let Some(id) = id else { continue };
        for post in posts {
            appoint(
                &mut tree,
                &PersonId::new(id.as_str()),
                &PostId::new(post.as_str()),
            );
        }
    }
    file.finish(sink);
    (tree, units)
}

fn unit(mut table: Table<'_>, tree: &mut OrgTree, sink: &mut Sink<'_>) -> Option<OrgUnitAst> {
    let id = table.need_code("id", sink);
    let kind = table.need_code("kind", sink);
    let name = table.need_label("name", sink);
    let parent = table.code("parent", sink);
    let functions = table.codes("functions", sink);
    let posts = table.codes("posts", sink);
    let has_accounts = table.flag("has_accounts", true, sink);
    table.finish(sink);
    let (id, kind) = (id?, kind?);
    for post in &posts {
        let code = PostId::new(format!("{}-{}", id.value, post.value));
        tree.posts.push(Post {
            id: code.clone(),
            unit: UnitId::new(id.as_str()),
            kind: Code::new(post.as_str()),
            // The kind's own label is put in when the tree becomes a world.
            name: Label::new("", ""),
            valid: Validity::since(SINCE),
        });
        appoint(tree, &PersonId::new(format!("p-{code}")), &code);
    }
    tree.units.push(Unit {
        id: UnitId::new(id.as_str()),
        kind: Code::new(kind.as_str()),
        name,
        parent: parent.as_ref().map(|parent| UnitId::new(parent.as_str())),
        functions: functions
            .iter()
            .map(|function| Code::new(function.as_str()))
            .collect(),
        valid: Validity::since(SINCE),
        successor: None,
        has_accounts,
    });
    Some(OrgUnitAst {
        kind,
        parent,
        functions,
        posts,
    })
}

fn appoint(tree: &mut OrgTree, person: &PersonId, post: &PostId) {
    if !tree.persons.iter().any(|known| known.id == *person) {
        tree.persons.push(Person {
            id: person.clone(),
            name: seal(person.as_str()),
        });
    }
    tree.appointments.push(Appointment {
        person: person.clone(),
        post: post.clone(),
        valid: Validity::since(SINCE),
        acting_for: None,
    });
}
