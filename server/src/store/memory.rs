//! A store that forgets everything at the end: for tests, and the plain reference for what a store means.
//!
//! A job takes effect inside [`submit`](Store::submit), and its answer goes straight into the channel while that has
//! room. When it has none, the answers wait for a small thread that hands them over, so that the task that submits and
//! receives can never wait for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use shared::id::{ClientId, Seq, UnixMs};
use shared::limits::DEVICES;
use shared::name::Name;
use tokio::sync::mpsc::error::TrySendError;

use super::inbox::{self, Inbox, Waiting};
use super::{Answer, Answers, Job, QUEUE, STRIKES, STRIKES_FORGOTTEN, Store, StoreError, waits_for};
use crate::record::{
    Account, AccountId, Conversation, Device, KeepError, Kept, KeptMessage, NewMessage, Phc, Resumable, SessionRow,
    Snapshot, Strikes, TicketHash, Write,
};

mod read;

/// Keeps everything in memory.
pub struct MemoryStore {
    desk: Mutex<Desk>,
}

/// What a job needs: the kept things and the ways out. Behind one lock, so that answers leave in the order of the jobs.
struct Desk {
    kept: State,
    /// `None` once the store is closed.
    ways: Option<Ways>,
}

/// The two ways of an answer.
struct Ways {
    answers: Answers,
    overflow: SyncSender<Vec<Answer>>,
    /// Answers that the thread has not handed over yet.
    overflowed: Arc<AtomicUsize>,
    thread: thread::JoinHandle<()>,
}

impl Ways {
    fn new(answers: Answers) -> Self {
        let overflowed = Arc::new(AtomicUsize::new(0));
        let (overflow, waiting) = sync_channel(QUEUE);
        let thread = {
            let (answers, overflowed) = (answers.clone(), Arc::clone(&overflowed));
            thread::Builder::new()
                .name("store-answers".to_owned())
                .spawn(move || hand_over(&waiting, &answers, &overflowed))
                .expect("the system has room for one more thread")
        };
        Self { answers, overflow, overflowed, thread }
    }

    /// Whether one more answer has a place, whatever the receiver does.
    ///
    /// Only the thread lowers the count, and only the owner of the desk's lock raises it: room seen here stays room.
    fn has_room(&self) -> bool {
        self.overflowed.load(Ordering::Acquire) < QUEUE
    }

    fn send(&self, answers: Vec<Answer>) {
        // While earlier answers wait for the thread, later ones must not overtake them.
        let is_direct = self.overflowed.load(Ordering::Acquire) == 0;
        let left = if is_direct { self.answers.try_send(answers) } else { Err(TrySendError::Full(answers)) };
        if let Err(TrySendError::Full(answers)) = left {
            self.overflowed.fetch_add(1, Ordering::AcqRel);
            self.overflow.try_send(answers).expect("the thread lives and its queue has room for QUEUE items");
        }
    }
}

impl MemoryStore {
    /// An empty store that answers on `answers`.
    ///
    /// # Panics
    ///
    /// When the system gives no further thread.
    pub fn new(answers: Answers) -> Self {
        Self::with(Inbox::default(), answers)
    }

    /// The same with other bounds of what may wait for one account.
    ///
    /// # Panics
    ///
    /// As [`MemoryStore::new`].
    pub fn with(inbox: Inbox, answers: Answers) -> Self {
        let kept = State { inbox, ..State::default() };
        Self { desk: Mutex::new(Desk { kept, ways: Some(Ways::new(answers)) }) }
    }

    /// Goes on with another channel of answers, as if it had been opened again.
    #[cfg(test)]
    pub(crate) fn answer_on(&self, answers: Answers) {
        self.desk().ways = Some(Ways::new(answers));
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(self.desk().kept.snapshot())
    }

    fn submit(&self, job: Job) -> Result<(), Job> {
        let mut desk = self.desk();
        let Desk { kept, ways: Some(ways) } = &mut *desk else { return Err(job) };
        if !ways.has_room() {
            return Err(job);
        }
        let (ticket, result) = match job {
            Job::Write(ticket, write) => (ticket, kept.write(write)),
            Job::Read(ticket, read) => (ticket, Ok(kept.read(&read))),
        };
        ways.send(vec![Answer { ticket, result }]);
        Ok(())
    }

    fn password(&self, account: AccountId) -> Result<Option<Phc>, StoreError> {
        Ok(self.desk().kept.accounts.get(&account).and_then(|account| account.password.clone()))
    }

    fn close(&self) -> Result<(), StoreError> {
        let ways = self.desk().ways.take();
        if let Some(Ways { overflow, thread, .. }) = ways {
            drop(overflow);
            thread.join().expect("handing over answers does not panic");
        }
        Ok(())
    }
}

/// Hands over the answers that found the channel full. Ends when the store does.
fn hand_over(waiting: &Receiver<Vec<Answer>>, answers: &Answers, overflowed: &AtomicUsize) {
    while let Ok(batch) = waiting.recv() {
        // Nobody is there to be told when the receiver is gone.
        let _ = answers.blocking_send(batch);
        overflowed.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Everything that is kept. Ids are places in order, beginning at 1, as the database counts them.
#[derive(Default)]
struct State {
    accounts: BTreeMap<AccountId, KeptAccount>,
    blocks: BTreeSet<(AccountId, AccountId)>,
    /// All messages in the order in which they were stored.
    messages: Vec<Stored>,
    /// The messages of a conversation, as places in `messages`; the first has the number 1.
    conversations: BTreeMap<Conversation, Vec<usize>>,
    /// What was said with which id, as a place in `messages`.
    said: HashMap<(AccountId, ClientId), usize>,
    cursors: BTreeMap<(AccountId, Conversation), Seq>,
    sessions: Vec<Login>,
    strikes: BTreeMap<String, Strikes>,
    devices: BTreeMap<TicketHash, Device>,
    heartbeat: Option<UnixMs>,
    inbox: Inbox,
}

struct KeptAccount {
    name: Name,
    skeleton: Option<String>,
    password: Option<Phc>,
    created: UnixMs,
}

struct Stored {
    message: KeptMessage,
    waits_for: Option<AccountId>,
    hidden_from: Vec<AccountId>,
}

struct Login {
    account: AccountId,
    from: UnixMs,
    until: Option<UnixMs>,
    resume: Option<TicketHash>,
}

impl State {
    fn write(&mut self, write: Write) -> Result<Kept, KeepError> {
        match write {
            Write::Append(message) => self.append(message),
            Write::AddAccount { name, skeleton, password, origin: _, at } => {
                Ok(self.add_account(KeptAccount { name, skeleton, password, created: at }))
            }
            Write::SetPassword { account, password } => Ok(self.set_password(account, password)),
            Write::SetBlock { owner, target, blocked, at: _ } => self.set_block(owner, target, blocked),
            Write::Advance { account, conversation, seq } => self.advance(account, conversation, seq),
            Write::Unsend { sender, conversation, seq } => Ok(self.unsend(sender, &conversation, seq)),
            Write::OpenSession { account, address: _, at, resume } => self.open_session(account, at, resume),
            Write::ForgetResume { account } => Ok(self.forget_resume(account)),
            Write::KeepDevice(device) => self.keep_device(device),
            Write::ForgetDevice(ticket) => {
                self.devices.remove(&ticket);
                Ok(Kept::Done)
            }
            Write::ForgetDevices { account } => {
                self.devices.retain(|_, device| device.account != account);
                Ok(Kept::Done)
            }
            Write::CloseSession { row, at, reason: _ } => Ok(self.close_session(row, at)),
            Write::SetStrikes(strikes) => Ok(self.set_strikes(strikes)),
            Write::Heartbeat { at } => {
                self.heartbeat = Some(at);
                Ok(Kept::Done)
            }
        }
    }

    fn append(&mut self, new: NewMessage) -> Result<Kept, KeepError> {
        if let Some(&place) = self.said.get(&(new.sender, new.client_id)) {
            let KeptMessage { seq, at, .. } = self.messages[place].message;
            return Ok(Kept::Message { seq, at, duplicate: true });
        }
        let waits_for = waits_for(&new);
        if let (Some(reader), true) = (waits_for, new.bounded)
            && !self.inbox.takes(self.waiting_for(reader), inbox::bytes(&new.text))
        {
            return Ok(Kept::InboxFull);
        }
        self.known(new.hidden_from.iter().copied().chain([new.sender]).chain(waits_for))?;
        let NewMessage { conversation, sender, at, client_id, kind, text, hidden_from, bounded: _ } = new;
        let place = self.messages.len();
        let places = self.conversations.entry(conversation.clone()).or_default();
        places.push(place);
        let seq = number(places.len());
        self.said.insert((sender, client_id), place);
        let message = KeptMessage { conversation, seq, sender, at, kind, text };
        self.messages.push(Stored { message, waits_for, hidden_from });
        Ok(Kept::Message { seq, at, duplicate: false })
    }

    fn add_account(&mut self, new: KeptAccount) -> Kept {
        let taken =
            |old: &KeptAccount| old.name == new.name || (old.skeleton.is_some() && old.skeleton == new.skeleton);
        if self.accounts.values().any(taken) {
            return Kept::NameTaken;
        }
        let id = AccountId(row(self.accounts.len()));
        self.accounts.insert(id, new);
        Kept::Account(id)
    }

    fn set_password(&mut self, account: AccountId, password: Phc) -> Kept {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.password = Some(password);
        }
        Kept::Done
    }

    fn set_block(&mut self, owner: AccountId, target: AccountId, blocked: bool) -> Result<Kept, KeepError> {
        if blocked {
            self.known([owner, target])?;
            self.blocks.insert((owner, target));
        } else {
            self.blocks.remove(&(owner, target));
        }
        Ok(Kept::Done)
    }

    fn advance(&mut self, account: AccountId, conversation: Conversation, seq: Seq) -> Result<Kept, KeepError> {
        let Some(places) = self.conversations.get(&conversation) else { return Ok(Kept::Done) };
        let seq = seq.min(number(places.len()));
        self.known([account])?;
        let cursor = self.cursors.entry((account, conversation)).or_default();
        *cursor = seq.max(*cursor);
        Ok(Kept::Done)
    }

    fn unsend(&mut self, sender: AccountId, from: &Conversation, seq: Seq) -> Kept {
        let Some(stored) = self.place(from, seq).map(|place| &mut self.messages[place]) else { return Kept::TooLate };
        let Some(reader) = stored.waits_for.filter(|_| stored.message.sender == sender) else { return Kept::TooLate };
        if self.cursors.get(&(reader, from.clone())).is_some_and(|cursor| *cursor >= seq) {
            return Kept::TooLate;
        }
        stored.waits_for = None;
        stored.message.text = String::new();
        Kept::Done
    }

    fn open_session(&mut self, account: AccountId, at: UnixMs, resume: TicketHash) -> Result<Kept, KeepError> {
        self.known([account])?;
        self.forget_resume(account);
        let id = SessionRow(row(self.sessions.len()));
        self.sessions.push(Login { account, from: at, until: None, resume: Some(resume) });
        Ok(Kept::Session(id))
    }

    fn forget_resume(&mut self, account: AccountId) -> Kept {
        self.sessions.iter_mut().filter(|login| login.account == account).for_each(|login| login.resume = None);
        Kept::Done
    }

    fn keep_device(&mut self, device: Device) -> Result<Kept, KeepError> {
        self.known([device.account])?;
        let account = device.account;
        self.devices.insert(device.ticket, device);
        let mut own: Vec<_> = self.devices.values().filter(|device| device.account == account).cloned().collect();
        own.sort_by_key(|device| (std::cmp::Reverse(device.used), device.ticket));
        for surplus in own.iter().skip(DEVICES) {
            self.devices.remove(&surplus.ticket);
        }
        Ok(Kept::Done)
    }

    fn close_session(&mut self, SessionRow(id): SessionRow, at: UnixMs) -> Kept {
        let login = usize::try_from(id - 1).ok().and_then(|place| self.sessions.get_mut(place));
        if let Some(login) = login {
            login.until.get_or_insert(at);
        }
        Kept::Done
    }

    /// Forgets some names when there are too many, but not the latest.
    fn forget_strikes(&mut self, latest: &str) {
        if self.strikes.len() <= STRIKES as usize {
            return;
        }
        let mut others: Vec<_> = self
            .strikes
            .values()
            .filter(|strikes| strikes.name_key != latest)
            .map(|s| (s.locked_until, s.name_key.clone()))
            .collect();
        others.sort();
        for (_, name_key) in others.into_iter().take(STRIKES_FORGOTTEN as usize) {
            self.strikes.remove(&name_key);
        }
    }

    fn set_strikes(&mut self, strikes: Strikes) -> Kept {
        if strikes.count == 0 && strikes.locked_until.is_none() {
            self.strikes.remove(&strikes.name_key);
        } else {
            let latest = strikes.name_key.clone();
            self.strikes.insert(latest.clone(), strikes);
            self.forget_strikes(&latest);
        }
        Kept::Done
    }

    /// Where a message stands in `messages`.
    fn place(&self, conversation: &Conversation, seq: Seq) -> Option<usize> {
        let index = usize::try_from(seq.0).ok()?.checked_sub(1)?;
        self.conversations.get(conversation)?.get(index).copied()
    }

    /// Refuses accounts that do not exist, as the database's foreign keys do.
    fn known(&self, accounts: impl IntoIterator<Item = AccountId>) -> Result<(), KeepError> {
        let known = accounts.into_iter().all(|account| self.accounts.contains_key(&account));
        if known { Ok(()) } else { Err(KeepError::Broken) }
    }

    fn resumable(&self) -> Vec<Resumable> {
        let session =
            |login: &Login| Some(Resumable { ticket: login.resume?, account: login.account, ended: login.until? });
        let mut all: Vec<_> = self.sessions.iter().filter_map(session).collect();
        all.sort_by_key(|session| session.ticket);
        all
    }

    /// Whether a direct message waits for `reader`, who has not seen it yet.
    fn is_waiting(&self, stored: &Stored, reader: AccountId) -> bool {
        let KeptMessage { conversation, seq, .. } = &stored.message;
        let cursor = self.cursors.get(&(reader, conversation.clone())).copied();
        stored.waits_for == Some(reader) && Some(*seq) > cursor
    }

    fn waiting_for(&self, reader: AccountId) -> Waiting {
        let mut waiting = Waiting::default();
        for stored in self.messages.iter().filter(|stored| self.is_waiting(stored, reader)) {
            waiting.add(inbox::bytes(&stored.message.text));
        }
        waiting
    }

    fn snapshot(&mut self) -> Snapshot {
        let heartbeat = self.heartbeat.unwrap_or_default();
        for login in &mut self.sessions {
            login.until.get_or_insert(login.from.max(heartbeat));
        }
        let last_seen =
            |id| self.sessions.iter().filter(|login| login.account == id).filter_map(|login| login.until).max();
        let account = |(&id, kept): (&AccountId, &KeptAccount)| Account {
            id,
            name: kept.name.clone(),
            created: kept.created,
            last_seen: last_seen(id),
        };
        let mut rooms = BTreeMap::from([(Conversation::lobby(), Seq(0))]);
        for (conversation, places) in &self.conversations {
            if matches!(conversation, Conversation::Room(_)) {
                rooms.insert(conversation.clone(), number(places.len()));
            }
        }
        Snapshot {
            accounts: self.accounts.iter().map(account).collect(),
            blocks: self.blocks.iter().copied().collect(),
            strikes: self.strikes.values().cloned().collect(),
            rooms: rooms.into_iter().collect(),
            resumable: self.resumable(),
            devices: self.devices.values().cloned().collect(),
        }
    }
}

/// The number of the newest of so many messages.
fn number(messages: usize) -> Seq {
    Seq(messages.try_into().unwrap_or(u64::MAX))
}

/// The row after so many rows.
fn row(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1)
}
