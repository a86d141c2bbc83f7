//! Any PDF is read or refused: pages of any operators, fonts of any map, and files that are broken anywhere.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "BT ", "ET ", "/F1 12 Tf ", "/F2 9 Tf ", "/F1 0 Tf ", "/F1 -8 Tf ", "50 700 Td ", "0 -14 Td ", "120 0 Td ", "-120 -14 Td ", "<4e00> Tj ", "<65b0 5efa 516c 5395> Tj ",
    "<5e8f53f7> Tj ", "<4efb52a1> Tj ", "<727593345355 4f4d> Tj ", "<5b8c62106 5f69650> Tj ", "<3002> Tj ", "<00310032> Tj ", "[<65b0> -120 <5efa> 3000 <516c>] TJ ",
    "1 0 0 1 60 500 Tm ", "0 1 -1 0 300 400 Tm ", "1e30 0 0 1e30 0 0 Tm ", "0 0 0 0 0 0 Tm ", "q ", "Q ", "1 0 0 1 10 10 cm ", "1e38 0 0 1e38 0 0 cm ", "50 50 m ", "300 50 l ",
    "50 300 l ", "S ", "50 50 200 0.5 re f ", "50 50 0.5 200 re f ", "50 80 200 0.5 re f ", "150 50 0.5 200 re f ", "250 50 0.5 200 re f ", "50 110 200 0.5 re f ",
    "/I1 Do ", "/X1 Do ", "100 Tz ", "-50 Tz ", "14 TL ", "T* ", "(abc) ' ", "3 Tr ", "0.5 Tc ", "9999999 Tw ", "BI /W 1 /H 1 ID x EI ", "h ", "B* ", "n ", "5 Ts ",
    "<0001> Tj ", "<ffff> Tj ", "<d800dc00> Tj ", "nan inf m ", "99999999999999999999 0 Td ", "/F3 10 Tf ", "[(a) (b)] TJ ", "/F4 10 Tf ",
];

/// A file with one page of these operators; the second font has the map `map`, the third is one of one byte, the fourth stands.
fn paper(source: &str, map: &str) -> Vec<u8> {
    let stream = |dict: &str, data: &str| format!("<< {dict} /Length {} >>\nstream\n{data}\nendstream", data.len());
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [6 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /W [1 [500 600] 10 20 700] >>".to_owned(),
        "<< /Type /Font /Subtype /Type0 /BaseFont /B /Encoding /Identity-H /ToUnicode 8 0 R /DescendantFonts [4 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R /Resources << /Font << /F1 3 0 R /F2 5 0 R /F3 9 0 R /F4 11 0 R >> /XObject << /X1 10 0 R >> >> >>".to_owned(),
        stream("", source),
        stream("", map),
        "<< /Type /Font /Subtype /TrueType /BaseFont /C /Encoding << /Differences [65 /a /b /uni4E00] >> /FirstChar 32 /LastChar 40 /Widths [500 600 -700 1e9] >>".to_owned(),
        stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [1 0 0 1 5 5]", "BT /F1 9 Tf 10 10 Td <65b05efa> Tj ET /X1 Do"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /UniGB-UCS2-V /DescendantFonts [4 0 R] >>".to_owned(),
    ];
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).into_bytes());
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").into_bytes());
    out
}

const MAP: &[&str] = &[
    "1 beginbfchar ", "<0001> <4e00> ", "<ffff> <d800dc00> ", "endbfchar ", "1 beginbfrange ", "<0000> <ffff> <4e00> ", "<0001> <0003> [<4e00> <4e8c>] ", "endbfrange ",
    "1 begincodespacerange ", "<0000> <ffff> ", "<00> <7f> ", "<00000000> <ffffffff> ", "endcodespacerange ", "% ", "\n", "(", ")", "[", "]", "<", ">",
];

fuzz_target!(|bytes: &[u8]| {
    packing::foreign_panics_pass();
    let (source, map) = bytes.split_at(bytes.len() / 4 * 3);
    let mut file = paper(&packing::spelled(WORDS, source), &packing::spelled(MAP, map));
    packing::opens(&file);
    // Broken anywhere: three bytes a change.
    for change in bytes.chunks_exact(3).take(6) {
        let place = (usize::from(change[0]) << 8 | usize::from(change[1])) % file.len();
        file[place] = change[2];
    }
    packing::opens(&file);
});
