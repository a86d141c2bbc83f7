//! The packs that come with the program, through the command line.

use super::run::bihuan;

#[test]
fn the_packs_of_the_house_are_sound_and_their_scenarios_pass() {
    let run = bihuan(["check", "packs", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = bihuan(["scenario", "packs", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert!(json["scenarios"].as_array().unwrap().len() >= 5);
}

#[test]
fn the_binary_carries_every_pack_of_the_house() {
    let inside: std::collections::BTreeSet<String> = bihuan_sim::packs::as_one().into_keys().collect();
    let root = super::run::root().join("packs");
    let mut outside = std::collections::BTreeSet::new();
    let mut waiting = vec![root.clone()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| ending == "toml" || ending == "csv")
            {
                outside.insert(path.strip_prefix(&root).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(inside, outside);
}

#[test]
fn a_mechanism_can_be_shown_in_words_by_code_or_number() {
    let list = bihuan(["mechanism", "list", "--lang", "en"]);
    assert_eq!(list.code, 0);
    assert!(list.out.lines().count() > 90, "{}", list.out);
    // That all of them can be shown is a test of the mechanism crate; here is the way through the command line.
    for id in ["three-plus-24", "M36", "M45"] {
        for lang in ["zh", "en"] {
            let run = bihuan(["mechanism", "show", id, "--lang", lang]);
            assert_eq!(run.code, 0, "{id}: {}", run.err);
            assert!(
                !run.out.contains('⟦') && !run.out.contains('{'),
                "{id}: {}",
                run.out
            );
        }
    }
    let unknown = bihuan(["mechanism", "show", "nothing"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("three-plus-24"), "{}", unknown.err);
}

#[test]
fn a_pack_of_ones_own_builds_on_those_of_the_house_and_its_faults_are_placed() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("own");
    std::fs::create_dir(&pack).unwrap();
    let head = "language = 1\n\n[pack]\nid = \"own\"\nlabel = { zh = \"自建包\", en = \"Own\" }\nrequires = [\"base\"]\n";
    std::fs::write(pack.join("pack.toml"), head).unwrap();
    let run = bihuan(["check".as_ref(), pack.as_os_str()]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    std::fs::write(pack.join("pack.toml"), head.replace("base", "bese")).unwrap();
    let page = dir.path().join("findings.html");
    let run = bihuan([
        "check".as_ref(),
        pack.as_os_str(),
        "--html".as_ref(),
        page.as_os_str(),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("pack.toml:6:13"), "{}", run.out);
    assert!(std::fs::read_to_string(page).unwrap().contains("<mark>"));
}

#[test]
fn the_calendar_lists_its_years_and_says_where_it_ends() {
    let run = bihuan(["calendar", "--year", "2020"]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("249"), "working days of 2020: {}", run.out);
    assert_eq!(bihuan(["calendar", "--year", "2900"]).code, 2);
}

#[test]
fn a_mechanism_is_drawn_into_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("picture.svg");
    let run = bihuan([
        "mechanism".as_ref(),
        "show".as_ref(),
        "M03".as_ref(),
        "--svg".as_ref(),
        picture.as_os_str(),
    ]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("责任单位答复"), "{svg}");
}

#[test]
fn the_burden_of_one_mechanism_and_of_all_is_told() {
    let all = bihuan(["mechanism", "burden", "--lang", "en"]);
    assert_eq!(all.code, 0, "{}", all.err);
    assert!(
        all.out.contains('▲') && all.out.contains("grid head"),
        "{}",
        all.out
    );
    let one = bihuan(["mechanism", "burden", "M36", "--cases", "400"]);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(
        one.out.contains("每年400件") && one.out.contains("网格长"),
        "{}",
        one.out
    );
    let json = bihuan(["mechanism", "burden", "M36", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["unit"], "min");
    assert!(json["rows"].as_array().unwrap().len() > 2);
}
