//! LumoAuth: a self-hosted identity platform for people, programs and AI agents.
fn main() {}
