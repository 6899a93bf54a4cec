use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, MutexGuard};

use shared::name::Name;

use super::*;
use crate::record::Snapshot;
use crate::store::{Job, StoreError};

/// Cheap, so that the tests do not wait; nothing here depends on the cost itself.
const CHEAP: Cost = Cost { memory: 64, passes: 2, lanes: 1 };
const CHEAPER: Cost = Cost { memory: 32, passes: 1, lanes: 1 };

const HANS: AccountId = AccountId(1);
const YODA: AccountId = AccountId(2);

/// Passwords in memory, behind a door that tests can shut.
#[derive(Default)]
struct Passwords {
    hashes: Mutex<BTreeMap<AccountId, Phc>>,
    shut: Mutex<bool>,
    opened: Condvar,
    broken: AtomicBool,
}

impl Passwords {
    fn with(account: AccountId, password: &str, cost: Cost) -> Arc<Self> {
        let passwords = Self::default();
        passwords.set(account, phc::hash(&password.into(), cost).expect("hashed"));
        Arc::new(passwords)
    }

    fn set(&self, account: AccountId, hash: Phc) {
        self.hashes.lock().expect("unpoisoned").insert(account, hash);
    }

    fn door(&self) -> MutexGuard<'_, bool> {
        self.shut.lock().expect("unpoisoned")
    }

    fn open(&self) {
        *self.door() = false;
        self.opened.notify_all();
    }
}

impl Store for Passwords {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }

    fn submit(&self, job: Job) -> Result<(), Job> {
        Err(job)
    }

    fn password(&self, account: AccountId) -> Result<Option<Phc>, StoreError> {
        let _open = self.opened.wait_while(self.door(), |shut| *shut).expect("unpoisoned");
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::InUse);
        }
        Ok(self.hashes.lock().expect("unpoisoned").get(&account).cloned())
    }

    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

struct Fixture {
    auth: Auth,
    answers: mpsc::Receiver<Input>,
}

fn line(account: AccountId, name: &str, secret: Secret) -> (AccountId, Entry) {
    (account, Entry { line: 7, name: Name::plain(name).expect("plain"), secret })
}

fn fixture(store: &Arc<Passwords>, lines: Vec<(AccountId, Entry)>) -> Fixture {
    let settings = Settings { cost: CHEAP, workers: 1, queue: 1, wait: Duration::from_secs(30) };
    fixture_with(store, lines, settings)
}

fn fixture_with(store: &Arc<Passwords>, lines: Vec<(AccountId, Entry)>, settings: Settings) -> Fixture {
    let (sender, answers) = mpsc::channel(8);
    Fixture { auth: Auth::new(Arc::clone(store) as Arc<dyn Store>, lines, sender, settings), answers }
}

impl Fixture {
    fn ask(&self, ticket: u64, subject: Subject, password: &str) {
        self.auth.check(Ticket(ticket), subject, password.into());
    }

    async fn answer(&mut self) -> (u64, Verdict) {
        match self.answers.recv().await {
            Some(Input::PasswordChecked { ticket, verdict }) => (ticket.0, verdict),
            other => panic!("{other:?}"),
        }
    }

    async fn verdict(&mut self, account: AccountId, password: &str) -> Verdict {
        let name = if account == YODA { "yoda" } else { "hans" };
        self.ask(1, Subject::Account(account, name.to_owned()), password);
        self.answer().await.1
    }

    fn hashes(&self) -> usize {
        self.auth.bench.hashes.load(Ordering::Relaxed)
    }
}

fn right() -> Verdict {
    Verdict::Right { store: None, sample: false }
}

#[tokio::test]
async fn a_stored_hash_decides() {
    let store = Passwords::with(HANS, "correct horse", CHEAP);
    let mut fixture = fixture(&store, vec![]);
    assert_eq!(fixture.verdict(HANS, "correct horse").await, right());
    assert_eq!(fixture.verdict(HANS, "correct hors").await, Verdict::Wrong);
}

#[tokio::test]
async fn a_stored_hash_wins_over_the_file_and_is_read_each_time() {
    let store = Passwords::with(HANS, "new password", CHEAP);
    let mut fixture = fixture(&store, vec![line(HANS, "hans", Secret::Plain("old password".into()))]);
    assert_eq!(fixture.verdict(HANS, "old password").await, Verdict::Wrong);
    assert_eq!(fixture.verdict(HANS, "new password").await, right());
    store.set(HANS, phc::hash(&"newer password".into(), CHEAP).expect("hashed"));
    assert_eq!(fixture.verdict(HANS, "new password").await, Verdict::Wrong);
    assert_eq!(fixture.verdict(HANS, "newer password").await, right());
}

#[tokio::test]
async fn the_first_good_login_of_a_plain_line_brings_its_hash() {
    let store = Arc::new(Passwords::default());
    let mut fixture = fixture(&store, vec![line(HANS, "hans", Secret::Plain("plain one".into()))]);
    assert_eq!(fixture.verdict(HANS, "wrong one").await, Verdict::Wrong);
    let Verdict::Right { store: Some(hash), sample: false } = fixture.verdict(HANS, "plain one").await else {
        panic!("no hash to store");
    };
    assert_eq!(phc::verify(&"plain one".into(), &hash), Ok(true));
    assert!(!phc::is_weaker(&hash, CHEAP));
}

#[tokio::test]
async fn an_account_without_any_password_lets_nobody_in() {
    let mut fixture = fixture(&Arc::new(Passwords::default()), vec![]);
    assert_eq!(fixture.verdict(HANS, "").await, Verdict::Wrong);
}

#[tokio::test]
async fn every_refusal_costs_exactly_one_hash() {
    let store = Passwords::with(YODA, "stored one", CHEAP);
    let mut fixture = fixture(&store, vec![line(HANS, "hans", Secret::Plain("plain one".into()))]);
    let subjects = [
        Subject::Nobody,
        Subject::Account(HANS, "hans".to_owned()),
        Subject::Account(YODA, "yoda".to_owned()),
        Subject::Account(AccountId(3), "without".to_owned()),
    ];
    for (subject, hashes) in subjects.into_iter().zip(1..) {
        fixture.ask(1, subject.clone(), "wrong one");
        assert_eq!(fixture.answer().await.1, Verdict::Wrong);
        assert_eq!(fixture.hashes(), hashes, "{subject:?}");
    }
}

#[tokio::test]
async fn sample_passwords_are_told_whatever_is_stored() {
    let store = Passwords::with(YODA, "wise", CHEAP);
    let mut fixture = fixture(&store, vec![line(HANS, "hans", Secret::Plain("falcon".into()))]);
    assert_eq!(fixture.verdict(YODA, "wise").await, Verdict::Right { store: None, sample: true });
    assert!(matches!(fixture.verdict(HANS, "falcon").await, Verdict::Right { store: Some(_), sample: true }));
}

#[tokio::test]
async fn only_weaker_hashes_are_replaced_and_not_those_of_the_file() {
    let strong = Cost { memory: 128, passes: 2, lanes: 1 };
    for (cost, in_file, replaced) in
        [(CHEAPER, false, true), (CHEAPER, true, false), (CHEAP, false, false), (strong, false, false)]
    {
        let hash = phc::hash(&"some password".into(), cost).expect("hashed");
        let store = Arc::new(Passwords::default());
        store.set(HANS, hash.clone());
        let lines = if in_file { vec![line(HANS, "hans", Secret::Phc(hash))] } else { vec![] };
        let verdict = fixture(&store, lines).verdict(HANS, "some password").await;
        let Verdict::Right { store: fresh, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(fresh.is_some(), replaced, "{cost:?} in the file: {in_file}");
        assert!(fresh.is_none_or(|fresh| !phc::is_weaker(&fresh, CHEAP)));
    }
}

#[tokio::test]
async fn a_broken_store_is_no_wrong_password() {
    let store = Passwords::with(HANS, "some password", CHEAP);
    store.broken.store(true, Ordering::Relaxed);
    assert_eq!(fixture(&store, vec![]).verdict(HANS, "some password").await, Verdict::Busy);
}

#[tokio::test]
async fn a_new_password_is_hashed_at_the_full_cost() {
    let mut fixture = fixture(&Arc::new(Passwords::default()), vec![]);
    fixture.auth.hash(Ticket(9), "brand new".into());
    let Some(Input::PasswordHashed { ticket: Ticket(9), hash: Some(hash) }) = fixture.answers.recv().await else {
        panic!("no hash");
    };
    assert_eq!(phc::verify(&"brand new".into(), &hash), Ok(true));
    assert!(hash.0.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "the cost asked for");
}

#[tokio::test]
async fn what_does_not_fit_the_queue_is_told_so_at_once() {
    let store = Passwords::with(HANS, "some password", CHEAP);
    *store.door() = true;
    let mut fixture = fixture(&store, vec![]);
    let hans = Subject::Account(HANS, "hans".to_owned());
    for ticket in 1..=3 {
        fixture.ask(ticket, hans.clone(), "some password");
    }
    assert_eq!(fixture.answer().await, (3, Verdict::Busy));
    store.open();
    // Which of the two is told first is nobody's promise.
    let mut answers = [fixture.answer().await, fixture.answer().await];
    answers.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(answers, [(1, right()), (2, right())]);
    fixture.ask(4, hans, "some password");
    assert_eq!(fixture.answer().await, (4, right()));
}

#[tokio::test]
async fn what_waits_too_long_is_told_so() {
    let store = Passwords::with(HANS, "some password", CHEAP);
    *store.door() = true;
    let settings = Settings { cost: CHEAP, workers: 1, queue: 1, wait: Duration::from_millis(10) };
    let mut fixture = fixture_with(&store, vec![], settings);
    let hans = Subject::Account(HANS, "hans".to_owned());
    fixture.ask(1, hans.clone(), "some password");
    fixture.ask(2, hans, "some password");
    assert_eq!(fixture.answer().await, (2, Verdict::Busy));
    store.open();
    assert_eq!(fixture.answer().await, (1, right()));
}

#[test]
fn the_start_knows_whether_a_sample_password_is_left() {
    let hashed = |password: &str| Passwords::with(YODA, password, CHEAP);
    let line = || vec![line(YODA, "yoda", Secret::Plain("wise".into()))];
    for (store, lines, name, left) in [
        (hashed("wise"), line(), "yoda", true),
        (hashed("wise"), vec![], "yoda", true),
        (hashed("changed since"), line(), "yoda", false),
        (Arc::new(Passwords::default()), line(), "yoda", true),
        (Arc::new(Passwords::default()), vec![], "yoda", false),
        (hashed("wise"), vec![], "somebody", false),
    ] {
        let found = fixture(&store, lines).auth.has_sample_password([(YODA, name)].into_iter());
        assert_eq!(found, left, "{name}");
    }
}

/// Log lines of one thread, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("unpoisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the log says after the lines of the file were reviewed.
fn reviewed(store: &Arc<Passwords>, lines: Vec<(AccountId, Entry)>) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let fixture = fixture(store, lines);
            fixture.auth.review();
            let mut tasks = std::mem::take(&mut *fixture.auth.tasks.lock().expect("unpoisoned"));
            while tasks.join_next().await.is_some() {}
            assert!(fixture.auth.unreviewed.lock().expect("unpoisoned").is_empty());
        });
    });
    let bytes = log.0.lock().expect("unpoisoned").clone();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_line_that_is_ignored_is_warned_about_without_its_secret() {
    let store = Passwords::with(HANS, "changed since", CHEAP);
    let log = reviewed(&store, vec![line(HANS, "hans", Secret::Plain("old password".into()))]);
    assert!(log.contains("line 7 of the credentials file is ignored: hans has another password by now"), "{log}");
    assert!(log.contains("server passwd hans"), "{log}");
    assert!(!log.contains("old password") && !log.contains("changed since"), "{log}");

    let log = reviewed(&store, vec![line(HANS, "hans", Secret::Phc(phc::hash(&"x".into(), CHEAP).expect("hashed")))]);
    assert!(log.contains("line 7"), "{log}");
}

#[test]
fn lines_that_hold_or_that_nobody_used_yet_are_not_warned_about() {
    let store = Passwords::with(HANS, "some password", CHEAP);
    let lines = vec![
        line(HANS, "hans", Secret::Plain("some password".into())),
        line(YODA, "yoda", Secret::Plain("not used yet".into())),
    ];
    assert!(!reviewed(&store, lines).contains("WARN"));
}
