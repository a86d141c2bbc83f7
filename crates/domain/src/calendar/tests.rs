//! Stories about the working calendar.
