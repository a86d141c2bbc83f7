//! Any inside of a Word document is read or refused: its text, its numbering, its styles and its notes.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>",
    "<w:tcPr>", "</w:tcPr>", "<w:gridSpan w:val=\"2\"/>", "<w:gridSpan w:val=\"4294967295\"/>", "<w:vMerge w:val=\"restart\"/>", "<w:vMerge/>",
    "<w:del>", "</w:del>", "<w:ins>", "</w:ins>", "<w:delText>", "</w:delText>", "<w:moveFrom>", "</w:moveFrom>", "<w:txbxContent>",
    "</w:txbxContent>", "<mc:AlternateContent>", "</mc:AlternateContent>", "<mc:Choice>", "</mc:Choice>", "<mc:Fallback>", "</mc:Fallback>",
    "<w:pPr>", "</w:pPr>", "<w:rPr>", "</w:rPr>", "<w:vanish/>", "<w:tab/>", "<w:br/>", "<w:numPr>", "</w:numPr>", "<w:ilvl w:val=\"0\"/>",
    "<w:ilvl w:val=\"99\"/>", "<w:numId w:val=\"1\"/>", "<w:numId w:val=\"2\"/>", "<w:pStyle w:val=\"a\"/>", "<w:footnoteReference w:id=\"1\"/>",
    "&amp;", "&#x4E00;", "&#99999999;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [<!ENTITY x \"y\">]>", "序号", "任务", "目标",
    "牵头单位", "配合单位", "完成时限", "责任人", "6月底前", "年底前", "新建公厕12座", "县住建局、财政局", "投资（万元）", "3600", "合计", "。", "，",
    "<w:trPr><w:del/></w:trPr>", "<w:trPr><w:hidden/></w:trPr>", "<w:smartTag>", "</w:smartTag>", "<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>",
];

const LISTS: &[&str] = &[
    "<w:abstractNum w:abstractNumId=\"7\">", "</w:abstractNum>", "<w:lvl w:ilvl=\"0\">", "<w:lvl w:ilvl=\"8\">", "</w:lvl>", "<w:start w:val=\"1\"/>",
    "<w:start w:val=\"4294967295\"/>", "<w:numFmt w:val=\"chineseCountingThousand\"/>", "<w:numFmt w:val=\"decimal\"/>", "<w:numFmt w:val=\"upperRoman\"/>",
    "<w:numFmt w:val=\"lowerLetter\"/>", "<w:lvlText w:val=\"%1、\"/>", "<w:lvlText w:val=\"%9%%1\"/>", "<w:num w:numId=\"1\">", "<w:num w:numId=\"2\">",
    "</w:num>", "<w:abstractNumId w:val=\"7\"/>", "<w:lvlOverride w:ilvl=\"0\">", "<w:startOverride w:val=\"4000000000\"/>", "</w:lvlOverride>",
    "<w:style w:styleId=\"a\">", "<w:basedOn w:val=\"a\"/>", "<w:basedOn w:val=\"b\"/>", "<w:style w:styleId=\"b\">", "</w:style>", "<w:numId w:val=\"1\"/>",
    "<w:ilvl w:val=\"0\"/>", "<w:footnote w:id=\"1\">", "</w:footnote>", "<w:p><w:r><w:t>", "</w:t></w:r></w:p>",
];

fuzz_target!(|bytes: &[u8]| {
    let (body, more) = bytes.split_at(bytes.len() / 4 * 3);
    let body = packing::spelled(WORDS, body);
    let lists = packing::spelled(LISTS, more);
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    packing::opens(&packing::zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", &document),
        ("word/numbering.xml", &lists),
        ("word/styles.xml", &lists),
        ("word/footnotes.xml", &lists),
    ]));
});
