use proptest::prelude::*;
use shared::id::{DeviceKey, OfferId};

use super::*;

fn meeting() -> Meeting {
    let (offer, key) = (OfferId([7; 16]), DeviceKey([1; 32]));
    Meeting { offer, name: "Yoda".into(), key, initiator: true, observed: None, addresses: Vec::new() }
}

fn text(n: u64, text: &str) -> PeerMessage {
    PeerMessage::Text { n, text: text.into(), kind: Kind::TEXT }
}

#[test]
fn only_the_one_who_was_agreed_on_is_let_in() {
    let right = || hello(&meeting(), "yoda");
    check_hello(&right(), &meeting()).expect("case does not matter");
    let other = Meeting { offer: OfferId([8; 16]), ..meeting() };
    check_hello(&hello(&other, "yoda"), &meeting()).expect_err("another session");
    check_hello(&hello(&meeting(), "vader"), &meeting()).expect_err("another name");
    check_hello(&text(1, "hi"), &meeting()).expect_err("no hello");
    let PeerMessage::Hello { offer, name, client, caps, .. } = right() else { panic!("a hello") };
    let newer = PeerMessage::Hello { proto_min: 8, proto_max: 9, offer, name, client, caps };
    check_hello(&newer, &meeting()).expect_err("another version");
}

#[test]
fn a_text_is_told_before_it_is_acknowledged() {
    let mut session = Session::new(Mono(0));
    let out = session.handle(text(1, "hi"), Mono(5)).expect("it is taken");
    let told = PeerEvent::Said { text: "hi".into(), kind: Kind::TEXT };
    assert_eq!(out, [Out::Tell(told), Out::Send(PeerMessage::Ack { n: 1 })]);
}

#[test]
fn texts_have_one_order_without_gaps() {
    for wrong in [0, 1, 3, u64::MAX] {
        let mut session = Session::new(Mono(0));
        session.handle(text(1, "one"), Mono(0)).expect("the first");
        let end = session.handle(text(wrong, "x"), Mono(0)).expect_err("not the second");
        assert_eq!(end.bye, Some(Reason::PROTOCOL));
    }
}

#[test]
fn texts_that_no_client_sends_end_the_session() {
    let long = "x".repeat(TEXT_BYTES + 1);
    let high = "x\n".repeat(TEXT_LINES + 1);
    for wrong in ["", "  \n", "nul\0", &long, &high] {
        Session::new(Mono(0)).handle(text(1, wrong), Mono(0)).expect_err("refused");
    }
}

#[test]
fn so_many_are_on_their_way_and_the_rest_waits_in_order() {
    let mut session = Session::new(Mono(0));
    let most = unacked_most();
    let mut sent = Vec::new();
    for n in 1..=most + 5 {
        sent.extend(session.say(n, n.to_string(), Kind::TEXT).expect("it waits"));
    }
    assert_eq!(sent.len(), PEER_UNACKED);
    let out = session.handle(PeerMessage::Ack { n: 3 }, Mono(0)).expect("three have arrived");
    let expected: Vec<Out> = [Out::Tell(PeerEvent::Delivered { n: 3 })]
        .into_iter()
        .chain((most + 1..=most + 3).map(|n| Out::Send(text(n, &n.to_string()))))
        .collect();
    assert_eq!(out, expected);
}

#[test]
fn what_was_not_sent_cannot_be_acknowledged() {
    for wrong in [0, 1, 3, u64::MAX] {
        let mut session = Session::new(Mono(0));
        session.say(1, "a".into(), Kind::TEXT).expect("sent");
        session.say(2, "b".into(), Kind::TEXT).expect("sent");
        session.handle(PeerMessage::Ack { n: 1 }, Mono(0)).expect("the first has arrived");
        session.handle(PeerMessage::Ack { n: wrong }, Mono(0)).expect_err("nothing to acknowledge");
    }
}

#[test]
fn silence_is_asked_about_and_then_the_end() {
    let mut session = Session::new(Mono(0));
    assert_eq!(session.tick(Mono(PING_AFTER_MS - 1)).expect("alive"), None);
    assert_eq!(session.tick(Mono(PING_AFTER_MS)).expect("alive"), Some(Out::Send(PeerMessage::Ping { n: 1 })));
    let pong = session.handle(PeerMessage::Pong { n: 1 }, Mono(PING_AFTER_MS + 30)).expect("an answer");
    assert_eq!(pong, [Out::Tell(PeerEvent::Delay(Duration::from_millis(30)))]);
    let silent = session.deadline();
    session.tick(silent).expect("asked again");
    let dead = session.deadline();
    assert_eq!(dead.since(Mono(PING_AFTER_MS + 30)), Duration::from_millis(DEAD_AFTER_MS));
    session.tick(dead).expect_err("nobody is there");
}

#[test]
fn typing_is_told_and_said_unless_texts_wait() {
    let mut session = Session::new(Mono(0));
    assert_eq!(session.handle(PeerMessage::Typing {}, Mono(5)), Ok(vec![Out::Tell(PeerEvent::Typing)]));
    assert_eq!(session.typing(), [Out::Send(PeerMessage::Typing {})]);
    let most = u64::try_from(PEER_UNACKED).unwrap();
    for n in 1..=most {
        session.say(n, "x".into(), Kind::TEXT).unwrap();
    }
    assert_eq!(session.typing().len(), 1);
    session.say(most + 1, "x".into(), Kind::TEXT).unwrap();
    assert_eq!(session.typing(), []);
}

fn any_message() -> impl Strategy<Value = PeerMessage> {
    let n = prop_oneof![0..5_u64, any::<u64>()];
    prop_oneof![
        (n.clone(), ".{0,20}").prop_map(|(n, words)| text(n, &words)),
        n.clone().prop_map(|n| PeerMessage::Ack { n }),
        n.clone().prop_map(|n| PeerMessage::Ping { n }),
        n.prop_map(|n| PeerMessage::Pong { n }),
        Just(PeerMessage::Unknown),
        Just(PeerMessage::Typing {}),
        Just(PeerMessage::Bye { reason: Reason::STOPPED }),
        Just(hello(&meeting(), "yoda")),
    ]
}

proptest! {
    /// Whatever the other side sends, and in whatever order: texts are told once each, numbered without gaps.
    #[test]
    fn a_hostile_client_gets_nothing_but_an_end(messages in prop::collection::vec((any_message(), 0..40_000_u64), 0..60)) {
        let mut session = Session::new(Mono(0));
        let (mut now, mut told, mut acked) = (0, 0, 0);
        for (message, later) in messages {
            now += later;
            let _ = session.say(session.sent + 1 + u64::try_from(session.waiting.len()).unwrap(), "x".into(), Kind::TEXT);
            if session.tick(Mono(now)).is_err() {
                break;
            }
            let Ok(out) = session.handle(message, Mono(now)) else { break };
            for out in out {
                match out {
                    Out::Tell(PeerEvent::Said { .. }) => told += 1,
                    Out::Send(PeerMessage::Ack { n }) => {
                        acked += 1;
                        prop_assert_eq!(n, acked);
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(told, acked);
        }
    }
}
