//! Names that want to be somewhere else, something else, or nothing.

use super::*;

const HOSTILE: &[&str] = &[
    "../x",
    "../../etc/passwd",
    "/etc/passwd",
    "/",
    "//",
    "..",
    ".",
    "...",
    "",
    " ",
    "  .  ",
    "..\\x",
    "C:\\x",
    "C:",
    "\\\\server\\share\\x",
    "a/b/c",
    "a\\b",
    "a\0b",
    "\0",
    ".bashrc",
    ".ssh/authorized_keys",
    "..bashrc",
    "-rf",
    "--help",
    "-",
    "~",
    "~/x",
    "~root",
    "x.",
    "x ",
    "x. .",
    "x\n",
    "x\r\ny",
    "x\ty",
    "\u{1b}[31mred",
    "\u{7}",
    "\u{9b}x",
    "\u{202e}gnp.exe",
    "a\u{200b}b",
    "\u{feff}a",
    "a\u{2028}b",
    "\u{e0041}",
    "a\u{ad}b",
    "\u{115f}",
    "\u{fdd0}",
    "*",
    "?",
    "a|b",
    "a>b",
    "a<b",
    "a\"b",
    "a'b",
    "$(reboot)",
    "`reboot`",
    "${HOME}",
    "a;b",
    "a&b",
    "!!",
    "a:b",
    "x\u{fffe}",
    "x\u{e000}",
    "x\u{85}y",
    "x\u{2066}y",
    "x.part",
    ".tern-0123456789abcdef.part",
    "x (2)",
    "Ä",
    "A\u{308}",
    "\u{301}",
    "日本語.txt",
    "👩‍👩‍👧.png",
];

/// Names that want to be somewhere else, something else, or nothing.
fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = HOSTILE.iter().map(|&name| name.to_owned()).collect();
    for device in ["CON", "con", "PRN", "AUX", "NUL", "COM1", "com9", "LPT1", "lpt0", "CONIN$", "COM¹"] {
        for ending in ["", ".txt", ".tar.gz", " .txt", "."] {
            names.push(format!("{device}{ending}"));
        }
    }
    for length in [199, 200, 201, 255, 256, 300, 1000] {
        names.push("x".repeat(length));
        names.push(format!("{}.txt", "x".repeat(length)));
        names.push("ü".repeat(length));
        names.push(format!("{}.{}", "x".repeat(10), "y".repeat(length)));
        names.push(".".repeat(length));
        names.push(format!("../{}", "a/".repeat(length)));
    }
    for control in (0..0x20_u8).chain([0x7f]) {
        names.push(format!("a{}b", char::from(control)));
    }
    names
}

#[test]
fn hostile_names_become_harmless_ones() {
    let names = hostile_names();
    assert!(names.len() >= 200, "{}", names.len());
    for raw in names {
        let clean = names::clean(&raw);
        assert!(!clean.is_empty() && clean.len() <= names::NAME_BYTES, "{raw:?} -> {clean:?}");
        assert!(!clean.contains(['/', '\\', '\0', ':', '$', '`']), "{raw:?} -> {clean:?}");
        assert!(!clean.starts_with(['.', '-', '~', ' ']) && !clean.ends_with(['.', ' ']), "{raw:?} -> {clean:?}");
        assert_eq!(safe(&clean).escaped(), clean, "{raw:?} is shown as it is");
        assert_eq!(names::clean(&clean), clean, "{raw:?}: cleaning twice changes nothing");
        let stem = clean.split('.').next().unwrap_or_default().to_ascii_lowercase();
        assert!(!["con", "nul", "com1", "lpt1"].contains(&stem.as_str()), "{raw:?} -> {clean:?}");
    }
    assert_eq!(names::clean("photo of me.jpg"), "photo of me.jpg");
    assert_eq!(names::clean("日本語.txt"), "日本語.txt");
    assert_eq!(names::clean(&format!("{}.tar.gz", "x".repeat(300))).len(), names::NAME_BYTES);
}

#[tokio::test]
async fn hostile_names_land_in_the_folder_and_nowhere_else() {
    let outer = tempfile::tempdir().expect("a folder");
    let downloads = outer.path().join("downloads");
    let names = hostile_names();
    let count = names.len();
    for raw in names {
        if raw.len() > FILE_NAME_BYTES {
            continue;
        }
        let mut receiver = side(downloads.clone(), false);
        receiver.heard(PeerMessage::FileOffer { file: ONE, name: raw.clone(), size: 1 }).expect("an offer");
        receiver.order(FileOrder::Accept { file: ONE });
        loop {
            match timeout(SECOND, receiver.next()).await.expect("in time") {
                Output::Frame(PeerMessage::FileAccept { .. }) => {
                    receiver.heard(PeerMessage::FilePiece { file: ONE, at: 0, data: b"x".to_vec() }).expect("a piece");
                    receiver.heard(PeerMessage::FileEnd { file: ONE, hash: hash(b"x") }).expect("an end");
                }
                Output::Event(PeerEvent::FileDone { .. }) => break,
                Output::Event(PeerEvent::FileFailed { why, .. }) => panic!("{raw:?}: {why}"),
                _ => {}
            }
        }
    }
    assert_eq!(fs::read_dir(outer.path()).expect("a folder").count(), 1, "nothing beside the folder");
    let kept: Vec<_> = fs::read_dir(&downloads).expect("the folder").map(|entry| entry.expect("an entry")).collect();
    assert!(kept.iter().all(|entry| entry.file_type().expect("a type").is_file()), "files only");
    assert!(kept.len() > count * 9 / 10, "each under a name of its own: {} of {count}", kept.len());
}
