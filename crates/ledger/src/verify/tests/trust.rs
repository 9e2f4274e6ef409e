//! Whose checkpoint is believed, and which log it is of.

use super::*;

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
