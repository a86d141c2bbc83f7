//! Forms from fields of a mechanism.
