//! The words of both faces, one report at a time.

use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;
use serde_json::Value;
use shared::error::Code;
use shared::id::{Seq, UnixMs};
use shared::message::{Outcome, Reason};
use shared::text::{Lines, SafeText};

mod terminal;

use super::*;
use crate::app::command::{Command, Verb, find};
use crate::app::model::Queued;
use crate::app::peer::KeyTrust;
use crate::app::place::{Place, name, safe};
use crate::app::report::{
    Aside, Closing, Done, FileNews, List, Manner, PeerNews, Person, Refused, Remark, Report, Said, Standing, Why,
};

/// 2026-11-20 14:02 UTC.
const NOW: UnixMs = UnixMs(1_795_183_320_000);

fn clock() -> Clock {
    Clock { zone: TimeZone::UTC, now: NOW }
}

#[track_caller]
fn check(report: &Report, plain: &str, json: &str) {
    assert_eq!(Voice::Plain.say(report, &clock()), Line::Event(plain.to_owned()));
    assert_eq!(Voice::Json.say(report, &clock()), Line::Event(json.to_owned()));
}

fn said(manner: Manner, place: Place) -> Said {
    let text = SafeText::new("two\nlines \\ and \u{202e}", Lines::Many);
    Said { manner, place, from: name("yoda"), text, action: false, at: NOW }
}

fn with_yoda() -> Place {
    Place::With(name("yoda"))
}

#[test]
fn states() {
    let version = env!("CARGO_PKG_VERSION");
    check(
        &Report::Hello { server: "127.0.0.1:4000".to_owned() },
        "plain mode, server 127.0.0.1:4000, type help, logout to leave",
        &format!(r#"{{"v":1,"event":"hello","server":"127.0.0.1:4000","client":"tui-client {version}"}}"#),
    );
    check(&Report::Connected, "state connected", r#"{"event":"state","state":"connected"}"#);
    check(
        &Report::Reconnecting { seconds: 4 },
        "state reconnecting 4",
        r#"{"event":"state","state":"reconnecting","seconds":4}"#,
    );
    check(
        &Report::LoggedIn { name: name("hans") },
        "state logged-in hans",
        r#"{"event":"state","state":"logged-in","user":"hans"}"#,
    );
    check(&Report::Idle { seconds: 12 }, "state idle 12", r#"{"event":"state","state":"idle","seconds":12}"#);
    check(
        &Report::LoggedOut { reason: Reason::TIMED_OUT },
        "state logged-out timed-out",
        r#"{"event":"state","state":"logged-out","reason":"timed-out"}"#,
    );
}

#[test]
fn texts() {
    let text = r#""at":"2026-11-20T14:02:00Z","text":"two\nlines \\ and \u202e"}"#;
    check(
        &Report::Said(said(Manner::Live, with_yoda())),
        r"message from yoda: two\nlines \\ and \u{202e}",
        &format!(r#"{{"event":"message","from":"yoda",{text}"#),
    );
    check(
        &Report::Said(Said { action: true, ..said(Manner::Live, Place::lobby()) }),
        r"broadcast from yoda action: two\nlines \\ and \u{202e}",
        &format!(r#"{{"event":"broadcast","from":"yoda","action":true,{text}"#),
    );
    check(
        &Report::Said(said(Manner::Stored, with_yoda())),
        r"stored from yoda at 2026-11-20 14:02: two\nlines \\ and \u{202e}",
        &format!(r#"{{"event":"stored","from":"yoda",{text}"#),
    );
    check(
        &Report::Said(said(Manner::History, with_yoda())),
        r"history from yoda at 2026-11-20 14:02: two\nlines \\ and \u{202e}",
        &format!(r#"{{"event":"history","from":"yoda","with":"yoda",{text}"#),
    );
}

fn leia(standing: Standing, away: &str) -> Person {
    Person { name: name("leia"), standing, away: safe(away) }
}

#[test]
fn presence() {
    check(
        &Report::Arrived { name: name("leia") },
        "presence leia online",
        r#"{"event":"presence","user":"leia","online":true}"#,
    );
    check(
        &Report::Left { name: name("leia"), reason: Reason::CONNECTION_LOST },
        "presence leia offline connection-lost",
        r#"{"event":"presence","user":"leia","online":false,"reason":"connection-lost"}"#,
    );
}

#[test]
fn people() {
    check(
        &Report::User(leia(Standing::Since(NOW), "")),
        "user leia since 14:02",
        r#"{"event":"user","user":"leia","online":true,"since":"2026-11-20T14:02:00Z"}"#,
    );
    check(
        &Report::User(leia(Standing::LastSeen(UnixMs(NOW.0 - 86_400_000)), "at\nlunch")),
        r"user leia last-seen 2026-11-19 14:02: at\nlunch",
        r#"{"event":"user","user":"leia","online":false,"last_seen":"2026-11-19T14:02:00Z","away":"at\nlunch"}"#,
    );
    check(
        &Report::Whois { person: leia(Standing::Since(NOW), "tea"), created: NOW },
        "whois leia online since 14:02 created 2026-11-20 14:02: tea",
        r#"{"event":"whois","user":"leia","online":true,"since":"2026-11-20T14:02:00Z","away":"tea","created":"2026-11-20T14:02:00Z"}"#,
    );
    check(
        &Report::Whois { person: leia(Standing::Unknown, ""), created: NOW },
        "whois leia offline created 2026-11-20 14:02",
        r#"{"event":"whois","user":"leia","online":false,"created":"2026-11-20T14:02:00Z"}"#,
    );
    check(&Report::Block { name: name("vader") }, "block vader", r#"{"event":"block","user":"vader"}"#);
    check(
        &Report::CannotAnswer { name: name("vader") },
        "hint vader: you have blocked vader, who cannot answer",
        r#"{"event":"hint","user":"vader","text":"you have blocked vader, who cannot answer"}"#,
    );
}

#[test]
fn lists_and_sentences() {
    for (list, word) in
        [(List::Users, "users"), (List::Blocked, "blocked"), (List::Messages, "messages"), (List::Commands, "commands")]
    {
        let json = format!(r#"{{"event":"{word}","count":2}}"#);
        check(&Report::Count { list, count: 2 }, &format!("{word} 2"), &json);
    }
    check(
        &Report::Notice(safe("the server restarts at noon")),
        "notice: the server restarts at noon",
        r#"{"event":"notice","text":"the server restarts at noon"}"#,
    );
    let spec = find("who").unwrap();
    check(
        &Report::Help(spec),
        "command whoelse: list who else is online",
        r#"{"event":"command","command":"whoelse","usage":"whoelse","aliases":["who","names"],"text":"list who else is online"}"#,
    );
    check(
        &Report::HelpMore(spec),
        "about whoelse: Users who have blocked you are not listed. Also called who, names.",
        r#"{"event":"about","command":"whoelse","text":"Users who have blocked you are not listed."}"#,
    );
}

#[test]
fn answers() {
    let delivered = Some(Outcome::DELIVERED);
    check(
        &Report::Done(Done { user: Some(name("yoda")), outcome: delivered, ..Done::new(Verb::Message) }),
        "ok message yoda delivered",
        r#"{"event":"ok","command":"message","user":"yoda","outcome":"delivered"}"#,
    );
    check(&Report::Done(Done::new(Verb::Broadcast)), "ok broadcast", r#"{"event":"ok","command":"broadcast"}"#);
    check(
        &Report::Done(Done { remark: Some(Remark::FullScreenOnly), ..Done::new(Verb::Clear) }),
        "ok clear: nothing to do in plain mode",
        r#"{"event":"ok","command":"clear","text":"nothing to do in plain mode"}"#,
    );
}

#[test]
fn refusals() {
    let check = |code: Code, why: Why, plain: &str, json: &str| {
        check(&Report::Refused(Refused { code, command: None, user: None, why }), plain, json);
    };
    check(
        Code::BAD_PASSWORD,
        Why::Tries(2),
        "error bad-password: 2 tries left",
        r#"{"event":"error","code":"bad-password","left":2}"#,
    );
    check(
        Code::BAD_PASSWORD,
        Why::Tries(1),
        "error bad-password: 1 try left",
        r#"{"event":"error","code":"bad-password","left":1}"#,
    );
    check(
        Code::LOCKED,
        Why::Wait { seconds: 57 },
        "error locked: 57 seconds left",
        r#"{"event":"error","code":"locked","seconds":57}"#,
    );
    check(Code::NO_SUCH_ACCOUNT, Why::Plain, "error no-such-account", r#"{"event":"error","code":"no-such-account"}"#);
    check(
        Code::ALREADY_ONLINE,
        Why::InUse { since: Some(NOW), from: Some(safe("10.0.0.5")) },
        "error already-online: since 14:02 from 10.0.0.5",
        r#"{"event":"error","code":"already-online","since":"2026-11-20T14:02:00Z","from":"10.0.0.5"}"#,
    );
}

#[test]
fn a_refused_command_is_named_with_its_user() {
    let refused = Refused {
        code: Code::BLOCKED,
        command: Some("message".to_owned()),
        user: Some(name("vader")),
        why: Why::Text(safe("vader has blocked you")),
    };
    check(
        &Report::Refused(refused),
        "error blocked message vader: vader has blocked you",
        r#"{"event":"error","code":"blocked","command":"message","user":"vader","text":"vader has blocked you"}"#,
    );
}

#[test]
fn times_are_local_and_tell_the_day_when_it_is_another() {
    let clock = Clock { zone: TimeZone::fixed(Offset::constant(10)), now: NOW };
    let said = Report::Said(said(Manner::Stored, Place::lobby()));
    let Line::Event(line) = Voice::Plain.say(&said, &clock) else { panic!("no event") };
    assert!(line.starts_with("stored from yoda at 2026-11-21 00:02: "), "{line}");
    assert_eq!(clock.short(UnixMs(NOW.0 - 3_600_000)), "2026-11-20 23:02");
    assert_eq!(clock.short(UnixMs(u64::MAX)).len(), "9999-12-31 00:00".len(), "no number is too large");
}

#[test]
fn asides_are_sentences_in_both_faces() {
    let [address, expected, found] = ["chat.example:4000", "SHA256:ab", "SHA256:cd"].map(str::to_owned);
    let aside = Report::Aside(Aside::KeyChanged { address, expected, found });
    for voice in [Voice::Plain, Voice::Json] {
        let Line::Aside(sentence) = voice.say(&aside, &clock()) else { panic!("an aside is no event") };
        assert!(sentence.contains("`tui-client trust forget chat.example:4000`"), "{sentence}");
        assert!(sentence.contains("SHA256:ab") && sentence.contains("SHA256:cd"), "{sentence}");
    }
}

/// What an object is read as: a command, or the code of its refusal.
fn read(line: &str) -> Result<Command, String> {
    match Voice::Json.read(line.to_owned()) {
        Reading::Command(command) => Ok(command),
        Reading::Text(text) => panic!("{text} is an object"),
        Reading::Unreadable(why) => Err(why.code().as_str().to_owned()),
    }
}

#[test]
fn objects_are_commands() {
    let message = |text: &str| Ok(Command::Message { to: "yoda".to_owned(), text: text.to_owned() });
    assert_eq!(read(r#"{"command":"message","user":"yoda","text":"two\nlines"}"#), message("two\nlines"));
    assert_eq!(read(r#"{"command":"msg","to":"@yoda","text":"hi"}"#), message("hi"));
    assert_eq!(read(r#"{"command":"message yoda hi"}"#), message("hi"));
    let history = Ok(Command::History { with: Some("yoda".to_owned()), count: 5 });
    assert_eq!(read(r#"{"command":"history","with":"yoda","count":5}"#), history);
    assert_eq!(read(r#"{"command":"history","with":"yoda","count":"5"}"#), history);
    assert_eq!(read(r#"{"command":"whoelse"}"#), Ok(Command::Whoelse));
}

#[test]
fn objects_that_are_no_commands_are_refused() {
    for (line, code) in [
        ("{", "usage"),
        ("{}", "usage"),
        (r#"{"command":7}"#, "usage"),
        (r#"{"command":""}"#, "usage"),
        (r#"{"command":"message","user":"yoda","txt":"hi"}"#, "usage"),
        (r#"{"command":"message","time":"5m"}"#, "usage"),
        (r#"{"command":"message","user":"yoda","text":""}"#, "empty"),
        (r#"{"command":"message yoda hi","text":"hi"}"#, "usage"),
        (r#"{"command":"mesage","user":"yoda","text":"hi"}"#, "unknown-command"),
        (r#"{"command":"whoelsesince","time":-5}"#, "usage"),
        (r#"{"command":"whoelsesince","time":"-5"}"#, "bad-time"),
        (r#"{"command":"block","user":"han solo"}"#, "no-such-user"),
    ] {
        assert_eq!(read(line), Err(code.to_owned()), "{line}");
    }
}

#[test]
fn answers_to_questions_come_bare_or_in_an_object() {
    let answer = |line: &str| Voice::Json.read_answer(line.to_owned());
    assert_eq!(answer(r#"{"answer":"cloud \"city\""}"#), "cloud \"city\"");
    assert_eq!(answer("cloud city"), "cloud city");
    assert_eq!(answer(r#"{"password":"x"}"#), r#"{"password":"x"}"#);
    assert_eq!(Voice::Plain.read_answer(r#"{"answer":"x"}"#.to_owned()), r#"{"answer":"x"}"#);
}

/// Codes that end a connection before there is a session, which a client tells as a sentence, and the one that it deals
/// with by itself.
const OF_CONNECTIONS: &[Code] =
    &[Code::PROTOCOL, Code::FRAME_TOO_LARGE, Code::NEEDS_TLS, Code::VERSION, Code::TICKET_EXPIRED];

#[test]
fn every_code_stands_in_the_document() {
    let document = include_str!("../../../docs/plain.md");
    for code in Code::ALL.iter().filter(|code| !OF_CONNECTIONS.contains(code)) {
        assert!(document.contains(&format!("`{}`", code.as_str())), "{} is missing", code.as_str());
    }
}

fn hostile_file(text: &str, news: FileNews) -> Report {
    Report::File { number: 1, user: name(text), size: 1, name: safe(text), news }
}

/// Reports with a text from outside in every place where one can stand.
pub(crate) fn hostile(text: &str) -> Vec<Report> {
    let value = || Value::String(text.to_owned());
    let who = name(text);
    let person = Person { name: who.clone(), standing: Standing::Since(NOW), away: safe(text) };
    let said = Said { from: who.clone(), text: SafeText::new(text, Lines::Many), ..said(Manner::Live, Place::lobby()) };
    let refused = Refused {
        code: serde_json::from_value(value()).unwrap(),
        command: Some(who.as_str().to_owned()),
        user: Some(who.clone()),
        why: Why::Text(safe(text)),
    };
    let reason: Reason = serde_json::from_value(value()).unwrap();
    let outcome: Outcome = serde_json::from_value(value()).unwrap();
    let in_use = Why::InUse { since: None, from: Some(safe(text)) };
    vec![
        Report::Peer { user: who.clone(), news: PeerNews::Requested(KeyTrust::Changed { was_verified: true }) },
        Report::Peer { user: who.clone(), news: PeerNews::Ended(reason.clone()) },
        Report::Peer { user: who.clone(), news: PeerNews::Failed { why: safe(text), help: "" } },
        Report::Peer {
            user: who.clone(),
            news: PeerNews::Open { address: safe(text), words: ["a"; 4], trust: KeyTrust::New },
        },
        Report::Peer { user: who.clone(), news: PeerNews::Closed(Closing::There(reason.clone())) },
        Report::Peer { user: who.clone(), news: PeerNews::Closed(Closing::Lost(safe(text))) },
        hostile_file(text, FileNews::Offered),
        hostile_file(text, FileNews::Received { path: safe(text) }),
        hostile_file(text, FileNews::Sent),
        hostile_file(text, FileNews::Declined),
        hostile_file(text, FileNews::Failed { why: safe(text) }),
        Report::LoggedIn { name: who.clone() },
        Report::LoggedOut { reason: reason.clone() },
        Report::Said(said),
        Report::Left { name: who.clone(), reason },
        Report::User(person.clone()),
        Report::Queued {
            number: 1,
            message: Queued { user: who.clone(), conv: text.to_owned(), seq: Seq(1), at: NOW, text: safe(text) },
        },
        Report::Whois { person, created: NOW },
        Report::Notice(safe(text)),
        Report::Done(Done { user: Some(who), outcome: Some(outcome), ..Done::new(Verb::Message) }),
        Report::Refused(Refused { why: in_use, ..refused.clone() }),
        Report::Refused(refused),
        Report::Aside(Aside::Unreachable { why: text.to_owned() }),
        Report::Aside(Aside::FirstUse { fingerprint: text.to_owned() }),
    ]
}

fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}')
}

proptest! {
    #[test]
    fn nothing_from_outside_can_act_or_forge_a_line(text in any::<String>()) {
        for report in hostile(&text) {
            for voice in [Voice::Plain, Voice::Json] {
                let (Line::Event(line) | Line::Aside(line)) = voice.say(&report, &clock());
                prop_assert_eq!(line.chars().find(|c| acts(*c)), None, "{}", line);
            }
        }
    }

    #[test]
    fn what_is_said_in_json_is_read_back(text in any::<String>()) {
        let said = Said { text: SafeText::new(&text, Lines::Many), ..said(Manner::Live, Place::lobby()) };
        let Line::Event(line) = Voice::Json.say(&Report::Said(said), &clock()) else { panic!("no event") };
        let value: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value["text"].as_str(), Some(text.as_str()));
        for report in hostile(&text) {
            if let Line::Event(line) = Voice::Json.say(&report, &clock()) {
                prop_assert!(serde_json::from_str::<Value>(&line).is_ok(), "{}", line);
            }
        }
    }

    #[test]
    fn no_line_that_comes_in_is_too_strange(line in any::<String>()) {
        let _ = Voice::Json.read(line.clone());
        let _ = Voice::Json.read(format!("{{{line}"));
        let _ = Voice::Json.read_answer(line);
    }
}
