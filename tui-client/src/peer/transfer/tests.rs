//! Two sides driven against each other without a socket: what one puts out, the other takes in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::peer::FileHash;
use tokio::time::timeout;

use super::*;

mod hostile_names;

const SECOND: Duration = Duration::from_secs(10);
const ONE: FileId = FileId(1);

struct Pair {
    folder: tempfile::TempDir,
    /// Sends: it has asked for the session.
    sender: Transfers,
    receiver: Transfers,
    /// What either side was told.
    told: Vec<PeerEvent>,
    heard: Vec<PeerEvent>,
}

fn side(downloads: PathBuf, initiator: bool) -> Transfers {
    let key = DeviceKey([7; 32]);
    Transfers::new(TransferSettings { downloads, user: "yoda".into(), key, initiator })
}

fn pair() -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    pair_in(folder)
}

/// A pair in this folder, where something may lie from before.
fn pair_in(folder: tempfile::TempDir) -> Pair {
    let sender = side(folder.path().join("elsewhere"), true);
    let receiver = side(folder.path().join("downloads"), false);
    Pair { folder, sender, receiver, told: Vec::new(), heard: Vec::new() }
}

impl Pair {
    fn file(&self, name: &str, held: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, held).expect("it is written");
        path.to_string_lossy().into_owned()
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Everything in the folder for downloads, with what it holds.
    fn received(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.downloads()) else { return Vec::new() };
        let mut all: Vec<_> = entries
            .map(|entry| {
                let entry = entry.expect("an entry");
                (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap_or_default())
            })
            .collect();
        all.sort();
        all
    }

    /// Lets both work until a side was told something that fits; every offer is accepted.
    async fn until(&mut self, mut fits: impl FnMut(&PeerEvent) -> bool) -> PeerEvent {
        loop {
            let step = async {
                tokio::select! {
                    output = self.sender.next() => (true, output),
                    output = self.receiver.next() => (false, output),
                }
            };
            let (from_sender, output) = timeout(SECOND, step).await.expect("something happens");
            match output {
                Output::Frame(frame) => {
                    let other = if from_sender { &mut self.receiver } else { &mut self.sender };
                    other.heard(frame).expect("our own client keeps the protocol");
                }
                Output::Event(event) => {
                    if let PeerEvent::FileOffered { file, .. } = event {
                        self.receiver.order(FileOrder::Accept { file });
                    }
                    if from_sender {
                        self.told.push(event.clone());
                    } else {
                        self.heard.push(event.clone());
                    }
                    if fits(&event) {
                        return event;
                    }
                }
            }
        }
    }

    async fn sent(&mut self) {
        self.until(|event| matches!(event, PeerEvent::FileDone { path: None, .. })).await;
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index * 31 % 251).unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_file_of_any_size_arrives_whole() {
    for length in [0, 1, FILE_PIECE - 1, FILE_PIECE, FILE_PIECE + 1, 5_000_000] {
        let mut pair = pair();
        let held = bytes(length);
        let path = pair.file("a.bin", &held);
        pair.sender.order(FileOrder::Send { file: ONE, path });
        pair.sent().await;
        let received = pair.received();
        assert!(received == [("a.bin".to_owned(), held)], "{length}");
        let mode = fs::metadata(pair.downloads().join("a.bin")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "no right is given to anybody else, and none to run it");
        assert_eq!(fs::metadata(pair.downloads()).expect("a folder").permissions().mode() & 0o777, 0o700);
    }
}

#[tokio::test]
async fn files_of_one_direction_come_one_after_another() {
    let mut pair = pair();
    for number in 0..4 {
        let path = pair.file(&format!("{number}.bin"), &bytes(300_000));
        pair.sender.order(FileOrder::Send { file: FileId(number * 2 + 1), path });
    }
    for _ in 0..4 {
        pair.sent().await;
    }
    assert_eq!(pair.received().len(), 4);
}

/// The receiver alone, with what a hostile sender says.
struct Victim {
    folder: tempfile::TempDir,
    receiver: Transfers,
}

fn victim(name: &str, size: u64) -> Victim {
    let folder = tempfile::tempdir().expect("a folder");
    let mut receiver = side(folder.path().join("downloads"), false);
    receiver.heard(PeerMessage::FileOffer { file: ONE, name: name.into(), size }).expect("an offer");
    Victim { folder, receiver }
}

impl Victim {
    async fn next(&mut self) -> Output {
        timeout(SECOND, self.receiver.next()).await.expect("something comes out")
    }

    /// Accepts, and waits until pieces may come.
    async fn accepted(mut self) -> Self {
        self.receiver.order(FileOrder::Accept { file: ONE });
        while !matches!(self.next().await, Output::Frame(PeerMessage::FileAccept { .. })) {}
        self
    }

    fn piece(&mut self, at: u64, data: &[u8]) -> Result<(), Violation> {
        self.receiver.heard(PeerMessage::FilePiece { file: ONE, at, data: data.to_vec() })
    }

    /// Waits until the transfer has failed, and says why.
    async fn failure(&mut self) -> String {
        loop {
            if let Output::Event(PeerEvent::FileFailed { why, .. }) = self.next().await {
                return why;
            }
        }
    }

    fn folder_is_empty(&self) -> bool {
        fs::read_dir(self.folder.path().join("downloads")).map_or(true, |mut entries| entries.next().is_none())
    }
}

fn hash(bytes: &[u8]) -> FileHash {
    FileHash(*blake3::hash(bytes).as_bytes())
}

#[tokio::test]
async fn more_than_was_offered_is_not_kept() {
    let mut victim = victim("a", 10).accepted().await;
    victim.piece(0, &[1; 11]).expect("told, and the session goes on");
    assert_eq!(victim.failure().await, "it is longer than was offered");
}

#[tokio::test]
async fn less_than_was_offered_or_something_else_gets_no_name() {
    for (sent, of) in [(&b"short"[..], hash(b"short")), (b"0123456789", hash(b"other data"))] {
        let mut victim = victim("a", 10).accepted().await;
        victim.piece(0, sent).expect("the next piece");
        victim.receiver.heard(PeerMessage::FileEnd { file: ONE, hash: of }).expect("an end");
        victim.failure().await;
        assert!(victim.folder_is_empty(), "nothing is left of it");
    }
}

#[tokio::test]
async fn pieces_that_do_not_follow_end_the_session() {
    for at in [1, 5, u64::MAX] {
        let mut victim = victim("a", 10).accepted().await;
        victim.piece(at, b"x").expect_err("not the beginning");
    }
    let mut again = victim("a", 10).accepted().await;
    again.piece(0, b"ab").expect("the beginning");
    again.piece(0, b"ab").expect_err("twice");
}

#[tokio::test]
async fn a_piece_of_what_nobody_accepted_ends_the_session() {
    victim("a", 10).piece(0, b"x").expect_err("nobody has said yes");
    let mut empty = victim("a", 10).accepted().await;
    empty.piece(0, b"").expect_err("nothing");
    let mut large = victim("a", u64::MAX).receiver;
    let data = vec![0; FILE_PIECE + 1];
    large.heard(PeerMessage::FilePiece { file: ONE, at: 0, data }).expect_err("too much");
}

#[tokio::test]
async fn more_than_the_window_or_a_rain_of_crumbs_ends_the_session() {
    let mut victim = victim("a", 1 << 30).accepted().await;
    let piece = vec![0; FILE_PIECE];
    let mut at = 0;
    let ended = (0..10_000).any(|_| {
        let outcome = victim.piece(at, &piece);
        at += u64::try_from(piece.len()).unwrap();
        outcome.is_err()
    });
    assert!(ended && at <= FILE_WINDOW + 2 * u64::try_from(FILE_PIECE).unwrap(), "{at}");
    let mut crumbs = self::victim("b", 1 << 30).accepted().await;
    assert!((0..10_000).any(|at| crumbs.piece(at, b"x").is_err()));
}

#[tokio::test]
async fn a_size_that_no_disk_has_room_for_is_refused_before_anything_is_written() {
    for size in [1 << 63, u64::MAX] {
        let mut victim = victim("a", size);
        victim.receiver.order(FileOrder::Accept { file: ONE });
        assert_eq!(victim.failure().await, "there is not enough room on the receiver's disk");
        assert!(victim.folder_is_empty());
    }
}

#[tokio::test]
async fn numbers_that_are_not_theirs_or_come_twice_end_the_session() {
    for file in [FileId(0), FileId(2), ONE] {
        let mut victim = victim("a", 1).receiver;
        victim.heard(PeerMessage::FileOffer { file, name: "b".into(), size: 1 }).expect_err("a taken number");
    }
    let mut own = pair();
    let path = own.file("a", b"x");
    own.sender.order(FileOrder::Send { file: ONE, path });
    own.sender.heard(PeerMessage::FileAccept { file: ONE, from: 0, prefix: None }).expect_err("not offered yet");
}

#[tokio::test]
async fn so_many_offers_wait_and_no_more() {
    let mut receiver = victim("a", 1).receiver;
    for number in 1..20 {
        let file = FileId(number * 2 + 1);
        receiver.heard(PeerMessage::FileOffer { file, name: "b".into(), size: 1 }).expect("an offer");
    }
    assert_eq!(receiver.receiving.len(), OPEN);
}

/// Sends the first pieces and vanishes, at every tenth; then the same file is offered again.
#[tokio::test]
async fn an_interrupted_file_goes_on_where_it_was() {
    let held = bytes(1_000_000);
    for tenth in 1..10 {
        let upto = held.len() * tenth / 10;
        let victim = victim("a.bin", 1_000_000).accepted().await;
        let Victim { folder, mut receiver } = victim;
        let mut at = 0;
        for data in held[..upto].chunks(FILE_PIECE) {
            let piece = PeerMessage::FilePiece { file: ONE, at, data: data.to_vec() };
            receiver.heard(piece).expect("the next piece");
            at += u64::try_from(data.len()).unwrap();
        }
        // The link is gone; what was heard is still written.
        let downloads = folder.path().join("downloads");
        receiver.end();
        wait_for_length(&downloads, at).await;
        let mut pair = pair_in(folder);
        let path = pair.file("a.bin", &held);
        pair.sender.order(FileOrder::Send { file: ONE, path });
        let first = pair.until(|event| matches!(event, PeerEvent::FileMoved { .. })).await;
        assert_eq!(first, PeerEvent::FileMoved { file: ONE, done: at }, "it goes on from there");
        pair.sent().await;
        assert!(pair.received() == [("a.bin".to_owned(), held.clone())], "tenth {tenth}");
    }
}

/// The thread writes what it has been given; then it lets go of the file.
async fn wait_for_length(downloads: &Path, length: u64) {
    let written = || {
        let entry = fs::read_dir(downloads).ok()?.next()?.ok()?;
        let file = fs::File::open(entry.path()).ok()?;
        let is_free = fs4::FileExt::try_lock(&file).is_ok();
        (is_free && file.metadata().ok()?.len() == length).then_some(())
    };
    let waiting = async {
        while written().is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SECOND, waiting).await.expect("it is written");
}

#[tokio::test]
async fn another_file_of_the_same_name_and_size_begins_anew() {
    let mut victim = victim("a.bin", 200_000).accepted().await;
    victim.piece(0, &vec![9; 60_000]).expect("the next piece");
    let Victim { folder, receiver } = victim;
    let downloads = folder.path().join("downloads");
    receiver.end();
    wait_for_length(&downloads, 60_000).await;
    let mut pair = pair_in(folder);
    let held = bytes(200_000);
    let path = pair.file("a.bin", &held);
    pair.sender.order(FileOrder::Send { file: ONE, path });
    pair.sent().await;
    assert!(pair.received() == [("a.bin".to_owned(), held)]);
}

#[tokio::test]
async fn a_file_that_changes_its_length_is_not_sent_as_what_it_was() {
    for change in ["grown", "shrunk"] {
        let mut pair = pair();
        let path = pair.file("a.bin", &bytes(500_000));
        pair.sender.order(FileOrder::Send { file: ONE, path: path.clone() });
        pair.until(|event| matches!(event, PeerEvent::FileOffering { .. })).await;
        let file = fs::OpenOptions::new().write(true).open(&path).expect("the file");
        file.set_len(if change == "grown" { 600_000 } else { 100 }).expect("another length");
        let failed = pair.until(|event| matches!(event, PeerEvent::FileFailed { .. })).await;
        assert!(format!("{failed:?}").contains("offered"), "{change}: {failed:?}");
        pair.until(|event| matches!(event, PeerEvent::FileFailed { .. })).await;
        assert!(
            pair.received().iter().all(|(name, _)| Path::new(name).extension().is_some_and(|ending| ending == "part")),
            "{change}: no final name"
        );
    }
}

#[tokio::test]
async fn nothing_that_is_there_is_touched() {
    let mut pair = pair();
    let downloads = pair.downloads();
    fs::create_dir_all(downloads.join("dir")).expect("a folder");
    fs::write(downloads.join("file"), "old").expect("a file");
    let outside = pair.folder.path().join("outside");
    std::os::unix::fs::symlink(&outside, downloads.join("link")).expect("a dangling link");
    rustix::fs::mknodat(rustix::fs::CWD, downloads.join("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .expect("a fifo");
    for (number, name) in (0..).zip(["dir", "file", "link", "fifo"]) {
        let path = pair.folder.path().join("source").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, "new").expect("a file");
        let file = FileId(number * 2 + 1);
        pair.sender.order(FileOrder::Send { file, path: path.to_string_lossy().into_owned() });
        pair.sent().await;
        assert_eq!(fs::read(downloads.join(format!("{name} (2)"))).expect("beside it"), b"new");
    }
    assert_eq!(fs::read(downloads.join("file")).expect("a file"), b"old");
    assert!(!outside.exists(), "a link is not followed");
}

#[tokio::test]
async fn a_link_in_the_place_of_the_unfinished_file_is_not_followed() {
    let mut victim = victim("a", 10);
    let downloads = victim.folder.path().join("downloads");
    fs::create_dir_all(&downloads).expect("a folder");
    let receipt = Receipt { name: "a".into(), size: 10 };
    let part = receive::part_name(DeviceKey([7; 32]), &receipt);
    let outside = victim.folder.path().join("outside");
    fs::write(&outside, "old").expect("a file");
    std::os::unix::fs::symlink(&outside, downloads.join(part)).expect("a link");
    victim.receiver.order(FileOrder::Accept { file: ONE });
    victim.failure().await;
    assert_eq!(fs::read(outside).expect("still there"), b"old");
}

#[tokio::test]
async fn two_sessions_receive_the_same_name_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = Victim { receiver: side(folder.path().join("downloads"), false), folder };
    let key = DeviceKey([8; 32]);
    let downloads = first.folder.path().join("downloads");
    let mut second = Transfers::new(TransferSettings { downloads, user: "leia".into(), key, initiator: false });
    let offer = || PeerMessage::FileOffer { file: ONE, name: "a".into(), size: 3 };
    first.receiver.heard(offer()).expect("an offer");
    second.heard(offer()).expect("an offer");
    let mut first = first.accepted().await;
    second.order(FileOrder::Accept { file: ONE });
    while !matches!(
        timeout(SECOND, second.next()).await.expect("in time"),
        Output::Frame(PeerMessage::FileAccept { .. })
    ) {}
    for receiver in [&mut first.receiver, &mut second] {
        receiver.heard(PeerMessage::FilePiece { file: ONE, at: 0, data: b"abc".to_vec() }).expect("a piece");
        receiver.heard(PeerMessage::FileEnd { file: ONE, hash: hash(b"abc") }).expect("an end");
        let done = |output: &Output| matches!(output, Output::Event(PeerEvent::FileDone { .. }));
        while !done(&timeout(SECOND, receiver.next()).await.expect("in time")) {}
    }
    let mut names: Vec<_> = fs::read_dir(first.folder.path().join("downloads"))
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["a", "a (2)"]);
}

#[tokio::test]
async fn a_full_disk_is_told_to_both_and_leaves_nothing() {
    // A disk of one's own needs root.
    let folder = tempfile::tempdir().expect("a folder");
    let downloads = folder.path().join("downloads");
    fs::create_dir(&downloads).expect("a folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=80m", "tmpfs"])
        .arg(&downloads)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        eprintln!("skipped a_full_disk_is_told_to_both_and_leaves_nothing: no file system can be mounted here");
        return;
    }
    let mut pair = pair_in(folder);
    let path = pair.file("a.bin", &bytes(10_000_000));
    pair.sender.order(FileOrder::Send { file: ONE, path });
    pair.until(|event| matches!(event, PeerEvent::FileMoved { .. })).await;
    // Somebody else fills the disk.
    let _ = fs::write(downloads.join("filler"), vec![0; 80 << 20]);
    let failed = pair.until(|event| matches!(event, PeerEvent::FileFailed { .. })).await;
    let also = pair.until(|event| matches!(event, PeerEvent::FileFailed { .. })).await;
    let left: Vec<String> = pair.received().into_iter().map(|(name, _)| name).collect();
    let _ = std::process::Command::new("umount").arg(&downloads).status();
    assert!(format!("{failed:?} {also:?}").matches("disk is full").count() == 2, "{failed:?} {also:?}");
    assert_eq!(left, ["filler"]);
}

/// How far a transfer has come when it is stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Offered,
    Moving,
}

#[tokio::test]
async fn either_side_stops_it_at_any_stage_and_the_other_is_told() {
    for (stage, sender_stops) in
        [(Stage::Offered, true), (Stage::Offered, false), (Stage::Moving, true), (Stage::Moving, false)]
    {
        let mut pair = pair();
        let path = pair.file("a.bin", &bytes(20_000_000));
        pair.sender.order(FileOrder::Send { file: ONE, path });
        pair.until(|event| match stage {
            Stage::Offered => matches!(event, PeerEvent::FileOffering { .. }),
            Stage::Moving => matches!(event, PeerEvent::FileMoved { done: 1.., .. }),
        })
        .await;
        let stops = if sender_stops { &mut pair.sender } else { &mut pair.receiver };
        stops.order(FileOrder::Cancel { file: ONE });
        if stage == Stage::Offered && !sender_stops {
            // The offer was not even heard: there is nothing to stop.
            continue;
        }
        let failed = pair.until(|event| matches!(event, PeerEvent::FileFailed { .. })).await;
        let PeerEvent::FileFailed { code, .. } = failed else { unreachable!("it was looked at") };
        assert_eq!(code, "cancelled", "{stage:?} {sender_stops}");
        let names: Vec<String> = pair.received().into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| name != "a.bin"), "{stage:?} {sender_stops}: {names:?}");
        // The way is free for the next one.
        let path = pair.file("b.bin", b"next");
        pair.sender.order(FileOrder::Send { file: FileId(3), path });
        pair.sent().await;
    }
}
