//! The rules against a small model of what people are promised: random days of four users, step by step, with lost
//! connections, returns and crashes. After every step everybody must have got exactly what the model says, in its order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use server::chat::{Place, SessionId};
use shared::id::UnixMs;
use shared::message::ServerMessage;
use shared::name::Name;

use crate::world::{World, default_rules, text_of};

const NAMES: [&str; 4] = ["hans", "leia", "vader", "yoda"];
const GRACE: u64 = 10_000;
const TICKET: u64 = 600_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Login(usize),
    Logout(usize),
    Lose(usize),
    Return(usize),
    Say(usize, usize),
    SayToAll(usize),
    Block(usize, usize, bool),
    Acknowledge(usize),
    Pass(u64),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..NAMES.len();
    prop_oneof![
        5 => user().prop_map(Step::Login),
        1 => user().prop_map(Step::Logout),
        3 => user().prop_map(Step::Lose),
        4 => user().prop_map(Step::Return),
        8 => (user(), user()).prop_map(|(from, to)| Step::Say(from, to)),
        5 => user().prop_map(Step::SayToAll),
        1 => (user(), user(), any::<bool>()).prop_map(|(owner, target, on)| Step::Block(owner, target, on)),
        3 => user().prop_map(Step::Acknowledge),
        2 => prop_oneof![0u64..3_000, 8_000u64..12_000, 500_000u64..700_000].prop_map(Step::Pass),
        1 => Just(Step::Crash),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Offline,
    Online(SessionId),
    /// Without a connection, and for others still there until then.
    Held(u64),
}

/// A line of a conversation: who said it, what, and who must never see it.
struct Said {
    number: u64,
    from: usize,
    text: String,
    hidden: BTreeSet<usize>,
}

/// What people are promised.
struct Model {
    now: u64,
    standing: [Standing; 4],
    /// With which session's ticket a user can come back: certainly until the first moment, certainly not from the second.
    tickets: [Option<(SessionId, u64, u64)>; 4],
    direct: BTreeMap<(usize, usize), Vec<Said>>,
    lobby: Vec<Said>,
    /// (reader, other) -> how many lines of their conversation the reader has confirmed.
    confirmed: BTreeMap<(usize, usize), usize>,
    /// How many lines of the lobby each client knows of.
    heard: [usize; 4],
    blocks: BTreeSet<(usize, usize)>,
    said: u64,
    /// What each user must have got since the last look.
    due: [Vec<String>; 4],
}

impl Model {
    fn new() -> Self {
        Self {
            now: 0,
            standing: [Standing::Offline; 4],
            tickets: [None; 4],
            direct: BTreeMap::new(),
            lobby: Vec::new(),
            confirmed: BTreeMap::new(),
            heard: [0; 4],
            blocks: BTreeSet::new(),
            said: 0,
            due: [const { Vec::new() }; 4],
        }
    }

    fn session(&self, user: usize) -> Option<SessionId> {
        match self.standing[user] {
            Standing::Online(session) => Some(session),
            Standing::Offline | Standing::Held(_) => None,
        }
    }

    fn next(&mut self, from: usize, hidden: BTreeSet<usize>) -> Said {
        self.said += 1;
        Said { number: self.said, from, text: format!("text {}", self.said), hidden }
    }

    /// A text for one user, and what the sender is answered.
    fn say(&mut self, from: usize, to: usize) -> &'static str {
        if from == to {
            return "yourself";
        }
        if self.blocks.contains(&(to, from)) {
            return "blocked";
        }
        let said = self.next(from, BTreeSet::new());
        let line = format!("@{} {}: {}", NAMES[from], NAMES[from], said.text);
        self.direct.entry((from.min(to), from.max(to))).or_default().push(said);
        if self.session(to).is_some() {
            self.due[to].push(line);
            "delivered"
        } else {
            "stored"
        }
    }

    /// A line for everybody, and what the sender is answered.
    fn say_to_all(&mut self, from: usize) -> &'static str {
        let touches = |other: &usize| self.blocks.contains(&(from, *other)) || self.blocks.contains(&(*other, from));
        let hidden: BTreeSet<usize> = (0..4).filter(touches).collect();
        let partial = hidden.iter().any(|user| self.standing[*user] != Standing::Offline);
        let said = self.next(from, hidden);
        for user in (0..4).filter(|user| *user != from && !said.hidden.contains(user)) {
            if self.session(user).is_some() {
                self.due[user].push(format!("#lobby {}: {}", NAMES[from], said.text));
            }
        }
        self.lobby.push(said);
        for user in 0..4 {
            if self.session(user).is_some() {
                self.heard[user] = self.lobby.len();
            }
        }
        if partial { "partial" } else { "everyone" }
    }

    /// A user is let in: what was not confirmed comes, and of the lobby what the client says that it has not got.
    fn enter(&mut self, user: usize, session: SessionId, lobby_from: Option<usize>) {
        self.standing[user] = Standing::Online(session);
        let mut waiting: Vec<(u64, String)> = Vec::new();
        for ((one, other), lines) in &self.direct {
            if ![one, other].contains(&&user) {
                continue;
            }
            let with = one + other - user;
            let confirmed = self.confirmed.get(&(user, with)).copied().unwrap_or(0);
            let lines = lines.iter().skip(confirmed).filter(|said| said.from != user);
            waiting.extend(lines.map(|said| (said.number, format!("@{} {0}: {}", NAMES[with], said.text))));
        }
        if let Some(from) = lobby_from {
            let lines = self.lobby.iter().skip(from).filter(|said| !said.hidden.contains(&user));
            waiting.extend(lines.map(|said| (said.number, format!("#lobby {}: {}", NAMES[said.from], said.text))));
        }
        waiting.sort_unstable();
        self.due[user].extend(waiting.into_iter().map(|(_, line)| line));
        self.heard[user] = self.lobby.len();
    }

    /// Time has gone on to this moment.
    fn pass_to(&mut self, now: u64) {
        self.now = now;
        for user in 0..4 {
            if matches!(self.standing[user], Standing::Held(until) if until <= self.now) {
                self.standing[user] = Standing::Offline;
            }
        }
    }

    /// The ticket of a user, good until a moment that is known up to so many milliseconds.
    fn ticket_until(&self, user: usize, until: u64, unsure: u64) -> Option<(SessionId, u64, u64)> {
        self.tickets[user].map(|(of, _, _)| (of, until, until + unsure))
    }

    /// Whom this user sees online.
    fn others(&self, user: usize) -> Vec<String> {
        let is_seen = |other: &usize| {
            *other != user && self.standing[*other] != Standing::Offline && !self.blocks.contains(&(*other, user))
        };
        (0..4).filter(is_seen).map(|other| NAMES[other].to_owned()).collect()
    }
}

struct Day {
    model: Model,
    world: World,
}

impl Day {
    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Login(user) => self.log_in(user),
            Step::Logout(user) => {
                if let Some(session) = self.model.session(user) {
                    self.world.logout(session);
                    self.model.standing[user] = Standing::Offline;
                    self.model.tickets[user] = None;
                }
            }
            Step::Lose(user) => {
                if let Some(session) = self.model.session(user) {
                    self.world.lose_connection(session);
                    self.model.standing[user] = Standing::Held(self.model.now + GRACE);
                    // After a crash it counts from the end of the grace.
                    self.model.tickets[user] = self.model.ticket_until(user, self.model.now + TICKET, GRACE);
                }
            }
            Step::Return(user) => self.come_back(user)?,
            Step::Say(from, to) => {
                if let Some(session) = self.model.session(from) {
                    let expected = self.model.say(from, to);
                    self.world.message(session, NAMES[to], &format!("text {}", self.model.said));
                    prop_assert_eq!(self.answer(from, session), expected);
                }
            }
            Step::SayToAll(from) => {
                if let Some(session) = self.model.session(from) {
                    let expected = self.model.say_to_all(from);
                    self.world.broadcast(session, &format!("text {}", self.model.said));
                    prop_assert_eq!(self.answer(from, session), expected);
                }
            }
            Step::Block(owner, target, on) => self.block(owner, target, on),
            Step::Acknowledge(user) => self.acknowledge(user),
            Step::Pass(ms) => self.world.pass(Duration::from_millis(ms)),
            Step::Crash => self.crash(),
        }
        self.tell_the_time();
        // Rosters and acknowledgements have their moment.
        self.world.pass(Duration::from_millis(400));
        self.tell_the_time();
        self.compare()
    }

    fn tell_the_time(&mut self) {
        self.model.pass_to(self.world.now.wall.0);
    }

    fn log_in(&mut self, user: usize) {
        if self.model.session(user).is_some() {
            return;
        }
        let session = self.world.connect();
        self.world.try_login(session, NAMES[user], &format!("{}-secret", NAMES[user]));
        self.model.enter(user, session, None);
        self.model.tickets[user] = Some((session, u64::MAX, u64::MAX));
    }

    fn come_back(&mut self, user: usize) -> Result<(), TestCaseError> {
        let Some((ticket_of, good_until, bad_from)) = self.model.tickets[user] else { return Ok(()) };
        let is_sure = self.model.now < good_until || self.model.now >= bad_from;
        if self.model.session(user).is_some() || !is_sure {
            return Ok(());
        }
        let heard = self.model.heard[user];
        let session = self.world.resume(ticket_of, Some(u64::try_from(heard).unwrap()));
        if bad_from <= self.model.now {
            prop_assert_eq!(self.world.refusal(session), "ticket-expired");
            self.model.tickets[user] = None;
        } else {
            self.model.enter(user, session, Some(heard));
            self.model.tickets[user] = Some((ticket_of, u64::MAX, u64::MAX));
        }
        Ok(())
    }

    fn block(&mut self, owner: usize, target: usize, on: bool) {
        let Some(session) = self.model.session(owner).filter(|_| owner != target) else { return };
        if on {
            self.world.block(session, NAMES[target]);
            self.model.blocks.insert((owner, target));
        } else {
            self.world.unblock(session, NAMES[target]);
            self.model.blocks.remove(&(owner, target));
        }
    }

    /// The client confirms everything it has been shown.
    fn acknowledge(&mut self, user: usize) {
        let Some(session) = self.model.session(user) else { return };
        for with in (0..4).filter(|with| *with != user) {
            let count = self.model.direct.get(&(user.min(with), user.max(with))).map_or(0, Vec::len);
            if count > 0 {
                self.world.ack(session, NAMES[with], u64::try_from(count).unwrap());
                self.model.confirmed.insert((user, with), count);
            }
        }
    }

    fn crash(&mut self) {
        self.world.restart(Duration::from_secs(1));
        self.tell_the_time();
        for user in 0..4 {
            if self.model.standing[user] != Standing::Offline {
                // What the log knows of the end is the last sign of life, up to ten seconds earlier.
                self.model.tickets[user] = self.model.ticket_until(user, self.model.now + TICKET - 20_000, 20_000);
            }
            self.model.standing[user] = Standing::Offline;
            self.model.due[user].clear();
        }
    }

    /// What the sender is told, apart from the other things it is sent.
    fn answer(&mut self, user: usize, session: SessionId) -> String {
        let (mut answer, mut texts) = (String::new(), Vec::new());
        for message in self.world.read(session) {
            match &message {
                ServerMessage::Sent { outcome, .. } => outcome.as_str().clone_into(&mut answer),
                ServerMessage::Error(refusal) => refusal.code.as_str().clone_into(&mut answer),
                message => texts.extend(text_of(message)),
            }
        }
        assert!(texts.is_empty(), "{} got {texts:?} with its own answer", NAMES[user]);
        answer
    }

    /// Everybody has got what is due, in its order, and sees who is there.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        for (user, name) in NAMES.iter().enumerate() {
            let due = std::mem::take(&mut self.model.due[user]);
            let Some(session) = self.model.session(user) else { continue };
            let got: Vec<String> =
                self.world.texts(session).into_iter().map(|line| line.replacen("stored ", "", 1)).collect();
            prop_assert_eq!(got, due, "what {} got", name);
            prop_assert_eq!(self.world.who(session), self.model.others(user), "whom {} sees", name);
        }
        Ok(())
    }
}

fn live(world: World, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut day = Day { model: Model::new(), world };
    steps.into_iter().try_for_each(|step| day.step(step))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_keep_what_the_model_promises(steps in proptest::collection::vec(step(), 1..50)) {
        live(World::with(default_rules(), &NAMES), steps)?;
    }
}

proptest! {
    // A day takes some forty times as long where everything is synced to a disk.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_keep_on_a_disk_what_the_model_promises(steps in proptest::collection::vec(step(), 1..50)) {
        live(World::on_disk(default_rules(), &NAMES), steps)?;
    }
}

/// The model itself, on a day that is easy to follow.
#[test]
fn the_model_knows_a_simple_day() {
    let mut day = Day { model: Model::new(), world: World::with(default_rules(), &NAMES) };
    let (hans, yoda) = (0, 3);
    let steps = [
        Step::Login(hans),
        Step::Say(hans, yoda),
        Step::Login(yoda),
        Step::Acknowledge(yoda),
        Step::Lose(yoda),
        Step::SayToAll(hans),
        Step::Say(hans, yoda),
        Step::Return(yoda),
        Step::Block(yoda, hans, true),
        Step::Say(hans, yoda),
        Step::Crash,
        Step::Return(yoda),
    ];
    for step in steps {
        day.step(step).unwrap();
    }
    assert_eq!(day.model.direct[&(hans, yoda)].len(), 2);
    let session = day.model.session(yoda).expect("back after the crash");
    day.world.history(session, Place::With(Name::plain("hans").unwrap()));
    let ServerMessage::History { messages, .. } = day.world.last(session) else { panic!("no history") };
    let texts: Vec<(&str, UnixMs)> = messages.iter().map(|entry| (&*entry.text, entry.at)).collect();
    assert_eq!(texts.iter().map(|(text, _)| *text).collect::<Vec<_>>(), ["text 1", "text 3"]);
}
