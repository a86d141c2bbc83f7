//! Whatever the bytes: an answer, never a panic; and the same answer whatever the number of threads.

use bihuan_process::{Charged, Figures, Options, read};
use proptest::prelude::*;

fn answer(bytes: &[u8], threads: usize) -> Result<(Figures, u64), String> {
    let options = Options {
        threads,
        ..Options::default()
    };
    match read(bytes, &options) {
        Ok(read) => Ok((Figures::of(&read.log, Charged::Doer, threads), read.faults.total)),
        Err(error) => Err(format!("{error:?}")),
    }
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = answer(&bytes, 2);
    }

    #[test]
    fn any_rows_get_an_answer(rows in "[ab1\",\n\r;\t<&受]{0,200}") {
        let _ = answer(format!("case,activity,time\n{rows}").as_bytes(), 2);
        let _ = answer(format!("<log><trace>{rows}</trace></log>").as_bytes(), 2);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // Longer than several pieces, with quoted line ends and rows that cannot be read in between.
    let mut table = String::from("case,activity,time,unit\n");
    for n in 0..60_000u32 {
        let minute = n % 60;
        match n % 97 {
            3 => table.push_str("\"x\n,\"\"y\",\"a\nb\",2026-03-01 08:00,u\n"),
            5 => table.push_str("x,y,never,u\n"),
            _ => table.push_str(&format!(
                "c{},a{},2026-03-01 08:{minute:02},u{}\n",
                n / 7,
                n % 11,
                n % 5
            )),
        }
    }
    let one = answer(table.as_bytes(), 1).unwrap();
    assert!(one.1 > 500 && one.0.events > 50_000);
    assert_eq!(one, answer(table.as_bytes(), 2).unwrap());
    assert_eq!(one, answer(table.as_bytes(), 7).unwrap());
    // A mark that belongs nowhere must not cut a row in two.
    let stray = table.replacen("c1,", "c\"1,", 1);
    assert_eq!(answer(stray.as_bytes(), 1), answer(stray.as_bytes(), 7));
}
