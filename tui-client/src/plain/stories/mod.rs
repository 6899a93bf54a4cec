//! Stories: what happens, and what a plain client then says and does, line by line.
//!
//! They run the real model with the real words, without a socket, a clock or a terminal. `!` marks a sentence for
//! standard error, `>` something that is done.

mod comeback;
mod commands;
mod connection;
mod ending;
mod hosting;
mod login;
mod presence;
mod private;
mod search;
mod typing;

use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use shared::error::Code;
use shared::id::{ClientId, RequestId, Seq, UnixMs};
use shared::message::{ClientMessage, Entry, Kind, Outcome, Reason, Refusal, ServerMessage, UserInfo, Welcome};

use super::{Clock, Line, Voice};
use crate::app::effect::{Effect, LogIn};
use crate::app::model::{Model, Settings};
use crate::app::moment::{Jitter, Moment, Mono};
use crate::app::msg::{Fault, Msg, Trust};
use crate::app::peer::PeerOrder;
use crate::app::update::{deadline, update};
use crate::given;

/// 2026-11-20 14:02 UTC, when every story begins.
pub(super) const START: u64 = 1_795_183_320_000;

pub(super) fn clock() -> Clock {
    Clock { zone: TimeZone::UTC, now: UnixMs(START) }
}

pub(super) struct Story {
    pub model: Model,
    ms: u64,
    cids: u8,
}

/// A script that knows its name and password.
pub(super) fn settings() -> Settings {
    Settings {
        interactive: false,
        on_screen: false,
        presence: false,
        history: 0,
        retry: Some(Duration::from_secs(60)),
        ..given::settings()
    }
}

impl Story {
    pub fn new(settings: Settings, name: Option<&str>, password: Option<&str>) -> Self {
        let model = Model::new(settings, name.map(str::to_owned), password.map(Into::into));
        Self { model, ms: 0, cids: 0 }
    }

    /// A script that is connected.
    pub fn script() -> Self {
        Self::script_with(settings())
    }

    fn script_with(settings: Settings) -> Self {
        let mut story = Self::new(settings, Some("hans"), Some("falcon"));
        story.begin();
        story.check(connected(), &["state connected", "> login 1 hans falcon"]);
        story
    }

    /// A script that is logged in, as request 1.
    pub fn logged_in() -> Self {
        Self::logged_in_with(settings())
    }

    pub fn logged_in_with(settings: Settings) -> Self {
        let mut story = Self::script_with(settings);
        story.check(logged_in(1), &["state logged-in hans"]);
        story.check(ready(), &[]);
        story
    }

    /// A person at a terminal, connected.
    pub fn person() -> Self {
        let mut story = Self::new(Settings { interactive: true, retry: None, ..settings() }, None, None);
        story.begin();
        story.check(connected(), &["state connected"]);
        story
    }

    pub fn begin(&mut self) {
        let hello = "plain mode, server 127.0.0.1:4000, type help, logout to leave";
        self.check(Msg::Started, &[hello, "> connect"]);
    }

    pub fn tell(&mut self, msg: Msg) -> Vec<String> {
        let now = Moment { mono: Mono(self.ms), wall: UnixMs(START + self.ms) };
        let effects = update(&mut self.model, msg, now).into_iter();
        // Every login asks for the keys of other users; only stories about keys care.
        effects.filter(|effect| !matches!(effect, Effect::Peer(PeerOrder::LoadKeys))).map(told).collect()
    }

    /// Says what happens, and what must come of it.
    #[track_caller]
    pub fn check(&mut self, msg: Msg, expected: &[&str]) {
        let given = format!("{msg:?}");
        assert_eq!(self.tell(msg), expected, "after {given}");
    }

    /// A typed line.
    #[track_caller]
    pub fn line(&mut self, text: &str, expected: &[&str]) {
        self.cids += 1;
        let msg = Msg::Line { text: text.to_owned(), cid: ClientId([self.cids; 16]) };
        self.check(msg, expected);
    }

    #[track_caller]
    pub fn answer(&mut self, text: &str, expected: &[&str]) {
        assert!(self.model.question().is_some(), "nothing was asked");
        self.check(Msg::Answered(text.into()), expected);
    }

    /// Lets time pass.
    pub fn pass(&mut self, span: Duration) {
        self.ms += u64::try_from(span.as_millis()).unwrap();
    }

    /// Lets time pass up to the moment the model waits for, and wakes it.
    #[track_caller]
    pub fn wake(&mut self, expected: &[&str]) {
        let Mono(deadline) = deadline(&self.model).expect("the model waits for a moment");
        self.ms = self.ms.max(deadline);
        self.check(Msg::Woke, expected);
    }

    pub fn now(&self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

fn told(effect: Effect) -> String {
    match effect {
        Effect::Connect => "> connect".to_owned(),
        Effect::Host => "> host".to_owned(),
        Effect::Disconnect => "> disconnect".to_owned(),
        Effect::LogIn(LogIn { id, name, password, register }) => {
            let word = if register { "register" } else { "login" };
            format!("> {word} {} {name} {}", id.0, password.expose_secret())
        }
        Effect::KeepTicket { name, ticket } => format!("> keep ticket {} of {name}", ticket.0[0]),
        Effect::ChangePassword { id, old, new } => {
            format!("> passwd {} {} {}", id.0, old.expose_secret(), new.expose_secret())
        }
        Effect::Send(message) => format!("> {}", sent_words(message)),
        Effect::Peer(order) => format!("> peer {order:?}"),
        Effect::Acknowledge { conversation, seq } => format!("> ack {conversation} {}", seq.0),
        Effect::Report(report) => match Voice::Plain.say(&report, &clock()) {
            Line::Event(line) => line,
            Line::Aside(sentence) => format!("! {sentence}"),
        },
        Effect::Switch(to) => format!("> {}", to.verb().name()),
        Effect::Quit(exit) => format!("> quit {}", exit.code()),
    }
}

fn sent_words(message: ClientMessage) -> String {
    match message {
        ClientMessage::Send { id, cid, to, text, kind } => {
            format!("{} {} message {} to {to}: {text}", kind.as_str(), id.0, cid.0[0])
        }
        ClientMessage::PrivateDecline { id, .. } => format!("decline private {}", id.0),
        ClientMessage::Resume { id, ticket, lobby } => {
            format!("resume {} ticket {} lobby {:?}", id.0, ticket.0[0], lobby.map(|seq| seq.0))
        }
        ClientMessage::Search { id, words, conv: None, start, limit } => {
            let start = start.map_or(String::new(), |mark| format!(" from {} {}", mark.conv, mark.seq.0));
            format!("search {} {limit}{start}: {words}", id.0)
        }
        ClientMessage::Queue { id } => format!("queue {}", id.0),
        ClientMessage::Unsend { id, conv, seq } => format!("unsend {} {conv} {}", id.0, seq.0),
        ClientMessage::Who { id } => format!("who {}", id.0),
        ClientMessage::WhoSince { id, span_ms } => format!("who-since {} {span_ms}", id.0),
        ClientMessage::Block { id, name } => format!("block {} {name}", id.0),
        ClientMessage::Unblock { id, name } => format!("unblock {} {name}", id.0),
        ClientMessage::Blocked { id } => format!("blocked {}", id.0),
        ClientMessage::History { id, conv, before, limit } => {
            let before = before.map_or(String::new(), |seq| format!(" before {}", seq.0));
            format!("history {} {conv} {limit}{before}", id.0)
        }
        ClientMessage::Away { id, text } => format!("away {} {text}", id.0),
        ClientMessage::Whois { id, name } => format!("whois {} {name}", id.0),
        ClientMessage::Logout { id } => format!("logout {}", id.0),
        ClientMessage::Activity {} => "activity".to_owned(),
        ClientMessage::Typing { conv } => format!("typing {conv}"),
        ClientMessage::Pong { n } => format!("pong {n}"),
        other => panic!("a story never sends {other:?}"),
    }
}

pub(super) fn welcome() -> Welcome {
    given::welcome(UnixMs(START))
}

fn connected() -> Msg {
    Msg::Connected { welcome: welcome(), trust: Trust::Known }
}

fn lost() -> Msg {
    Msg::Lost { why: "the connection was reset".to_owned(), jitter: Jitter::thousandths(1000) }
}

fn unreachable() -> Msg {
    let fault = Fault::Unreachable("cannot reach 127.0.0.1:4000: connection refused".to_owned());
    Msg::NotConnected { fault, jitter: Jitter::thousandths(1000) }
}

fn logged_in(re: u64) -> Msg {
    logged_in_with_timeout(re, 0)
}

fn logged_in_with_timeout(re: u64, timeout_ms: u64) -> Msg {
    Msg::Server(given::logged_in_with(RequestId(re), "hans", timeout_ms, ""))
}

fn ready() -> Msg {
    Msg::Server(ServerMessage::Ready { stored: 0 })
}

fn ok(re: u64) -> Msg {
    Msg::Server(ServerMessage::Ok { re: RequestId(re) })
}

fn bye(reason: Reason) -> Msg {
    Msg::Server(ServerMessage::Bye { reason, retry_ms: None })
}

fn sent(re: u64, conv: &str, seq: u64, outcome: Outcome) -> Msg {
    let (re, seq, at) = (RequestId(re), Seq(seq), UnixMs(START));
    Msg::Server(ServerMessage::Sent { re, conv: conv.to_owned(), seq, at, outcome })
}

fn refusal(re: u64, code: Code, text: &str) -> Refusal {
    Refusal::new(Some(RequestId(re)), code, text)
}

fn refused(re: u64, code: Code, text: &str) -> Msg {
    Msg::Server(ServerMessage::Error(refusal(re, code, text)))
}

fn wrong_password(re: u64, left: u8) -> Msg {
    let refusal = Refusal { left: Some(left), ..refusal(re, Code::BAD_PASSWORD, "wrong password") };
    Msg::Server(ServerMessage::Error(refusal))
}

fn locked(re: u64, wait_ms: u64) -> Msg {
    Msg::Server(ServerMessage::Error(Refusal { wait_ms: Some(wait_ms), ..refusal(re, Code::LOCKED, "locked") }))
}

fn already_online(re: u64) -> Msg {
    let refusal = Refusal {
        at: Some(UnixMs(START)),
        from: Some("10.0.0.5".to_owned()),
        ..refusal(re, Code::ALREADY_ONLINE, "in use")
    };
    Msg::Server(ServerMessage::Error(refusal))
}

fn entry(conv: &str, seq: u64, from: &str, text: &str) -> Entry {
    Entry {
        conv: conv.to_owned(),
        seq: Seq(seq),
        at: UnixMs(START - 22 * 60_000),
        from: from.to_owned(),
        text: text.to_owned(),
        kind: Kind::TEXT,
        stored: false,
    }
}

fn said(entry: Entry) -> Msg {
    Msg::Server(ServerMessage::Message(entry))
}

fn user(name: &str, online: bool) -> UserInfo {
    UserInfo { name: name.to_owned(), online, since: UnixMs(START), away: String::new(), quiet: false }
}
