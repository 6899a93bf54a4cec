use Person::{Nadia, Oskar, Wen};

use super::*;

/// A script whose newcomer is there and whose story is over; Wen is offline.
fn after_the_story() -> Script {
    let mut script = Script::new("anna");
    for person in [Nadia, Oskar] {
        script.tell(Event::Entered(person));
        script.tell(Event::Seen(person));
    }
    while script.take().is_some() {}
    script
}

fn said(script: &mut Script, text: &str) -> Option<(Person, What)> {
    script.tell(Event::Said(text.to_owned()));
    script.take().map(|step| (step.who, step.what))
}

fn wrote(script: &mut Script, to: Person, text: &str, waited: bool) -> Option<(Person, What)> {
    script.tell(Event::Wrote { to, text: text.to_owned(), waited });
    script.take().map(|step| (step.who, step.what))
}

/// Every text there is.
fn all_lines() -> Vec<&'static str> {
    let beats = BEFORE.iter().chain(WELCOME).chain(OPENED).filter_map(|beat| match beat.act {
        Act::Say(text) | Act::Do(text) | Act::Whisper(text) | Act::Away(text) | Act::Confide(text) => Some(text),
        Act::Enter | Act::Leave | Act::Ask | Act::SendFile => None,
    });
    let parts = Person::ALL.into_iter().map(Person::part);
    let replies = parts.flat_map(|part| part.replies.iter().flat_map(|reply| reply.say).chain(part.otherwise));
    beats
        .chain(replies.copied())
        .chain([WEN_IS_AWAY, IT_WAITED, VISITED, SENT, NOT_WANTED, THANKS, ANOTHER_TIME])
        .collect()
}

#[test]
fn before_the_newcomer_comes_a_message_is_left_by_somebody_who_goes() {
    let steps = Script::new("anna").before();
    let left = steps.iter().position(|step| step.who == Wen && step.what == What::Leave).expect("Wen goes");
    let wrote = |step: &Step| step.who == Wen && matches!(&step.what, What::Whisper(text) if text.contains("anna"));
    assert!(steps[..left].iter().any(wrote));
    assert!(steps[left + 1..].iter().all(|step| step.who != Wen), "who is gone says nothing");
    assert!(steps.iter().any(|step| matches!(step.what, What::Say(_))), "there is history");
}

#[test]
fn the_newcomer_is_greeted_once_and_by_name() {
    let mut script = Script::new("anna");
    assert_eq!(script.next(), None, "nobody speaks to an empty room");
    script.tell(Event::Seen(Nadia));
    let first = script.next().expect("somebody greets").clone();
    assert!(first.after <= Duration::from_secs(2), "{:?}", first.after);
    assert!(matches!(&first.what, What::Say(text) if text.contains("anna")), "{first:?}");
    let length = std::iter::from_fn(|| script.take()).count();
    assert_eq!(length, WELCOME.len());
    // A connection that broke and came back.
    script.tell(Event::Unseen(Nadia));
    script.tell(Event::Seen(Nadia));
    assert_eq!(script.take(), None);
}

#[test]
fn within_two_minutes_everything_was_shown() {
    let mut script = Script::new("anna");
    script.tell(Event::Seen(Nadia));
    let steps: Vec<Step> = std::iter::from_fn(|| script.take()).collect();
    let total: Duration = steps.iter().map(|step| step.after).sum();
    assert!(total < Duration::from_secs(120), "{total:?}");
    let shows = |is_it: fn(&What) -> bool| assert!(steps.iter().any(|step| is_it(&step.what)));
    shows(|what| matches!(what, What::Say(_)));
    shows(|what| matches!(what, What::Do(_)));
    shows(|what| matches!(what, What::Whisper(_)));
    shows(|what| matches!(what, What::Away(text) if !text.is_empty()));
    shows(|what| *what == What::Away(String::new()));
    shows(|what| *what == What::Enter);
    shows(|what| *what == What::Leave);
}

#[test]
fn who_is_offline_does_nothing() {
    let mut is_online = BTreeMap::from(Person::ALL.map(|person| (person, true)));
    for beat in BEFORE.iter().chain(WELCOME) {
        let online = is_online.get_mut(&beat.who).expect("one of the three");
        assert_eq!(*online, beat.act != Act::Enter, "{beat:?}");
        *online = beat.act != Act::Leave;
    }
    assert!(is_online.values().all(|online| *online), "in the end everybody can be spoken to");
}

#[test]
fn whoever_is_meant_answers_in_the_lobby() {
    let table = [
        ("Hello everybody!", Some(Nadia)),
        ("oskar, hello", Some(Oskar)),
        ("is there any tea left?", Some(Oskar)),
        ("is this safe, Nadia?", Some(Nadia)),
        // Offline: Nadia says what can be done.
        ("wen: where are you?", Some(Nadia)),
    ];
    for (text, expected) in table {
        let answer = said(&mut after_the_story(), text);
        assert_eq!(answer.as_ref().map(|(who, _)| *who), expected, "{text}: {answer:?}");
        assert!(matches!(answer, Some((_, What::Say(_)))), "an answer to the lobby goes to the lobby");
    }
    let away = said(&mut after_the_story(), "wen: where are you?");
    assert_eq!(away, Some((Nadia, What::Say(WEN_IS_AWAY.to_owned()))));
}

#[test]
fn what_nobody_understands_is_answered_in_turn() {
    let mut script = after_the_story();
    let mut speakers = Vec::new();
    let mut lines = Vec::new();
    for _ in 0..4 {
        let Some((who, What::Say(line))) = said(&mut script, "blargh") else { panic!("nobody answers") };
        speakers.push(who);
        lines.push(line);
    }
    assert_eq!(speakers, [Nadia, Oskar, Nadia, Oskar]);
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 4, "nobody repeats themselves at once: {lines:?}");
}

#[test]
fn a_message_is_answered_by_a_message_and_one_that_waited_is_known_to_have() {
    let mut script = after_the_story();
    let answer = wrote(&mut script, Oskar, "nadia says you have tea", false);
    assert!(matches!(&answer, Some((Oskar, What::Whisper(text))) if text.contains("Tea")), "{answer:?}");
    script.tell(Event::Entered(Wen));
    let answer = wrote(&mut script, Wen, "hello", true);
    assert_eq!(answer, Some((Wen, What::Whisper(format!("{IT_WAITED} hi hi")))));
}

#[test]
fn answers_come_before_the_rest_of_the_story_and_lose_nothing_of_it() {
    let mut script = Script::new("anna");
    script.tell(Event::Seen(Nadia));
    script.take();
    let second = script.next().cloned().expect("the story goes on");
    script.tell(Event::Said("hello".to_owned()));
    let answer = script.take().expect("an answer");
    assert_eq!(answer.who, Nadia);
    assert!(answer.after <= LONGEST, "{:?}", answer.after);
    assert_eq!(script.next(), Some(&second));
}

#[test]
fn somebody_who_is_blocked_is_silent() {
    let mut script = after_the_story();
    script.tell(Event::Unseen(Oskar));
    assert_eq!(said(&mut script, "oskar?"), None);
    assert_eq!(said(&mut script, "tea?").map(|(who, _)| who), Some(Nadia), "somebody else has to do");
    assert_eq!(said(&mut script, "tea?").map(|(who, _)| who), Some(Nadia));
    script.tell(Event::Seen(Oskar));
    assert_eq!(said(&mut script, "oskar?").map(|(who, _)| who), Some(Oskar));
}

#[test]
fn a_flood_is_not_answered_by_a_flood() {
    let mut script = after_the_story();
    for _ in 0..1000 {
        script.tell(Event::Said("hello".to_owned()));
    }
    assert_eq!(std::iter::from_fn(|| script.take()).count(), ANSWERS);
}

#[test]
fn every_line_can_be_sent_and_shown() {
    for line in all_lines() {
        let filled =
            line.replace("{you}", "anna").replace("{words}", "cedar harbor abandon zoo").replace("{who}", "nadia");
        assert!(!filled.contains(['{', '}']), "{line}: something is not filled in");
        let fits = filled.len() <= 160 && filled.is_ascii() && !filled.contains(char::is_control);
        assert!(fits, "{line}: it should fit on two rows of any terminal");
    }
}

#[test]
fn every_word_is_listened_for_in_small_letters() {
    for reply in Person::ALL.into_iter().flat_map(|person| person.part().replies) {
        assert!(!reply.say.is_empty());
        assert!(reply.to.iter().all(|word| words(word) == [*word]), "{:?} is never heard", reply.to);
    }
}

/// What the people recommend must exist.
#[test]
fn every_command_that_is_named_is_one() {
    for line in all_lines() {
        for typed in line.split(['(', ')', '.', ',', ' ', ':']).filter(|word| word.len() > 1 && word.starts_with('/')) {
            assert!(crate::app::command::find(&typed[1..]).is_some(), "{line}: there is no {typed}");
        }
    }
}
