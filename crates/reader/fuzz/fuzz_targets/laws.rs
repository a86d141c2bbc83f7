//! What holds of every reading: quotes are exact runs of the text, and every visible character is accounted for once.

use bihuan_reader::{Document, Run};

fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn at_runs(chars: &[char], runs: &[Run]) -> String {
    runs.iter()
        .flat_map(|[a, b]| &chars[*a..*b])
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// Panics where a law is broken.
pub fn hold(text: &str, document: &Document) {
    let chars: Vec<char> = text.chars().collect();
    for article in &document.articles {
        for figure in &article.figures {
            assert_eq!(dense(&figure.quote), at_runs(&chars, &figure.at));
        }
        for row in &article.commitments {
            assert_eq!(dense(&row.quote), at_runs(&chars, &row.at));
        }
        for check in &article.checks {
            assert_eq!(dense(&check.quote), at_runs(&chars, &check.at));
        }
    }
    for line in &document.leftover {
        assert_eq!(dense(&line.text), at_runs(&chars, &line.at));
    }
    let mut times = vec![0u32; chars.len()];
    for [a, b] in document.coverage.iter().flat_map(|covered| &covered.at) {
        for i in *a..*b {
            times[i] += u32::from(!chars[i].is_whitespace());
        }
    }
    for (c, n) in chars.iter().zip(times) {
        assert_eq!(n, u32::from(!c.is_whitespace()), "{c:?} is covered {n} times");
    }
}
