//! `word/styles.xml`: every look of the form as a named style, so that an office can still change it in the file.

use crate::form::{
    BIAOSONG, CHAR, CHAR_SPACE, FANGSONG, Face, HEITI, KAITI, LATIN, LINE, RED, SIZE_2, SIZE_3, SIZE_4,
    SIZE_5, SIZE_SMALL_4, SONGTI,
};

/// The part's XML.
pub(super) fn write() -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:styles \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\n<w:docDefaults><w:rPrDefault><w:rPr>{}\
         <w:kern w:val=\"0\"/>{}<w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\" w:bidi=\"ar-SA\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault/></w:docDefaults>\n",
        fonts(&FANGSONG, &LATIN),
        size(SIZE_3)
    );
    out.push_str(&format!(
        "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/><w:pPr>\
         <w:widowControl w:val=\"0\"/><w:kinsoku/><w:overflowPunct/><w:autoSpaceDE w:val=\"0\"/><w:autoSpaceDN \
         w:val=\"0\"/>{}<w:jc w:val=\"both\"/></w:pPr><w:rPr>{}</w:rPr></w:style>\n",
        exact(LINE),
        size(SIZE_3)
    ));
    for style in STYLES {
        out.push_str(&style.xml());
    }
    out.push_str(TABLES);
    out.push_str("</w:styles>\n");
    out
}

struct Style {
    id: &'static str,
    name: &'static str,
    /// Paragraph properties before `w:spacing`, in the schema's order.
    before: &'static str,
    /// Exact line height in twips; 0 takes over that of the text.
    line: u32,
    /// First-line indent in characters.
    indent: u32,
    /// Paragraph properties after `w:ind`: alignment and outline level.
    after: &'static str,
    east_asian: &'static Face,
    latin: &'static Face,
    size: u32,
    red: bool,
}

const TEXT: Style = Style {
    id: "Text",
    name: "正文段落",
    before: "",
    line: 0,
    indent: 2,
    after: "",
    east_asian: &FANGSONG,
    latin: &LATIN,
    size: SIZE_3,
    red: false,
};

const PLAIN: Style = Style {
    id: "Plain",
    name: "正文顶格",
    indent: 0,
    ..TEXT
};
const CENTER: &str = "<w:jc w:val=\"center\"/>";
const LEFT: &str = "<w:jc w:val=\"left\"/>";

const STYLES: &[Style] = &[
    TEXT,
    PLAIN,
    Style {
        id: "Mark",
        name: "密级紧急程度",
        east_asian: &HEITI,
        after: LEFT,
        ..PLAIN
    },
    Style {
        id: "RedHead",
        name: "发文机关标志",
        after: CENTER,
        east_asian: &BIAOSONG,
        latin: &BIAOSONG,
        red: true,
        ..PLAIN
    },
    // The red line: 1.5 pt, 11 pt (4 mm) below the number.
    Style {
        id: "Number",
        name: "发文字号",
        before: "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"12\" w:space=\"11\" w:color=\"E60012\"/></w:pBdr>",
        after: CENTER,
        ..PLAIN
    },
    Style {
        id: "Title",
        name: "Title",
        line: 680,
        after: CENTER,
        east_asian: &BIAOSONG,
        size: SIZE_2,
        ..PLAIN
    },
    Style {
        id: "AnnexTitle",
        name: "附件标题",
        line: 680,
        after: CENTER,
        east_asian: &BIAOSONG,
        size: SIZE_2,
        ..PLAIN
    },
    Style {
        id: "Heading1",
        name: "heading 1",
        before: "<w:keepNext/>",
        after: "<w:outlineLvl w:val=\"0\"/>",
        east_asian: &HEITI,
        ..TEXT
    },
    Style {
        id: "Heading2",
        name: "heading 2",
        before: "<w:keepNext/>",
        after: "<w:outlineLvl w:val=\"1\"/>",
        east_asian: &KAITI,
        ..TEXT
    },
    Style {
        id: "Heading3",
        name: "heading 3",
        before: "<w:keepNext/>",
        after: "<w:outlineLvl w:val=\"2\"/>",
        ..TEXT
    },
    Style {
        id: "Heading4",
        name: "heading 4",
        before: "<w:keepNext/>",
        after: "<w:outlineLvl w:val=\"3\"/>",
        ..TEXT
    },
    Style {
        id: "Caption",
        name: "caption",
        before: "<w:keepNext/>",
        after: CENTER,
        east_asian: &HEITI,
        size: SIZE_4,
        ..PLAIN
    },
    Style {
        id: "CellHead",
        name: "表头",
        before: "<w:keepNext/><w:snapToGrid w:val=\"0\"/>",
        line: 400,
        after: CENTER,
        east_asian: &HEITI,
        size: SIZE_SMALL_4,
        ..PLAIN
    },
    Style {
        id: "Cell",
        name: "表格文字",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 400,
        after: LEFT,
        size: SIZE_SMALL_4,
        ..PLAIN
    },
    Style {
        id: "TableNote",
        name: "表注",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 340,
        size: SIZE_5,
        ..PLAIN
    },
    Style {
        id: "FigureValue",
        name: "数字",
        before: "<w:keepNext/><w:snapToGrid w:val=\"0\"/>",
        line: 560,
        after: CENTER,
        east_asian: &HEITI,
        size: 36,
        ..PLAIN
    },
    Style {
        id: "FigureName",
        name: "数字名称",
        before: "<w:keepNext/><w:snapToGrid w:val=\"0\"/>",
        line: 380,
        after: CENTER,
        size: SIZE_SMALL_4,
        ..PLAIN
    },
    Style {
        id: "FigureNote",
        name: "数字说明",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 320,
        after: CENTER,
        east_asian: &KAITI,
        size: SIZE_5,
        ..PLAIN
    },
    Style {
        id: "Provenance",
        name: "附注",
        before: "<w:keepLines/><w:snapToGrid w:val=\"0\"/>",
        line: 360,
        size: SIZE_SMALL_4,
        ..TEXT
    },
    Style {
        id: "ImprintLine",
        name: "版记",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 480,
        after: LEFT,
        size: SIZE_4,
        ..PLAIN
    },
    Style {
        id: "End",
        name: "文末",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 20,
        size: 2,
        ..PLAIN
    },
    Style {
        id: "Footer",
        name: "footer",
        before: "<w:snapToGrid w:val=\"0\"/>",
        line: 320,
        east_asian: &SONGTI,
        latin: &SONGTI,
        size: SIZE_4,
        ..PLAIN
    },
    Style {
        id: "Header",
        name: "header",
        before: "<w:pBdr><w:top w:val=\"dashed\" w:sz=\"6\" w:space=\"3\" w:color=\"808080\"/><w:bottom w:val=\"dashed\" \
                 w:sz=\"6\" w:space=\"3\" w:color=\"808080\"/></w:pBdr><w:snapToGrid w:val=\"0\"/>",
        line: 400,
        after: CENTER,
        east_asian: &HEITI,
        latin: &HEITI,
        size: SIZE_4,
        ..PLAIN
    },
];

impl Style {
    fn xml(&self) -> String {
        let spacing = if self.line > 0 {
            exact(self.line)
        } else {
            String::new()
        };
        let indent = match self.indent {
            0 => String::new(),
            n => format!(
                "<w:ind w:firstLineChars=\"{}\" w:firstLine=\"{}\"/>",
                n * 100,
                n * CHAR
            ),
        };
        let look = if self.red {
            format!("<w:color w:val=\"{RED}\"/>")
        } else if self.id == "Header" {
            "<w:color w:val=\"808080\"/><w:spacing w:val=\"80\"/>".to_owned()
        } else if self.size == SIZE_3 {
            format!("<w:spacing w:val=\"{CHAR_SPACE}\"/>")
        } else {
            String::new()
        };
        format!(
            "<w:style w:type=\"paragraph\" w:customStyle=\"{}\" w:styleId=\"{}\"><w:name w:val=\"{}\"/><w:basedOn \
             w:val=\"Normal\"/><w:qFormat/><w:pPr>{}{spacing}{indent}{}</w:pPr><w:rPr>{}{look}{}</w:rPr></w:style>\n",
            u8::from(!self.name.is_ascii()),
            self.id,
            self.name,
            self.before,
            self.after,
            fonts(self.east_asian, self.latin),
            size(self.size)
        )
    }
}

fn fonts(east_asian: &Face, latin: &Face) -> String {
    format!(
        "<w:rFonts w:ascii=\"{0}\" w:eastAsia=\"{1}\" w:hAnsi=\"{0}\" w:cs=\"Times New Roman\"/>",
        latin.name, east_asian.name
    )
}

fn size(half_points: u32) -> String {
    format!("<w:sz w:val=\"{half_points}\"/><w:szCs w:val=\"{half_points}\"/>")
}

fn exact(twips: u32) -> String {
    format!("<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"{twips}\" w:lineRule=\"exact\"/>")
}

/// Table looks: all lines for tables, level lines and thin uprights for figures, and for the imprint 0.35 mm (8/8 pt)
/// outside and 0.25 mm (6/8 pt) inside.
const TABLES: &str = r##"<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="85" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:left w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:right w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tblBorders><w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="85" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
<w:style w:type="table" w:customStyle="1" w:styleId="Figures"><w:name w:val="数字栏"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="808080"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="808080"/></w:tblBorders><w:tblCellMar><w:top w:w="57" w:type="dxa"/><w:left w:w="57" w:type="dxa"/><w:bottom w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
<w:style w:type="table" w:customStyle="1" w:styleId="Imprint"><w:name w:val="版记表"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:insideH w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:tblBorders><w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
"##;
