//! Files go through a private session: offered, accepted, checked, and kept under a name of their own in the folder for
//! downloads, and nowhere else.

use std::fs;
use std::path::PathBuf;

use e2e::{PlainClient, TestServer};
use rustix::process::Signal;

use crate::private_sessions::open;

/// Bytes that compress and repeat badly.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

struct Room {
    server: TestServer,
    hans: PlainClient,
    yoda: PlainClient,
    folder: tempfile::TempDir,
}

fn room() -> Room {
    let server = TestServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let downloads = folder.path().join("downloads");
    let mut hans = server.login("hans");
    let downloads = downloads.to_str().expect("a plain path");
    let mut yoda = server.client().sample("yoda").arg("--downloads").arg(downloads).start_logged_in();
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    Room { server, hans, yoda, folder }
}

impl Room {
    fn file(&self, name: &str, held: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, held).expect("it is written");
        path
    }

    fn downloads(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path().join("downloads"))
            .map(|entries| {
                entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned()).collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    fn received(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join("downloads").join(name)).expect("it was received")
    }
}

#[test]
fn a_file_arrives_whole_with_progress_on_both_sides() {
    let mut room = room();
    let held = bytes(3_000_000);
    let path = room.file("photo.bin", &held);
    room.hans.ok(&format!("send yoda {}", path.display()));
    room.yoda.expect("file offer 1 from hans size 3000000: photo.bin");
    assert_eq!(room.downloads(), [] as [String; 0], "nothing before the yes");
    room.yoda.ok("accept hans");
    for percent in [0, 25, 50, 75, 100] {
        room.hans.expect(&format!("file progress 1 {percent}"));
        room.yoda.expect(&format!("file progress 1 {percent}"));
    }
    room.hans.expect("file sent 1 to yoda size 3000000: photo.bin");
    room.yoda.expect("file received 1 from hans size 3000000: photo.bin");
    assert!(room.received("photo.bin") == held);
    assert_eq!(room.downloads(), ["photo.bin"]);
}

#[test]
fn a_name_that_is_taken_stays_and_the_file_gets_a_number() {
    let mut room = room();
    let path = room.file("a.txt", b"new");
    let downloads = room.folder.path().join("downloads");
    fs::create_dir(&downloads).expect("a folder");
    fs::write(downloads.join("a.txt"), b"old").expect("it is written");
    for name in ["a (2).txt", "a (3).txt"] {
        room.hans.ok(&format!("send yoda {}", path.display()));
        room.yoda.expect_prefix("file offer ");
        room.yoda.ok("accept hans");
        room.yoda.expect_line("received", |line| line.starts_with("file received") && line.ends_with(name));
    }
    assert_eq!(room.received("a.txt"), b"old");
    assert_eq!(room.received("a (2).txt"), b"new");
}

#[test]
fn a_file_that_is_not_wanted_is_not_sent() {
    let mut room = room();
    let path = room.file("a.txt", b"new");
    room.hans.ok(&format!("send yoda {}", path.display()));
    room.yoda.expect("file offer 1 from hans size 3: a.txt");
    room.yoda.ok("decline hans");
    room.hans.expect("file declined 1 by yoda: a.txt");
    assert_eq!(room.downloads(), [] as [String; 0]);
}

#[test]
fn either_side_can_stop_it() {
    let mut room = room();
    // So large that it cannot be through before it is stopped; it takes no room on the disk.
    let path = room.folder.path().join("large.bin");
    fs::File::create(&path).expect("a file").set_len(2 << 30).expect("a length");
    for hans_stops in [true, false] {
        room.hans.ok(&format!("send yoda {}", path.display()));
        let offer = room.yoda.expect_prefix("file offer ");
        let number = offer.split(' ').nth(2).expect("a number").to_owned();
        room.yoda.ok("accept hans");
        room.hans.expect(&format!("file progress {number} 0"));
        let (stops, other, name) = if hans_stops {
            (&mut room.hans, &mut room.yoda, "hans")
        } else {
            (&mut room.yoda, &mut room.hans, "yoda")
        };
        stops.ok(&format!("cancel {number}"));
        other.expect(&format!("file failed {number} {name}: large.bin: the other side has cancelled it"));
    }
    room.hans.answers("private yoda still here", "ok private yoda delivered");
    assert!(room.downloads().iter().all(|name| name != "large.bin"), "no final name");
}

#[test]
fn what_cannot_be_sent_is_said() {
    let mut room = room();
    room.hans.refused("send yoda /nowhere/at/all", "no-such-file");
    room.hans.refused("send yoda /dev/null", "not-a-file");
    room.hans.refused("send yoda /", "not-a-file");
    room.hans.refused("cancel 7", "no-such-transfer");
}

#[test]
fn a_session_is_asked_for_where_there_is_none() {
    let server = TestServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.md");
    fs::write(&path, "# notes").expect("it is written");
    let mut hans = server.login("hans");
    let downloads = folder.path().join("downloads");
    let downloads = downloads.to_str().expect("a plain path");
    let mut yoda = server.client().sample("yoda").arg("--downloads").arg(downloads).start_logged_in();
    hans.ok(&format!("send yoda {}", path.display()));
    yoda.expect_prefix("private request from hans");
    yoda.ok("accept hans");
    yoda.expect("file offer 1 from hans size 7: notes.md");
    yoda.ok("accept hans");
    hans.expect("file sent 1 to yoda size 7: notes.md");
}

#[test]
fn a_script_waits_until_its_file_is_through() {
    let server = TestServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.bin");
    let held = bytes(20 << 20);
    fs::write(&path, &held).expect("it is written");
    let downloads = folder.path().join("downloads");
    let mut yoda = server
        .client()
        .sample("yoda")
        .arg("--downloads")
        .arg(downloads.to_str().expect("a plain path"))
        .start_logged_in();
    let mut hans = server.login("hans");
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok(&format!("send yoda {}", path.display()));
    yoda.expect_prefix("file offer ");
    hans.end_input();
    yoda.ok("accept hans");
    hans.expect_prefix("file sent 1 to yoda");
    hans.exits_with(0);
    yoda.expect("private closed hans by peer: logged-out");
    assert!(fs::read(downloads.join("large.bin")).expect("received") == held);
}

#[test]
fn a_file_goes_on_where_it_was_when_the_sender_vanished() {
    let server = TestServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.bin");
    let held = bytes(200 << 20);
    fs::write(&path, &held).expect("it is written");
    let downloads = folder.path().join("downloads");
    let downloads_arg = downloads.to_str().expect("a plain path").to_owned();
    let mut yoda = server.client().sample("yoda").arg("--downloads").arg(&downloads_arg).start_logged_in();
    let mut hans = server.login("hans");
    let home = std::rc::Rc::clone(hans.home());
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok(&format!("send yoda {}", path.display()));
    yoda.expect_prefix("file offer ");
    yoda.ok("accept hans");
    yoda.expect("file progress 1 25");
    hans.kill();
    let end =
        yoda.expect_line("an end", |line| line.starts_with("file failed 1") || line.starts_with("file received 1"));
    assert!(end.starts_with("file failed 1"), "too quick to be interrupted: {end}");
    let parts: Vec<_> =
        fs::read_dir(&downloads).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(parts.len(), 1, "{parts:?}");
    let kept = fs::metadata(&parts[0]).expect("a file").len();
    assert!(kept > 0 && parts[0].extension().is_some_and(|ending| ending == "part"), "{parts:?}");
    // The same client comes back: the same key, so the same file goes on.
    server.expect_log(&["logout", "hans"]);
    let mut hans = server.client().sample("hans").home(&home).start_logged_in();
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok(&format!("send yoda {}", path.display()));
    yoda.expect_prefix("file offer ");
    yoda.ok("accept hans");
    yoda.expect_line("received", |line| line.starts_with("file received 2") && line.ends_with("large.bin"));
    assert!(fs::read(downloads.join("large.bin")).expect("received") == held);
    assert_eq!(fs::read_dir(&downloads).expect("the folder").count(), 1, "nothing else is left");
}

#[test]
fn a_file_and_what_is_said_meanwhile_come_through_when_the_server_dies() {
    let Room { mut server, mut hans, mut yoda, folder } = room();
    let length = 64 << 20;
    let (path, held) = (folder.path().join("large.bin"), bytes(length));
    fs::write(&path, &held).expect("it is written");
    hans.ok(&format!("send yoda {}", path.display()));
    yoda.expect_prefix("file offer ");
    yoda.ok("accept hans");
    hans.expect("file progress 1 0");
    // The one who gets it stands still, so that the file cannot be through before the server is gone.
    yoda.signal(Signal::STOP);
    let parts: Vec<_> = fs::read_dir(folder.path().join("downloads"))
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    let [part] = &parts[..] else { panic!("not one file: {parts:?}") };
    let there = fs::metadata(part).expect("a file").len();
    assert!(
        part.extension().is_some_and(|ending| ending == "part") && there < fs::metadata(&path).expect("a file").len(),
        "too quick to be under way: {there} bytes in {}",
        part.display()
    );
    server.kill();
    hans.expect_prefix("state reconnecting ");
    // It cannot be sent off before: the one whose word it takes stands still.
    hans.send("private yoda without a server");
    yoda.signal(Signal::CONT);
    hans.expect(&format!("file sent 1 to yoda size {length}: large.bin"));
    yoda.expect(&format!("file received 1 from hans size {length}: large.bin"));
    assert!(fs::read(folder.path().join("downloads/large.bin")).expect("it was received") == held);
    yoda.answers("private hans still here", "ok private hans delivered");
    hans.expect("private from yoda: still here");
    server.launch();
    hans.expect("state logged-in hans");
    hans.send("private yoda with a server");
    yoda.expect("private from hans: with a server");
    // Texts overtake the file, so where among its lines they were told is not said.
    assert!(yoda.transcript().contains(&"private from hans: without a server".to_owned()), "{}", yoda.report());
    for client in [&hans, &yoda] {
        let closed = client.transcript().iter().any(|line| line.starts_with("private closed"));
        assert!(!closed, "{}", client.report());
    }
}
