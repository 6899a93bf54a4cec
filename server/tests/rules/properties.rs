//! What holds whatever happens: the same inputs give the same effects, a block lets nothing through, order is kept,
//! nothing comes twice to one session, and what was sent is not lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use server::chat::{Input, SessionId};
use shared::message::ServerMessage;

use crate::world::{World, default_rules};

const NAMES: [&str; 4] = ["hans", "yoda", "vader", "leia"];

#[derive(Clone, Debug)]
enum Step {
    Login(usize),
    Logout(usize),
    Drop(usize),
    Message(usize, usize),
    Broadcast(usize),
    Block(usize, usize),
    Unblock(usize, usize),
    AckAll(usize),
    Pass(u64),
    Fill(usize),
    Drain(usize),
    Hold,
    Answer,
    Release,
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..NAMES.len();
    let pair = (0..NAMES.len(), 0..NAMES.len());
    prop_oneof![
        4 => user.clone().prop_map(Step::Login),
        1 => user.clone().prop_map(Step::Logout),
        1 => user.clone().prop_map(Step::Drop),
        6 => pair.clone().prop_map(|(a, b)| Step::Message(a, b)),
        4 => user.clone().prop_map(Step::Broadcast),
        1 => pair.clone().prop_map(|(a, b)| Step::Block(a, b)),
        1 => pair.prop_map(|(a, b)| Step::Unblock(a, b)),
        1 => user.clone().prop_map(Step::AckAll),
        2 => (0u64..40_000).prop_map(Step::Pass),
        2 => user.clone().prop_map(Step::Fill),
        2 => user.prop_map(Step::Drain),
        1 => Just(Step::Hold),
        3 => Just(Step::Answer),
        1 => Just(Step::Release),
    ]
}

/// What can happen while somebody talks to one who reads now and then, and the store takes its time.
fn slow_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Message(0, 1)),
        2 => Just(Step::Broadcast(0)),
        3 => Just(Step::Fill(1)),
        3 => Just(Step::Drain(1)),
        1 => Just(Step::Hold),
        4 => Just(Step::Answer),
        1 => Just(Step::AckAll(1)),
    ]
}

/// What one run has shown so far.
struct Run {
    world: World,
    sessions: BTreeMap<usize, SessionId>,
    /// (session, conversation) -> the seqs received.
    received: BTreeMap<(SessionId, String), Vec<u64>>,
    /// Every text received, by user.
    texts: BTreeMap<usize, BTreeSet<String>>,
    /// Direct texts answered with `sent`, by recipient.
    promised: BTreeMap<usize, BTreeSet<String>>,
    /// Texts for everybody answered with `sent`.
    announced: BTreeSet<String>,
    /// Texts without an answer, each with its recipient; `None` is everybody.
    sent: BTreeMap<(SessionId, u64), (Option<usize>, String)>,
    /// Blocks (owner, target) as confirmed to the owner.
    confirmed: BTreeSet<(usize, usize)>,
    /// Texts written while a confirmed block forbade them to reach this user.
    forbidden: BTreeSet<(usize, String)>,
    block_requests: BTreeMap<(SessionId, u64), (usize, usize, bool)>,
    counter: u64,
}

impl Run {
    fn new() -> Self {
        Self {
            world: World::with(default_rules(), &NAMES),
            sessions: BTreeMap::new(),
            received: BTreeMap::new(),
            texts: BTreeMap::new(),
            promised: BTreeMap::new(),
            announced: BTreeSet::new(),
            sent: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            forbidden: BTreeSet::new(),
            block_requests: BTreeMap::new(),
            counter: 0,
        }
    }

    fn perform(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Login(user) => self.login(user),
            Step::Logout(user) => {
                if let Some(session) = self.sessions.remove(&user) {
                    self.world.logout(session);
                }
            }
            Step::Drop(user) => {
                if let Some(session) = self.sessions.remove(&user) {
                    self.world.full.remove(&session);
                    self.world.drop_connection(session);
                }
            }
            Step::Message(from, to) => self.message(from, to),
            Step::Broadcast(from) => self.broadcast(from),
            Step::Block(owner, target) => self.block(owner, target, true),
            Step::Unblock(owner, target) => self.block(owner, target, false),
            Step::AckAll(user) => self.ack_all(user),
            Step::Pass(ms) => self.world.pass(Duration::from_millis(ms)),
            Step::Fill(user) => {
                if let Some(session) = self.sessions.get(&user) {
                    self.world.full.insert(*session);
                }
            }
            Step::Drain(user) => self.drain(user),
            Step::Hold => self.world.hold = true,
            Step::Answer => self.world.release_oldest(),
            Step::Release => self.world.release(),
        }
        self.look()
    }

    fn login(&mut self, user: usize) {
        if self.sessions.contains_key(&user) {
            return;
        }
        let session = self.world.connect();
        self.world.try_login(session, NAMES[user], &format!("{}-secret", NAMES[user]));
        self.sessions.insert(user, session);
    }

    fn text(&mut self, kind: &str, from: usize) -> String {
        self.counter += 1;
        let text = format!("{kind} {} {}", NAMES[from], self.counter);
        let blocked_by = self.confirmed.iter().filter(|(_, target)| *target == from).map(|(owner, _)| *owner);
        self.forbidden.extend(blocked_by.map(|owner| (owner, text.clone())));
        text
    }

    fn message(&mut self, from: usize, to: usize) {
        let Some(session) = self.sessions.get(&from).copied() else { return };
        let text = self.text("direct", from);
        self.world.message(session, NAMES[to], &text);
        let id = self.world.id().0 - 1;
        self.sent.insert((session, id), (Some(to), text));
    }

    fn broadcast(&mut self, from: usize) {
        let Some(session) = self.sessions.get(&from).copied() else { return };
        let text = self.text("lobby", from);
        self.world.broadcast(session, &text);
        let id = self.world.id().0 - 1;
        self.sent.insert((session, id), (None, text));
    }

    fn block(&mut self, owner: usize, target: usize, blocked: bool) {
        let Some(session) = self.sessions.get(&owner).copied() else { return };
        if blocked {
            self.world.block(session, NAMES[target]);
        } else {
            // From here on the block no longer forbids anything, whatever the answer says.
            self.confirmed.remove(&(owner, target));
            // Nor does one that is not confirmed yet.
            self.block_requests.retain(|_, request| *request != (owner, target, true));
            self.world.unblock(session, NAMES[target]);
        }
        let id = self.world.id().0 - 1;
        self.block_requests.insert((session, id), (owner, target, blocked));
    }

    fn ack_all(&mut self, user: usize) {
        let Some(session) = self.sessions.get(&user).copied() else { return };
        for (other, name) in NAMES.iter().enumerate().filter(|(other, _)| *other != user) {
            let seen = self.received.get(&(session, format!("@{name}"))).and_then(|seqs| seqs.last()).copied();
            if let Some(seq) = seen {
                let _ = other;
                self.world.ack(session, name, seq);
            }
        }
    }

    fn drain(&mut self, user: usize) {
        if let Some(session) = self.sessions.get(&user).copied()
            && self.world.full.remove(&session)
        {
            self.world.input(Input::SessionDrained { session });
        }
    }

    /// Reads everything that was sent and checks it.
    fn look(&mut self) -> Result<(), TestCaseError> {
        for (user, session) in self.sessions.clone() {
            for message in self.world.read(session) {
                self.check(user, session, &message)?;
            }
        }
        Ok(())
    }

    fn check(&mut self, user: usize, session: SessionId, message: &ServerMessage) -> Result<(), TestCaseError> {
        match message {
            ServerMessage::Message(entry) => {
                let seqs = self.received.entry((session, entry.conv.clone())).or_default();
                if let Some(last) = seqs.last() {
                    prop_assert!(entry.seq.0 > *last, "{}: {} after {last}", entry.conv, entry.seq.0);
                }
                seqs.push(entry.seq.0);
                self.texts.entry(user).or_default().insert(entry.text.clone());
            }
            ServerMessage::Sent { re, .. } => {
                match self.sent.remove(&(session, re.0)) {
                    Some((Some(to), text)) => self.promised.entry(to).or_default().insert(text),
                    Some((None, text)) => self.announced.insert(text),
                    None => false,
                };
            }
            ServerMessage::Ok { re } => {
                if let Some((owner, target, true)) = self.block_requests.remove(&(session, re.0)) {
                    self.confirmed.insert((owner, target));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Direct texts that were answered with `sent` and never came.
    fn missing(&self, user: usize) -> Vec<&String> {
        let got = self.texts.get(&user);
        let promised = self.promised.get(&user).into_iter().flatten();
        promised.filter(|text| got.is_none_or(|got| !got.contains(*text))).collect()
    }

    /// Everything settles: the store answers, queues drain, everybody logs in anew and reads what waited.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.world.release();
        for user in 0..NAMES.len() {
            self.drain(user);
            self.look()?;
        }
        // Who is logged in has everything, without another login.
        self.world.pass(Duration::from_millis(500));
        self.look()?;
        for user in self.sessions.keys() {
            let missing = self.missing(*user);
            prop_assert!(missing.is_empty(), "the session of {} never got {missing:?}", NAMES[*user]);
        }
        for user in 0..NAMES.len() {
            self.look()?;
            if let Some(session) = self.sessions.remove(&user) {
                self.world.drop_connection(session);
            }
            self.login(user);
            self.world.pass(Duration::from_millis(500));
            self.look()?;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn order_is_kept_nothing_comes_twice_and_nothing_that_was_sent_is_lost(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.perform(step)?;
        }
        run.settle()?;
        for (user, name) in NAMES.iter().enumerate() {
            let lost = run.missing(user);
            prop_assert!(lost.is_empty(), "{name} never got {lost:?}");
        }
    }

    #[test]
    fn a_slow_reader_gets_everything_in_order(steps in prop::collection::vec(slow_step(), 1..60)) {
        let mut run = Run::new();
        for step in [Step::Login(0), Step::Login(1), Step::Pass(500)].iter().chain(&steps) {
            run.perform(step)?;
        }
        run.settle()?;
        let got = run.texts.get(&1).cloned().unwrap_or_default();
        let missing: Vec<_> = run.announced.difference(&got).collect();
        prop_assert!(missing.is_empty(), "{} never got {missing:?}", NAMES[1]);
    }

    #[test]
    fn what_a_block_forbids_never_arrives(steps in prop::collection::vec(step(), 1..80)) {
        let mut run = Run::new();
        for step in &steps {
            run.perform(step)?;
        }
        run.settle()?;
        for (owner, text) in &run.forbidden {
            let arrived = run.texts.get(owner).is_some_and(|texts| texts.contains(text));
            prop_assert!(!arrived, "{} got {text:?}", NAMES[*owner]);
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_effects(steps in prop::collection::vec(step(), 1..40)) {
        let trace = |steps: &[Step]| {
            let mut run = Run::new();
            for step in steps {
                run.perform(step)?;
            }
            Ok::<_, TestCaseError>(run.world.trace)
        };
        prop_assert_eq!(trace(&steps)?, trace(&steps)?);
    }
}
