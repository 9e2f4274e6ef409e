#![cfg_attr(fuzzing, no_main)]

fuzz::program!(fuzz::assertion::TARGET);
