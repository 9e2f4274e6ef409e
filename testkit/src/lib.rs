//! The whole server in a test: actors, fake clock and rng, mail catcher.
