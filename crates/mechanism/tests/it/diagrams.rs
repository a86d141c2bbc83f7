//! Pictures of mechanisms: everything is there, nothing lies upon anything else, every text fits its box.

use bihuan_domain::mechanism::Mechanism;
use bihuan_mechanism::diagram::{self, Drawing};
use bihuan_mechanism::{Names, load};
use bihuan_messages::Lang;

use crate::support::{every_pack, packs};

fn every(mut look: impl FnMut(&Mechanism, &Names, Lang)) {
    let loaded = load(&packs(&every_pack()));
    let names = Names::of(&loaded.packs);
    let mechanisms: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.mechanisms).collect();
    assert!(mechanisms.len() > 90, "{}", mechanisms.len());
    for mechanism in mechanisms {
        for lang in [Lang::Zh, Lang::En] {
            look(mechanism, &names, lang);
        }
    }
}

/// All texts of a picture without blanks and breaks, so that a label that runs over two lines is found.
fn words(drawing: &Drawing) -> String {
    let text: String = drawing.texts.iter().map(|text| text.text.as_str()).collect();
    plain(&text)
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn every_stage_step_and_rung_is_in_the_picture_and_in_the_text() {
    every(|mechanism, names, lang| {
        let drawing = diagram::drawing(mechanism, names, lang);
        let (seen, told) = (words(&drawing), plain(&diagram::text(mechanism, names, lang)));
        let has = |label: &str| {
            let label = plain(label);
            assert!(
                seen.contains(&label),
                "{}: {label} is not in the picture",
                mechanism.id
            );
            assert!(
                told.contains(&label),
                "{}: {label} is not in the text",
                mechanism.id
            );
        };
        for stage in &mechanism.stages {
            has(stage.label.get(lang));
            let id = format!("stage:{}", stage.id);
            assert!(
                drawing.shapes.iter().any(|shape| shape.id == id),
                "{}: {id}",
                mechanism.id
            );
            stage.steps.iter().for_each(|step| has(step.label.get(lang)));
        }
        for ladder in mechanism.ladders.values() {
            for (n, rung) in ladder.rungs.iter().enumerate() {
                has(rung.label.get(lang));
                let id = format!("rung:{}:{n}", ladder.id);
                assert!(
                    drawing.shapes.iter().any(|shape| shape.id == id),
                    "{}: {id}",
                    mechanism.id
                );
            }
        }
    });
}

#[test]
fn no_two_boxes_overlap_and_every_text_fits_its_box() {
    every(|mechanism, names, lang| {
        let drawing = diagram::drawing(mechanism, names, lang);
        let boxes: Vec<_> = drawing
            .shapes
            .iter()
            .filter(|shape| !shape.id.is_empty())
            .collect();
        for (n, one) in boxes.iter().enumerate() {
            assert!(
                one.x >= 0 && one.x + one.width <= drawing.width,
                "{}: {}",
                mechanism.id,
                one.id
            );
            assert!(
                one.y >= 0 && one.y + one.height <= drawing.height,
                "{}: {}",
                mechanism.id,
                one.id
            );
            for other in boxes.iter().skip(n + 1) {
                let apart = one.y + one.height <= other.y || other.y + other.height <= one.y;
                assert!(apart, "{}: {} and {} overlap", mechanism.id, one.id, other.id);
            }
        }
        for (n, text) in drawing.texts.iter().enumerate() {
            let (top, bottom) = (text.y - text.size, text.y + 3);
            assert!(
                text.x >= 0 && text.x + text.width <= drawing.width,
                "{}: {}",
                mechanism.id,
                text.text
            );
            if let Some(shape) = text.inside.map(|place| &drawing.shapes[place]) {
                let fits = text.x >= shape.x + 4
                    && text.x + text.width <= shape.x + shape.width - 4
                    && top >= shape.y
                    && bottom <= shape.y + shape.height;
                assert!(fits, "{}: {} does not fit {}", mechanism.id, text.text, shape.id);
            }
            for other in drawing.texts.iter().skip(n + 1) {
                let beside = text.x + text.width <= other.x || other.x + other.width <= text.x;
                let above = bottom <= other.y - other.size || other.y + 3 <= top;
                assert!(
                    beside || above,
                    "{}: {} lies upon {}",
                    mechanism.id,
                    text.text,
                    other.text
                );
            }
        }
        for point in drawing.lines.iter().flat_map(|line| &line.points) {
            let within = (0..=drawing.width).contains(&point.0) && (0..=drawing.height).contains(&point.1);
            assert!(within, "{}: {point:?}", mechanism.id);
        }
    });
}

#[test]
fn the_picture_is_legible_at_the_width_of_a_telephone() {
    // 360 pixels wide, type of 13 units shows at nine pixels or more.
    every(|mechanism, names, lang| {
        let width = diagram::drawing(mechanism, names, lang).width;
        assert!(width * 9 <= 360 * 13, "{}: {width}", mechanism.id);
    });
}

#[test]
fn the_same_mechanism_gives_the_same_picture_and_it_says_what_it_is() {
    every(|mechanism, names, lang| {
        let svg = diagram::svg(mechanism, names, lang);
        assert_eq!(svg, diagram::svg(mechanism, names, lang));
        assert!(svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"));
        assert!(
            !svg.contains(" style=") && !svg.contains(" id="),
            "{}",
            mechanism.id
        );
        assert!(
            !svg.contains('⟦') && !svg.contains('{'),
            "{}: a text is missing",
            mechanism.id
        );
    });
}

fn pictured(id: &str, lang: Lang) -> (String, String) {
    let loaded = load(&packs(&every_pack()));
    let names = Names::of(&loaded.packs);
    let mechanism = loaded.mechanism(&id.into()).unwrap();
    (
        diagram::text(mechanism, &names, lang),
        diagram::svg(mechanism, &names, lang),
    )
}

#[test]
fn a_small_mechanism_as_text_and_picture() {
    let (text, svg) = pictured("three-plus-24", Lang::Zh);
    insta::assert_snapshot!("three_plus_24_text", text);
    insta::assert_snapshot!("three_plus_24_svg", svg);
}

#[test]
fn a_small_mechanism_in_english() {
    let (text, svg) = pictured("charity-lot", Lang::En);
    insta::assert_snapshot!("charity_lot_text", text);
    insta::assert_snapshot!("charity_lot_svg", svg);
}
