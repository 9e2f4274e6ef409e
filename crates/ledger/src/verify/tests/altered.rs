//! What was changed, added, taken away or moved is noticed and named.

use super::*;

#[test]
fn no_byte_can_change_unnoticed() {
    let (small, log) = (Log::with(1), Log::with(4));
    // Every bit of one file; case, digits and encoding of the others.
    let cases =
        [(&small, Selection::Whole, [1, 2, 4, 8, 16, 32, 64, 128].as_slice()), (&log, RANGE, &[1, 32]), (&log, FILTERED, &[128])];
    for (log, selection, bits) in cases {
        for form in FORMS {
            let file = log.export(selection, form);
            // Without a trusted key as well: a changed file is not even consistent with itself.
            assert!(verify(file.as_slice(), None).is_ok());
            for place in 0..file.len() {
                let mut changed = file.clone();
                for bit in bits {
                    changed[place] = file[place] ^ bit;
                    assert!(verify(changed.as_slice(), None).is_err(), "byte {place} bit {bit}: {}", text_around(&file, place));
                }
            }
        }
    }
}

#[test]
fn no_byte_can_be_added_or_taken_away_unnoticed() {
    let log = Log::with(1);
    for form in FORMS {
        let file = log.export(Selection::Whole, form);
        for place in 0..file.len() {
            let (before, after) = file.split_at(place);
            assert!(verify(before, None).is_err(), "cut at {place}");
            assert!(verify([before, &after[1..]].concat().as_slice(), None).is_err(), "without byte {place}");
            for added in [b' ', b'\n', b'\r', b'"', b'0', b'\\'] {
                assert!(verify([before, &[added], after].concat().as_slice(), None).is_err(), "{added} added at {place}");
            }
        }
        for tail in ["\n", " ", "\r\n", "{}\n", "\0"] {
            let longer = [file.as_slice(), tail.as_bytes()].concat();
            assert_eq!(log.verify(&longer).unwrap_err().reason, Reason::Trailing);
        }
    }
}

fn text_around(file: &[u8], place: usize) -> String {
    String::from_utf8_lossy(&file[place.saturating_sub(30)..file.len().min(place + 30)]).into_owned()
}

#[test]
fn an_altered_entry_of_a_whole_log_is_named() {
    let mut log = Log::with(600);
    log.leaves[300] = log.leaves[300].replace("\"n\":300", "\"n\":301");
    // A header and two tiles come before it.
    assert_eq!(log.failure(log.export(Selection::Whole, Form::JsonLines)), (304, Some(300), Reason::Leaf));
    assert_eq!(log.failure(log.export(Selection::Whole, Form::Csv)), (305, Some(300), Reason::Leaf));
    // Whoever alters the stored hash as well is betrayed by the tile.
    log.hashes[300] = leaf_hash(log.leaves[300].as_bytes());
    let (line, index, reason) = log.failure(log.export(Selection::Whole, Form::JsonLines));
    assert_eq!((line, index, reason), (259, Some(256), Reason::Tile { from: 256, to: 511, fault: ProofFault::Root }));
}

#[test]
fn an_altered_entry_of_a_selection_is_named() {
    let mut log = Log::with(4);
    log.leaves[2] = log.leaves[2].replace("blocked", "blessed");
    for selection in [RANGE, FILTERED] {
        let wrong = Reason::Inclusion(ProofFault::Root);
        assert_eq!(log.failure(log.export(selection, Form::JsonLines)), (3, Some(2), wrong));
    }
}

#[test]
fn a_personal_value_that_was_altered_is_named() {
    let mut log = Log::with(4);
    log.personal[2].get_mut("email").unwrap().value = "eve@example.com".into();
    let wrong = Reason::Personal(PersonalMismatch::Altered("email".into()));
    assert_eq!(log.failure(log.export(RANGE, Form::JsonLines)), (3, Some(2), wrong.clone()));
    assert_eq!(log.failure(log.export(Selection::Whole, Form::JsonLines)), (5, Some(2), wrong));
    log.personal[2] = PersonalFields::new();
    let stray = log.personal[0]["email"].clone();
    log.personal[1].insert("phone".into(), stray);
    let wrong = Reason::Personal(PersonalMismatch::Unrecorded("phone".into()));
    assert_eq!(log.failure(log.export(RANGE, Form::JsonLines)), (2, Some(1), wrong));
}

#[test]
fn erased_values_leave_the_log_verifiable_and_are_counted() {
    let mut log = Log::with(5);
    let whole = log.checkpoint();
    log.personal[0].clear();
    log.personal[2].clear();
    assert_eq!(log.checkpoint(), whole, "erasing changes nothing that is signed");
    for form in FORMS {
        for (selection, present, erased) in [(Selection::Whole, 1, 2), (RANGE, 0, 1)] {
            let file = log.export(selection, form);
            let report = log.verify(&file).unwrap();
            assert_eq!((report.personal_fields, report.erased_fields), (present, erased));
        }
    }
    let file = text(log.export(RANGE, Form::Csv));
    assert!(!file.contains("ada@"), "{file}");
}

#[test]
fn a_value_taken_out_of_the_file_breaks_the_seal() {
    let log = Log::with(4);
    let file = text(log.export(RANGE, Form::JsonLines));
    let (start, end) = (file.find("\"personal\":{\"email\"").unwrap(), file.rfind(",\"proof\"").unwrap());
    let without = format!("{}\"personal\":{{}}{}", file.split_at(start).0, file.split_at(end).1);
    assert_eq!(log.failure(without), (4, None, Reason::Content));
}

/// The file with the lines in another order, or some of them.
fn lines(file: &str, order: &[usize]) -> String {
    let lines: Vec<_> = file.split_inclusive('\n').collect();
    order.iter().map(|line| lines[line - 1]).collect()
}

#[test]
fn missing_repeated_and_moved_entries_are_named() {
    let log = Log::with(4);
    let whole = text(log.export(Selection::Whole, Form::JsonLines));
    let cases = [
        (lines(&whole, &[1, 2, 3, 5, 6, 7]), (4, Some(2), Reason::Gap { expected: 1, found: 2 })),
        (lines(&whole, &[1, 2, 3, 3, 4, 5, 6, 7]), (4, Some(0), Reason::Gap { expected: 1, found: 0 })),
        (lines(&whole, &[1, 2, 3, 4, 5, 7]), (6, Some(3), Reason::Missing)),
        (lines(&whole, &[1, 2, 3, 4, 5, 6]), (7, None, Reason::Truncated)),
        (lines(&whole, &[1, 2, 3]), (4, Some(1), Reason::Truncated)),
        (lines(&whole, &[1, 3, 2, 4, 5, 6, 7]), (2, Some(0), Reason::Expected("the hashes of the next entries"))),
        (lines(&whole, &[1, 2, 2, 3, 4, 5, 6, 7]), (3, Some(0), Reason::Expected("an entry"))),
        (lines(&whole, &[1, 1, 2, 3, 4, 5, 6, 7]), (2, Some(0), Reason::Expected("an entry"))),
        (lines(&whole, &[2, 3, 4, 5, 6, 7]), (1, None, Reason::Expected("the header of an audit export"))),
        (lines(&whole, &[1, 2, 3, 4, 5, 6, 7, 7]), (8, None, Reason::Trailing)),
    ];
    for (file, failure) in cases {
        assert_eq!(log.failure(&file), failure, "{file}");
    }
    let range = text(log.export(RANGE, Form::JsonLines));
    assert_eq!(log.failure(lines(&range, &[1, 3, 4])), (2, Some(2), Reason::Gap { expected: 1, found: 2 }));
    let filtered = text(log.export(FILTERED, Form::JsonLines));
    assert_eq!(log.failure(lines(&filtered, &[1, 3, 2, 4])), (3, Some(1), Reason::Gap { expected: 3, found: 1 }));
    assert_eq!(log.failure(lines(&filtered, &[1, 2, 4])), (3, None, Reason::Content), "nobody signed the shorter selection");
    assert_eq!(log.failure(""), (1, None, Reason::Truncated));
    assert_eq!(log.failure("hello\r\n"), (1, None, Reason::Expected("the header of an audit export")));
}

#[test]
fn parts_of_different_exports_do_not_mix() {
    let mut log = Log::with(4);
    let early = text(log.export(Selection::Whole, Form::JsonLines));
    let (leaf, personal) = (log.leaves[3].replace("\"e3\"", "\"e4\""), log.personal[3].clone());
    log.append(leaf, personal);
    let late = text(log.export(Selection::Whole, Form::JsonLines));
    let mixed = lines(&early, &[1, 2, 3, 4, 5, 6]) + &lines(&late, &[8]);
    assert_eq!(log.failure(mixed), (7, None, Reason::Content));
    let mixed = lines(&late, &[1]) + &lines(&early, &[2, 3, 4, 5, 6, 7]);
    assert_eq!(log.failure(mixed), (2, Some(0), Reason::Expected("an entry")));
}

#[test]
fn a_record_in_another_spelling_is_named() {
    let log = Log::with(3);
    let file = text(log.export(Selection::Whole, Form::JsonLines));
    let spelled = |from: &str, to: &str| {
        let other = file.replacen(from, to, 1);
        assert_ne!(other, file);
        log.failure(other)
    };
    let wrong = Reason::Record(RecordFault::NotCanonical);
    assert_eq!(spelled("{\"index\":1", "{ \"index\":1"), (4, Some(1), wrong.clone()));
    assert_eq!(spelled("{\"index\":1", "{\"index\":0,\"index\":1"), (4, Some(1), wrong.clone()));
    assert_eq!(spelled("\"from\":0", "\"from\":1"), (1, None, wrong.clone()));
    assert_eq!(spelled("\"to\":3", "\"to\":2"), (1, None, wrong.clone()));
    assert_eq!(spelled("\"origin\":\"lumoauth", "\"origin\":\"lomuauth"), (1, None, wrong));
    assert_eq!(spelled("\"version\":1", "\"version\":2"), (1, None, Reason::Record(RecordFault::Format)));
    let csv = text(log.export(Selection::Whole, Form::Csv)).replacen("users.blocked,info", "users.created,info", 1);
    assert_eq!(log.failure(csv), (4, Some(0), Reason::Row));
}

#[test]
fn an_entry_of_another_organization_is_refused() {
    let mut log = Log::with(1);
    let leaf = log.leaves[0].replace("\"org\":\"acme\"", "\"org\":\"evil\"");
    log.append(leaf, PersonalFields::new());
    assert_eq!(log.failure(log.export(Selection::Whole, Form::JsonLines)), (4, Some(1), Reason::Organization));
}
