use super::*;

fn users() -> Vec<String> {
    ["hans", "leia", "yoda"].map(str::to_owned).to_vec()
}

fn said<'a>(user: &'a str, to: Option<&'a str>, text: &'a str) -> Record<'a> {
    Record::Said { user, to, text }
}

fn acknowledged<'a>(user: &'a str, text: &'a str, seq: u64) -> Record<'a> {
    Record::Acknowledged { user, text, seq }
}

fn shown<'a>(reader: &'a str, text: &'a str, seq: u64) -> Record<'a> {
    Record::Shown { reader, text, seq }
}

fn history(records: &[Record<'_>]) -> History {
    let mut history = History::new(&users());
    for record in records {
        history.add(*record);
    }
    history
}

fn faults(records: &[Record<'_>]) -> Vec<Fault> {
    history(records).faults().into_iter().collect()
}

/// Two direct messages and a line, as everybody should see them.
fn good() -> Vec<Record<'static>> {
    vec![
        said("hans", Some("yoda"), "a"),
        said("hans", Some("yoda"), "b"),
        said("hans", None, "c"),
        acknowledged("hans", "a", 1),
        shown("yoda", "a", 1),
        acknowledged("hans", "b", 2),
        shown("yoda", "b", 2),
        shown("yoda", "c", 1),
        acknowledged("hans", "c", 1),
        shown("leia", "c", 1),
    ]
}

/// The good records without the one at `place`, with others instead.
fn instead(place: usize, others: &[Record<'static>]) -> Vec<Fault> {
    let mut records = good();
    records.splice(place..=place, others.iter().copied());
    faults(&records)
}

/// The good records and further ones.
fn and(others: &[Record<'static>]) -> Vec<Record<'static>> {
    [good(), others.to_vec()].concat()
}

fn lost(text: &str, reader: &str) -> Fault {
    Fault::Lost { text: text.to_owned(), reader: reader.to_owned() }
}

fn not_for(text: &str, reader: &str) -> Fault {
    Fault::NotFor { text: text.to_owned(), reader: reader.to_owned() }
}

fn gap(seq: u64) -> Fault {
    Fault::Gap { conversation: "lobby".to_owned(), seq }
}

#[test]
fn nothing_is_wrong_with_what_is_right() {
    assert_eq!(faults(&good()), []);
    assert!(history(&good()).is_complete());
}

#[test]
fn what_was_never_acknowledged_may_be_lost_or_stand_somewhere_unseen() {
    assert_eq!(faults(&and(&[said("leia", Some("hans"), "lost")])), []);
    let unseen = [said("leia", None, "unseen"), said("hans", None, "d"), acknowledged("hans", "d", 3)];
    assert_eq!(faults(&and(&unseen)), [lost("d", "leia"), lost("d", "yoda")]);
}

#[test]
fn a_text_that_somebody_has_not_seen_is_lost() {
    assert_eq!(instead(6, &[]), [lost("b", "yoda")]);
    assert_eq!(instead(9, &[]), [lost("c", "leia")]);
    assert!(!history(&good()[..9]).is_complete());
}

#[test]
fn who_is_left_out_need_not_see_the_lobby() {
    let mut history = History::new(&users());
    history.leave_out("leia");
    good()[..9].iter().for_each(|record| history.add(*record));
    assert_eq!(history.faults(), BTreeSet::new());
    assert!(history.is_complete());
}

#[test]
fn what_is_shown_twice_is_seen() {
    let twice = [shown("yoda", "b", 2), shown("yoda", "b", 2)];
    assert_eq!(instead(6, &twice), [Fault::Twice { text: "b".to_owned(), reader: "yoda".to_owned() }]);
    let stored_twice = [shown("yoda", "b", 2), shown("yoda", "b", 3)];
    let two = Fault::TwoPlaces { text: "b".to_owned() };
    assert_eq!(instead(6, &stored_twice), [Fault::Twice { text: "b".to_owned(), reader: "yoda".to_owned() }, two]);
}

#[test]
fn another_order_is_seen() {
    let mut swapped = good();
    swapped.swap(4, 6);
    assert_eq!(faults(&swapped), [Fault::OutOfOrder { text: "a".to_owned(), reader: "yoda".to_owned() }]);
    let elsewhere = instead(6, &[shown("yoda", "b", 3)]);
    assert!(elsewhere.contains(&Fault::TwoPlaces { text: "b".to_owned() }), "{elsewhere:?}");
    let together = and(&[said("leia", None, "d"), acknowledged("leia", "d", 1)]);
    let same = Fault::SamePlace { text: "c".to_owned(), other: "d".to_owned() };
    assert!(faults(&together).contains(&same));
}

#[test]
fn a_sender_whose_texts_change_places_is_seen() {
    let records = [
        said("hans", Some("yoda"), "first"),
        said("hans", Some("yoda"), "second"),
        acknowledged("hans", "second", 1),
        acknowledged("hans", "first", 2),
        shown("yoda", "second", 1),
        shown("yoda", "first", 2),
    ];
    assert_eq!(faults(&records), [Fault::Overtook { text: "second".to_owned() }]);
}

#[test]
fn what_was_for_somebody_else_or_for_nobody_is_seen() {
    assert_eq!(instead(9, &[shown("leia", "c", 1), shown("leia", "a", 1)]), [not_for("a", "leia")]);
    assert_eq!(instead(9, &[shown("leia", "c", 1), shown("leia", "who?", 9)]), [not_for("who?", "leia")]);
    assert_eq!(instead(9, &[shown("leia", "c", 1), shown("hans", "c", 1)]), [not_for("c", "hans")]);
}

#[test]
fn what_was_refused_and_is_shown_is_seen() {
    let refused = Record::Refused { user: "hans", text: "a", code: "blocked" };
    assert_eq!(instead(3, &[refused]), [Fault::RefusedAndShown { text: "a".to_owned() }]);
}

#[test]
fn a_place_without_a_text_is_seen() {
    let next = |seq| {
        and(&[
            said("leia", None, "d"),
            acknowledged("leia", "d", seq),
            shown("hans", "d", seq),
            shown("yoda", "d", seq),
        ])
    };
    assert_eq!(faults(&next(2)), []);
    assert_eq!(faults(&next(3)), [gap(2)]);
}

#[test]
fn a_round_goes_on_where_the_last_one_ended() {
    let next = |place: u64| {
        let mut history = history(&good());
        history.next_round();
        let round = [
            said("hans", None, "d"),
            acknowledged("hans", "d", place),
            shown("leia", "d", place),
            shown("yoda", "d", place),
        ];
        for record in round {
            history.add(record);
        }
        history
    };
    assert_eq!(next(2).faults(), BTreeSet::new());
    assert_eq!(next(3).faults(), BTreeSet::from([gap(2)]));
    // What was shown in an earlier round and comes again is what nobody has said in this one.
    let mut late = next(2);
    late.add(shown("leia", "c", 1));
    assert!(late.faults().contains(&not_for("c", "leia")));
}

#[test]
fn every_record_is_a_line() {
    let lines = history(&good()).to_jsonl();
    assert_eq!(lines.lines().count(), good().len());
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["said"].as_str(), first["by"].as_str(), first["to"].as_str()),
        (Some("a"), Some("hans"), Some("yoda"))
    );
}

#[test]
fn delays_are_those_from_the_wish_to_each_reader() {
    assert_eq!(history(&good()).delays().len(), 4);
}
