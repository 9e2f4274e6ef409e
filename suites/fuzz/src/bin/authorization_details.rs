#![cfg_attr(fuzzing, no_main)]

fuzz::program!(fuzz::authorization_details::TARGET);
