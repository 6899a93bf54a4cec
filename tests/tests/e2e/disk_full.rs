//! A full disk is an answer, not a crash: senders are told, reading works, and the first message after there is room again
//! is stored, without a restart. For a disk of their own the tests need root; without, they say so and prove nothing.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use e2e::{DEADLINE, RawClient, TestServer};
use shared::error::Code;
use shared::message::{ClientMessage, LOBBY, ServerMessage};
use tempfile::TempDir;

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
