//! What stands between a target and the program that runs it.

use crate::Target;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static TRIED: AtomicU64 = AtomicU64::new(0);
static ACCEPTED: AtomicU64 = AtomicU64::new(0);

/// Before a run: every seed must be accepted, and stands in the first folder of the command line from then on. The words go where `-dict=`
/// looks for them.
pub fn sow(target: &Target) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.iter().map(Path::new).find(|path| path.is_dir());
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        assert!((target.try_out)(&seed), "seed {number} is refused: {}", String::from_utf8_lossy(&seed));
        if let Some(folder) = folder {
            fs::write(folder.join(format!("seed-{number}")), seed).expect("the folder of inputs can be written");
        }
    }
    if let Some(file) = arguments.iter().find_map(|argument| argument.strip_prefix("-dict=")) {
        fs::write(file, dictionary(&(target.words)())).expect("the file of words can be written");
    }
}

/// One input. How many were accepted so far is said now and then: of a run that accepts nothing nothing is learnt.
pub fn try_out(target: &Target, input: &[u8]) {
    let is_accepted = (target.try_out)(input);
    let accepted = ACCEPTED.fetch_add(u64::from(is_accepted), Ordering::Relaxed) + u64::from(is_accepted);
    let tried = TRIED.fetch_add(1, Ordering::Relaxed) + 1;
    if tried.is_power_of_two() && tried >= 1024 {
        eprintln!("{}: {accepted} of {tried} inputs accepted", target.name);
    }
}

/// Tries out the files of the command line, or else the seeds.
pub fn replay(target: &Target) {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        sow(target);
    }
    for file in files {
        let is_accepted = (target.try_out)(&fs::read(&file).expect("the file can be read"));
        println!("{file}: {}", if is_accepted { "accepted" } else { "refused" });
    }
}

/// In libFuzzer's form.
fn dictionary(words: &[String]) -> String {
    let octet = |octet: u8| match octet {
        b'"' | b'\\' => format!("\\{}", char::from(octet)),
        b' '..=b'~' => char::from(octet).to_string(),
        _ => format!("\\x{octet:02X}"),
    };
    words.iter().map(|word| format!("\"{}\"\n", word.bytes().map(octet).collect::<String>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TARGETS;

    #[test]
    fn every_seed_is_accepted_by_its_target() {
        for target in TARGETS {
            assert!((target.seeds)().len() >= 3, "{}", target.name);
            sow(target);
        }
    }

    #[test]
    fn changed_seeds_break_nothing() {
        for target in TARGETS {
            for seed in (target.seeds)() {
                for at in (0..seed.len()).step_by(1 + seed.len() / 40) {
                    let mut changed = seed.clone();
                    changed[at] ^= 1;
                    (target.try_out)(&changed);
                    (target.try_out)(&seed[..at]);
                }
            }
        }
    }

    #[test]
    fn words_are_written_as_libfuzzer_reads_them() {
        assert_eq!(dictionary(&["a\"\\".to_owned(), "\n\u{e9}".to_owned()]), "\"a\\\"\\\\\"\n\"\\x0A\\xC3\\xA9\"\n");
    }
}
