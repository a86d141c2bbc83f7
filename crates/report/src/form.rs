//! The measures of the form (GB/T 9704-2012, 5 to 7), in twips: 1/20 of a point, 1/1440 of an inch.

/// A4, 210 × 297 mm.
pub(crate) const PAGE: (u32, u32) = (11_906, 16_838);
/// 37 mm above the text block (天头).
pub(crate) const TOP: u32 = 2_098;
/// 28 mm to its left (订口).
pub(crate) const LEFT: u32 = 1_587;
/// What remains to the right of 156 mm.
pub(crate) const RIGHT: u32 = 1_474;
/// What remains below 225 mm.
pub(crate) const BOTTOM: u32 = 1_984;
/// The width of the text block (版心): 156 mm.
pub(crate) const WIDTH: u32 = PAGE.0 - LEFT - RIGHT;
/// The height of a line, 28.95 pt: 22 of them in 225 mm.
pub(crate) const LINE: u32 = 579;
/// The width of a character, 15.8 pt: 28 of them in 156 mm.
pub(crate) const CHAR: u32 = WIDTH / 28;
/// How much a character of 16 pt is drawn together, in twips: 28 × (16 pt − 0.3 pt) < 156 mm.
///
/// 0.2 pt would do on paper, but word processors round the width of a character; justified lines fill 156 mm all the same.
/// A grid of characters (`linesAndChars`) would say the same, but LibreOffice then gives every character wider than its
/// cell two cells.
pub(crate) const CHAR_SPACE: i32 = -6;
/// The upper edge of the red head lies 35 mm below that of the text block.
pub(crate) const HEAD_DROP: u32 = 1_984;
/// The footer ends 25 mm above the page's edge, so that the dashes of the page number lie 7 mm below the text block.
pub(crate) const FOOTER: u32 = 1_417;
/// The header, used only to mark a draft, begins 20 mm below the page's edge.
pub(crate) const HEADER: u32 = 1_134;

/// To the left and right of a wide table on A4 across: 20 mm.
pub(crate) const WIDE_SIDE: u32 = 1_134;
/// The width of a wide table.
pub(crate) const WIDE: u32 = PAGE.1 - 2 * WIDE_SIDE;
/// The footer under it ends 14 mm above the page's edge.
pub(crate) const WIDE_FOOTER: u32 = 794;

/// 3-hao (三号): 16 pt in half-points.
pub(crate) const SIZE_3: u32 = 32;
/// 4-hao (四号): 14 pt.
pub(crate) const SIZE_4: u32 = 28;
/// 2-hao (二号): 22 pt.
pub(crate) const SIZE_2: u32 = 44;
/// Small 4-hao (小四): 12 pt, for tables.
pub(crate) const SIZE_SMALL_4: u32 = 24;
/// 5-hao (五号): 10.5 pt, for wide tables and notes.
pub(crate) const SIZE_5: u32 = 21;

/// The colour of the red head and its line.
pub(crate) const RED: &str = "E60012";

/// A typeface of the form: the name it is asked for by, and the names it may be found under instead, free ones last.
pub(crate) struct Face {
    pub(crate) name: &'static str,
    pub(crate) alternatives: &'static str,
    pub(crate) family: &'static str,
}

/// The text itself.
pub(crate) const FANGSONG: Face = Face {
    name: "仿宋",
    alternatives: "FangSong,仿宋_GB2312,FangSong_GB2312,方正仿宋_GBK,STFangsong,华文仿宋,FandolFang,朱雀仿宋,Noto Serif CJK SC",
    family: "modern",
};
/// Titles and the red head.
pub(crate) const BIAOSONG: Face = Face {
    name: "方正小标宋简体",
    alternatives: "方正小标宋_GBK,FZXiaoBiaoSong-B05S,Source Han Serif SC,思源宋体,Noto Serif CJK SC,SimSun,宋体",
    family: "roman",
};
/// Headings of the first level, secrecy, annex numbers.
pub(crate) const HEITI: Face = Face {
    name: "黑体",
    alternatives: "SimHei,方正黑体_GBK,STHeiti,FandolHei,Source Han Sans SC,思源黑体,Noto Sans CJK SC",
    family: "modern",
};
/// Headings of the second level, the signer's name.
pub(crate) const KAITI: Face = Face {
    name: "楷体",
    alternatives: "KaiTi,楷体_GB2312,KaiTi_GB2312,方正楷体_GBK,STKaiti,FandolKai,霞鹜文楷,LXGW WenKai,Noto Serif CJK SC",
    family: "modern",
};
/// Page numbers.
pub(crate) const SONGTI: Face = Face {
    name: "宋体",
    alternatives: "SimSun,FandolSong,Source Han Serif SC,思源宋体,Noto Serif CJK SC",
    family: "roman",
};
/// Latin letters and figures.
pub(crate) const LATIN: Face = Face {
    name: "Times New Roman",
    alternatives: "Liberation Serif,Tinos,Nimbus Roman,TeX Gyre Termes",
    family: "roman",
};

/// Every face, in the order of the font table.
pub(crate) const FACES: [&Face; 6] = [&FANGSONG, &BIAOSONG, &HEITI, &KAITI, &SONGTI, &LATIN];
