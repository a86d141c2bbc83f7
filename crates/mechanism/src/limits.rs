//! What a file may ask of us at most; each limit is named where it is reached.

/// Bytes of one file. The longest shipped mechanism has about 15 kB.
pub const FILE_BYTES_MAX: usize = 1_000_000;
/// Files given at once.
pub const FILES_MAX: usize = 2_000;
/// Findings of one run; more than anybody mends in one sitting.
pub const FINDINGS_MAX: usize = 2_000;
/// Characters of one text value of a file.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Items of one list: stages, fields, steps of a stage, choices.
pub const ITEMS_MAX: usize = 500;
/// Rows of one register's sample.
pub const ROWS_MAX: usize = 20_000;
/// Characters of one expression.
pub const EXPR_CHARS_MAX: usize = 1_000;
/// How deep an expression may be nested.
pub const EXPR_DEPTH_MAX: usize = 24;
/// Parts of one expression.
pub const EXPR_PARTS_MAX: usize = 200;
/// Aggregates in one expression: each may look at every row of a register once.
pub const EXPR_AGGREGATES_MAX: usize = 8;
/// Steps of one scenario.
pub const SCENARIO_STEPS_MAX: usize = 500;
/// How many ladders may be joined by `then`.
pub const LADDERS_JOINED_MAX: usize = 4;
/// Rungs of one ladder, joined ones included.
pub const RUNGS_MAX: usize = 12;
