use super::*;
use crate::export::{Export, RECORD_LIMIT, RecordFault};
use crate::leaf::{Outcome, Reference};
use crate::merkle::{Node, Plan, ProofFault, Range};
use crate::note::{NoteFault, Signer};
use crate::personal::{PersonalFields, PersonalMismatch, SplitFields};
use crate::testing::Counting;
use jose::alg::Algorithm;
use jose::key::SigningKey;
use kernel::{Field, Privacy, Severity};
use proptest::prelude::*;
use serde_json::Value;

const ORIGIN: &str = "lumoauth/id.example.com/acme";

/// A log with its store, small enough to look at.
struct Log {
    key: SigningKey,
    leaves: Vec<String>,
    personal: Vec<PersonalFields>,
    hashes: Vec<Hash>,
    nodes: Vec<Node>,
    frontier: Frontier,
}

impl Log {
    fn with(size: u64) -> Self {
        let mut log = Self {
            key: SigningKey::generate(Algorithm::EdDSA, "log").unwrap(),
            leaves: vec![],
            personal: vec![],
            hashes: vec![],
            nodes: vec![],
            frontier: Frontier::default(),
        };
        let rng = Counting::default();
        for number in 0..size {
            let mut fields = vec![Field { name: "n", privacy: Privacy::Public, value: number.into() }];
            if number % 2 == 0 {
                fields.push(Field { name: "email", privacy: Privacy::Personal, value: "=ada@é.example, \"x\"".into() });
            }
            let SplitFields { public, commitments, personal } = personal::split(fields, &rng);
            let leaf = Leaf {
                org: "acme".into(),
                event: format!("e{number}"),
                at: Timestamp::from_secs(1_763_864_000),
                name: "users.blocked".into(),
                severity: Severity::Info,
                outcome: Outcome::Success,
                actor: Reference { kind: "user".into(), id: Some("-u1".into()) },
                client: None,
                session: None,
                request_id: None,
                target: None,
                fields: public,
                commitments,
            };
            log.append(leaf.encode(), personal);
        }
        log
    }
    fn append(&mut self, leaf: String, personal: PersonalFields) {
        let hash = leaf_hash(leaf.as_bytes());
        self.nodes.extend(self.frontier.append(hash));
        self.hashes.push(hash);
        self.leaves.push(leaf);
        self.personal.push(personal);
    }
    fn signer(&self) -> Signer<'_> {
        Signer::new(ORIGIN, &self.key).unwrap()
    }
    fn vkey(&self) -> String {
        self.signer().verifier().to_string()
    }
    fn checkpoint(&self) -> String {
        let at = Timestamp::from_secs(1_763_864_100);
        Checkpoint::new(ORIGIN, self.frontier.size(), self.frontier.root(), at).sign(&self.signer()).unwrap()
    }
    fn build(&self, plan: &Plan) -> Vec<Hash> {
        let read = |range: &Range| -> Vec<Hash> {
            let stored = |index| match range.level {
                0 => self.hashes[usize::try_from(index).unwrap()],
                level => self.nodes.iter().find(|node| (node.level, node.index) == (level, index)).unwrap().hash,
            };
            (range.start..range.start + range.count).map(stored).collect()
        };
        plan.build(&plan.ranges().iter().map(read).collect::<Vec<_>>()).unwrap()
    }
    fn entry(&self, index: u64, selection: Selection) -> Entry {
        let place = usize::try_from(index).unwrap();
        let size = self.frontier.size();
        Entry {
            index,
            leaf: self.leaves[place].clone(),
            personal: self.personal[place].clone(),
            proof: (selection != Selection::Whole).then(|| self.build(&Plan::inclusion(index, size).unwrap())),
        }
    }
    fn header(&self, selection: Selection) -> Header {
        let at = Timestamp::from_secs(1_763_864_200);
        Header::new("acme".into(), self.signer().verifier(), &self.checkpoint(), selection, "all, of it", at).unwrap()
    }
    fn export(&self, selection: Selection, form: Form) -> Vec<u8> {
        let header = self.header(selection);
        let (mut export, mut text) = Export::begin(&header, form).unwrap();
        let (from, to) = header.bounds();
        let size = self.frontier.size();
        for index in from..to {
            if selection == Selection::Whole && index % 256 == 0 {
                let proof = self.build(&Plan::tile_inclusion(index / 256, size).unwrap());
                let place = usize::try_from(index).unwrap();
                let hashes = self.hashes[place..self.hashes.len().min(place + 256)].to_vec();
                text += &export.tile(hashes, proof).unwrap();
            }
            // A filter that drops every third entry.
            if matches!(selection, Selection::Filtered { .. }) && index % 3 == 0 {
                continue;
            }
            text += &export.entry(self.entry(index, selection)).unwrap();
        }
        text += &export.finish(&self.signer()).unwrap();
        text.into_bytes()
    }
    fn verify(&self, file: &[u8]) -> Result<Report, Failure> {
        verify(file, Some(&self.vkey()))
    }
    fn failure(&self, file: impl AsRef<[u8]>) -> (u64, Option<u64>, Reason) {
        let failure = self.verify(file.as_ref()).unwrap_err();
        (failure.line, failure.index, failure.reason)
    }
}

const FORMS: [Form; 2] = [Form::JsonLines, Form::Csv];
const RANGE: Selection = Selection::Range { from: 1, to: 3 };
const FILTERED: Selection = Selection::Filtered { from: 1, to: 4 };

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The file with the lines in another order, or some of them.
fn lines(file: &str, order: &[usize]) -> String {
    let lines: Vec<_> = file.split_inclusive('\n').collect();
    order.iter().map(|line| lines[line - 1]).collect()
}

#[test]
fn an_untouched_export_verifies_in_both_forms() {
    let log = Log::with(5);
    for form in FORMS {
        for (selection, entries, personal) in [(Selection::Whole, 5, 3), (RANGE, 2, 1), (FILTERED, 2, 1)] {
            let report = log.verify(&log.export(selection, form)).unwrap();
            assert_eq!((report.form, report.selection), (form, selection));
            assert_eq!((report.entries, report.personal_fields, report.erased_fields), (entries, personal, 0));
            assert_eq!((report.org.as_str(), report.note.as_str()), ("acme", "all, of it"));
            assert_eq!((report.key.as_str(), report.key_is_trusted), (log.vkey().as_str(), true));
            assert_eq!((report.checkpoint.origin.as_str(), report.checkpoint.size), (ORIGIN, 5));
            assert_eq!(report.checkpoint.at(), Some(Timestamp::from_secs(1_763_864_100)));
            assert_eq!(report.exported_at, Timestamp::from_secs(1_763_864_200));
        }
    }
}

#[test]
fn logs_of_every_shape_verify() {
    for size in [0, 1, 255, 256, 257, 512, 700] {
        let log = Log::with(size);
        assert_eq!(log.verify(&log.export(Selection::Whole, Form::JsonLines)).unwrap().entries, size);
    }
    let log = Log::with(700);
    let range = Selection::Range { from: 250, to: 520 };
    assert_eq!(log.verify(&log.export(range, Form::Csv)).unwrap().entries, 270);
    let nothing = Selection::Range { from: 700, to: 700 };
    assert_eq!(log.verify(&log.export(nothing, Form::Csv)).unwrap().entries, 0);
}

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
fn only_the_trusted_key_is_believed() {
    let (log, forged) = (Log::with(3), Log::with(3));
    let file = forged.export(Selection::Whole, Form::JsonLines);
    assert_eq!(log.failure(&file), (1, None, Reason::OtherKey));
    let report = verify(file.as_slice(), None).unwrap();
    assert!(!report.key_is_trusted, "consistent with itself, and no more");
    // The right key's name and checkpoint, another key's seal.
    let header = log.header(RANGE);
    let (mut export, mut text) = Export::begin(&header, Form::JsonLines).unwrap();
    for index in [1, 2] {
        text += &export.entry(log.entry(index, RANGE)).unwrap();
    }
    text += &forged.signer().sign("lumoauth-audit-export 1\n").map(|note| Record::Seal(note).to_line() + "\n").unwrap();
    assert_eq!(log.failure(text), (4, None, Reason::Seal(NoteFault::Unsigned)));
    let wrong = verify(file.as_slice(), Some("not a key")).unwrap_err().reason;
    assert_eq!(wrong, Reason::TrustedKey(NoteFault::Key));
}

#[test]
fn a_seal_carries_one_signature() {
    let (log, other) = (Log::with(1), Log::with(0));
    let file = text(log.export(Selection::Whole, Form::JsonLines));
    let foreign = other.signer().sign("x\n").unwrap();
    let line = foreign.rsplit_once("\n\n").unwrap().1.replace('\n', "\\n");
    let (before, _) = file.rsplit_once("\"}\n").unwrap();
    assert_eq!(log.failure(format!("{before}{line}\"}}\n")), (4, None, Reason::Content));
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
fn a_rewritten_log_differs_from_the_checkpoint_noted_earlier() {
    let mut log = Log::with(3);
    let earlier = log.checkpoint();
    for number in 3..6 {
        let leaf = log.leaves[1].replace("\"e1\"", &format!("\"e{number}\""));
        log.append(leaf, PersonalFields::new());
    }
    let vkey = log.vkey();
    let since = |log: &Log, selection, earlier: &str| {
        let file = log.export(selection, Form::JsonLines);
        verify_with(file.as_slice(), Trust { key: Some(&vkey), earlier: Some(earlier) }).map_err(|failure| failure.reason)
    };
    assert_eq!(since(&log, Selection::Whole, &earlier).unwrap().entries, 6);
    assert_eq!(since(&log, RANGE, &earlier).unwrap_err(), Reason::NotComparable);
    assert_eq!(since(&log, RANGE, &log.checkpoint()).unwrap().entries, 2);

    // The owner of the key writes history anew and signs it.
    let mut rewritten =
        Log { key: SigningKey::from_pkcs8(Algorithm::EdDSA, "log", &log.key.to_pkcs8().unwrap()).unwrap(), ..Log::with(0) };
    for (leaf, personal) in log.leaves.iter().zip(&log.personal) {
        rewritten.append(leaf.replace("\"e2\"", "\"e9\""), personal.clone());
    }
    assert!(rewritten.verify(&rewritten.export(Selection::Whole, Form::JsonLines)).is_ok());
    assert_eq!(since(&rewritten, Selection::Whole, &earlier).unwrap_err(), Reason::Rewritten(3));
    assert_eq!(since(&rewritten, RANGE, &log.checkpoint()).unwrap_err(), Reason::Rewritten(6));
    let mut shrunk = rewritten;
    shrunk.frontier = Log::with(2).frontier;
    assert_eq!(since(&shrunk, Selection::Range { from: 0, to: 0 }, &earlier).unwrap_err(), Reason::Shrunk { earlier: 3, now: 2 });
}

#[test]
fn a_spreadsheet_sees_text_and_never_a_formula() {
    let file = text(Log::with(1).export(Selection::Whole, Form::Csv));
    let rows: Vec<_> = file.split("\r\n").collect();
    assert!(rows[0].starts_with("index,createdAt,eventType,"));
    assert!(rows[1].starts_with(",,\"(export of lumoauth/id.example.com/acme: all, of it)\",,"), "{}", rows[1]);
    assert!(
        rows[3].starts_with(concat!(
            "0,2025-11-23T02:13:20Z,users.blocked,info,success,user,'-u1,,,,,,,,\"{\"\"n\"\":0}\",",
            "\"{\"\"email\"\":\"\"=ada@é.example, \\\"\"x\\\"\"\"\"}\",,\"{\"\"index\"\":0,"
        )),
        "{}",
        rows[3]
    );
    let mut log = Log::with(0);
    let ip_address = personal::Personal::new(Value::from("\t=cmd|' /C calc'!A0\n@x"), &Counting::default());
    let mut leaf = Leaf::parse(&Log::with(1).leaves[0]).unwrap();
    leaf.commitments = [("ip_address".to_owned(), ip_address.commitment("ip_address"))].into();
    log.append(leaf.encode(), [("ip_address".to_owned(), ip_address)].into());
    let file = log.export(Selection::Whole, Form::Csv);
    assert!(log.verify(&file).is_ok());
    assert!(text(file).contains(",' =cmd|' /C calc'!A0 @x,,"));
}

#[test]
fn both_forms_carry_the_same_records() {
    let log = Log::with(4);
    let json = text(log.export(FILTERED, Form::JsonLines));
    let csv = text(log.export(FILTERED, Form::Csv));
    let records: String = csv.lines().skip(1).map(|row| crate::export::record_of_row(row).unwrap() + "\n").collect();
    assert_eq!(records, json);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn whatever_an_event_says_survives_the_csv_form(
        said in any::<[String; 4]>(), tricky in prop_oneof![Just(",\"{\"\""), Just(",\"{"), Just("\r\n"), Just("\\"), Just("+1")],
    ) {
        let mut log = Log::with(0);
        let [kind, id, public, value] = said;
        let personal = personal::Personal::new(Value::from(format!("{value}{tricky}{value}")), &Counting::default());
        let mut leaf = Leaf::parse(&Log::with(1).leaves[0]).unwrap();
        leaf.actor = Reference { kind: format!("{tricky}{kind}"), id: Some(format!("{id}{tricky}")) };
        leaf.fields.insert(public.clone(), Value::from(tricky));
        leaf.commitments = [("user_agent".to_owned(), personal.commitment("user_agent"))].into();
        log.append(leaf.encode(), [("user_agent".to_owned(), personal)].into());
        let report = log.verify(&log.export(Selection::Whole, Form::Csv));
        prop_assert_eq!(report.map(|report| report.personal_fields), Ok(1));
    }
}

#[test]
fn an_endless_line_is_refused_without_reading_it_all() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'{');
            self.0 += u64::try_from(buffer.len()).unwrap();
            assert!(self.0 < 1 << 26, "still reading");
            Ok(buffer.len())
        }
    }
    let failure = verify(std::io::BufReader::new(Endless(0)), None).unwrap_err();
    assert_eq!((failure.line, failure.reason), (1, Reason::TooLong));
}

#[test]
fn an_entry_of_another_organization_is_refused() {
    let mut log = Log::with(1);
    let leaf = log.leaves[0].replace("\"org\":\"acme\"", "\"org\":\"evil\"");
    log.append(leaf, PersonalFields::new());
    assert_eq!(log.failure(log.export(Selection::Whole, Form::JsonLines)), (4, Some(1), Reason::Organization));
}

#[test]
fn the_writer_refuses_to_break_the_order() {
    use crate::export::ExportFault as Fault;
    let log = Log::with(4);
    let begin = |selection| Export::begin(&log.header(selection), Form::JsonLines).unwrap().0;
    let proof = || log.build(&Plan::tile_inclusion(0, 4).unwrap());

    let mut whole = begin(Selection::Whole);
    assert_eq!(whole.entry(log.entry(0, Selection::Whole)), Err(Fault::Proof), "before its tile");
    assert_eq!(whole.tile(log.hashes[..3].to_vec(), proof()), Err(Fault::Order(0)));
    whole.tile(log.hashes.clone(), proof()).unwrap();
    assert_eq!(whole.tile(log.hashes.clone(), proof()), Err(Fault::Order(0)));
    assert_eq!(whole.entry(log.entry(0, RANGE)), Err(Fault::Proof));
    assert_eq!(whole.entry(log.entry(1, Selection::Whole)), Err(Fault::Order(1)));
    whole.entry(log.entry(0, Selection::Whole)).unwrap();
    assert_eq!(whole.finish(&log.signer()), Err(Fault::Incomplete(1)));

    let mut filtered = begin(FILTERED);
    assert_eq!(filtered.tile(log.hashes.clone(), proof()), Err(Fault::Proof));
    assert_eq!(filtered.entry(log.entry(0, FILTERED)), Err(Fault::Order(0)));
    filtered.entry(log.entry(2, FILTERED)).unwrap();
    assert_eq!(filtered.entry(log.entry(2, FILTERED)), Err(Fault::Order(2)));
    let oversized = Entry { leaf: "x".repeat(RECORD_LIMIT), ..log.entry(3, FILTERED) };
    assert_eq!(filtered.entry(oversized), Err(Fault::TooLong(3)));
    assert_eq!(filtered.finish(&Log::with(0).signer()), Err(Fault::Key));
}

#[test]
fn a_header_needs_the_checkpoint_of_its_own_log() {
    use crate::export::HeaderFault as Fault;
    let log = Log::with(4);
    let at = Timestamp::default();
    let header =
        |key: &VerifierKey, checkpoint: &str, selection| Header::new("acme".into(), key, checkpoint, selection, "", at).err();
    let (signer, checkpoint) = (log.signer(), log.checkpoint());
    assert_eq!(header(signer.verifier(), &checkpoint, Selection::Range { from: 0, to: 4 }), None);
    assert_eq!(header(signer.verifier(), &checkpoint, Selection::Range { from: 0, to: 5 }), Some(Fault::Selection));
    assert_eq!(header(signer.verifier(), &checkpoint, Selection::Filtered { from: 3, to: 2 }), Some(Fault::Selection));
    let foreign = Checkpoint::new("lumoauth/other", 4, log.frontier.root(), at).sign(&signer).unwrap();
    assert_eq!(header(signer.verifier(), &foreign, Selection::Whole), Some(Fault::Origin));
    let other = Log::with(4);
    let unsigned = header(other.signer().verifier(), &checkpoint, Selection::Whole);
    assert_eq!(unsigned, Some(Fault::Checkpoint(NoteFault::Unsigned.into())));
}

#[test]
fn a_failure_reads_as_a_sentence() {
    let failure = Failure { line: 9, index: Some(6), reason: Reason::Leaf };
    assert_eq!(failure.to_string(), "line 9, entry 6: the entry was altered: its leaf does not have the hash the log recorded");
}
