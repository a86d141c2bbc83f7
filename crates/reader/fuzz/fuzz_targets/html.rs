//! Any web page is read or refused.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

const WORDS: &[&str] = &[
    "<p>", "</p>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th>", "<td rowspan=3 colspan='2'>", "<td rowspan=99999999>",
    "<td colspan=99999999>", "<div>", "</div>", "<br>", "<br/>", "<ul>", "<li>", "</ul>", "<script>", "</script>", "<style>", "</style>",
    "<!--", "-->", "<!DOCTYPE html>", "<title>", "</title>", "<meta charset=gb2312>", "<nav>", "</nav>", "<p style='display:none'>",
    "<span hidden>", "</span>", "&nbsp;", "&amp;", "&lt;", "&#19968;", "&#x4e00;", "&#xD800;", "&#9999999999;", "&hellip;", "&", "<", ">", "\"", "'",
    "<a href='x'>", "</a>", "<textarea>", "</textarea>", "<svg>", "</svg>", "<pre>", "</pre>", "<![CDATA[", "]]>", "<?php", "?>", "序号", "任务",
    "目标", "牵头单位", "配合单位", "完成时限", "6月底前", "新建公厕12座", "县住建局、财政局", "3600", "合计", "。", "，", "\n", "<img alt='图'>",
    "<template>", "</template>", "<noscript>", "</noscript>", "<h1>", "</h1>", "<b", " x=", "/>", "<table><tr><td><table><tr><td>",
];

fuzz_target!(|bytes: &[u8]| {
    let page = format!("<html><body>{}", packing::spelled(WORDS, bytes));
    packing::opens(page.as_bytes());
    // The same bytes as they are, with an encoding of their own.
    let mut raw = b"<html><meta charset=gbk>".to_vec();
    raw.extend(bytes);
    packing::opens(&raw);
});
