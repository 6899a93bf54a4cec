//! Checks and hashes passwords away from the hub's task, a bounded number at a time.
//!
//! A hash costs 19 MiB and about 45 ms by intention, so a server that hashes as often as it is asked to can be stopped
//! by asking. [`Auth`] works on one hash fewer than there are cores, lets [`QUEUE`] more wait, and says that there is
//! too much to do to the rest. It does not judge: what a wrong password means is a rule of chat.
//!
//! The order of truth: a hash in the store, read afresh for each check, wins; without one, the line of the credentials
//! file counts, and its first good login brings a hash to store. Whatever is asked, one hash is computed, so that
//! nobody learns from the time whether a name has an account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::chat::{Input, Subject, Verdict};
use crate::credentials::{self, Entry, PlainDigest, Secret};
use crate::record::{AccountId, Phc, Ticket};
use crate::store::Store;
use phc::Cost;
use threads::Threads;

pub mod phc;
#[cfg(test)]
mod tests;
mod threads;

/// Checks that may wait for a free core. 64 of them take 1.5 s on two cores; more would only wait to be told "busy".
pub const QUEUE: usize = 64;

/// How long a check may wait for a free core. A person has retyped by then.
pub const WAIT: Duration = Duration::from_secs(5);

/// After each line checked in the background the core rests this many times as long, for people who log in.
const REST: u32 = 4;

/// How much is worked on at once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The cost of a new hash.
    pub cost: Cost,
    /// Hashes computed at once.
    pub workers: usize,
    /// Checks that may wait.
    pub queue: usize,
    /// How long they may wait.
    pub wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cost: Cost::DEFAULT, workers: cores.saturating_sub(1).max(1), queue: QUEUE, wait: WAIT }
    }
}

/// What holds for passwords, for people.
pub fn limits() -> Vec<(&'static str, String)> {
    let Settings { cost: Cost { memory, passes, lanes }, workers, queue, wait } = Settings::default();
    vec![
        ("password hash", format!("argon2id m={memory},t={passes},p={lanes}")),
        ("password hashes at once", workers.to_string()),
        ("password checks that wait", format!("{queue}, for {} s", wait.as_secs())),
    ]
}

/// Checks and hashes passwords. Dropping it drops what was not answered yet.
pub struct Auth {
    bench: Arc<Bench>,
    answers: mpsc::Sender<Input>,
    /// Lines of the file that [`Auth::review`] has yet to compare with the store.
    unreviewed: Mutex<Vec<(AccountId, Entry)>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Auth {
    /// `lines` are those of the credentials file with the accounts they belong to; answers go to `answers`.
    pub fn new(
        store: Arc<dyn Store>,
        lines: Vec<(AccountId, Entry)>,
        answers: mpsc::Sender<Input>,
        settings: Settings,
    ) -> Self {
        let known = lines.iter().map(|(account, entry)| (*account, Line::of(&entry.secret))).collect();
        let bench = Bench {
            store,
            known,
            settings,
            places: Arc::new(Semaphore::new(settings.workers + settings.queue)),
            workers: Arc::new(Semaphore::new(settings.workers)),
            threads: Threads::start(settings.workers),
            #[cfg(test)]
            hashes: std::sync::atomic::AtomicUsize::new(0),
        };
        Self { bench: Arc::new(bench), answers, unreviewed: Mutex::new(lines), tasks: Mutex::new(JoinSet::new()) }
    }

    /// Finds out whether this is the password. Returns at once; the answer is [`Input::PasswordChecked`].
    pub fn check(&self, ticket: Ticket, subject: Subject, password: SecretString) {
        let work = move |bench: &Bench| {
            let verdict = bench.judge(&subject, &password);
            Input::PasswordChecked { ticket, verdict }
        };
        self.run(work, Input::PasswordChecked { ticket, verdict: Verdict::Busy });
    }

    /// Hashes a new password. Returns at once; the answer is [`Input::PasswordHashed`].
    pub fn hash(&self, ticket: Ticket, password: SecretString) {
        let work = move |bench: &Bench| Input::PasswordHashed { ticket, hash: bench.hash(&password) };
        self.run(work, Input::PasswordHashed { ticket, hash: None });
    }

    /// Compares the lines of the file with the store, in the background, and warns of each that is ignored because the
    /// account has another password by now. The plain passwords of the file are wiped from memory on the way.
    pub fn review(&self) {
        let lines = std::mem::take(&mut *self.unreviewed.lock().unwrap_or_else(PoisonError::into_inner));
        let bench = Arc::clone(&self.bench);
        self.spawn("review of the credentials file", async move {
            for (account, entry) in lines {
                bench.review(account, entry).await;
            }
        });
    }

    /// Whether one of these accounts, given as id and name key, still has the sample password that everybody can read
    /// in the repository. Takes up to six hashes: not for the hub's task.
    pub fn has_sample_password<'a>(&self, accounts: impl Iterator<Item = (AccountId, &'a str)>) -> bool {
        accounts.into_iter().any(|(account, key)| {
            let Some((_, sample)) = credentials::samples().iter().find(|(name, _)| *name == key) else { return false };
            match self.bench.store.password(account) {
                Ok(Some(stored)) => phc::verify(&(*sample).into(), &stored).unwrap_or(false),
                Ok(None) => {
                    matches!(self.bench.known.get(&account), Some(Line::Plain(digest)) if digest.is(&(*sample).into()))
                }
                Err(_) => false,
            }
        })
    }

    /// Does the work when its turn comes, or answers `busy`.
    fn run(&self, work: impl FnOnce(&Bench) -> Input + Send + 'static, busy: Input) {
        let place = Arc::clone(&self.bench.places).try_acquire_owned();
        let bench = Arc::clone(&self.bench);
        let answers = self.answers.clone();
        self.spawn("password", async move {
            let done = match place {
                Ok(_place) => bench.in_turn(work).await,
                Err(_) => None,
            };
            // Nobody listens any more when the server ends.
            let _ = answers.send(done.unwrap_or(busy)).await;
        });
    }

    fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task.instrument(tracing::debug_span!("auth", task = name)));
    }
}

/// What is remembered of a line of the file.
enum Line {
    Plain(PlainDigest),
    Phc(Phc),
}

impl Line {
    fn of(secret: &Secret) -> Self {
        match secret {
            Secret::Plain(password) => Self::Plain(PlainDigest::of(password)),
            Secret::Phc(hash) => Self::Phc(hash.clone()),
        }
    }
}

/// Where the work is done: everything a blocking thread needs.
struct Bench {
    store: Arc<dyn Store>,
    known: BTreeMap<AccountId, Line>,
    settings: Settings,
    /// One permit for each check that works or waits.
    places: Arc<Semaphore>,
    /// One permit for each check that works.
    workers: Arc<Semaphore>,
    threads: Threads,
    /// Hashes computed so far.
    #[cfg(test)]
    hashes: std::sync::atomic::AtomicUsize,
}

impl Bench {
    /// Does the work as soon as a core is free; `None` when none is within the wait.
    async fn in_turn<T: Send + 'static>(self: &Arc<Self>, work: impl FnOnce(&Self) -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.workers).acquire_owned();
        let turn = tokio::time::timeout(self.settings.wait, turn).await.ok()?.ok()?;
        self.on_a_thread(turn, work).await
    }

    async fn on_a_thread<T: Send + 'static>(
        self: &Arc<Self>,
        turn: OwnedSemaphorePermit,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let bench = Arc::clone(self);
        let work = move || {
            // Held by the thread, not by the task: a task that is dropped does not stop its thread.
            let _turn = turn;
            work(&bench)
        };
        self.threads.run(work).await
    }

    fn judge(&self, subject: &Subject, password: &SecretString) -> Verdict {
        let Subject::Account(account, key) = subject else {
            self.spend_a_hash(password);
            return Verdict::Wrong;
        };
        let found = match self.store.password(*account) {
            Ok(Some(stored)) => self.against_stored(*account, &stored, password),
            Ok(None) => self.against_line(*account, password),
            Err(error) => {
                tracing::error!("cannot read a password: {error}");
                return Verdict::Busy;
            }
        };
        match found {
            Found::Right { store } => Verdict::Right { store, sample: credentials::is_sample(key, password) },
            Found::Wrong => Verdict::Wrong,
        }
    }

    fn against_stored(&self, account: AccountId, stored: &Phc, password: &SecretString) -> Found {
        match self.verify(password, stored) {
            Ok(true) if self.should_replace(account, stored) => Found::Right { store: self.hash(password) },
            Ok(true) => Found::Right { store: None },
            Ok(false) => Found::Wrong,
            Err(error) => {
                tracing::error!("the stored password of account {} cannot be used: {error}", account.0);
                self.spend_a_hash(password);
                Found::Wrong
            }
        }
    }

    fn against_line(&self, account: AccountId, password: &SecretString) -> Found {
        match self.known.get(&account) {
            Some(Line::Plain(digest)) if digest.is(password) => Found::Right { store: self.hash(password) },
            Some(Line::Plain(_)) | None => {
                self.spend_a_hash(password);
                Found::Wrong
            }
            // Hashes of the file are stored before the server listens; this is one whose write failed.
            Some(Line::Phc(hash)) => self.against_stored(account, hash, password),
        }
    }

    /// A hash is replaced when it is weaker than new ones are, never by a weaker one, and not when it was chosen by whoever
    /// wrote the credentials file.
    fn should_replace(&self, account: AccountId, stored: &Phc) -> bool {
        let chosen = matches!(self.known.get(&account), Some(Line::Phc(hash)) if hash == stored);
        !chosen && phc::is_weaker(stored, self.settings.cost)
    }

    async fn review(self: &Arc<Self>, account: AccountId, entry: Entry) {
        let Entry { line, name, secret } = entry;
        let Ok(turn) = Arc::clone(&self.workers).acquire_owned().await else {
            return;
        };
        let checked = self.on_a_thread(turn, move |bench| {
            let begun = Instant::now();
            let Ok(Some(stored)) = bench.store.password(account) else {
                return None;
            };
            let same = match &secret {
                Secret::Plain(password) => bench.verify(password, &stored).unwrap_or(false),
                Secret::Phc(hash) => *hash == stored,
            };
            Some((same, begun.elapsed()))
        });
        let Some(Some((same, took))) = checked.await else {
            return;
        };
        if !same {
            tracing::warn!(
                "line {line} of the credentials file is ignored: {name} has another password by now; to change it: server \
                 passwd {name}"
            );
        }
        tokio::time::sleep(took * REST).await;
    }

    fn verify(&self, password: &SecretString, hash: &Phc) -> Result<bool, phc::PhcError> {
        self.count();
        phc::verify(password, hash)
    }

    fn hash(&self, password: &SecretString) -> Option<Phc> {
        self.count();
        phc::hash(password, self.settings.cost).inspect_err(|error| tracing::error!("{error}")).ok()
    }

    /// Takes as long as a real check.
    fn spend_a_hash(&self, password: &SecretString) {
        std::hint::black_box(self.hash(password));
    }

    #[cfg(test)]
    fn count(&self) {
        self.hashes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "counts in tests only")]
    fn count(&self) {}
}

enum Found {
    Right { store: Option<Phc> },
    Wrong,
}
