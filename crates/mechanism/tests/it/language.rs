//! What the language can say, over a small pack that says everything once.

use std::collections::BTreeSet;

use bihuan_domain::clock::Limit;
use bihuan_domain::id::Digest;
use bihuan_domain::mechanism::{
    Each, FromRow, LimitSpec, Mechanism, RequestKind, Resolve, RowOwner, StageKind,
};
use bihuan_mechanism::{Loaded, load, scenario};
use bihuan_messages::Lang;

use crate::support::{Files, shown, works};

const WORKS: &str = "crates/mechanism/tests/works/";

/// The works pack with one place changed.
fn changed(file: &str, from: &str, to: &str) -> Files {
    let mut files = works();
    let path = if file.contains('/') {
        file.to_owned()
    } else {
        format!("{WORKS}{file}")
    };
    let text = files.get_mut(&path).unwrap();
    assert!(text.contains(from), "{path} has no `{from}`");
    *text = text.replacen(from, to, 1);
    files
}

fn mechanism<'l>(loaded: &'l Loaded, id: &str) -> &'l Mechanism {
    loaded.mechanism(&id.into()).unwrap()
}

fn digest(files: &Files, id: &str) -> Digest {
    mechanism(&load(files), id).digest.clone()
}

#[test]
fn a_pack_that_uses_every_construct_is_sound() {
    let files = works();
    let loaded = load(&files);
    assert!(loaded.is_sound(), "{}", shown(&loaded, &files, Lang::En));
    assert_eq!(loaded.pack("works").unwrap().mechanisms.len(), 8);
}

#[test]
fn every_construct_does_what_its_scenario_says() {
    let files = works();
    let outcomes = scenario::run_all(&load(&files));
    let works: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.file.starts_with(WORKS))
        .collect();
    assert_eq!(works.len(), 8);
    for outcome in works {
        let text = bihuan_diagnostics::terminal::render(&outcome.findings, &files, Lang::En, false);
        assert!(outcome.passed(), "{}\n{text}\n{:#?}", outcome.id, outcome.story);
    }
}

#[test]
fn what_need_not_be_written_is_there() {
    let loaded = load(&works());
    let permit = mechanism(&loaded, "permit");
    let kinds: Vec<(&str, StageKind)> = permit.stages.iter().map(|s| (s.id.as_str(), s.kind)).collect();
    assert!(kinds.ends_with(&[
        ("parked", StageKind::Parked),
        ("closed", StageKind::Closed),
        ("void", StageKind::Void)
    ]));
    let parked = permit.stage(&"parked".into()).unwrap();
    assert_eq!(parked.holder, Some("supervision".into()));
    let clock = parked.clock.as_ref().unwrap();
    assert_eq!(clock.ladder.as_str(), "leadership");
    assert!(matches!(&clock.limit, LimitSpec::Rule(rule) if rule.limit == Limit::Days(30)));
    assert_eq!(parked.steps[0].to.as_str(), "applied", "to the first stage");
    // No side move voids a joint approval, so there is nothing to void it into.
    let joint = mechanism(&loaded, "joint");
    assert!(joint.stages.iter().all(|stage| stage.kind != StageKind::Void));
    let request = &permit.requests[&RequestKind::Return];
    assert_eq!((request.approver.as_str(), request.cap), ("dispatcher", 2));
    assert_eq!(request.reasons.len(), 3, "the shared reasons came along");
    assert_eq!(
        permit.field(&"work_class".into()).unwrap().datum.as_str(),
        "work-class"
    );
}

#[test]
fn what_opens_by_itself_is_compiled() {
    let loaded = load(&works());
    let on = mechanism(&loaded, "response").open.on.clone().unwrap();
    assert_eq!(on.owner, RowOwner::Field("place".into()));
    assert_eq!(on.sets["alert"], FromRow::Row);
    assert!(on.when.is_some());
    assert!(mechanism(&loaded, "visit").open.schedule.is_some());
    let campaign = mechanism(&loaded, "campaign");
    let each = campaign.children.as_ref().unwrap().each.clone().unwrap();
    assert!(matches!(each, Each::Register { filter: Some(_), .. }));
    assert!(campaign.registers.contains_key("devices"));
    let joint = mechanism(&loaded, "joint").children.clone().unwrap();
    assert_eq!(joint.each, Some(Each::Units("approvers".into())));
    let permit = mechanism(&loaded, "permit");
    assert_eq!(
        permit.roles["user"].resolve,
        Resolve::RowField("device".into(), "user".into())
    );
    assert_eq!(
        permit.field(&"informant".into()).unwrap().sealed_to,
        Some("discipline".into())
    );
    assert_eq!(permit.indicators.len(), 2);
}

#[test]
fn a_definition_covers_the_side_moves_and_register_forms_that_it_works_with() {
    let before = works();
    // Another cap for a shared side move: only who takes it is another definition.
    let after = changed(
        "packs/base/roles.toml",
        "id = \"return\"\nkind = \"return\"",
        "id = \"return\"\n# x\nkind = \"return\"",
    );
    assert_ne!(digest(&before, "permit"), digest(&after, "permit"));
    assert_eq!(digest(&before, "visit"), digest(&after, "visit"));
    // Another field in a register into which steps write, or through which a guard reads.
    let after = changed("pack.toml", "id = \"oxygen\"\nrequired = true", "id = \"oxygen\"");
    assert_ne!(digest(&before, "permit"), digest(&after, "permit"));
    let grown = "[[register.field]]\nid = \"next_due\"\n\n[[register.field]]\nid = \"passed_last\"\ndatum = \"passed\"\n";
    let after = changed("pack.toml", "[[register.field]]\nid = \"next_due\"\n", grown);
    assert_ne!(
        digest(&before, "permit"),
        digest(&after, "permit"),
        "device.next_due is read"
    );
    // A check only points at its device; the register may grow under it.
    assert_eq!(digest(&before, "device-check"), digest(&after, "device-check"));
}

/// A file, what stands there, what is put in its place, and the code that must be found.
type Fault = (&'static str, &'static str, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    (
        "permit.toml",
        "adds = \"gas_readings\"",
        "adds = \"gas_reading\"",
        "M0116",
    ),
    (
        "permit.toml",
        "unique = [\"device\"]",
        "unique = [\"devise\"]",
        "M0110",
    ),
    (
        "permit.toml",
        "stages = [\"inside\"]",
        "stages = [\"insite\"]",
        "M0111",
    ),
    (
        "permit.toml",
        "stages = [\"inside\"]",
        "stages = [\"closed\"]",
        "M0168",
    ),
    (
        "permit.toml",
        "return = \"return\"",
        "return = \"extension\"",
        "M0167",
    ),
    ("permit.toml", "field:device.user", "field:device.kind", "M0153"),
    (
        "permit.toml",
        "field:device.user",
        "field:work_class.user",
        "M0153",
    ),
    ("permit.toml", "field:device.user", "field:device.usr", "M0110"),
    (
        "permit.toml",
        "superior:department",
        "superior:departement",
        "M0115",
    ),
    (
        "permit.toml",
        "superior:department\"\npost = \"head\"",
        "superior:department\"\npost = \"manager\"",
        "M0119",
    ),
    ("permit.toml", "by = \"work_class\"", "by = \"device\"", "M0153"),
    (
        "permit.toml",
        "by = \"work_class\"",
        "by = \"work_clas\"",
        "M0110",
    ),
    (
        "permit.toml",
        "special = \"8 hours\"",
        "spezial = \"8 hours\"",
        "M0133",
    ),
    (
        "permit.toml",
        "special = \"8 hours\"",
        "special = \"8 ours\"",
        "M0011",
    ),
    (
        "permit.toml",
        "limits = { special = \"8 hours\", first = \"1 working day\" }, ",
        "",
        "M0004",
    ),
    (
        "permit.toml",
        "limit = \"3 working days\" }",
        "limit = \"until field due or 3 days\" }",
        "M0011",
    ),
    (
        "permit.toml",
        "last(own.gas_readings, row.oxygen)",
        "last(own.devices, row.name)",
        "M0116",
    ),
    (
        "permit.toml",
        "last(own.gas_readings, row.oxygen)",
        "last(own.gas_readings, row.matter)",
        "M0132",
    ),
    (
        "permit.toml",
        "min(own.gas_readings, row.oxygen)",
        "min(own.gas_readings, row.case)",
        "M0130",
    ),
    (
        "permit.toml",
        "device.next_due > today",
        "device.next_du > today",
        "M0110",
    ),
    (
        "permit.toml",
        "device.next_due > today",
        "device.kind > today",
        "M0130",
    ),
    (
        "permit.toml",
        "case.owner == case.owner",
        "case.owner > case.owner",
        "M0130",
    ),
    (
        "permit.toml",
        "base = \"count(cases, row.closed)\"\n",
        "",
        "M0154",
    ),
    (
        "permit.toml",
        "direction = \"up\"",
        "direction = \"upp\"",
        "M0010",
    ),
    (
        "permit.toml",
        "row.opened_on <= today",
        "row.opened_at <= today",
        "M0110",
    ),
    ("visit.toml", "kind:village", "kind:vilage", "M0115"),
    ("visit.toml", "kind:village", "village", "M0010"),
    (
        "visit.toml",
        "monthly on the 10th, except holidays",
        "daily",
        "M0201",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "monthly on the 40th",
        "M0145",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "yearly on 30 February",
        "M0145",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "yearly on 1 October",
        "M0145",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "monthly on the sixth Wednesday",
        "M0014",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "every five months on the 1st of month 1",
        "M0145",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "yearly on 1 March and 31 June",
        "M0145",
    ),
    (
        "visit.toml",
        "monthly on the 10th",
        "every second week on Monday",
        "M0014",
    ),
    ("permit.toml", "\"2 hours\"", "\"until 2020-02-30\"", "M0017"),
    ("permit.toml", "\"2 hours\"", "\"until 3100-05-01\"", "M0144"),
    ("permit.toml", "\"2 hours\"", "\"0 hours\"", "M0144"),
    (
        "permit.toml",
        "\"2 hours\"",
        "\"2 hours on calendar county\"",
        "M0189",
    ),
    (
        "visit.toml",
        "id = \"visited\"\n",
        "id = \"visited\"\nrequired = true\n",
        "M0176",
    ),
    (
        "response.toml",
        "from = [\"warning\"]",
        "from = [\"person\"]",
        "M0169",
    ),
    (
        "response.toml",
        "register = \"alerts\"",
        "register = \"alert\"",
        "M0116",
    ),
    ("response.toml", "row.colour in", "case.stage in", "M0110"),
    (
        "response.toml",
        "owner = \"row.place\"",
        "owner = \"row.palce\"",
        "M0110",
    ),
    (
        "response.toml",
        "owner = \"row.place\"",
        "owner = \"function:flod\"",
        "M0113",
    ),
    (
        "response.toml",
        "owner = \"row.place\"",
        "owner = \"owner\"",
        "M0010",
    ),
    (
        "response.toml",
        "colour = \"row.colour\" }",
        "color = \"row.colour\" }",
        "M0110",
    ),
    (
        "response.toml",
        "datum = \"alert-colour\"\n",
        "datum = \"alert-colour\"\nrequired = true\nchoices = [{ code = \"red\", label = { zh = \"红\", en = \"red\" } }]\n",
        "M0171",
    ),
    ("campaign.toml", "register:devices", "register:device", "M0116"),
    ("campaign.toml", "row.kind ==", "row.knd ==", "M0110"),
    (
        "campaign.toml",
        "kind = \"row.kind\" }",
        "kind = \"row.name\" }",
        "M0171",
    ),
    ("campaign.toml", "device = \"row\", ", "", "M0176"),
    ("campaign.toml", "each = \"register:devices\"\n", "", "M0003"),
    (
        "campaign.toml",
        "count(children, row.passed)",
        "count(children, row.pased)",
        "M0110",
    ),
    (
        "campaign.toml",
        "extension = \"extension\"",
        "extension = \"more\"",
        "M0167",
    ),
    (
        "device-check.toml",
        "from = [\"parent\", \"person\"]",
        "from = [\"person\"]",
        "M0169",
    ),
    ("joint.toml", "field:approvers", "field:approver", "M0110"),
    ("pack.toml", "keeper = \"safety\"", "keeper = \"safty\"", "M0113"),
    (
        "pack.toml",
        "sealed_to = \"discipline\"",
        "sealed_to = \"disciplin\"",
        "M0113",
    ),
    (
        "packs/base/roles.toml",
        "cap = 2\nreasons = \"not-competent\"",
        "cap = 0\nreasons = \"not-competent\"",
        "M0143",
    ),
    (
        "packs/base/roles.toml",
        "reasons = \"not-competent\"",
        "reasons = \"incompetent\"",
        "M0164",
    ),
    ("packs/base/roles.toml", "at_most = \"30 days\"\n", "", "M0146"),
    (
        "packs/base/roles.toml",
        "kind = \"hand_up\"",
        "kind = \"handup\"",
        "M0010",
    ),
];

#[test]
fn each_fault_in_what_the_language_gained_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for (file, from, to, code) in FAULTS {
        let loaded = load(&changed(file, from, to));
        let found: BTreeSet<&str> = loaded.diagnostics.iter().map(|f| f.code.as_str()).collect();
        if !found.contains(code) {
            wrong.push(format!("{file}: `{to}`: wanted {code}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_village_reports_one_figure_once_however_it_is_asked() {
    let mut files = works();
    let twice = files[&format!("{WORKS}visit.toml")].replace("id = \"visit\"", "id = \"visit-again\"");
    files.insert(format!("{WORKS}visit-again.toml"), twice);
    let codes: BTreeSet<String> = load(&files).diagnostics.into_iter().map(|f| f.code).collect();
    assert_eq!(codes, BTreeSet::from(["M0203".to_owned()]));
}

#[test]
fn a_register_that_proves_presence_needs_a_mechanism_with_a_ground() {
    // Presence in a register that no mechanism writes, then in one into which an ordinary mechanism writes, then
    // into which one of major risk does.
    let proof = |files: &mut Files| {
        let text = files.get_mut(&format!("{WORKS}pack.toml")).unwrap();
        *text = text.replacen(
            "id = \"measured-by\"",
            "id = \"measured-by\"\nproof = \"presence\"",
            1,
        );
    };
    let mut files = works();
    proof(&mut files);
    let find = |files: &Files| -> Vec<(String, String)> {
        load(files)
            .diagnostics
            .into_iter()
            .map(|f| (f.code, f.file))
            .collect()
    };
    let permit = format!("{WORKS}permit.toml");
    assert!(
        find(&files)
            .iter()
            .all(|found| *found == ("M0202".to_owned(), permit.clone()))
    );
    assert!(!find(&files).is_empty());
    let text = files[&permit].replace(
        "title = \"matter\"\ncolumns",
        "risk = \"major\"\ntitle = \"matter\"\ncolumns",
    );
    files.insert(permit.clone(), text);
    assert_eq!(find(&files), [], "major risk is a ground");
    files.remove(&permit);
    // The scheme looks at permits.
    files.remove(&format!("{WORKS}care.toml"));
    let pack = format!("{WORKS}pack.toml");
    let mut found = find(&files);
    // A bulletin of the pack counts permits.
    found.retain(|(code, _)| code != "M0159");
    assert_eq!(found, [("M0202".to_owned(), pack)], "nobody writes it: no ground");
}
