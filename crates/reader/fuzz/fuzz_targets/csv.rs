//! Any text of columns is a table of tasks, a table, a text, or refused.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    ",", "\t", ";", "\n", "\r\n", "\"", "\"\"", "，", "序号", "任务", "目标", "牵头单位", "配合单位", "完成时限", "责任人", "项目名称", "总投资（万元）",
    "单位：万元", "2026年重点任务台账", "合计", "小计", "新建公厕12座", "改造管网3公里", "县住建局", "县水利局、县财政局", "6月底前", "2026-09-30", "46295",
    "10月底", "3600", "820.5", "-", "1", "2", "3", "一", "（一）", "—", "是", "100%", "1,000", "１２", "19000101", "99999999999999999999", "1e999", "-0",
    "\u{feff}", "\u{3000}", "sep=;", "二〇二六年", "长期", "备注", "　",
];

fuzz_target!(|bytes: &[u8]| {
    let text = packing::spelled(WORDS, bytes);
    packing::opens(text.as_bytes());
    let _ = bihuan_reader::table::read(text.as_bytes());
});
