//! Private sessions: what is asked, answered, said and ended, whatever server and other clients send.

use proptest::prelude::*;
use shared::id::{DeviceKey, FileId, OfferId};
use shared::message::Meeting;

use super::*;
use crate::app::command::Command;
use crate::app::model::AcceptPeers;
use crate::app::model::{PeerState, TransferState};
use crate::app::peer::{Closed, KnownKey, NoWay, Opened, PeerEvent};
use crate::app::place::{Place, name};
use crate::app::transcript::State;

const KEY: DeviceKey = DeviceKey([7; 32]);

fn offer(number: u8) -> OfferId {
    OfferId([number; 16])
}

fn meeting(number: u8, user: &str, initiator: bool) -> Msg {
    let (offer, name) = (offer(number), user.to_owned());
    let meeting = Meeting { offer, name, key: KEY, initiator, observed: None, addresses: Vec::new() };
    Msg::Server(ServerMessage::PrivateMeet(meeting))
}

fn request(number: u8, from: &str) -> Msg {
    let (offer, from) = (offer(number), from.to_owned());
    Msg::Server(ServerMessage::PrivateRequest { offer, from, key: KEY, wait_ms: 60_000 })
}

pub(super) fn peer(number: u8, event: PeerEvent) -> Msg {
    Msg::Peer { offer: offer(number), event }
}

fn opened() -> PeerEvent {
    PeerEvent::Opened(Opened { address: "127.0.0.1:50122".into(), words: ["a", "b", "c", "d"], key: KEY })
}

fn command(command: Command, cid: u8) -> Msg {
    Msg::Command { command, cid: ClientId([cid; 16]) }
}

/// Lines that are events; what is done is left out.
fn said(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| !line.starts_with("> ")).collect()
}

/// A script with an open session, which it has asked for as offer 1.
fn open_with_yoda() -> Story {
    with_yoda(Story::logged_in())
}

pub(super) fn with_yoda(mut story: Story) -> Story {
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    story.check(ok(2), &["ok startprivate yoda"]);
    story.tell(meeting(1, "yoda", true));
    assert_eq!(said(story.tell(peer(1, opened()))), ["private open yoda 127.0.0.1:50122 words a b c d, key new"]);
    story
}

#[test]
fn a_request_on_the_screen_does_not_wait_for_what_waited() {
    let screen = Settings { on_screen: true, interactive: true, ..settings() };
    let mut story = Story::new(screen, Some("hans"), Some("falcon"));
    story.begin();
    story.tell(connected());
    story.tell(logged_in(1));
    // The lobby is drawn; `ready` is still on its way.
    let asked = story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    assert!(asked.len() == 1 && asked[0].starts_with("> peer Ask "), "{asked:?}");
    story.tell(lost());
    let asked = story.tell(command(Command::Startprivate { user: "leia".into() }, 2));
    assert_eq!(asked, ["error not-connected startprivate leia: there is no connection to the server"]);
}

#[test]
fn a_request_is_asked_answered_and_met() {
    let mut story = Story::logged_in();
    let asked = story.tell(command(Command::Startprivate { user: "Yoda".into() }, 1));
    assert!(asked.len() == 1 && asked[0].starts_with("> peer Ask { id: RequestId(2)"), "{asked:?}");
    assert!(!story.model.takes_a_line(), "the command has no answer yet");
    story.check(ok(2), &["ok startprivate Yoda"]);
    let met = story.tell(meeting(1, "yoda", true));
    assert!(met.len() == 1 && met[0].starts_with("> peer Meet"), "{met:?}");
}

#[test]
fn what_the_server_refuses_is_over() {
    let mut story = Story::logged_in();
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    let refused = story.tell(refused(2, Code::OFFLINE, "yoda is not online"));
    assert_eq!(said(refused), ["error offline startprivate yoda: yoda is not online"]);
    assert!(story.tell(meeting(1, "yoda", true)).is_empty(), "a meeting that comes all the same is not followed");
}

#[test]
fn two_who_ask_each_other_meet_under_the_first_request() {
    let mut story = Story::logged_in();
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    story.tell(ok(2));
    let met = story.tell(meeting(9, "yoda", false));
    assert!(met.len() == 1 && met[0].contains("initiator: false"), "{met:?}");
    assert_eq!(said(story.tell(peer(9, opened()))).len(), 1);
}

#[test]
fn a_server_cannot_bring_about_what_nobody_agreed_to() {
    let mut story = Story::logged_in();
    assert!(story.tell(meeting(1, "vader", false)).is_empty(), "nobody was asked");
    story.tell(request(2, "vader"));
    assert!(story.tell(meeting(2, "vader", false)).is_empty(), "the request was not answered");
    let mut open = open_with_yoda();
    assert!(open.tell(meeting(3, "yoda", true)).is_empty(), "it stands already");
    assert!(open.tell(peer(77, opened())).is_empty(), "nobody knows this one");
}

#[test]
fn requests_are_bounded_and_expire_by_themselves() {
    let mut story = Story::logged_in();
    for number in 0..50 {
        story.tell(request(number, &format!("user{number}")));
    }
    assert_eq!(story.model.peers.requests.len(), 8);
    let expired: Vec<String> = (0..8).map(|number| format!("private expired user{number}")).collect();
    let expired: Vec<&str> = expired.iter().map(String::as_str).collect();
    story.wake(&expired);
    assert_eq!(story.now(), Duration::from_secs(60));
    assert_eq!(deadline(&story.model), None);
}

#[test]
fn a_server_that_introduces_nobody_after_the_yes_is_not_waited_for() {
    let mut story = Story::logged_in();
    story.tell(request(1, "yoda"));
    story.tell(command(Command::Accept { user: "yoda".into() }, 2));
    story.check(ok(2), &["ok accept yoda"]);
    let Mono(due) = deadline(&story.model).expect("it waits for something");
    assert_eq!(due, 15_000);
    story.wake(&["> peer Forget { offer: 01010101010101010101010101010101 }", "private expired yoda"]);
    assert!(story.tell(meeting(1, "yoda", false)).is_empty(), "too late");
}

#[test]
fn who_is_let_in_without_a_question_is_an_option() {
    let known = |verified| vec![("yoda".to_owned(), KnownKey { key: KEY, verified })];
    let other = || vec![("yoda".to_owned(), KnownKey { key: DeviceKey([8; 32]), verified: true })];
    let table = [
        (AcceptPeers::Ask, known(true), false),
        (AcceptPeers::Verified, known(true), true),
        (AcceptPeers::Verified, known(false), false),
        (AcceptPeers::Verified, other(), false),
        (AcceptPeers::Verified, Vec::new(), false),
        (AcceptPeers::Always, Vec::new(), true),
        (AcceptPeers::Always, other(), false),
    ];
    for (accept_peers, keys, expected) in table {
        let mut story = Story::new(Settings { accept_peers, ..settings() }, Some("hans"), Some("falcon"));
        story.begin();
        story.tell(connected());
        story.tell(logged_in(1));
        story.tell(ready());
        story.tell(Msg::PeerKeys(keys.clone()));
        let told = story.tell(request(1, "yoda"));
        assert_eq!(told.iter().any(|line| line.starts_with("> peer Accept")), expected, "{accept_peers:?} {keys:?}");
    }
}

#[test]
fn a_client_that_cannot_listen_says_so_and_asks_nothing() {
    let mut story = Story::logged_in();
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    let told = story.tell(peer(1, PeerEvent::Unable { why: "it cannot listen: no port".into() }));
    assert_eq!(told, ["error no-private startprivate yoda: it cannot listen: no port"]);
    assert!(story.model.takes_a_line());
}

#[test]
fn no_way_says_what_was_tried() {
    let mut story = Story::logged_in();
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 1));
    story.tell(ok(2));
    story.tell(meeting(1, "yoda", true));
    let tried = vec!["10.0.0.7:50122 refused".to_owned(), "203.0.113.9:50122 timed out".to_owned()];
    let told = story.tell(peer(1, PeerEvent::NoWay(NoWay { tried, help: "" })));
    assert_eq!(told, ["private failed yoda: no route; tried 10.0.0.7:50122 refused, 203.0.113.9:50122 timed out"]);
}

#[test]
fn a_text_is_answered_when_it_has_arrived() {
    let mut story = open_with_yoda();
    let say = |text: &str| Command::Private { to: "yoda".into(), text: text.into() };
    let told = story.tell(command(say("hi"), 2));
    assert!(told.len() == 1 && told[0].contains("n: 1, text: \"hi\""), "{told:?}");
    assert!(!story.model.takes_a_line());
    story.check(peer(1, PeerEvent::Delivered { n: 1 }), &["ok private yoda delivered"]);
    story.tell(command(say("again"), 3));
    let told = story.tell(peer(1, PeerEvent::Closed(Closed::Broke("the connection broke".into()))));
    assert_eq!(
        told,
        [
            "error not-connected private yoda: not delivered: the connection broke",
            "private closed yoda lost: the connection broke",
            "private undelivered yoda 1",
        ]
    );
    let place = Place::Private(name("yoda"));
    let states: Vec<State> =
        story.model.conversations.get(&place).unwrap().transcript.lines().map(|line| line.state.clone()).collect();
    assert_eq!(states, [State::Delivered, State::Undelivered]);
}

#[test]
fn what_was_not_delivered_goes_over_a_new_session_or_through_the_server() {
    let broken = || {
        let mut story = open_with_yoda();
        for (cid, text) in [(2, "one"), (3, "two")] {
            story.tell(Msg::Texted {
                place: Place::Private(name("yoda")),
                text: text.into(),
                action: false,
                cid: ClientId([cid; 16]),
            });
        }
        story.tell(peer(1, PeerEvent::Closed(Closed::Broke("gone".into()))));
        story
    };
    let mut story = broken();
    story.tell(command(Command::Startprivate { user: "yoda".into() }, 5));
    story.tell(ok(3));
    story.tell(meeting(5, "yoda", true));
    story.tell(peer(5, opened()));
    let resend = || Command::Resend { user: "yoda".into() };
    let told = story.tell(command(resend(), 6));
    let texts: Vec<&String> = told.iter().filter(|line| line.starts_with("> peer Say")).collect();
    assert!(texts.len() == 2 && texts[0].contains("n: 1, text: \"one\"") && texts[1].contains("n: 2"), "{told:?}");
    let mut story = broken();
    let told = story.tell(command(resend(), 6));
    assert_eq!(told[0], "ok resend yoda: it goes through the server, which can read it");
    assert!(told[1].ends_with("to @yoda: one") && told[2].ends_with("to @yoda: two"), "{told:?}");
    assert_eq!(said(story.tell(command(resend(), 7))), ["error nothing-to-do resend yoda"]);
}

#[test]
fn it_goes_on_without_the_server_and_the_client_does_not_give_up() {
    let mut story = open_with_yoda();
    story.tell(lost());
    assert!(story.model.takes_a_line(), "the session can be used");
    for _ in 0..30 {
        story.tell(Msg::NotConnected { fault: Fault::Unreachable("down".into()), jitter: Jitter::thousandths(1000) });
        let Mono(deadline) = deadline(&story.model).expect("it tries again");
        let told = story.tell(Msg::Woke);
        assert!(!told.iter().any(|line| line.contains("quit")), "{told:?} {deadline}");
    }
    let told = story.tell(command(Command::Private { to: "yoda".into(), text: "still here".into() }, 2));
    assert!(told.iter().any(|line| line.starts_with("> peer Say")), "{told:?}");
}

#[test]
fn who_leaves_says_goodbye_to_everybody_first() {
    let mut story = open_with_yoda();
    let told = story.tell(command(Command::Logout, 2));
    let close = told.iter().position(|line| line.starts_with("> peer Close") && line.contains("logged-out"));
    let logout = told.iter().position(|line| line.starts_with("> logout"));
    assert!(close.is_some() && close < logout, "{told:?}");
}

#[test]
fn progress_is_told_once_for_each_quarter() {
    let mut story = open_with_yoda();
    let file = FileId(2);
    let offered = PeerEvent::FileOffered { file, name: "photo.bin".into(), size: 1000 };
    story.check(peer(1, offered), &["file offer 1 from yoda size 1000: photo.bin"]);
    assert_eq!(said(story.tell(command(Command::Accept { user: "yoda".into() }, 2))), ["ok accept yoda"]);
    let mut told = Vec::new();
    for done in [0, 100, 260, 270, 800, 800, 999, 1000] {
        told.extend(story.tell(peer(1, PeerEvent::FileMoved { file, done })));
    }
    told.extend(story.tell(peer(1, PeerEvent::FileDone { file, path: Some("/home/hans/photo (2).bin".into()) })));
    assert_eq!(
        told,
        [
            "file progress 1 0",
            "file progress 1 25",
            "file progress 1 50",
            "file progress 1 75",
            "file progress 1 100",
            "file received 1 from yoda size 1000: photo (2).bin",
        ]
    );
}

#[test]
fn an_ended_session_ends_its_files() {
    let mut story = open_with_yoda();
    let offered = PeerEvent::FileOffered { file: FileId(2), name: "a".into(), size: 0 };
    story.tell(peer(1, offered));
    let told = story.tell(peer(1, PeerEvent::Closed(Closed::There(Reason::STOPPED))));
    assert_eq!(
        told,
        ["file failed 1 yoda: a: the session ended; send it again to go on", "private closed yoda by peer",]
    );
    assert_eq!(said(story.tell(command(Command::Accept { user: "yoda".into() }, 2))), ["error no-request accept yoda"]);
}

fn any_event() -> impl Strategy<Value = PeerEvent> {
    let file = (0..6_u64).prop_map(FileId);
    let n = prop_oneof![0..5_u64, any::<u64>()];
    prop_oneof![
        Just(opened()),
        Just(PeerEvent::NoWay(NoWay { tried: Vec::new(), help: "" })),
        Just(PeerEvent::Closed(Closed::Here)),
        Just(PeerEvent::Closed(Closed::Broke("x".into()))),
        Just(PeerEvent::Unable { why: "x".into() }),
        (".{0,10}").prop_map(|text| PeerEvent::Said { text, kind: Kind::TEXT }),
        n.clone().prop_map(|n| PeerEvent::Delivered { n }),
        (file.clone(), ".{0,10}", n.clone()).prop_map(|(file, name, size)| PeerEvent::FileOffered { file, name, size }),
        (file.clone(), ".{0,10}", n.clone()).prop_map(|(file, name, size)| PeerEvent::FileOffering {
            file,
            name,
            size
        }),
        (file.clone(), n).prop_map(|(file, done)| PeerEvent::FileMoved { file, done }),
        file.clone().prop_map(|file| PeerEvent::FileDone { file, path: None }),
        file.clone().prop_map(|file| PeerEvent::FileRefused { file }),
        file.prop_map(|file| PeerEvent::FileFailed { file, why: "x".into(), code: "failed" }),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let user = || prop_oneof![Just("yoda".to_owned()), Just("leia".to_owned())];
    prop_oneof![
        user().prop_map(|user| Command::Startprivate { user }),
        user().prop_map(|user| Command::Accept { user }),
        user().prop_map(|user| Command::Decline { user }),
        user().prop_map(|to| Command::Private { to, text: "x".into() }),
        user().prop_map(|user| Command::Stopprivate { user }),
        user().prop_map(|user| Command::Resend { user }),
        user().prop_map(|user| Command::Verify { user }),
        user().prop_map(|user| Command::Send { user, path: "x".into() }),
        user().prop_map(|user| Command::Block { user }),
        (0..9_u16).prop_map(|number| Command::Cancel { number }),
    ]
}

fn anything() -> impl Strategy<Value = Msg> {
    let user = prop_oneof![Just("yoda"), Just("leia")];
    prop_oneof![
        3 => (0..4_u8, any_event()).prop_map(|(number, event)| peer(number, event)),
        3 => (any_command(), 0..4_u8).prop_map(|(one, cid)| command(one, cid)),
        1 => (0..4_u8, user.clone(), any::<bool>()).prop_map(|(number, user, initiator)| meeting(number, user, initiator)),
        1 => (0..4_u8, user.clone()).prop_map(|(number, user)| request(number, user)),
        1 => (0..4_u8, user).prop_map(|(number, user)| {
            let (offer, name) = (offer(number), user.to_owned());
            Msg::Server(ServerMessage::PrivateEnd { offer, name, reason: Reason::DECLINED })
        }),
        1 => (2..40_u64).prop_map(ok),
        1 => (2..40_u64).prop_map(|re| refused(re, Code::BUSY, "busy")),
        1 => Just(()).prop_map(|()| Msg::Woke),
    ]
}

proptest! {
    /// Whatever comes in whatever order: nothing panics, nothing grows without end, and a dead session holds nothing.
    #[test]
    fn no_order_of_events_breaks_the_model(msgs in prop::collection::vec(anything(), 0..120)) {
        let mut story = Story::logged_in();
        for msg in msgs {
            story.tell(msg);
            let peers = &story.model.peers;
            prop_assert!(peers.requests.len() <= 8 && peers.sessions.len() <= 2 && peers.transfers.len() <= 101);
            for (user, session) in &peers.sessions {
                if matches!(session.state, PeerState::Closed { .. }) {
                    let alive = peers.transfers.iter().any(|transfer| transfer.offer == session.offer
                        && matches!(transfer.state, TransferState::Moving(_)));
                    prop_assert!(!alive, "{user}");
                }
            }
        }
    }
}
