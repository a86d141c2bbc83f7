//! Any inside of an OpenDocument spreadsheet is read or refused.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "<table:table table:name=\"一\">", "<table:table table:display=\"false\">", "</table:table>", "<table:table-row>", "</table:table-row>",
    "<table:table-row table:number-rows-repeated=\"3\">", "<table:table-row table:number-rows-repeated=\"1048576\"/>", "<table:table-row table:visibility=\"collapse\">",
    "<table:table-cell>", "</table:table-cell>", "<table:table-cell office:value-type=\"float\" office:value=\"3600\">", "<table:table-cell office:value=\"x\">",
    "<table:table-cell office:value-type=\"date\" office:date-value=\"2026-09-30\">", "<table:table-cell office:value-type=\"percentage\" office:value=\"0.5\">",
    "<table:table-cell table:number-columns-repeated=\"4\"/>", "<table:table-cell table:number-columns-repeated=\"4294967295\">",
    "<table:table-cell table:number-columns-spanned=\"3\" table:number-rows-spanned=\"2\">", "<table:table-cell table:number-rows-spanned=\"99999999\">",
    "<table:covered-table-cell/>", "<text:p>", "</text:p>", "<text:s text:c=\"3\"/>", "<text:s text:c=\"4294967295\"/>", "<text:tab/>", "<text:line-break/>",
    "<office:annotation>", "</office:annotation>", "序号", "任务", "牵头单位", "完成时限", "总投资（万元）", "新建公厕12座", "县住建局", "6月底前", "合计", "&amp;", "&x;",
    "<![CDATA[", "]]>", "<table:table-header-rows>", "</table:table-header-rows>", "<table:table-row-group>", "</table:table-row-group>",
];

fuzz_target!(|bytes: &[u8]| {
    packing::foreign_panics_pass();
    let tables = packing::spelled(WORDS, bytes);
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    packing::opens(&packing::zipped(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
    ]));
});
