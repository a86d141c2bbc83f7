//! The blocks of stages, of the entry and of the rungs.

use bihuan_domain::mechanism::{Ladder, Mechanism, Stage, StageKind, Step};

use super::sheet::{Block, Look, Out, Path};
use super::words::Words;

/// Stages as they are read: the open ones in the order of the file, then closed, parked, void.
pub(crate) fn in_order(mechanism: &Mechanism) -> Vec<&Stage> {
    let mut stages: Vec<&Stage> = mechanism.stages.iter().collect();
    stages.sort_by_key(|stage| match stage.kind {
        StageKind::Closed => 1,
        StageKind::Parked => 2,
        StageKind::Void => 3,
        _ => 0,
    });
    stages
}

/// How a case comes to be.
pub(crate) fn entry(words: &Words<'_>) -> Block {
    let open = &words.mechanism.open;
    let to = |stage: &str, key: &str| Out {
        text: words.with(key, &[("stage", &words.stage(stage))]),
        short: words.say("about.opened"),
        to: Some(format!("stage:{stage}")),
        path: Path::Step,
    };
    let mut outs = vec![to(open.stage.as_str(), "about.open_to")];
    let later = open.stages.iter().filter(|stage| **stage != open.stage);
    outs.extend(later.map(|stage| to(stage.as_str(), "about.open_later")));
    Block {
        lines: words.opening(),
        outs,
        ..Block::new("open", Look::Entry, words.say("about.open"))
    }
}

/// A stage with its ways out.
pub(crate) fn stage(words: &Words<'_>, stage: &Stage) -> Block {
    let kind = words.kind(stage.kind);
    let mut block = Block {
        tag: if kind == stage.label.get(words.lang) {
            String::new()
        } else {
            kind.to_owned()
        },
        lines: words.stage_lines(stage),
        ..Block::new(
            format!("stage:{}", stage.id),
            Look::Stage(stage.kind),
            stage.label.get(words.lang),
        )
    };
    block.outs = stage
        .steps
        .iter()
        .map(|step| self::step(words, stage, step))
        .collect();
    if stage.kind == StageKind::Verify {
        let closed = words.mechanism.stage_of_kind(StageKind::Closed);
        block.outs.push(Out {
            text: words.say("about.passed"),
            short: words.say("about.passed"),
            to: closed.map(|stage| format!("stage:{}", stage.id)),
            path: Path::Step,
        });
    }
    let ways = [
        (stage.rework.as_ref(), "about.rework", Path::Rework),
        (stage.exit.as_ref().map(|exit| &exit.to), "about.exit", Path::Exit),
    ];
    let look_back = words.mechanism.closing.look_back.as_ref();
    let redo = look_back
        .filter(|_| stage.kind == StageKind::Closed)
        .map(|look| (Some(&look.redo), "about.redo", Path::Rework));
    for (to, key, path) in ways.into_iter().chain(redo) {
        if let Some(to) = to {
            block.outs.push(Out {
                text: words.with(key, &[("stage", &words.stage(to.as_str()))]),
                short: String::new(),
                to: Some(format!("stage:{to}")),
                path,
            });
        }
    }
    let children = words.mechanism.children.as_ref();
    if let Some(children) = children.filter(|children| children.stage == stage.id) {
        block.inset = words.children(children);
    }
    block
}

fn step(words: &Words<'_>, stage: &Stage, step: &Step) -> Out {
    let own = step.to == stage.id;
    let target = if own {
        words.say("about.again")
    } else {
        words.with("about.to", &[("stage", &words.stage(step.to.as_str()))])
    };
    let (label, conditions) = (step.label.get(words.lang), words.conditions(stage, step));
    Out {
        text: format!("{label}{target}{conditions}"),
        short: format!("{label}{conditions}"),
        to: Some(format!("stage:{}", step.to)),
        path: Path::Step,
    }
}

/// The rungs of a ladder, each a little further to the right.
pub(crate) fn rungs(words: &Words<'_>, ladder: &Ladder) -> Vec<Block> {
    let last = ladder.rungs.len().saturating_sub(1);
    let block = |(n, rung): (usize, &bihuan_domain::mechanism::Rung)| {
        let id = |n: usize| format!("rung:{}:{n}", ladder.id);
        let limit = rung.limit.label();
        let limit: &dyn std::fmt::Display = &limit.get(words.lang).to_owned();
        let key = if n == last {
            "about.rung_end"
        } else {
            "about.rung_on"
        };
        let mut lines = vec![words.with("about.rung_to", &[("role", &words.role(&rung.to))])];
        if rung.bulletin {
            lines.push(words.say("about.rung_bulletin"));
        }
        Block {
            lines,
            outs: vec![Out {
                text: words.with(key, &[("limit", limit)]),
                short: words.with(key, &[("limit", limit)]),
                to: (n < last).then(|| id(n.saturating_add(1))),
                path: if n == last { Path::Exit } else { Path::Step },
            }],
            indent: n,
            ..Block::new(
                id(n),
                Look::Rung,
                format!("{} {}", n.saturating_add(1), rung.label.get(words.lang)),
            )
        }
    };
    ladder.rungs.iter().enumerate().map(block).collect()
}
