//! Sample jurisdictions: nothing is refused, totals are the reported ones, the log is whole.

mod county;
