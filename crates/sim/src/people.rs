//! Invented people: names that say themselves that they are samples, and who sits on which post.

use bihuan_domain::id::Code;
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::org::{Actor, Org};

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "高", "林", "罗",
];
const GIVEN: [&str; 12] = [
    "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑",
];

/// The `n`th sample name. Nobody is called like this, and the mark says so wherever a name is shown.
pub fn sample_name(n: usize) -> String {
    let surname = SURNAMES.get(n % SURNAMES.len()).unwrap_or(&"王");
    let given = GIVEN.get(n / SURNAMES.len() % GIVEN.len()).unwrap_or(&"甲");
    format!("{surname}{given}（样例）")
}

/// Whoever serves on `post`, acting in it.
pub fn on_post(org: &Org, post: &PostId, day: jiff::civil::Date) -> Option<Actor> {
    let person = org.persons_on(post, day).next()?;
    Some(as_actor(person, post))
}

/// A person acting in a post, in a session of the simulation.
pub fn as_actor(person: &PersonId, post: &PostId) -> Actor {
    Actor {
        person: person.clone(),
        post: post.clone(),
        on_behalf_of: None,
        session: Some(Code::new("sim")),
    }
}
