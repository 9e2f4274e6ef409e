//! The project's own chores: test, generate, bench.
fn main() {}
