//! What a new version of a mechanism changes, in words.

use bihuan_mechanism::compare::{Change, Weight, compare};
use bihuan_mechanism::{Loaded, Names, load};
use bihuan_messages::Lang;

use crate::support::{every_pack, packs};

const FILE: &str = "packs/a-projects/three-plus-24.toml";

fn changed(replace: &[(&str, &str)]) -> (Loaded, Vec<Change>) {
    let files = packs(&every_pack());
    let mut newer = files.clone();
    for (from, to) in replace {
        let text = newer.get_mut(FILE).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
    }
    let (old, new) = (load(&files), load(&newer));
    let mechanism = |loaded: &Loaded| loaded.mechanism(&"three-plus-24".into()).unwrap().clone();
    let changes = compare(
        (&mechanism(&old), &Names::of(&old.packs)),
        (&mechanism(&new), &Names::of(&new.packs)),
    );
    (new, changes)
}

#[test]
fn a_version_does_not_differ_from_itself() {
    let loaded = load(&packs(&every_pack()));
    let names = Names::of(&loaded.packs);
    for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
        assert_eq!(
            compare((mechanism, &names), (mechanism, &names)),
            [],
            "{}",
            mechanism.id
        );
    }
}

#[test]
fn a_shorter_limit_is_told_with_both_limits_and_concerns_open_cases() {
    let (_, changes) = changed(&[("limit = \"24 hours\"", "limit = \"12 hours\"")]);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].weight, Weight::Open);
    let text = changes[0].message.text(Lang::Zh);
    assert!(
        text.contains("24小时") && text.contains("12小时") && text.contains("的时限"),
        "{text}"
    );
    let text = changes[0].message.text(Lang::En);
    assert!(text.contains("24 hours") && text.contains("12 hours"), "{text}");
}

#[test]
fn every_mechanism_differs_from_every_other_and_no_word_is_missing() {
    let loaded = load(&packs(&every_pack()));
    let names = Names::of(&loaded.packs);
    let all: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.mechanisms).collect();
    for pair in all.windows(2) {
        let changes = compare((pair[0], &names), (pair[1], &names));
        assert!(!changes.is_empty());
        for change in changes {
            for lang in [Lang::Zh, Lang::En] {
                let text = change.message.text(lang);
                assert!(!text.contains('⟦') && !text.contains("{subject}"), "{text}");
            }
        }
    }
}

#[test]
fn what_belongs_to_a_stage_that_came_or_went_is_told_with_it() {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let names = Names::of(&loaded.packs);
    let one = loaded.mechanism(&"three-plus-24".into()).unwrap();
    let mut other = (**one).clone();
    let gone = other.stages.remove(0);
    let changes = compare((one, &names), (&other, &names));
    let of_stage: Vec<_> = changes
        .iter()
        .filter(|c| c.place.starts_with(&format!("stage/{}", gone.id)))
        .collect();
    assert_eq!(of_stage.len(), 1, "{of_stage:#?}");
    assert!(of_stage[0].message.text(Lang::Zh).contains("按原规定办到底"));
    let back = compare((&other, &names), (one, &names));
    assert_eq!(
        back.iter()
            .filter(|c| c.place.starts_with(&format!("stage/{}", gone.id)))
            .count(),
        1
    );
}
