//! Any inside of an Excel workbook is read or refused: sheets, shared strings, styles, merged cells, what is hidden.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "<row>", "<row r=\"1\">", "<row r=\"2\" hidden=\"1\">", "<row r=\"1048576\">", "<row r=\"4294967295\">", "</row>", "<c r=\"A1\">", "<c r=\"B1\">",
    "<c r=\"C1\" t=\"s\">", "<c r=\"A2\">", "<c r=\"B2\" s=\"1\">", "<c r=\"D2\" s=\"2\">", "<c r=\"XFD1048576\">", "<c r=\"ZZZZZ1\">", "<c t=\"inlineStr\">",
    "<c t=\"b\">", "<c t=\"e\">", "<c t=\"str\">", "<c t=\"d\">", "</c>", "<v>", "</v>", "<f>", "</f>", "<is><t>", "</t></is>", "0", "1", "2", "46295", "3600",
    "820.5", "-1", "1e308", "2958466", "NaN", "#REF!", "<mergeCells>", "</mergeCells>", "<mergeCell ref=\"A1:C1\"/>", "<mergeCell ref=\"A1:XFD1048576\"/>",
    "<mergeCell ref=\"B2:A1\"/>", "</sheetData>", "<sheetData>", "<cols><col min=\"1\" max=\"3\" hidden=\"1\"/></cols>", "<dimension ref=\"A1:XFD1048576\"/>",
    "序号", "任务", "牵头单位", "完成时限", "总投资（万元）", "新建公厕12座", "县住建局", "6月底前", "合计", "&amp;", "&#x4e00;", "<si><t>", "</t></si>", "<r><t>", "</t></r>",
    "<rPh><t>",
];

fuzz_target!(|bytes: &[u8]| {
    packing::foreign_panics_pass();
    let (rows, strings) = bytes.split_at(bytes.len() / 4 * 3);
    let rows = packing::spelled(WORDS, rows);
    let strings = packing::spelled(WORDS, strings);
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let strings = format!("<sst>{strings}</sst>");
    packing::opens(&packing::zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"),
        ("xl/workbook.xml", "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><workbookPr date1904=\"0\"/><sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"),
        ("xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ("xl/sharedStrings.xml", &strings),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]));
});
