//! A full disk is an answer, not a crash: senders are told, reading works, and the first message after there is room again
//! is stored, without a restart. For a disk of their own the tests need root; without, they say so and prove nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use e2e::kit::{History, Record, database};
use e2e::{DEADLINE, RawClient, TestServer, password_of};
use shared::error::Code;
use shared::message::{ClientMessage, LOBBY, ServerMessage};
use tempfile::TempDir;

/// Who speaks all at once, while yoda is away.
const SENDERS: [&str; 5] = ["hans", "vader", "r2d2", "leia", "luke"];

/// Texts that one of them has on their way at once.
const WINDOW: usize = 20;

/// A small disk in memory, mounted for one test.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A disk of so many MiB; `None` where nobody may mount one.
    fn mount(test: &str, mib: u32) -> Option<Self> {
        let folder = TempDir::with_prefix("tern-disk-").expect("a temporary folder can be made");
        let size = format!("size={mib}m,mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        #[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
        let () = eprintln!("skipped: {test} needs root, to mount a small disk");
        None
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Fills what is left with a file of zeros, and returns it.
    fn fill(&self) -> PathBuf {
        let path = self.folder.path().join("somebody-else");
        let written = std::io::copy(
            &mut std::io::repeat(0),
            &mut std::fs::File::create(&path).expect("there is room for a name"),
        );
        assert!(written.is_err(), "the disk has an end");
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The folder goes away with its mount; a server that still runs holds only what is gone.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).output();
    }
}

/// Says a line in the lobby, and whether it was stored or refused with which code.
fn say(client: &mut RawClient, text: &str) -> Result<(), Code> {
    let id = client.text("#lobby", text);
    let answer = client.expect("an answer", |message| match message {
        ServerMessage::Sent { re, .. } => *re == id,
        ServerMessage::Error(refusal) => refusal.re == Some(id),
        _ => false,
    });
    match answer {
        ServerMessage::Error(refusal) => Err(refusal.code),
        _ => Ok(()),
    }
}

/// Says lines until one is refused because the disk is full, and how many were stored before.
fn until_refused(client: &mut RawClient) -> usize {
    let end = Instant::now() + DEADLINE;
    let mut stored = 0;
    while let Ok(()) = say(client, &format!("line {stored}")).map_err(|code| assert_eq!(code, Code::STORAGE_FULL)) {
        stored += 1;
        assert!(Instant::now() < end, "{stored} lines fit on a full disk");
    }
    stored
}

/// The texts of the lobby, newest last.
fn history(client: &mut RawClient) -> Vec<String> {
    let id = client.request();
    client.say(&ClientMessage::History { id, conv: LOBBY.to_owned(), before: None, limit: 200 });
    let page = client.expect("the page", |message| matches!(message, ServerMessage::History { re, .. } if *re == id));
    let ServerMessage::History { messages, .. } = page else { unreachable!("it was chosen for that") };
    messages.into_iter().map(|entry| entry.text).collect()
}

#[test]
fn a_disk_that_somebody_else_fills_is_told_of_and_got_over() {
    let Some(disk) = SmallDisk::mount("a_disk_that_somebody_else_fills_is_told_of_and_got_over", 64) else { return };
    // Without a floor, messages are taken to the very end.
    let server = TestServer::with().data(&disk.data()).arg("--disk-floor").arg("0").start();
    let mut hans = server.raw_login("hans");
    assert_eq!(say(&mut hans, "before"), Ok(()));
    let other = disk.fill();
    // What the log has room for still fits; then it is over.
    until_refused(&mut hans);
    for _ in 0..3 {
        assert_eq!(say(&mut hans, "refused"), Err(Code::STORAGE_FULL));
    }
    server.expect_log(&["is full"]);
    assert!(history(&mut hans).contains(&"before".to_owned()), "reading works");
    let mut yoda = server.raw();
    yoda.login("yoda");
    std::fs::remove_file(other).expect("it is ours");
    assert_eq!(say(&mut hans, "after"), Ok(()));
    let came = yoda.expect("the first line", |message| matches!(message, ServerMessage::Message(_)));
    let ServerMessage::Message(entry) = came else { unreachable!("it was chosen for that") };
    assert_eq!(entry.text, "after", "what was refused reaches nobody");
    let texts = history(&mut hans);
    assert!(!texts.contains(&"refused".to_owned()), "{texts:?}");
}

#[test]
fn below_the_floor_only_messages_are_refused_and_a_full_disk_gives_the_ballast_free() {
    let test = "below_the_floor_only_messages_are_refused_and_a_full_disk_gives_the_ballast_free";
    let Some(disk) = SmallDisk::mount(test, 100) else { return };
    let server = TestServer::with().data(&disk.data()).arg("--disk-floor").arg("16").start();
    let mut hans = server.raw_login("hans");
    assert_eq!(say(&mut hans, "before"), Ok(()));
    let ballast = disk.data().join("tern.ballast");
    assert!(ballast.exists());
    let other = disk.fill();
    // The disk is looked at once a second.
    until_refused(&mut hans);
    server.expect_log(&["no messages are taken"]);
    // Logins are writes, too. When the log has no more room, they get that of the ballast.
    let end = Instant::now() + DEADLINE;
    while ballast.exists() {
        server.raw_login("yoda").logout();
        assert!(Instant::now() < end, "the disk is never full");
    }
    for _ in 0..20 {
        server.raw_login("yoda").logout();
    }
    assert_eq!(say(&mut hans, "refused"), Err(Code::STORAGE_FULL));
    std::fs::remove_file(other).expect("it is ours");
    assert_eq!(say(&mut hans, "after"), Ok(()));
}

/// A user who writes down what is said, answered and shown, for the checker.
struct Writer {
    user: String,
    client: RawClient,
    history: Arc<Mutex<History>>,
    texts: usize,
    /// What was stored for yoda, and what yoda was shown, with who said it.
    stored: Vec<String>,
    shown: Vec<(String, String)>,
    /// When what follows the last thing said has to be there: pings come for ever.
    end: Instant,
}

impl Writer {
    fn login(server: &TestServer, user: &str, history: &Arc<Mutex<History>>) -> Self {
        let (client, history) = (server.raw(), Arc::clone(history));
        let (user_name, stored, shown) = (user.to_owned(), Vec::new(), Vec::new());
        let end = Instant::now() + DEADLINE;
        let mut writer = Self { user: user_name, client, history, texts: 0, stored, shown, end };
        let (id, name, password) = (writer.client.request(), user.to_owned(), password_of(user).to_owned());
        writer.client.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
        while !matches!(writer.hear(), ServerMessage::Ready { .. }) {}
        writer
    }

    fn note(&self, record: Record<'_>) {
        self.history.lock().expect("nobody has failed").add(record);
    }

    /// The next message. What is in it for this user counts as shown.
    fn hear(&mut self) -> ServerMessage {
        let message = self.client.receive().expect("a full disk ends no connection");
        let is_late = Instant::now() > self.end;
        assert!(!is_late, "{} waits in vain: {:?}", self.user, self.history.lock().map(|history| history.faults()));
        if let ServerMessage::Message(entry) = &message {
            self.note(Record::Shown { reader: &self.user, text: &entry.text, seq: entry.seq.0 });
            if entry.conv != LOBBY {
                self.shown.push((entry.from.clone(), entry.text.clone()));
            }
        }
        message
    }

    /// Says texts to the lobby and yoda in turn, all at once, and how many of them were refused because the disk is full.
    fn say(&mut self, count: usize) -> usize {
        self.end = Instant::now() + DEADLINE;
        let mut open = BTreeMap::new();
        for _ in 0..count {
            self.texts += 1;
            let text = format!("{} says {} {}", self.user, self.texts, "and so on ".repeat(10));
            let (to, conversation) = if self.texts.is_multiple_of(2) { (Some("yoda"), "@yoda") } else { (None, LOBBY) };
            self.note(Record::Said { user: &self.user, to, text: &text });
            open.insert(self.client.text(conversation, &text), text);
        }
        let mut refused = 0;
        while !open.is_empty() {
            match self.hear() {
                ServerMessage::Sent { re, conv, seq, .. } => {
                    let text = open.remove(&re).expect("it was said and not answered");
                    self.note(Record::Acknowledged { user: &self.user, text: &text, seq: seq.0 });
                    if conv != LOBBY {
                        self.stored.push(text);
                    }
                }
                ServerMessage::Error(refusal) => {
                    let text = refusal.re.and_then(|re| open.remove(&re)).expect("it was said and not answered");
                    assert_eq!(refusal.code, Code::STORAGE_FULL, "{refusal:?}");
                    self.note(Record::Refused { user: &self.user, text: &text, code: refusal.code.as_str() });
                    refused += 1;
                }
                _ => {}
            }
        }
        refused
    }

    /// Says texts until so many were refused.
    fn say_until_refused(&mut self, count: usize) {
        let end = Instant::now() + DEADLINE;
        let mut refused = 0;
        while refused < count {
            refused += self.say(WINDOW);
            assert!(Instant::now() < end, "{} texts of {} fit on a full disk", self.texts, self.user);
        }
    }
}

/// Everybody does this at once.
fn all_at_once(writers: &mut [Writer], act: impl Fn(&mut Writer) + Sync) {
    std::thread::scope(|scope| {
        for writer in writers {
            scope.spawn(|| act(writer));
        }
    });
}

/// Checks that yoda was shown what was stored from each of them, once and in its order, and nothing else.
#[track_caller]
fn assert_shown(yoda: &Writer, writers: &[Writer]) {
    for writer in writers {
        let from: Vec<_> = yoda.shown.iter().filter(|(from, _)| *from == writer.user).collect();
        let differs = from.iter().zip(&writer.stored).find(|((_, shown), stored)| shown != *stored);
        assert_eq!(differs, None, "{} texts of {} were stored", writer.stored.len(), writer.user);
        assert_eq!(from.len(), writer.stored.len(), "{}", writer.user);
    }
}

#[test]
fn under_the_load_of_many_a_full_disk_refuses_what_it_does_not_keep_and_loses_nothing_that_it_keeps() {
    let test = "under_the_load_of_many_a_full_disk_refuses_what_it_does_not_keep_and_loses_nothing_that_it_keeps";
    let Some(disk) = SmallDisk::mount(test, 64) else { return };
    let no_limits = ["--disk-floor", "0", "--inbox-messages", "0", "--inbox-mib", "0"];
    let builder = no_limits.iter().fold(TestServer::with().data(&disk.data()), |builder, word| builder.arg(word));
    let mut server = builder.start();
    let users = [&SENDERS[..], &["yoda"]].concat().into_iter().map(str::to_owned).collect::<Vec<String>>();
    let history = Arc::new(Mutex::new(History::new(&users)));
    // For most of the time nobody is there to read the lobby as yoda.
    history.lock().expect("nobody has failed").leave_out("yoda");
    let mut writers: Vec<_> = SENDERS.iter().map(|user| Writer::login(&server, user, &history)).collect();
    all_at_once(&mut writers, |writer| assert_eq!(writer.say(WINDOW), 0, "there is room"));
    let mut other = None;
    std::thread::scope(|scope| {
        scope.spawn(|| all_at_once(&mut writers, |writer| writer.say_until_refused(3 * WINDOW)));
        other = Some(disk.fill());
    });
    server.expect_log(&["is full"]);
    // To log in, and to read what has waited, nothing has to be kept. Nobody has ever logged in as yoda before.
    let mut yoda = Writer::login(&server, "yoda", &history);
    assert_shown(&yoda, &writers);
    // Nor does it matter that somebody now reads what is refused.
    all_at_once(&mut writers, |writer| writer.say_until_refused(WINDOW));
    std::fs::remove_file(other.expect("the disk was filled")).expect("it is ours");
    all_at_once(&mut writers, |writer| {
        assert_eq!(writer.say(1), 0, "there is room again");
        assert_eq!(writer.say(WINDOW), 0, "and for more");
    });
    // What yoda says now stands behind everything else in the lobby.
    assert_eq!(yoda.say(1), 0);
    let is_from_yoda = |said: &ServerMessage| matches!(said, ServerMessage::Message(entry) if entry.from == "yoda");
    all_at_once(&mut writers, |writer| while !is_from_yoda(&writer.hear()) {});
    let stored: usize = writers.iter().map(|writer| writer.stored.len()).sum();
    while yoda.shown.len() < stored {
        yoda.hear();
    }
    assert_shown(&yoda, &writers);
    let history = history.lock().expect("nobody has failed");
    assert!(history.is_complete(), "{:?}", history.counts());
    assert_eq!(history.faults(), BTreeSet::new());
    drop(history);
    // Yoda has acknowledged nothing, so what is on the disk comes again.
    server.crash();
    let yoda = Writer::login(&server, "yoda", &Arc::new(Mutex::new(History::new(&[]))));
    assert_shown(&yoda, &writers);
    server.stop();
    assert_eq!(database::check(&disk.data()), Ok(()));
}
