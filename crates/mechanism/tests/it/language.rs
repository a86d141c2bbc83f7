//! What the language can say, over a small pack that says everything once.

use bihuan_mechanism::load;
use bihuan_messages::Lang;

use crate::support::{shown, works};

#[test]
fn a_pack_that_uses_every_construct_is_sound() {
    let files = works();
    let loaded = load(&files);
    assert!(loaded.is_sound(), "{}", shown(&loaded, &files, Lang::En));
    assert_eq!(loaded.pack("works").unwrap().mechanisms.len(), 7);
}
