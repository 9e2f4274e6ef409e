#![cfg_attr(fuzzing, no_main)]

fuzz::program!(fuzz::request_object::TARGET);
