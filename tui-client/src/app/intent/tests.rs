use proptest::prelude::*;
use shared::id::{OfferId, Seq, UnixMs};
use shared::text::{Lines, SafeText};

use super::*;
use crate::app::model::{PeerSession, User};
use crate::app::moment::Mono;
use crate::app::transcript::{Incoming, State};
use crate::given;

/// A lobby with yoda online, a tab with leia, and words of obi.
fn model() -> Model {
    let mut model = Model::new(given::settings(), None, None);
    model.me = Some(name("hans"));
    model.users.insert(name("yoda"), User { since: UnixMs(0), away: safe("") });
    model.conversations.open(&leia());
    model.conversations.open(&Place::lobby()).transcript.take(Incoming {
        seq: Seq(1),
        from: name("obi"),
        text: SafeText::new("hello", Lines::Many),
        action: false,
        at: UnixMs(0),
        state: State::History,
    });
    model
}

fn leia() -> Place {
    Place::With(name("leia"))
}

/// What the border says, and after `|` what a second Enter does where the first one sends nothing.
#[track_caller]
fn check(place: &Place, typed: &str, expected: &str) {
    let intent = intent(typed, place, &model());
    let mut said = intent.describe();
    if let Intent::Refuse { insist, .. } = &intent {
        let second = insist.as_ref().map_or("nothing".to_owned(), |saying| to(&saying.place));
        said = format!("ERROR {said} | {second}");
    }
    assert_eq!(said, expected, "{typed:?}");
}

#[test]
fn what_is_typed_in_the_lobby_goes_where_the_border_says() {
    let lobby = Place::lobby();
    let everyone = "to everyone in the lobby";
    for text in ["", "hello", "yoda: hello", "whoelse is around?", "logout is broken", "messages are slow today", "//x"]
    {
        check(&lobby, text, everyone);
    }
    check(&lobby, "broadcast hello", everyone);
    check(&lobby, "/me waves", "to everyone in the lobby, as an action");
    check(&lobby, "message yoda hi", "to yoda, through the server");
    check(&lobby, "message obi hi", "to obi, through the server");
    check(&lobby, "message LEIA hi", "to LEIA, through the server");
    check(&lobby, "/msg nobody hi", "to nobody, through the server");
    check(&lobby, "whoelse", "command: whoelse");
    check(&lobby, "block yoda", "command: block yoda");
    check(&lobby, "/away at lunch", "command: away at lunch");
    check(&lobby, "logout", "command: logout");
}

#[test]
fn a_slip_sends_nothing_at_the_first_enter() {
    let lobby = Place::lobby();
    let everyone = "to everyone in the lobby";
    let slips = [
        ("message yodq secret", "nobody here is called yodq; to be sure, type /message"),
        ("message yoda", "there is nothing to send"),
        ("message", "write message USER TEXT"),
        (" message yoda secret", "a blank stands before message; without it: to yoda, through the server"),
        ("mesage yoda secret", "did you mean message?"),
        ("MESAGE @yoda secret", "did you mean message?"),
        ("mesage yodq secret", "did you mean message?"),
        ("messageyoda secret", "did you mean message?"),
        ("msg yoda secret", "did you mean message?"),
        ("blok yoda", "did you mean block?"),
        ("whoelsesince soon", "not a time; write seconds, or a number with s, m, h or d, at most 3650d"),
        ("private yodq secret", "nobody here is called yodq; to be sure, type /private"),
        ("startprivate yodq", "nobody here is called yodq; to be sure, type /startprivate"),
        ("privat yoda secret", "did you mean private?"),
    ];
    for (typed, why) in slips {
        check(&lobby, typed, &format!("ERROR {why} | {everyone}"));
    }
}

#[test]
fn a_slash_is_never_said() {
    for place in [Place::lobby(), leia()] {
        check(&place, "/mesage yoda hi", "ERROR no command /mesage: did you mean /message? | nothing");
        check(&place, " /msg yoda hi", "ERROR a blank stands before /message: type it without | nothing");
        check(&place, "/", "ERROR no command /: F1 lists them, // sends a slash | nothing");
        check(&place, "/etc/passwd", "ERROR no command /etc/passwd: F1 lists them, // sends a slash | nothing");
        check(&place, "/msg yoda", "ERROR there is nothing to send | nothing");
    }
}

#[test]
fn in_a_direct_tab_only_the_slash_begins_a_command() {
    let to_leia = "to leia, through the server";
    for text in ["", "hi", "message yoda secret", "block yoda", "logout", "mesage yoda x", "//etc"] {
        check(&leia(), text, to_leia);
    }
    check(&leia(), "/me waves", "to leia, through the server, as an action");
    check(&leia(), "/say hello", "to everyone in the lobby");
    check(&leia(), "/history", "command: history @leia 20");
    let said = intent("//etc", &leia(), &model());
    assert_eq!(said, Intent::Say(Saying { place: leia(), text: "/etc".to_owned(), action: false }));
}

#[test]
fn only_a_text_for_the_tab_it_stands_in_is_text() {
    let (lobby, model) = (Place::lobby(), model());
    for typed in ["hello", "//x", "yoda: hello", "men", "whoelse is around?", "logout is broken", " hello"] {
        assert!(is_text(typed, &lobby, &model), "{typed:?}");
    }
    let no_text = [
        "",
        " ",
        "m",
        "Mess",
        "message",
        " message",
        "message ",
        "message yoda",
        "message yoda hi",
        "mesage yoda hi",
        "who",
        "whoelse",
        "/",
        "/x",
        "/me waves",
        "/msg yoda hi",
        "broadcast hello",
        "block yoda",
        "b",
        "logout",
    ];
    for typed in no_text {
        assert!(!is_text(typed, &lobby, &model), "{typed:?}");
    }
    for typed in ["m", "message yoda secret", "whoelse", "//x"] {
        assert!(is_text(typed, &leia(), &model), "{typed:?}");
    }
    for typed in ["", "/say hello", "/me waves", "/block yoda", &"x".repeat(8193)] {
        assert!(!is_text(typed, &leia(), &model), "{typed:?}");
    }
    let private = Place::Private(name("yoda"));
    assert!(!is_text("hi", &private, &model), "no session stands");
}

#[test]
fn what_is_said_before_a_session_stands_is_kept_and_the_words_say_how_it_stands() {
    let place = Place::Private(name("yoda"));
    let mut model = model();
    let refused = |model: &Model| match intent("hi", &place, model) {
        Intent::Refuse { why, insist: None } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&model), "no open session with yoda: /startprivate yoda asks for one");
    let states = [
        (PeerState::Asking { until: Mono(60) }, "yoda has not said yes to a session yet"),
        (PeerState::Connecting { since: Mono(0) }, "the session with yoda is not open yet: a way is looked for"),
        (PeerState::Closed { why: safe("no") }, "no open session with yoda: /startprivate yoda asks for one"),
    ];
    for (state, why) in states {
        model.peers.sessions.insert(name("yoda"), PeerSession::new(OfferId([0; 16]), state, true));
        assert_eq!(refused(&model), why);
    }
}

#[test]
fn what_is_too_long_stays_where_it_is() {
    let long = "x".repeat(8193);
    let why = "ERROR too long: 8193 bytes, at most 8192 are allowed | nothing";
    check(&Place::lobby(), &long, why);
    check(&leia(), &long, why);
    check(
        &leia(),
        &"x\n".repeat(101).replacen('x', "y", 1),
        "ERROR too long: 101 lines, at most 100 are allowed | nothing",
    );
}

/// Words that make commands likely, and anything else.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        Just("/".to_owned()),
        Just("\n".to_owned()),
        Just("message".to_owned()),
        Just("mesage".to_owned()),
        Just("msg".to_owned()),
        Just("say".to_owned()),
        Just("yoda".to_owned()),
        ".{0,6}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_direct_tab_speaks_to_the_lobby_only_by_a_command_that_says_so(text in typed()) {
        match intent(&text, &leia(), &model()) {
            Intent::Say(saying) | Intent::Refuse { insist: Some(saying), .. } => prop_assert_eq!(saying.place, leia()),
            Intent::Run(Command::Broadcast { .. }) => {
                let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
                prop_assert!(["/say", "/broadcast"].contains(&word.as_str()), "{}", text);
            }
            _ => {}
        }
    }

    #[test]
    fn what_begins_with_a_slash_is_text_only_with_a_second_one(text in typed(), in_lobby in any::<bool>()) {
        let place = if in_lobby { Place::lobby() } else { leia() };
        let begins = text.trim_start().starts_with('/') && !text.starts_with("//");
        match intent(&text, &place, &model()) {
            Intent::Say(saying) if begins => prop_assert!(saying.action, "{}", text),
            Intent::Refuse { insist, .. } if begins => prop_assert_eq!(insist, None),
            _ => {}
        }
    }
}
