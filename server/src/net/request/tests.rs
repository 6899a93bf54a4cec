use std::time::Duration;

use secrecy::ExposeSecret;
use shared::id::{ClientId, Seq};

use super::*;

const ID: RequestId = RequestId(7);

fn checked(message: ClientMessage) -> Result<Request, Box<Refusal>> {
    check(message, Policy::Plain).map(|said| match said {
        Said::Request(request) => request,
        other => panic!("{other:?} is no request"),
    })
}

/// What a message is refused with: code, sentence, and what it is about.
fn refused(message: ClientMessage) -> (String, String, Option<String>) {
    let refusal = checked(message).unwrap_err();
    assert!(refusal.text.starts_with(char::is_uppercase) && refusal.text.ends_with('.'), "{}", refusal.text);
    (refusal.code.as_str().to_owned(), refusal.text, refusal.what)
}

fn code(message: ClientMessage) -> String {
    refused(message).0
}

fn send(to: &str, text: &str) -> ClientMessage {
    ClientMessage::Send { id: ID, cid: ClientId([1; 16]), to: to.into(), text: text.into(), kind: Kind::TEXT }
}

fn register(name: &str, password: &str) -> ClientMessage {
    ClientMessage::Register { id: ID, name: name.into(), password: password.into(), remember: false }
}

fn away_as(text: &str) -> ClientMessage {
    ClientMessage::Away { id: ID, text: text.into() }
}

/// Encodes with any type, as a client in another language would.
fn body(message: &impl serde::Serialize) -> Vec<u8> {
    codec::encode(message)[shared::limits::HEADER..].to_vec()
}

#[test]
fn texts_of_every_length_that_is_allowed_pass() {
    for text in ["x", " x ", "a\nb", &"x".repeat(8 * 1024), &"x\n".repeat(100), &"é".repeat(4 * 1024)] {
        assert!(matches!(checked(send("#lobby", text)), Ok(Request::Broadcast { text: kept, .. }) if kept == text));
        assert!(matches!(checked(send("@Yoda", text)), Ok(Request::Message { to, .. }) if to.as_str() == "Yoda"));
    }
}

#[test]
fn other_texts_are_refused_with_the_figures() {
    for text in ["", " ", "\n\t \u{3000}\n"] {
        assert_eq!(code(send("#lobby", text)), "empty");
    }
    let (code_, sentence, _) = refused(send("#lobby", &"x".repeat(8 * 1024 + 1)));
    assert_eq!(code_, "too-long");
    assert!(sentence.contains("8192") && sentence.contains("8193"), "{sentence}");
    let (code_, sentence, _) = refused(send("@yoda", &"x\n".repeat(101)));
    assert_eq!(code_, "too-long");
    assert!(sentence.contains("100 lines") && sentence.contains("101"), "{sentence}");
    assert_eq!(code(send("@yoda", "a\0b")), "bad-text");
}

#[test]
fn a_conversation_is_the_lobby_or_a_user() {
    for (to, expected) in [
        ("lobby", "no-such-conversation"),
        ("", "no-such-conversation"),
        ("@", "no-such-user"),
        ("@a b", "no-such-user"),
    ] {
        assert_eq!(code(send(to, "hi")), expected, "{to}");
        let history = ClientMessage::History { id: ID, conv: to.into(), before: None, limit: 1 };
        assert_eq!(code(history), expected, "{to}");
        assert_eq!(code(ClientMessage::Ack { conv: to.into(), seq: Seq(1) }), expected, "{to}");
    }
    let ack = ClientMessage::Ack { conv: "@yoda".into(), seq: Seq(9) };
    assert!(matches!(checked(ack), Ok(Request::Ack { place: Place::With(_), seq: Seq(9) })));
}

#[test]
fn a_bad_name_is_explained_to_who_wants_it_and_nobody_to_others() {
    let long = "x".repeat(33);
    for (name, rule) in [("", "at least one"), ("-x", "begins with"), (&long, "at most 32"), ("Server", "reserved")] {
        let (code, sentence, what) = refused(register(name, "long enough"));
        assert_eq!((code.as_str(), what.as_deref()), ("bad-name", Some(name)));
        assert!(sentence.contains(rule), "{sentence}");
        let login =
            ClientMessage::Login { id: ID, name: name.into(), password: "x".into(), device: None, remember: false };
        assert_eq!(self::code(login), "bad-name");
        for other in [
            ClientMessage::Block { id: ID, name: name.into() },
            ClientMessage::Unblock { id: ID, name: name.into() },
            ClientMessage::Whois { id: ID, name: name.into() },
        ] {
            let (code, _, what) = refused(other);
            assert_eq!((code.as_str(), what.as_deref()), ("no-such-user", Some(name)));
        }
    }
}

#[test]
fn a_long_unknown_name_is_not_said_back_whole() {
    let (_, _, what) = refused(ClientMessage::Whois { id: ID, name: "é".repeat(10_000) });
    assert_eq!(what.unwrap(), "é".repeat(64));
}

#[test]
fn new_passwords_have_bounds_and_old_ones_do_not() {
    for (password, is_good) in [
        ("1234567", false),
        ("12345678", true),
        ("éééééééé", true),
        (&"x".repeat(256), true),
        (&"x".repeat(257), false),
    ] {
        assert_eq!(checked(register("yoda", password)).is_ok(), is_good, "{password}");
        let passwd = ClientMessage::Passwd { id: ID, old: "x".into(), new: password.into() };
        match checked(passwd) {
            Ok(Request::Passwd { old, new, .. }) => {
                assert_eq!((old.expose_secret(), new.expose_secret()), ("x", password));
            }
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => assert_eq!((refusal.code, is_good), (Code::WEAK_PASSWORD, false)),
        }
    }
    assert!(
        checked(ClientMessage::Login {
            id: ID,
            name: "yoda".into(),
            password: "x".repeat(300),
            device: None,
            remember: false
        })
        .is_ok()
    );
}

#[test]
fn history_comes_in_pages() {
    for (asked, given) in [(0, 1), (1, 1), (200, 200), (u16::MAX, 200)] {
        let history = ClientMessage::History { id: ID, conv: "#lobby".into(), before: Some(Seq(5)), limit: asked };
        assert!(matches!(
            checked(history),
            Ok(Request::History { limit, before: Some(Seq(5)), place: Place::Lobby, .. }) if limit == given
        ));
    }
}

#[test]
fn an_away_text_is_one_short_line_or_nothing() {
    for (text, expected) in [("", Ok("")), ("  ", Ok("")), ("lunch", Ok("lunch")), ("a\nb", Err("too-long"))] {
        let result = checked(away_as(text)).map_err(|refusal| refusal.code);
        match (result, expected) {
            (Ok(Request::Away { text, .. }), Ok(expected)) => assert_eq!(text, expected),
            (Err(code), Err(expected)) => assert_eq!(code.as_str(), expected),
            (result, _) => panic!("{text:?}: {result:?}"),
        }
    }
    assert_eq!(code(away_as(&"x".repeat(201))), "too-long");
    assert_eq!(code(away_as("a\0")), "bad-text");
}

#[test]
fn an_unknown_kind_of_text_is_carried_if_it_is_a_short_word() {
    for (word, is_good) in
        [("text", true), ("me", true), ("roll-dice", true), ("", false), ("A", false), ("\x1b[2J", false)]
    {
        #[derive(serde::Serialize)]
        struct Send<'a> {
            t: &'a str,
            id: u64,
            #[serde(with = "serde_bytes_")]
            cid: [u8; 16],
            to: &'a str,
            text: &'a str,
            kind: &'a str,
        }
        let message = body(&Send { t: "send", id: 7, cid: [1; 16], to: "#lobby", text: "hi", kind: word });
        let result = checked(decode(&message).unwrap());
        assert_eq!(result.is_ok(), is_good, "{word}");
    }
}

/// Bytes as MessagePack bin, as every language writes them.
mod serde_bytes_ {
    pub fn serialize<S: serde::Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }
}

#[test]
fn times_and_simple_requests_pass_through() {
    let since = ClientMessage::WhoSince { id: ID, span_ms: u64::MAX };
    assert!(matches!(checked(since), Ok(Request::WhoSince { span, .. }) if span == Duration::from_millis(u64::MAX)));
    assert!(matches!(checked(ClientMessage::Who { id: ID }), Ok(Request::Who { id: ID })));
    assert!(matches!(checked(ClientMessage::Blocked { id: ID }), Ok(Request::Blocked { id: ID })));
    assert!(matches!(checked(ClientMessage::Logout { id: ID }), Ok(Request::Logout { id: ID })));
    assert!(matches!(checked(ClientMessage::Activity {}), Ok(Request::Activity)));
    assert!(matches!(check(ClientMessage::Ping { n: 3 }, Policy::Plain), Ok(Said::Ping(3))));
    assert!(matches!(check(ClientMessage::Pong { n: 3 }, Policy::Plain), Ok(Said::Pong)));
    let typing = |conv: &str| checked(ClientMessage::Typing { conv: conv.to_owned() });
    assert!(matches!(typing("#lobby"), Ok(Request::Typing { place: Place::Lobby })));
    assert!(matches!(typing("@Yoda"), Ok(Request::Typing { place: Place::With(name) }) if name.as_str() == "Yoda"));
    for conv in ["", "#attic", "yoda", "@", "@-rf", "@\u{202e}"] {
        let said = check(ClientMessage::Typing { conv: conv.to_owned() }, Policy::Plain);
        assert!(matches!(said, Ok(Said::Nothing)), "{conv:?}");
    }
    let hello = ClientMessage::Hello { proto_min: 1, proto_max: 1, client: String::new(), caps: String::new() };
    assert_eq!(code(hello), "not-now");
}

#[derive(serde::Serialize)]
struct Frame<'a, I> {
    t: &'a str,
    id: I,
}

/// What a frame is answered with, or `None` where it ends the connection.
fn answered(frame: &[u8]) -> Option<(String, Option<RequestId>, Option<String>)> {
    match decode(frame).unwrap_err() {
        Fault::Refused(refusal) => Some((refusal.code.as_str().to_owned(), refusal.re, refusal.what)),
        Fault::Broken(_) => None,
    }
}

#[test]
fn unknown_kinds_are_named_and_wrong_fields_are_refused() {
    let unknown = answered(&body(&Frame { t: "teleport", id: 9 }));
    assert_eq!(unknown, Some(("unsupported".into(), Some(RequestId(9)), Some("teleport".into()))));
    let missing = answered(&body(&Frame { t: "send", id: 9 }));
    assert_eq!(missing, Some(("bad-request".into(), Some(RequestId(9)), None)));
    let wrong = answered(&body(&Frame { t: "who", id: "nine" }));
    assert_eq!(wrong, Some(("bad-request".into(), None, None)));
    let untyped = answered(&body(&5_u8));
    assert_eq!(untyped, None);
    assert_eq!(answered(b"\x81\xa1x\x01"), Some(("bad-request".into(), None, None)));
}

#[test]
fn bytes_that_are_no_map_of_ours_end_the_connection() {
    let mut trailing = body(&Frame { t: "who", id: 9 });
    trailing.push(0xc0);
    let mut deep = b"\x82\xa1t\xa3who\xa2id".to_vec();
    deep.extend(std::iter::repeat_n(0x91, 60_000));
    for broken in
        [&b""[..], b"\xc1", b"\x93\x01\x02\x03", b"hello", b"\x81\xa1t", b"\xdf\xff\xff\xff\xff", &trailing, &deep]
    {
        assert_eq!(answered(broken), None, "{:x?}", &broken[..broken.len().min(20)]);
    }
}

#[test]
fn a_search_names_words_and_places_that_can_be() {
    let search = |words: &str, conv: Option<&str>, start: Option<&str>, limit| ClientMessage::Search {
        id: ID,
        words: words.into(),
        conv: conv.map(Into::into),
        start: start.map(|conv| Mark { conv: conv.into(), seq: Seq(9) }),
        limit,
    };
    for (limit, expected) in [(0, 1), (20, 20), (u16::MAX, 100)] {
        let request = checked(search("a \"b c\"", Some("#lobby"), Some("@Yoda"), limit));
        let Ok(Request::Search { search: Search { words, place: Some(Place::Lobby), start, limit }, .. }) = request
        else {
            panic!("{request:?}");
        };
        let Some((Place::With(name), Seq(9))) = start else { panic!("{start:?}") };
        assert_eq!((words.join("|").as_str(), name.as_str(), limit), ("a|b c", "Yoda", expected));
    }
    assert_eq!(code(search(" ", None, None, 1)), "empty");
    assert_eq!(code(search(&"x".repeat(257), None, None, 1)), "too-long");
    for (conv, expected) in [("lobby", "no-such-conversation"), ("@a b", "no-such-user")] {
        assert_eq!(code(search("x", Some(conv), None, 1)), expected);
        assert_eq!(code(search("x", None, Some(conv), 1)), expected);
    }
}
