//! The rules of chat: who is online, who may reach whom, what happens to a message, when a login is refused.
//!
//! [`Chat`] is a pure state machine: [`Chat::handle`] takes one [`Input`] (a fact, in the past) and the [`Moment`] at
//! which it happened, and returns [`Effect`]s (commands). There is no task, clock, socket, SQL or randomness in here and
//! every collection is ordered, so the same inputs give the same effects, and a recorded list of inputs is a bug report.
//!
//! What the rules ask for and get later (a write, a read, a password check) carries a [`Ticket`]; the answer comes back
//! as an input with the same ticket.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::{Seq, UnixMs};
use shared::message::{Reason, Refusal, ServerMessage};

mod blocks;
mod catchup;
mod comeback;
mod delivery;
mod effect;
mod fit;
mod input;
mod login;
mod pending;
mod presence;
mod queue;
mod rate;
mod refuse;
mod rendezvous;
mod search;
mod sessions;
mod strikes;
mod tickets;
mod typing;
mod users;

pub use effect::{Effect, LogEvent, Subject};
pub use input::{Input, Place, Presented, Request, SessionId, Verdict};
pub use search::Search;
pub use tickets::Fresh;

pub use crate::record::Ticket;
pub use shared::time::{Moment, Mono};

use crate::record::{AccountId, Conversation, KeptMessage, Read, Snapshot, Write};
use delivery::Said;
use pending::Pending;

/// How often the store is told that the server is alive, while anybody is online. After a crash nobody counts as online
/// for longer than this past the truth.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What the rules keep to beside [`Rules`], for people.
pub fn limits() -> Vec<(&'static str, String)> {
    let parts = [
        login::limits(),
        tickets::limits(),
        comeback::limits(),
        rate::limits(),
        search::limits(),
        rendezvous::limits(),
        typing::limits(),
    ];
    parts.into_iter().flatten().collect()
}

/// What whoever runs the server decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long an account is locked after three wrong passwords.
    pub lock_for: Duration,
    /// How long a user may do nothing before being logged out; `None`: for ever.
    pub timeout: Option<Duration>,
    /// Whether anybody may make an account.
    pub registration: bool,
    /// Whether requests from other machines are limited in their number.
    pub limits: bool,
}

/// The state machine.
#[derive(Debug)]
pub struct Chat {
    rules: Rules,
    users: users::Users,
    blocks: blocks::Blocks,
    strikes: strikes::StrikeBook,
    tickets: tickets::Tickets,
    registrations: rate::Registrations,
    /// Logins that wait while another of the same name is checked, by name key. An entry means that one is checked.
    lines: BTreeMap<String, login::Line>,
    sessions: BTreeMap<SessionId, sessions::Session>,
    online: BTreeMap<AccountId, SessionId>,
    /// Sessions that wait for their clients to come back, and until when.
    holds: BTreeSet<(Mono, SessionId)>,
    /// Sessions that were asked whether they live.
    probes: BTreeMap<SessionId, comeback::Probe>,
    /// Sessions that get messages as they are stored.
    live: BTreeSet<SessionId>,
    /// Sessions that are fed from the log.
    behind: BTreeSet<SessionId>,
    /// Live sessions that have read further in the lobby than what was delivered live.
    ahead: BTreeMap<SessionId, Seq>,
    /// The newest message delivered in the lobby.
    lobby: Seq,
    /// Sessions that wait for their roster.
    newcomers: BTreeSet<SessionId>,
    digest: presence::Digest,
    rendezvous: rendezvous::Rendezvous,
    /// Sessions whose searches the store has not answered yet.
    searching: BTreeSet<SessionId>,
    /// When sessions would be logged out, as far as is known; action moves it only when it is looked at.
    deadlines: BTreeSet<(Mono, SessionId)>,
    /// Sessions whose acknowledgements are not stored yet, and when they will be.
    acking: BTreeSet<SessionId>,
    acks_due: Option<Mono>,
    /// Acknowledgements on their way to the disk. A login that reads beside them must not get those messages again.
    advancing: BTreeMap<AccountId, BTreeMap<Conversation, Seq>>,
    /// Logins that ended before the log had a row for them.
    ended_early: BTreeMap<SessionId, (UnixMs, Reason)>,
    heartbeat: Mono,
    pending: BTreeMap<Ticket, Pending>,
    next_ticket: u64,
    /// The moment the hub was told to wake at.
    waking: Option<Mono>,
    stopping: bool,
}

/// One input being handled: its moment and the effects so far.
struct Turn {
    now: Moment,
    effects: Vec<Effect>,
}

impl Turn {
    fn send(&mut self, to: SessionId, message: ServerMessage) {
        self.effects.push(Effect::Send { to: vec![to], message });
    }

    fn send_all(&mut self, to: &[SessionId], message: ServerMessage) {
        if !to.is_empty() {
            self.effects.push(Effect::Send { to: to.to_vec(), message });
        }
    }

    fn deliver(&mut self, to: Vec<SessionId>, kept: &KeptMessage, message: ServerMessage) {
        if !to.is_empty() {
            let (conversation, seq) = (kept.conversation.clone(), kept.seq);
            self.effects.push(Effect::Deliver { to, conversation, seq, message });
        }
    }

    fn refuse(&mut self, to: SessionId, refusal: Refusal) {
        self.send(to, ServerMessage::Error(refusal));
    }

    fn close(&mut self, session: SessionId) {
        self.effects.push(Effect::Close { session });
    }

    fn log(&mut self, event: LogEvent) {
        self.effects.push(Effect::Log(event));
    }
}

impl Chat {
    /// The rules at the start, with what the store has kept.
    pub fn new(rules: Rules, snapshot: Snapshot, now: Moment) -> Self {
        let lobby = Conversation::lobby();
        let newest = snapshot.rooms.iter().find(|(room, _)| *room == lobby).map_or(Seq(0), |(_, seq)| *seq);
        Self {
            strikes: strikes::StrikeBook::new(rules.lock_for, snapshot.strikes, now),
            tickets: tickets::Tickets::new(snapshot.resumable, snapshot.devices, now),
            users: users::Users::new(snapshot.accounts),
            blocks: blocks::Blocks::new(snapshot.blocks),
            registrations: rate::Registrations::default(),
            lines: BTreeMap::new(),
            sessions: BTreeMap::new(),
            online: BTreeMap::new(),
            holds: BTreeSet::new(),
            probes: BTreeMap::new(),
            live: BTreeSet::new(),
            behind: BTreeSet::new(),
            ahead: BTreeMap::new(),
            lobby: newest,
            newcomers: BTreeSet::new(),
            digest: presence::Digest::default(),
            rendezvous: rendezvous::Rendezvous::default(),
            searching: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            acking: BTreeSet::new(),
            acks_due: None,
            advancing: BTreeMap::new(),
            ended_early: BTreeMap::new(),
            heartbeat: now.mono,
            pending: BTreeMap::new(),
            next_ticket: 0,
            waking: None,
            stopping: false,
            rules,
        }
    }

    /// What follows from one input.
    pub fn handle(&mut self, input: Input, now: Moment) -> Vec<Effect> {
        let mut turn = Turn { now, effects: Vec::new() };
        match input {
            Input::SessionOpened { session, address, fresh, caps } => {
                self.session_opened(&mut turn, session, address, (fresh, caps));
            }
            Input::SessionClosed { session, reason } => self.session_closed(&mut turn, session, reason),
            Input::SessionHeard { session } => self.heard(&mut turn, session),
            Input::Asked { session, request } => self.asked(&mut turn, session, request),
            Input::Undelivered { session, conversation, seq } => self.undelivered(session, conversation, seq),
            Input::SessionDrained { session } => self.drained(&mut turn, session),
            Input::PasswordChecked { ticket, verdict } => self.password_checked(&mut turn, ticket, verdict),
            Input::PasswordHashed { ticket, hash } => self.password_hashed(&mut turn, ticket, hash),
            Input::Committed { ticket, result } => self.committed(&mut turn, ticket, result),
            Input::Woke => self.woke(&mut turn),
            Input::StopAsked => self.stop(&mut turn),
        }
        self.ask_to_wake(&mut turn);
        turn.effects
    }

    /// A request: done or asked for, which counts as action of the user, or refused, which does not.
    fn asked(&mut self, turn: &mut Turn, session: SessionId, request: Request) {
        if !self.sessions.contains_key(&session) {
            return;
        }
        match &request {
            Request::Ack { place, seq } => return self.acknowledged(turn, session, place, *seq),
            Request::Typing { place } => return self.typing(turn, session, place),
            _ => {}
        }
        // A client that comes back by itself is no action of its user.
        let is_action = !matches!(request, Request::Resume { .. });
        match self.perform(turn, session, request) {
            Ok(()) if is_action => self.acted(turn, session),
            Ok(()) => {}
            Err(refusal) => turn.refuse(session, refusal),
        }
    }

    fn perform(&mut self, turn: &mut Turn, session: SessionId, request: Request) -> Result<(), Refusal> {
        match request {
            Request::Login { id, name, password, device, remember } => {
                self.ask_login(turn, session, id, (name, password), device.as_ref(), remember)
            }
            Request::Resume { id, ticket, lobby } => self.ask_resume(turn, session, id, &ticket, lobby),
            Request::Register { id, name, skeleton, password, remember } => {
                self.ask_register(turn, session, id, (name, skeleton), password, remember)
            }
            Request::Broadcast { id, client_id, text, kind } => {
                self.broadcast(turn, session, id, Said { client_id, text, kind })
            }
            Request::Message { id, client_id, to, text, kind } => {
                self.message(turn, session, id, &to, Said { client_id, text, kind })
            }
            Request::Who { id } => self.who(turn, session, id),
            Request::WhoSince { id, span } => self.who_since(turn, session, id, span),
            Request::Block { id, name } => self.change_block(turn, session, id, &name, true),
            Request::Unblock { id, name } => self.change_block(turn, session, id, &name, false),
            Request::Blocked { id } => self.list_blocked(turn, session, id),
            Request::History { id, place, before, limit } => self.history(turn, session, id, &place, (before, limit)),
            Request::Search { id, search } => self.search(turn, session, id, search),
            Request::Queue { id } => self.list_unseen(turn, session, id),
            Request::Unsend { id, to, seq } => self.unsend(turn, session, id, (&to, seq)),
            Request::Away { id, text } => self.set_away(turn, session, id, text),
            Request::Whois { id, name } => self.whois(turn, session, id, &name),
            Request::Passwd { id, old, new } => self.ask_passwd(turn, session, id, old, new),
            Request::PrivateAsk { id, offer, name, presented } => {
                self.ask_private(turn, session, id, (offer, &name), presented)
            }
            Request::PrivateAccept { id, offer, presented } => self.accept_private(turn, session, id, offer, presented),
            Request::PrivateDecline { id, offer } => self.decline_private(turn, session, id, offer),
            Request::Logout { id } => self.logout(turn, session, id),
            Request::Ack { .. } | Request::Typing { .. } | Request::Activity => Ok(()),
        }
    }

    /// Does what time has brought.
    fn woke(&mut self, turn: &mut Turn) {
        self.waking = None;
        if self.stopping {
            return;
        }
        self.tell_presence(turn);
        self.end_held(turn);
        self.end_silent(turn);
        self.end_inactive(turn);
        self.expire_private(turn);
        self.store_due_acks(turn);
        if self.heartbeat <= turn.now.mono {
            self.heartbeat = turn.now.mono.after(HEARTBEAT);
            if !self.online.is_empty() {
                self.write_unanswered(turn, Write::Heartbeat { at: turn.now.wall });
            }
        }
    }

    /// Names the next moment at which something is to be done, if it is another than before.
    fn ask_to_wake(&mut self, turn: &mut Turn) {
        let due = [
            self.digest.due(!self.newcomers.is_empty()),
            self.deadlines.first().map(|(deadline, _)| *deadline),
            self.acks_due,
            self.rendezvous.due(),
            self.holds.first().map(|(until, _)| *until),
            self.probe_due(),
            (!self.online.is_empty()).then_some(self.heartbeat),
        ];
        let Some(next) = due.into_iter().flatten().min() else {
            return;
        };
        if self.stopping || self.waking.is_some_and(|waking| waking <= next) {
            return;
        }
        self.waking = Some(next);
        turn.effects.push(Effect::WakeAt(next));
    }

    fn expect(&mut self, pending: Pending) -> Ticket {
        let ticket = self.ticket();
        self.pending.insert(ticket, pending);
        ticket
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    fn write(&mut self, turn: &mut Turn, write: Write, pending: Pending) {
        let ticket = self.expect(pending);
        turn.effects.push(Effect::Write { ticket, write });
    }

    /// A write that nobody waits for.
    fn write_unanswered(&mut self, turn: &mut Turn, write: Write) {
        let ticket = self.ticket();
        turn.effects.push(Effect::Write { ticket, write });
    }

    fn read(&mut self, turn: &mut Turn, read: Read, pending: Pending) -> Ticket {
        let ticket = self.expect(pending);
        turn.effects.push(Effect::Read { ticket, read });
        ticket
    }
}
