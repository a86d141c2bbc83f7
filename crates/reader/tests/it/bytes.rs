//! From bytes to text: encodings that must be read, and files that must be refused in plain words.

use bihuan_messages::Lang;
use bihuan_reader::{Encoding, LIMIT_BYTES, Options, Unreadable, decode, read};

const REPORT: &str = include_str!("../pages/report.txt");

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
        .collect()
}

#[test]
fn a_page_reads_the_same_in_every_encoding() {
    let gbk = encoding_rs::GBK.encode(REPORT).0.into_owned();
    let expected = read("page", REPORT, &Options::default());
    let cases: Vec<(Vec<u8>, Encoding)> = vec![
        (REPORT.as_bytes().to_vec(), Encoding::Utf8),
        ([b"\xEF\xBB\xBF", REPORT.as_bytes()].concat(), Encoding::Utf8),
        (gbk, Encoding::Gb18030),
        (
            [vec![0xFF, 0xFE], utf16(REPORT, false)].concat(),
            Encoding::Utf16Le,
        ),
        (
            [vec![0xFE, 0xFF], utf16(REPORT, true)].concat(),
            Encoding::Utf16Be,
        ),
        (utf16(REPORT, false), Encoding::Utf16Le),
        (utf16(REPORT, true), Encoding::Utf16Be),
    ];
    for (bytes, encoding) in cases {
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.encoding, encoding);
        assert_eq!(
            read("page", &decoded.text, &Options::default()),
            expected,
            "{encoding:?}"
        );
    }
}

#[test]
fn what_is_no_text_is_refused_in_plain_words() {
    let mut noise: Vec<u8> = (0..4000u32)
        .map(|i| u8::try_from(i * 7919 % 251).unwrap())
        .collect();
    noise[0] = 0;
    let cut = &REPORT.as_bytes()[..REPORT.find("春回").unwrap() + 4];
    let cases: Vec<(&[u8], &str)> = vec![
        (b"", "file is empty"),
        (b" \n\n\t", "file is empty"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG image"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04....", "DOCX"),
        (&noise, "not a text file"),
        (cut, "cut off"),
    ];
    for (bytes, words) in cases {
        let refused = decode(bytes).unwrap_err();
        let said = refused.message().text(Lang::En);
        assert!(said.contains(words), "{said}");
        assert!(
            !refused.message().text(Lang::Zh).contains('⟦'),
            "the catalogue has the text"
        );
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let refused = decode(&vec![b'a'; LIMIT_BYTES + 1]).unwrap_err();
    assert!(matches!(refused, Unreadable::TooLarge { .. }));
    assert!(refused.message().text(Lang::Zh).contains("64 MiB"));
}

#[test]
fn every_reason_for_a_row_is_in_the_catalogue() {
    let document = read("page", REPORT, &Options::default());
    let reasons = document
        .articles
        .iter()
        .flat_map(|a| &a.commitments)
        .flat_map(|c| &c.why);
    let mut seen = 0;
    for key in reasons {
        assert!(bihuan_messages::has(key), "{key}");
        seen += 1;
    }
    assert!(seen > 0);
}
