//! A conversation of made-up people, grown through the real `update` from the messages of a server: for the tests of
//! the screen, and for pictures of it.

use std::time::Duration;

use jiff::tz::TimeZone;
use shared::error::Code;
use shared::id::{ClientId, RequestId, Seq, UnixMs};
use shared::message::{ClientMessage, Entry, Kind, Outcome, Refusal, ServerMessage, UserInfo, Welcome};
use tui_client::app::effect::{Effect, LogIn};
use tui_client::app::model::{AcceptPeers, Linger, Model, Settings};
use tui_client::app::moment::{Moment, Mono};
use tui_client::app::msg::{Msg, Trust};
use tui_client::app::place::{self, Place};
use tui_client::app::transcript::LineId;
use tui_client::app::update::update;
use tui_client::tui::canvas::Drawing;
use tui_client::tui::state::{Choice, Completion, Hint, HintKind, Look, Note, NoteKind, Screen, State, Tab};
use tui_client::tui::theme::{Depth, Shade, Theme, ThemeChoice};

/// 2026-11-20 09:14 UTC, when the first line of the day was said.
pub const MORNING: u64 = 1_795_166_040_000;

/// The user whose screen it is.
pub const ME: &str = "lena";

/// A model with its clock and the server's side of it.
pub struct World {
    pub model: Model,
    ms: u64,
    seq: u64,
    cids: u8,
}

impl World {
    /// Before anything has happened.
    pub fn new() -> Self {
        let settings = Settings {
            server: "chat.example.org:7070".to_owned(),
            interactive: true,
            on_screen: true,
            can_switch: false,
            hosting: tui_client::app::model::Hosting::Never,
            accept_peers: AcceptPeers::Ask,
            typing: true,
            register: false,
            presence: true,
            history: 50,
            scrollback: 10_000,
            linger: Linger::Forever,
            retry: None,
        };
        Self { model: Model::new(settings, Some(ME.to_owned()), Some("tern-tern".into())), ms: 0, seq: 0, cids: 0 }
    }

    /// Logged in, with these people online, in a lobby where this was said the day before.
    pub fn with(people: &[(&str, &str)], yesterday: &[(&str, &str)]) -> Self {
        let mut world = Self::new();
        world.tell(Msg::Started);
        let effects = world.tell(connected());
        let re = login(&effects);
        world.hear(ServerMessage::LoggedIn {
            re,
            name: ME.to_owned(),
            timeout_ms: 0,
            notice: String::new(),
            ticket: None,
            device: None,
            lobby: None,
        });
        let user = |&(name, away): &(&str, &str)| UserInfo {
            name: name.to_owned(),
            online: true,
            since: UnixMs(MORNING),
            away: away.to_owned(),
            quiet: false,
        };
        world.hear(ServerMessage::Roster { users: std::iter::once(&(ME, "")).chain(people).map(user).collect() });
        let effects = world.hear(ServerMessage::Ready { stored: 0 });
        if let Some(re) = history(&effects) {
            let messages = yesterday.iter().map(|&(from, text)| world.yesterday(from, text)).collect();
            world.hear(ServerMessage::History { re, conv: "#lobby".into(), messages, more: false });
        }
        world
    }

    /// A line of the day before, as history has it.
    fn yesterday(&mut self, from: &str, text: &str) -> Entry {
        self.seq += 1;
        let at = UnixMs(MORNING - 15 * 3_600_000 + self.seq * 7 * 60_000);
        let [conv, from, text] = ["#lobby", from, text].map(str::to_owned);
        Entry { conv, seq: Seq(self.seq), at, from, text, kind: Kind::TEXT, stored: false }
    }

    /// The moment now.
    pub fn now(&self) -> Moment {
        Moment { mono: Mono(self.ms), wall: UnixMs(MORNING + self.ms) }
    }

    /// Goes on to so many minutes after the morning.
    pub fn at(&mut self, minutes: u64) -> &mut Self {
        self.ms = minutes * 60_000;
        self
    }

    /// Something happens.
    pub fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        let now = self.now();
        update(&mut self.model, msg, now)
    }

    /// The server says something.
    pub fn hear(&mut self, message: ServerMessage) -> Vec<Effect> {
        self.tell(Msg::Server(message))
    }

    /// Somebody says something to a conversation as it is named on the wire.
    pub fn said(&mut self, conv: &str, from: &str, text: &str) -> &mut Self {
        self.entry(conv, from, text, Kind::TEXT)
    }

    /// Somebody does something.
    pub fn did(&mut self, from: &str, text: &str) -> &mut Self {
        self.entry("#lobby", from, text, Kind::ACTION)
    }

    fn entry(&mut self, conv: &str, from: &str, text: &str, kind: Kind) -> &mut Self {
        self.seq += 1;
        let (seq, at) = (Seq(self.seq), self.now().wall);
        let [conv, from, text] = [conv, from, text].map(str::to_owned);
        self.hear(ServerMessage::Message(Entry { conv, seq, at, from, text, kind, stored: false }));
        self
    }

    /// The user looks at a conversation, and the server has nothing older of it.
    pub fn show(&mut self, place: &Place) {
        let effects = self.tell(Msg::TabShown(place.clone()));
        if let Some(re) = history(&effects) {
            self.hear(ServerMessage::History {
                re,
                conv: place.to_wire().expect("no private place"),
                messages: Vec::new(),
                more: false,
            });
        }
    }

    /// The user sends something, and the server has not answered yet.
    pub fn send(&mut self, place: &Place, text: &str) -> Option<RequestId> {
        self.cids += 1;
        let (place, text, cid) = (place.clone(), text.to_owned(), ClientId([self.cids; 16]));
        let effects = self.tell(Msg::Texted { place, text, action: false, cid });
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send(ClientMessage::Send { id, .. }) => Some(id),
            _ => None,
        })
    }

    /// The user sends something, and the server has taken it.
    pub fn sent(&mut self, place: &Place, text: &str, outcome: Outcome) -> &mut Self {
        if let Some(re) = self.send(place, text) {
            self.seq += 1;
            let (seq, at) = (Seq(self.seq), self.now().wall);
            self.hear(ServerMessage::Sent { re, conv: place.to_wire().expect("no private place"), seq, at, outcome });
        }
        self
    }

    /// The id of the `nth` newest line of a conversation; 0 is the newest.
    pub fn line(&self, place: &Place, nth: usize) -> Option<LineId> {
        self.model.conversations.get(place)?.transcript.lines().rev().nth(nth).map(|line| line.id)
    }
}

/// The server's side of the first exchange.
pub fn connected() -> Msg {
    let welcome = Welcome {
        proto: 1,
        server: "tern 0.1".to_owned(),
        caps: String::new(),
        time: UnixMs(MORNING),
        frame_max: 65_536,
        text_max: 8192,
        lines_max: 100,
        register: true,
    };
    Msg::Connected { welcome, trust: Trust::Known }
}

fn login(effects: &[Effect]) -> RequestId {
    let login = effects.iter().find_map(|effect| match effect {
        Effect::LogIn(LogIn { id, .. }) => Some(*id),
        _ => None,
    });
    login.unwrap_or_default()
}

fn history(effects: &[Effect]) -> Option<RequestId> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(ClientMessage::History { id, .. }) => Some(*id),
        _ => None,
    })
}

/// The people of the sample, with their away texts.
pub const PEOPLE: &[(&str, &str)] = &[
    ("amina", ""),
    ("kenji", ""),
    ("mira", ""),
    ("sofía", ""),
    ("李娜", ""),
    ("emil", "at lunch"),
    ("Светлана", "на обеде"),
];

/// What was said the day before.
pub const YESTERDAY: &[(&str, &str)] = &[
    ("emil", "The half-closed socket is back in the logs of the relay."),
    ("amina", "Third time this week. I will put a counter on it."),
    ("kenji", "明日見てみます。"),
    ("mira", "Build 512 is on the staging relay. Please be gentle with it."),
    ("sofía", "gentle like a load generator?"),
    ("mira", "Exactly like that."),
    ("Светлана", "Нагрузочный тест прошёл: десять тысяч соединений, ни одной потери."),
    ("emil", "Then I will sleep well tonight."),
    ("李娜", "文档的中文版今晚更新完。"),
    ("amina", "The counter is in. See you all tomorrow, the meeting is at three."),
];

/// A lively lobby, two direct conversations with something unread, and one without.
pub fn lobby() -> World {
    let mut world = World::with(PEOPLE, YESTERDAY);
    let lobby = Place::lobby();
    let first = "Morning! The staging relay is back, median latency is down to 18 ms.\nNotes are here if you want them: \
                 https://example.org/relay/notes";
    world.at(0).said("#lobby", "mira", first);
    world.at(1).said("#lobby", "kenji", "おはよう!今日の会議は三時からです。資料は共有フォルダに入れました。");
    let reply = "Thanks! I'll test reconnects from the train today. Flaky Wi-Fi is the best fuzzer 🚆";
    world.at(3).sent(&lobby, reply, Outcome::EVERYONE);
    let code = "Has anyone seen this one before?\n```\nthread 'net' panicked at src/conn.rs:118:\ncalled \
                `unwrap()` on an `Err` value: ConnectionReset\n```";
    world.at(7).said("#lobby", "sofía", code);
    let mention = "@lena yes: the half-closed socket. Fixed in `4f2c9e1`, the peer now sends a proper goodbye before it \
                   drops the line.";
    world.at(9).said("#lobby", "emil", mention);
    world.at(17).did("sofía", "buys everybody a coffee");
    world.at(18).said("@李娜", "李娜", "周五见!");
    world.at(20).said("@mira", "mira", "Could you look at the harbour pictures before three?");
    world.at(21).said("@mira", "mira", "They are rather large.");
    world.at(26).said("#lobby", "mira", "Pictures from the harbour, as promised: https://example.org/harbour/2026");
    world.at(27).said("#lobby", "Светлана", "Спасибо, очень красиво! Где это снято?");
    world.at(28).said("#lobby", "kenji", "了解です 🎉 naïve café déjà-vu lines up, too.");
    let read = Place::With(place::name("李娜"));
    world.show(&read);
    world.show(&lobby);
    world
}

/// A direct conversation in front, with own lines in every state.
pub fn direct() -> World {
    let mut world = World::with(PEOPLE, &[]);
    let mira = Place::With(place::name("mira"));
    world.said("@mira", "mira", "Could you look at the harbour pictures?");
    world.show(&mira);
    world.at(1).sent(&mira, "On my way.", Outcome::DELIVERED);
    world.at(2).sent(&mira, "They will be with you tonight.", Outcome::STORED);
    let refused = world.at(3).send(&mira, "and another one");
    world.hear(ServerMessage::Error(Refusal::new(refused, Code::BLOCKED, "mira has blocked you")));
    world.at(4).send(&mira, "Still on its way\nwith a second line");
    world
}

/// How that is looked at, with a line being typed.
pub fn direct_state(world: &World, depth: Depth, shade: Shade) -> State {
    let mut state = state(world, depth, shade);
    let tab = state.tabs.entry(Place::With(place::name("mira"))).or_default();
    tab.composer.replace("Is three o'clock still good?");
    state.hint = Hint { text: "to mira, through the server".to_owned(), kind: HintKind::Direct };
    state
}

/// How the lobby is looked at: somebody came, three lines are new, nothing is typed.
pub fn state(world: &World, depth: Depth, shade: Shade) -> State {
    let lobby = Place::lobby();
    let tab = Tab {
        unread_from: world.line(&lobby, 2),
        notes: vec![Note {
            after: world.line(&lobby, 3),
            at: UnixMs(MORNING + 19 * 60_000),
            kind: NoteKind::Joined,
            text: "amina came online".to_owned(),
        }],
        ..Tab::default()
    };
    let mut state = State::new(look(depth, shade), true);
    state.screen = Screen::Chat;
    state.tabs.insert(lobby, tab);
    state.delay = Some(Duration::from_millis(18));
    state.hint = Hint { text: "to everyone in the lobby".to_owned(), kind: HintKind::Say };
    state
}

/// A theme, with local time in UTC.
pub fn look(depth: Depth, shade: Shade) -> Look {
    let choice = ThemeChoice::Auto;
    let theme = Theme::new(choice.clone(), depth, shade);
    Look { choice, theme, drawing: Drawing::default(), zone: TimeZone::UTC }
}

/// The same with the beginning of a command typed, and the list of what it can become.
pub fn completing(state: &mut State) {
    let tab = state.tabs.entry(Place::lobby()).or_default();
    tab.composer.replace("/wh");
    let choice = |text: &str, arguments: &str, help: &str| Choice {
        text: text.to_owned(),
        arguments: arguments.to_owned(),
        help: help.to_owned(),
    };
    state.completion = Some(Completion {
        title: "Commands",
        choices: vec![
            choice("/whoelse", "", "list who else is online"),
            choice("/whoelsesince", "TIME", "list who else was online in the last TIME"),
            choice("/whois", "USER", "show what the server knows of a user"),
        ],
        marked: 1,
        replaces: 0..3,
    });
    state.hint = Hint { text: "command: whoelse".to_owned(), kind: HintKind::Command };
}

/// The login, with a password being typed.
pub fn login_state(depth: Depth, shade: Shade) -> State {
    let mut state = State::new(look(depth, shade), true);
    state.form.server.replace("chat.example.org:7070");
    state.form.name.replace(ME);
    state.form.password.replace("twelve chars");
    state.form.focus = tui_client::tui::state::Field::Password;
    state.delay = Some(Duration::from_millis(18));
    state
}
