//! Any text is read without panic, and the laws of a reading hold. Bytes below 0x80 pick words that pages are made of, so
//! that the fuzzer need not find Chinese by itself.
#![no_main]

mod laws;

use bihuan_reader::{Options, read};
use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "本报讯 ", "（文/张三 图/李四）", "□ 王五", "赵六 摄", "\n", "\n\n\n", "完成", "新建", "要", "将", "力争", "确保", "计划", "3.5亿元",
    "20—30个", "二十余场", "60%", "，", "。", "、", "；", "：", "“", "”", "（", "）", "《", "》", "一是", "二要", "（一）", "一、", "1.", "2.", "县水利局",
    "各县（市、区）", "公路工程", "老旧小区", "2021年", "6月底前", "年内", "其中", "占", "率", "整改", "已", "累计", "会议现场会议现场", "健 身 需 求",
    "1+2+4", "百分之三十", "千亿", "零下6摄氏度", "\u{3000}\u{3000}", "𠮷", "é", "三项", "八个方面工作", "分别为32、34、21个", "9999999999999999999999亿元",
    "（责任单位：县住建局）", "（县发改局牵头）", "局长张三表示", "比上年增加", "增长", "由", "把", "对", "在", "每周", "到2025年", "明年", "去年", "第3版", "星期三",
    "— 3 —", "〔2024〕17号", "2024年7月8日", "严禁", "建立", "制度", "提高", "认识", "5", "个", "户", "万", "·", "\u{feff}", "\u{c}", "近日", "列入", "投资",
];

fuzz_target!(|bytes: &[u8]| {
    let mut text = String::new();
    for byte in bytes.iter().take(4000) {
        match WORDS.get(usize::from(*byte)) {
            Some(word) => text.push_str(word),
            None => text.push(char::from(*byte)),
        }
    }
    laws::hold(&text, &read("fuzz", &text, &Options::default()));
});
