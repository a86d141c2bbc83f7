//! Assessments: a year of three townships, told by story.

mod filled;
mod papers;
mod replay;
mod results;
mod scores;
mod towns;
