//! Keys in, wishes and state out: the real model, the real control and the real view, without a terminal.

mod chatting;
mod login;
mod reading;
mod tabs;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use secrecy::ExposeSecret as _;
use shared::error::Code;
use shared::id::{ClientId, RequestId, Seq, UnixMs};
use shared::message::{ClientMessage, Entry, Kind, Outcome, Refusal, ServerMessage, UserInfo};

use super::*;
use crate::app::effect::{Effect, LogIn};
use crate::app::moment::{Jitter, Mono};
use crate::app::msg::{Msg, Trust};
use crate::app::update::{self, update};
use crate::given;
use crate::tui::composer::Composer;
use crate::tui::state::Tab;
use crate::tui::theme::ThemeChoice;
use crate::tui::view::draw;

/// 2026-11-20 14:02 UTC, when every test begins.
const START: u64 = 1_795_183_320_000;

/// A client on a screen, and a server that answers when it is told to.
struct Stage {
    model: Model,
    state: State,
    reports: Reports,
    seen: Seen,
    size: (u16, u16),
    ms: u64,
    cids: u8,
    seq: u64,
    /// What was sent and not looked at yet, in words.
    sent: Vec<String>,
    /// Where a text was typed.
    typed: Vec<Place>,
    /// The numbers of the requests in it.
    requests: Vec<RequestId>,
    rang: bool,
}

impl Stage {
    /// Connected, with the login's form on the screen.
    fn new() -> Self {
        let mut stage = Self {
            model: Model::new(given::settings(), None, None),
            state: State::new(given::look(ThemeChoice::Dark), false),
            reports: Reports::default(),
            seen: Seen::default(),
            size: (80, 24),
            ms: 0,
            cids: 0,
            seq: 0,
            sent: Vec::new(),
            typed: Vec::new(),
            requests: Vec::new(),
            rang: false,
        };
        stage.tell(Msg::Started);
        stage.connect();
        stage
    }

    /// Logged in as hans, with yoda and leia online and an empty lobby.
    fn in_chat() -> Self {
        let mut stage = Self::new();
        stage.log_in("hans");
        stage
    }

    fn log_in(&mut self, who: &str) {
        if self.state.form.name.is_empty() {
            self.text(who).press("enter");
        }
        self.text("falcon").press("enter");
        self.take_the_login(who, 0);
    }

    /// The server takes a login.
    fn take_the_login(&mut self, who: &str, timeout_ms: u64) {
        let re = self.last_request();
        self.hear(given::logged_in_with(re, who, timeout_ms, ""));
        let users = [who, "yoda", "leia"].map(user).to_vec();
        self.hear(ServerMessage::Roster { users });
        self.hear(ServerMessage::Ready { stored: 0 });
        self.answer_history("#lobby", Vec::new(), false);
        self.sent.clear();
    }

    fn connect(&mut self) {
        let welcome = given::welcome(UnixMs(START));
        self.tell(Msg::Connected { welcome, trust: Trust::Known });
    }

    fn lose(&mut self) {
        self.tell(Msg::Lost { why: "reset".to_owned(), jitter: Jitter::thousandths(1000) });
    }

    fn now(&self) -> Moment {
        Moment { mono: Mono(self.ms), wall: UnixMs(START + self.ms) }
    }

    fn pass(&mut self, ms: u64) -> &mut Self {
        self.ms += ms;
        let now = self.now();
        expire(&mut self.state, now.mono);
        if update::deadline(&self.model).is_some_and(|due| due <= now.mono) {
            self.tell(Msg::Woke);
        }
        self.settle();
        self
    }

    fn tell(&mut self, msg: Msg) {
        let now = self.now();
        for effect in update(&mut self.model, msg, now) {
            match effect {
                Effect::Report(report) => self.reports.take(&mut self.state, &self.model, &report, now),
                Effect::LogIn(LogIn { id, name, password, register }) => {
                    let word = if register { "register" } else { "login" };
                    self.note_sent(format!("{word} {name} {}", password.expose_secret()), Some(id));
                }
                Effect::ChangePassword { id, old, new } => {
                    let words = format!("passwd {} {}", old.expose_secret(), new.expose_secret());
                    self.note_sent(words, Some(id));
                }
                Effect::Send(message) => self.note_message(message),
                Effect::Switch(to) => self.note_sent(to.verb().name().to_owned(), None),
                Effect::Quit(exit) => self.note_sent(format!("quit {}", exit.code()), None),
                Effect::Connect => self.note_sent("connect".to_owned(), None),
                Effect::Disconnect
                | Effect::Acknowledge { .. }
                | Effect::KeepTicket { .. }
                | Effect::Host
                | Effect::Peer(_) => {}
            }
        }
        self.settle();
    }

    fn note_message(&mut self, message: ClientMessage) {
        match message {
            ClientMessage::Send { id, to, text, .. } => self.note_sent(format!("to {to}: {text}"), Some(id)),
            ClientMessage::History { id, conv, before, .. } => {
                let before = before.map(|seq| format!(" before {}", seq.0)).unwrap_or_default();
                self.note_sent(format!("history {conv}{before}"), Some(id));
            }
            ClientMessage::Search { id, words, .. } => self.note_sent(format!("search {words}"), Some(id)),
            ClientMessage::Block { id, name } => self.note_sent(format!("block {name}"), Some(id)),
            ClientMessage::Who { id } => self.note_sent("who".to_owned(), Some(id)),
            ClientMessage::Logout { id } => self.note_sent("logout".to_owned(), Some(id)),
            _ => {}
        }
    }

    fn note_sent(&mut self, words: String, id: Option<RequestId>) {
        self.sent.push(words);
        self.requests.extend(id);
    }

    fn hear(&mut self, message: ServerMessage) {
        self.tell(Msg::Server(message));
    }

    /// What the face does before and with every frame.
    fn settle(&mut self) {
        let now = self.now();
        self.rang |= self.reports.settle(&mut self.state, &self.model, now).is_some();
        sync(&mut self.state, &self.model);
        let sight = Sight { model: &self.model, seen: &self.seen, columns: self.size.0, now };
        if let Some(wish) = seek(&mut self.state, sight) {
            self.grant(wish);
        }
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        let (model, state, seen) = (&self.model, &self.state, &mut self.seen);
        terminal.draw(|frame| *seen = draw(frame, model, state, now)).unwrap();
        if let Some(wish) = after_draw(&self.model, &self.seen) {
            self.grant(wish);
        }
    }

    fn event(&mut self, event: Event) -> &mut Self {
        let (model, seen, now) = (&self.model, &self.seen, self.now());
        let sight = Sight { model, seen, columns: self.size.0, now };
        let wishes = super::event(&mut self.state, sight, event);
        for wish in wishes {
            self.grant(wish);
        }
        self.settle();
        self
    }

    fn grant(&mut self, wish: Wish) {
        self.cids = self.cids.wrapping_add(1);
        let cid = ClientId([self.cids; 16]);
        match wish {
            Wish::Typed => self.tell(Msg::Typed),
            Wish::Typing(is_on) => self.tell(Msg::TypingSet(is_on)),
            Wish::TextTyped(place) => {
                self.typed.push(place.clone());
                self.tell(Msg::TextTyped(place));
            }
            Wish::Say(Saying { place, text, action }) => self.tell(Msg::Texted { place, text, action, cid }),
            Wish::Run(command) => self.tell(Msg::Command { command, cid }),
            Wish::SignIn(SignIn { name, password, register, .. }) => {
                self.tell(Msg::FormSent { name, password, register });
            }
            Wish::Answer(answer) => self.tell(Msg::Answered(answer)),
            Wish::Show(place) => self.tell(Msg::TabShown(place)),
            Wish::Close(place) => self.tell(Msg::TabClosed(place)),
            Wish::Clear(place) => self.tell(Msg::TabCleared(place)),
            Wish::Move(place, to) => self.tell(Msg::TabMoved(place, to)),
            Wish::Passed(place, unread) => self.tell(Msg::TabPassed(place, unread)),
            Wish::Look(path) => {
                let listed = |name: &str, is_folder| Listed { name: name.to_owned(), is_folder };
                let listing = [
                    listed("notes.md", false),
                    listed("notes old", true),
                    listed(".hidden", false),
                    listed("a\u{1b}b", false),
                ];
                looked(&mut self.state, &self.model, &path, &listing);
            }
            Wish::Theme { named, saves } => {
                let sight = Sight { model: &self.model, seen: &self.seen, columns: self.size.0, now: self.now() };
                let themes = self.state.themes.clone();
                for wish in dress(&mut self.state, sight, themes, named.as_deref(), saves) {
                    self.grant(wish);
                }
            }
            Wish::Save(_) => self.sent.push("save".to_owned()),
            Wish::MoreFound => self.tell(Msg::MoreFoundWanted),
            Wish::Open(url) => self.sent.push(format!("open {url}")),
            Wish::Older(place) => self.tell(Msg::OlderWanted(place)),
            Wish::Reach(place, seq) => self.tell(Msg::ReachWanted(place, seq)),
            Wish::Retry => self.tell(Msg::RetryWanted),
            Wish::LogInAgain => self.tell(Msg::LoginWanted),
            Wish::Leave => self.sent.push("leave".to_owned()),
            Wish::Edit(place) => self.sent.push(format!("edit {}", place.as_str())),
            Wish::Redraw | Wish::Suspend | Wish::Mouse(_) | Wish::Copy(_) => {}
        }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.event(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    /// Keys by their names, such as `enter`, `alt+2`, `ctrl+c`, `pgup`.
    fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let (modifiers, key) = match key.split_once('+') {
                Some(("alt", key)) => (KeyModifiers::ALT, key),
                Some(("ctrl", key)) => (KeyModifiers::CONTROL, key),
                Some(("altshift", key)) => (KeyModifiers::ALT | KeyModifiers::SHIFT, key),
                Some(("shift", key)) => (KeyModifiers::SHIFT, key),
                _ => (KeyModifiers::NONE, key),
            };
            self.event(Event::Key(KeyEvent::new(code(key), modifiers)));
        }
        self
    }

    /// Looks at what was sent since the last look.
    #[track_caller]
    fn sends(&mut self, expected: &[&str]) -> &mut Self {
        assert_eq!(std::mem::take(&mut self.sent), expected);
        self
    }

    fn last_request(&self) -> RequestId {
        self.requests.last().copied().unwrap_or_default()
    }

    /// The server has stored the last text.
    fn confirm(&mut self, conv: &str, outcome: Outcome) {
        let re = self.last_request();
        self.confirm_request(re, conv, outcome);
    }

    fn confirm_request(&mut self, re: RequestId, conv: &str, outcome: Outcome) {
        self.seq += 1;
        let (seq, at, conv) = (Seq(self.seq), self.now().wall, conv.to_owned());
        self.hear(ServerMessage::Sent { re, conv, seq, at, outcome });
    }

    fn refuse(&mut self, refusal: Refusal) {
        let re = Some(self.last_request());
        self.hear(ServerMessage::Error(Refusal { re, ..refusal }));
    }

    fn said(&mut self, conv: &str, from: &str, text: &str) -> &mut Self {
        self.seq += 1;
        let entry = entry(conv, self.seq, from, text);
        self.hear(ServerMessage::Message(entry));
        self
    }

    fn answer_history(&mut self, conv: &str, messages: Vec<Entry>, more: bool) {
        let re = self.last_request();
        self.hear(ServerMessage::History { re, conv: conv.to_owned(), messages, more });
    }

    fn composer(&self) -> &Composer {
        &self.tab().composer
    }

    fn tab(&self) -> &Tab {
        &self.state.tabs[self.model.conversations.front()]
    }

    fn front(&self) -> &str {
        self.model.conversations.front().as_str()
    }

    /// The texts of the tab in front with their states.
    fn lines(&self) -> Vec<String> {
        let front = self.model.conversations.get(self.model.conversations.front()).unwrap();
        front.transcript.lines().map(|line| format!("{} {:?}", line.text.as_str(), line.state)).collect()
    }

    fn notes(&self, place: &Place) -> Vec<&str> {
        self.state.tabs.get(place).map_or(Vec::new(), |tab| tab.notes.iter().map(|note| note.text.as_str()).collect())
    }

    fn toast(&self) -> &str {
        self.state.toast.as_ref().map_or("", |toast| &toast.text)
    }
}

fn code(key: &str) -> KeyCode {
    match key {
        "enter" => KeyCode::Enter,
        "tab" => KeyCode::Tab,
        "esc" => KeyCode::Esc,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "backspace" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        "f2" => KeyCode::F(2),
        letter => KeyCode::Char(letter.chars().next().expect("a key has a name")),
    }
}

fn user(name: &str) -> UserInfo {
    UserInfo { name: name.to_owned(), online: true, since: UnixMs(START), away: String::new(), quiet: false }
}

fn entry(conv: &str, seq: u64, from: &str, text: &str) -> Entry {
    let [conv, from, text] = [conv, from, text].map(str::to_owned);
    Entry { conv, seq: Seq(seq), at: UnixMs(START + seq), from, text, kind: Kind::TEXT, stored: false }
}

fn refusal(code: Code, text: &str) -> Refusal {
    Refusal::new(None, code, text)
}
