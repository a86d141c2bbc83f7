//! The packs that ship with the project are sound.

use bihuan_mechanism::load;
use bihuan_messages::Lang;

use crate::support::{packs, shown};

#[test]
fn the_shipped_packs_are_sound() {
    let files = packs(&["base", "a-projects"]);
    let loaded = load(&files);
    assert!(loaded.is_sound(), "{}", shown(&loaded, &files, Lang::En));
    assert!(loaded.mechanism(&"three-plus-24".into()).is_some());
}
