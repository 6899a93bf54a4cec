//! What holds for introductions whatever happens: no address without consent, at most one meeting of a request, one end
//! for each side, and nothing left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use server::chat::{Presented, Request, SessionId};
use shared::id::{DeviceKey, OfferId, RequestId};
use shared::message::{Meeting, ServerMessage};
use shared::name::Name;

use crate::world::{World, default_rules};

const NAMES: [&str; 4] = ["hans", "yoda", "vader", "leia"];

#[derive(Clone, Debug)]
enum Step {
    Login(usize),
    Logout(usize),
    Drop(usize),
    Ask(usize, usize),
    /// Asks with an id that was used before.
    Replay(usize, usize, usize),
    /// Says yes to a request, also to one that is over or another's.
    Accept(usize, usize),
    Decline(usize, usize),
    Block(usize, usize),
    Unblock(usize, usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..NAMES.len();
    let pair = (0..NAMES.len(), 0..NAMES.len());
    let answer = (0..NAMES.len(), 0..6_usize);
    prop_oneof![
        4 => user.clone().prop_map(Step::Login),
        1 => user.clone().prop_map(Step::Logout),
        1 => user.prop_map(Step::Drop),
        8 => pair.clone().prop_map(|(a, b)| Step::Ask(a, b)),
        1 => (pair.clone(), 0..6_usize).prop_map(|((a, b), n)| Step::Replay(a, b, n)),
        5 => answer.clone().prop_map(|(user, n)| Step::Accept(user, n)),
        3 => answer.prop_map(|(user, n)| Step::Decline(user, n)),
        1 => pair.clone().prop_map(|(a, b)| Step::Block(a, b)),
        1 => pair.prop_map(|(a, b)| Step::Unblock(a, b)),
        2 => (0u64..40_000).prop_map(Step::Pass),
    ]
}

/// A request as the test knows it.
struct Introduction {
    asker: usize,
    asked: usize,
    /// Where the asker listens.
    address: SocketAddr,
    /// Where the one who said yes listens; there once the test has said it.
    yes: Option<SocketAddr>,
    /// Sessions that know of it and have not heard its end, and those that have.
    open: BTreeSet<SessionId>,
    ended: BTreeSet<SessionId>,
    met: BTreeSet<SessionId>,
}

/// What a request of the test is for.
enum Wish {
    Ask { offer: OfferId, asker: usize, asked: usize, address: SocketAddr },
    Decline(OfferId),
}

struct Run {
    world: World,
    sessions: BTreeMap<usize, SessionId>,
    requests: BTreeMap<OfferId, Introduction>,
    wishes: BTreeMap<RequestId, Wish>,
    /// Every address that any client has named, as it is written.
    named: BTreeSet<String>,
    /// Offers in the order in which they were first made.
    made: Vec<OfferId>,
}

impl Run {
    fn new() -> Self {
        Self {
            world: World::with(default_rules(), &NAMES),
            sessions: BTreeMap::new(),
            requests: BTreeMap::new(),
            wishes: BTreeMap::new(),
            named: BTreeSet::new(),
            made: Vec::new(),
        }
    }

    fn perform(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Login(user) => self.login(user),
            Step::Logout(user) => self.leave(user, World::logout),
            Step::Drop(user) => self.leave(user, World::drop_connection),
            Step::Ask(asker, asked) => {
                let offer = OfferId((self.made.len() as u128 + 1).to_be_bytes());
                self.made.push(offer);
                self.ask(asker, asked, offer);
            }
            Step::Replay(asker, asked, n) => {
                if let Some(offer) = self.made.iter().rev().nth(n).copied() {
                    self.ask(asker, asked, offer);
                }
            }
            Step::Accept(user, n) => self.accept(user, n),
            Step::Decline(user, n) => self.decline(user, n),
            Step::Block(owner, target) => self.with(owner, |world, session| world.block(session, NAMES[target])),
            Step::Unblock(owner, target) => self.with(owner, |world, session| world.unblock(session, NAMES[target])),
            Step::Pass(ms) => self.world.pass(Duration::from_millis(ms)),
        }
        self.look()
    }

    fn with(&mut self, user: usize, act: impl FnOnce(&mut World, SessionId)) {
        if let Some(session) = self.sessions.get(&user) {
            act(&mut self.world, *session);
        }
    }

    fn login(&mut self, user: usize) {
        if !self.sessions.contains_key(&user) {
            let session = self.world.login(NAMES[user]);
            self.sessions.insert(user, session);
        }
    }

    /// Whoever leaves hears nothing more of what was open.
    fn leave(&mut self, user: usize, how: impl FnOnce(&mut World, SessionId)) {
        let Some(session) = self.sessions.remove(&user) else { return };
        how(&mut self.world, session);
        for request in self.requests.values_mut() {
            request.open.remove(&session);
        }
    }

    /// An address that nobody has named before.
    fn presented(&mut self) -> Presented {
        let n = u32::try_from(self.named.len()).unwrap();
        let address = SocketAddr::from(((0xc633_0000 + n).to_be_bytes(), 6_000));
        self.named.insert(address.to_string());
        Presented { key: DeviceKey([7; 32]), addresses: vec![address] }
    }

    fn ask(&mut self, asker: usize, asked: usize, offer: OfferId) {
        let Some(session) = self.sessions.get(&asker).copied() else { return };
        let (id, name, presented) = (self.world.id(), Name::plain(NAMES[asked]).unwrap(), self.presented());
        let address = presented.addresses[0];
        // To ask somebody who asks oneself is to say yes.
        let theirs = |request: &&mut Introduction| (request.asker, request.asked) == (asked, asker);
        for request in self.requests.values_mut().filter(theirs).filter(|request| request.open.contains(&session)) {
            request.yes = Some(address);
        }
        self.wishes.insert(id, Wish::Ask { offer, asker, asked, address });
        self.world.ask(session, Request::PrivateAsk { id, offer, name, presented });
    }

    fn accept(&mut self, user: usize, n: usize) {
        let (Some(session), Some(offer)) = (self.sessions.get(&user), self.made.iter().rev().nth(n).copied()) else {
            return;
        };
        let (session, id, presented) = (*session, self.world.id(), self.presented());
        if let Some(request) = self.requests.get_mut(&offer).filter(|request| request.asked == user) {
            request.yes = Some(presented.addresses[0]);
        }
        self.world.ask(session, Request::PrivateAccept { id, offer, presented });
    }

    fn decline(&mut self, user: usize, n: usize) {
        let (Some(session), Some(offer)) = (self.sessions.get(&user), self.made.iter().rev().nth(n).copied()) else {
            return;
        };
        let id = self.world.id();
        self.wishes.insert(id, Wish::Decline(offer));
        self.world.ask(*session, Request::PrivateDecline { id, offer });
    }

    /// Reads everything that was sent and checks it. Meetings are told to both sides of a request at once.
    fn look(&mut self) -> Result<(), TestCaseError> {
        let told: Vec<(usize, SessionId, Vec<ServerMessage>)> =
            self.sessions.iter().map(|(user, session)| (*user, *session, self.world.read(*session))).collect();
        // First what begins requests, so that no order among the sessions is assumed.
        for (_, session, messages) in &told {
            let meets = messages.iter().any(|message| matches!(message, ServerMessage::PrivateMeet(_)));
            for message in messages {
                if let ServerMessage::Ok { re } = message {
                    self.granted(*session, *re, meets)?;
                }
            }
        }
        for (user, session, messages) in &told {
            for message in messages {
                self.check(*user, *session, message)?;
            }
        }
        for (offer, request) in &self.requests {
            prop_assert!(matches!(request.met.len(), 0 | 2), "{offer:?}: only one side was told of the meeting");
        }
        Ok(())
    }

    /// A request of the test was answered with `ok`. One that met at once was a yes to the other's.
    fn granted(&mut self, session: SessionId, re: RequestId, meets: bool) -> Result<(), TestCaseError> {
        match self.wishes.remove(&re) {
            Some(Wish::Ask { offer, asker, asked, address }) if !meets => {
                let request = Introduction {
                    asker,
                    asked,
                    address,
                    yes: None,
                    open: BTreeSet::from([session]),
                    ended: BTreeSet::new(),
                    met: BTreeSet::new(),
                };
                prop_assert!(self.requests.insert(offer, request).is_none(), "{offer:?} began twice");
            }
            Some(Wish::Decline(offer)) => self.end(offer, session)?,
            _ => {}
        }
        Ok(())
    }

    fn check(&mut self, user: usize, session: SessionId, message: &ServerMessage) -> Result<(), TestCaseError> {
        match message {
            ServerMessage::PrivateRequest { offer, from, .. } => {
                let request = self.requests.get_mut(offer).expect("it was answered with ok");
                prop_assert_eq!((NAMES[request.asker], request.asked), (from.as_str(), user));
                request.open.insert(session);
                self.tells_no_address(message)
            }
            ServerMessage::PrivateMeet(meeting) => self.check_meeting(user, session, meeting),
            ServerMessage::PrivateEnd { offer, .. } => {
                self.end(*offer, session)?;
                self.tells_no_address(message)
            }
            _ => self.tells_no_address(message),
        }
    }

    fn check_meeting(&mut self, user: usize, session: SessionId, meeting: &Meeting) -> Result<(), TestCaseError> {
        self.end(meeting.offer, session)?;
        let request = self.requests.get_mut(&meeting.offer).expect("the end of it was counted");
        request.met.insert(session);
        let Some(yes) = request.yes else {
            return Err(TestCaseError::fail(format!("{meeting:?} without a yes")));
        };
        let (address, other) = if meeting.initiator { (yes, request.asked) } else { (request.address, request.asker) };
        prop_assert_eq!(meeting.initiator, user == request.asker);
        prop_assert_eq!((meeting.name.as_str(), &meeting.addresses), (NAMES[other], &vec![address.to_string()]));
        Ok(())
    }

    /// A side hears the end of a request that it knows, once.
    fn end(&mut self, offer: OfferId, session: SessionId) -> Result<(), TestCaseError> {
        let request = self.requests.get_mut(&offer);
        let known = request.is_some_and(|request| request.open.remove(&session) && request.ended.insert(session));
        prop_assert!(known, "{offer:?} ends for {session:?}, where it is not open");
        Ok(())
    }

    fn tells_no_address(&self, message: &ServerMessage) -> Result<(), TestCaseError> {
        let told = format!("{message:?}");
        let leaked = self.named.iter().find(|address| told.contains(address.as_str()));
        prop_assert_eq!(leaked, None, "{}", told);
        Ok(())
    }

    /// Time runs out for all that is open, and everybody begins anew without a block.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.world.pass(Duration::from_mins(1));
        self.look()?;
        for (offer, request) in &self.requests {
            prop_assert!(request.open.is_empty(), "{offer:?} never ends for {:?}", request.open);
        }
        for user in 0..NAMES.len() {
            self.login(user);
            for target in NAMES {
                self.with(user, |world, session| world.unblock(session, target));
            }
        }
        self.look()
    }
}

fn run(steps: &[Step]) -> Result<Run, TestCaseError> {
    let mut run = Run::new();
    for step in steps {
        run.perform(step)?;
    }
    run.settle()?;
    Ok(run)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_address_leaves_without_a_yes_and_each_request_ends_once_for_each_side(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        run(&steps)?;
    }

    #[test]
    fn nothing_of_ended_requests_is_left(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = run(&steps)?;
        for (asker, session) in run.sessions.clone() {
            for asked in (0..NAMES.len()).filter(|asked| *asked != asker) {
                run.perform(&Step::Ask(asker, asked))?;
                let offer = *run.made.last().expect("one was just made");
                let is_open = run.requests.get(&offer).is_some_and(|request| request.open.contains(&session));
                prop_assert!(is_open, "{} cannot ask {}", NAMES[asker], NAMES[asked]);
            }
            for n in 0..NAMES.len() - 1 {
                run.perform(&Step::Decline(asker, n))?;
            }
        }
    }
}
