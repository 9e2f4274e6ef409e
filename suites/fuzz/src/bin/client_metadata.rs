#![cfg_attr(fuzzing, no_main)]

fuzz::program!(fuzz::client_metadata::TARGET);
