//! What is typed can be written in one's own editor. The chat goes on meanwhile without a trace on the terminal, and what
//! the editor saved stands in the input, not sent. A private tab has no editor.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use e2e::{PtyBuilder, PtyClient, TestServer};
use rustix::process::Signal;

use crate::screen_chat::on_screen;
use crate::screen_private::go_to_a_private_tab;

/// Says where its file is, waits for Enter, and writes two lines behind what was typed.
const EDITOR: &str = r#"#!/bin/sh
echo "editing $2 with $1"
read line
printf 'second\nthird\033[31m\n' >> "$2"
"#;

fn hans_with(server: &TestServer, script: &str) -> PtyClient {
    let home = e2e::Home::new();
    let path = home.path().join("my editor");
    std::fs::write(&path, script).expect("a fresh folder is writable");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a file of ours");
    let editor = format!("'{}' --wait", path.display());
    let home = std::rc::Rc::new(home);
    PtyBuilder::user(server, "hans").home(&home).env("EDITOR", &editor).size(24, 100).start_in_lobby()
}

/// What lies in the folder for the editor's files.
fn files(hans: &PtyClient) -> Vec<std::path::PathBuf> {
    hans.home().files().into_iter().filter(|path| is_for_the_editor(path)).collect()
}

fn is_for_the_editor(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("runtime"))
}

#[test]
fn the_editor_has_the_terminal_while_the_chat_goes_on() {
    let server = TestServer::start();
    let mut hans = hans_with(&server, EDITOR);
    let mut yoda = server.login("yoda");
    hans.types("first");
    hans.keys("\u{18}\u{5}");
    hans.expect_view("the editor, on the terminal as it was", |screen| {
        !screen.alternate_screen() && !screen.bracketed_paste() && screen.contents().contains("with --wait")
    });
    let file = files(&hans).pop().expect("a file in the runtime folder");
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!((mode & 0o777, std::fs::read_to_string(&file).expect("text")), (0o600, "first\n".to_owned()));
    // Only what is taken in is answered by the other side; the terminal gets none of it.
    let written = hans.bytes().len();
    yoda.answers("message hans are you there", "ok message hans delivered");
    hans.signal(Signal::INT);
    yoda.answers("broadcast still editing", "ok broadcast");
    assert_eq!(hans.bytes().len(), written, "{}", hans.report());
    hans.keys("\r");
    hans.expect_view("the text in the input, harmless, and what was said", |screen| {
        let contents = screen.contents();
        screen.alternate_screen()
            && ["first", "second", "third^[[31m", "still editing", "@yoda"].iter().all(|text| contents.contains(text))
    });
    assert_eq!(files(&hans), [] as [std::path::PathBuf; 0], "the file is gone");
    // One step of undo, and nothing was sent.
    hans.keys("\u{1f}");
    hans.expect_screen("the text before", |screen| screen.contains("first") && !screen.contains("second"));
    assert!(!yoda.ok("history 5").iter().any(|line| line.contains("hans")));
}

#[test]
fn an_editor_that_fails_or_is_missing_changes_nothing() {
    let server = TestServer::start();
    let mut hans = hans_with(&server, "#!/bin/sh\necho lost > \"$2\"\nexit 1\n");
    hans.types("kept");
    hans.keys("\u{1b}e");
    hans.expect_screen("why, and the text", |screen| screen.contains("ended with code 1") && screen.contains("kept"));
    std::fs::remove_file(hans.home().path().join("my editor")).expect("it is there");
    hans.keys("\u{1b}e");
    hans.expect_screen("that it is missing, and the text", |screen| {
        screen.contains("cannot be started") && screen.contains("kept") && !screen.contains("lost")
    });
    hans.keys("\u{3}/edit\r");
    hans.expect_screen("the same by command", |screen| {
        screen.contains("cannot be started") && screen.contains("Message #lobby")
    });
}

#[test]
fn a_signal_to_end_takes_the_editor_and_its_file_along() {
    let server = TestServer::start();
    let mut hans = hans_with(&server, EDITOR);
    hans.keys("unsent\u{18}\u{5}");
    hans.expect_screen("the editor", |screen| screen.contains("with --wait"));
    assert_eq!(files(&hans).len(), 1);
    hans.signal(Signal::TERM);
    hans.exit();
    assert_eq!(files(&hans).len(), 0, "{}", hans.report());
}

#[test]
fn a_private_tab_has_no_editor() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 100));
    let mut yoda = server.login("yoda");
    go_to_a_private_tab(&mut hans, &mut yoda);
    hans.keys("between us\u{1b}e");
    hans.expect_view("why not", |screen| {
        screen.alternate_screen()
            && screen.contents().contains("No editor in a private tab")
            && screen.contents().contains("between us")
    });
    assert_eq!(files(&hans).len(), 0);
}
