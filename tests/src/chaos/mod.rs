//! Bad days, and what must hold on them. Each scenario starts a real server, does something to it, and compares what its
//! clients saw with what was promised. Short ones run as tests, long ones with `cargo xtask chaos` and `cargo xtask soak`.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::sync::Notify;

use crate::kit::database;
use crate::kit::{Counts, Fault, History, Honest, HonestPlan, PHC, Seed, Trigger, user_name};
use crate::{ServerBuilder, TestServer, any_key};

pub mod cut_points;
pub mod drain;
pub mod hostile;
pub mod idle;
pub mod kill_on_ack;
pub mod leak;
pub mod lost_ack;
pub mod mixed;
pub mod network;
pub mod ready;
pub mod stalled_many;
pub mod stalled_reader;
pub mod storm;
pub mod synced;

/// How long everybody may take to have seen everything, in milliseconds.
static SETTLE_MS: AtomicU64 = AtomicU64::new(60_000);

/// A fault that is built into the servers of the next stages.
static FAULT: Mutex<Option<&str>> = Mutex::new(None);

/// Waits only so long from now on: where a fault is expected, waiting for what never comes is a waste.
pub fn settle_within(span: Duration) {
    SETTLE_MS.store(u64::try_from(span.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
}

/// Seeds a fault into the servers of the next stages, which must be built with seeded faults.
pub fn seed_fault(fault: Option<&'static str>) {
    *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = fault;
}

/// Clients that log in with their passwords at once.
const PARTY: usize = 32;

/// What a scenario found out: figures as a sentence, or what was broken.
pub type Outcome = Result<String, Broken>;

/// A promise that did not hold.
#[derive(Debug)]
pub struct Broken {
    /// Which, in words.
    pub what: String,
    /// Everything the clients saw, one JSON object a line; empty where that says nothing.
    pub history: String,
}

impl Broken {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), history: String::new() }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// A server with users, and what they see.
pub struct Stage {
    /// The server.
    pub server: TestServer,
    /// The names of all users.
    pub users: Vec<String>,
    tls: Arc<ClientConfig>,
    history: Arc<Mutex<History>>,
    seen: Arc<Notify>,
}

impl Stage {
    /// A server with so many accounts.
    pub fn new(users: usize) -> Self {
        Self::with(users, |builder| builder)
    }

    /// The same, started in a certain way.
    pub fn with(users: usize, how: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let users: Vec<String> = (0..users).map(user_name).collect();
        let lines: Vec<String> = users.iter().map(|user| format!("{user} {PHC}\n")).collect();
        let mut builder = TestServer::with().credentials(&lines.concat());
        if let Some(fault) = *FAULT.lock().unwrap_or_else(PoisonError::into_inner) {
            builder = builder.env("TERN_FAULT", fault);
        }
        let server = tokio::task::block_in_place(|| how(builder).start());
        let history = Arc::new(Mutex::new(History::new(&users)));
        Self { server, users, tls: any_key::client_config(), history, seen: Arc::default() }
    }

    /// How the client of a user behaves.
    pub fn plan(&self, number: usize) -> HonestPlan {
        HonestPlan {
            number,
            port: self.server.port(),
            from: Ipv4Addr::LOCALHOST,
            tls: Arc::clone(&self.tls),
            history: Arc::clone(&self.history),
            seen: Arc::clone(&self.seen),
            trigger: None,
        }
    }

    /// Clients for all users, logged in. The first ones act on `trigger`, one each.
    pub async fn clients(&self, triggers: &[Arc<Trigger>]) -> Result<Vec<Honest>, Broken> {
        let mut clients: Vec<Honest> = Vec::new();
        // In small parties: a password takes its time, and whoever is told that there is too much to do tries again.
        for number in 0..self.users.len() {
            let trigger = triggers.get(number).cloned();
            clients.push(Honest::start(HonestPlan { trigger, ..self.plan(number) }));
            let waiting = |clients: &[Honest]| clients.iter().filter(|client| client.logins() == 0).count();
            let most = if number + 1 == self.users.len() { 0 } else { PARTY };
            self.until("everybody is logged in", || waiting(&clients) <= most).await?;
        }
        Ok(clients)
    }

    /// What was seen so far.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) -> Result<(), Broken> {
        let span = Duration::from_millis(SETTLE_MS.load(Ordering::SeqCst));
        let end = Instant::now() + span;
        while !holds() {
            if Instant::now() > end {
                let log = self.server.log();
                let last: Vec<&str> = log.lines().rev().take(20).collect();
                let what = format!(
                    "after {span:?} it does not hold that {what}; the log ends, newest first:\n{}",
                    last.join("\n")
                );
                return Err(Broken { what, history: self.history().to_jsonl() });
            }
            // Whatever is waited for is told; the look after a while is for what no client sees.
            let _ = tokio::time::timeout(Duration::from_millis(20), self.seen.notified()).await;
        }
        Ok(())
    }

    /// Waits until everything was acknowledged and everybody has seen it, and says what is wrong then. Afterwards the next
    /// round begins.
    pub async fn settle(&self, clients: &[Honest]) -> Result<Counts, Broken> {
        let complete = self.complete(clients).await;
        // What should not come would come before the answer to what is asked now.
        let fenced = self.fence(clients).await;
        let faults = self.history().faults();
        if faults.is_empty() {
            complete.and(fenced)?;
            let mut history = self.history();
            let counts = history.counts();
            history.next_round();
            return Ok(counts);
        }
        // Who is not back in time has not seen everything, but nothing is lost yet.
        if faults.iter().all(|fault| matches!(fault, Fault::Lost { .. })) {
            complete?;
        }
        let first: Vec<&Fault> = faults.iter().take(5).collect();
        let what = format!("{} promises are broken, the first of them {first:?}", faults.len());
        Err(Broken { what, history: self.history().to_jsonl() })
    }

    /// Waits until everything that these clients were told to say was acknowledged and shown to everybody.
    async fn complete(&self, clients: &[Honest]) -> Result<(), Broken> {
        let is_said = || clients.iter().all(|client| client.waiting() == 0);
        self.until("everybody has seen everything", || is_said() && self.history().is_complete()).await
    }

    /// Waits until everything that was on its way to these clients has come.
    async fn fence(&self, clients: &[Honest]) -> Result<(), Broken> {
        let mut asked = Vec::new();
        for client in clients.iter().filter(|client| !client.is_away()) {
            asked.push((client, client.fences()));
            client.fence().await;
        }
        let is_answered = |(client, before): &(&Honest, usize)| client.fences() > *before;
        self.until("everybody is answered", || asked.iter().all(is_answered)).await
    }

    /// Ends the server as a crash would and starts it again.
    pub fn crash(&mut self) {
        tokio::task::block_in_place(|| self.server.crash());
    }

    /// Looks whether the database is whole, in every page and index.
    pub fn check_database(&self) -> Result<(), Broken> {
        let checked = tokio::task::block_in_place(|| database::check(&self.server.data()));
        checked.map_err(|what| Broken::new(format!("the database is damaged: {what}")))
    }
}

/// Runs a scenario on threads of its own.
pub fn block_on<T>(scenario: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    let outcome = runtime.block_on(scenario);
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Says something to somebody again and again until told to stop, as fast as it is acknowledged. A line in the lobby
/// costs as much as there are users, so the more there are the rarer it is: with 20 users it is each fifth text.
async fn chatter(client: &Honest, users: &[String], mut seed: Seed, stop: &AtomicBool) {
    let lobby = (users.len() / 4).max(2);
    let run = seed.number();
    for number in 1_u64.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let to = &users[seed.between(0, users.len())];
        let is_direct = *to != client.user && seed.between(0, lobby) > 0;
        client.say(is_direct.then_some(to.as_str()), format!("{} {run:x} {number}", client.user)).await;
    }
}

/// A word about a scenario that cannot go on.
fn cannot(what: &str) -> impl Fn(&dyn std::fmt::Display) -> Broken {
    move |error| Broken::new(format!("{what}: {error}"))
}

/// The value below which so many hundredths of all are.
fn percentile(delays: &mut [Duration], hundredths: usize) -> Duration {
    delays.sort_unstable();
    let place = (delays.len() * hundredths / 100).min(delays.len().saturating_sub(1));
    delays.get(place).copied().unwrap_or_default()
}

/// The resident memory of a process, in KiB.
fn resident(id: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
