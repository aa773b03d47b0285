//! The `cornu` command.
fn main() {}
