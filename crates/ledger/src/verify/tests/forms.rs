//! Both forms of an export, read and written.

use super::*;

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
fn a_failure_reads_as_a_sentence() {
    let failure = Failure { line: 9, index: Some(6), reason: Reason::Leaf };
    assert_eq!(failure.to_string(), "line 9, entry 6: the entry was altered: its leaf does not have the hash the log recorded");
}
