//! Load generators on loopback.
fn main() {}
