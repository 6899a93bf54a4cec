//! Nothing about the machine is taken for granted: without a home folder, with folders that take no files, without an
//! input, and at a terminal that speaks no UTF-8 or cannot draw, the client works, or says in a sentence what it needs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use e2e::{Exit, Home, PlainClient, PtyBuilder, PtyClient, TestServer};

/// All that tells a program where its user's files are.
const FOLDERS: [&str; 6] =
    ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"];

/// Makes a program one of a user of whom the system knows no home, and who may write only where it is allowed, even when
/// the tests are root's.
const STRANGER: [&str; 3] = ["unshare", "--user", "--map-user=54321"];

/// Starts the client, tells how it has ended, and in which mode it has left the terminal.
const AND_THEN: &str = r#""$@"; echo "ended with $?"; stty -a | grep -o -E -- '-?icanon'"#;

/// Whether there can be such a user here.
fn can_be_a_stranger() -> bool {
    let tried = Command::new(STRANGER[0]).args(&STRANGER[1..]).arg("true").stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Checks that it ended with this code and said why on stderr: once, in a line with these words.
#[track_caller]
fn assert_said_once(client: &PlainClient, code: i32, start: &str, words: &[&str]) {
    client.exits_with(code);
    let stderr = client.stderr();
    let said: Vec<&str> = stderr.lines().filter(|line| line.starts_with(start)).collect();
    let [line] = &said[..] else { panic!("not one line begins with {start:?}\n{}", client.report()) };
    let missing = words.iter().find(|word| !line.contains(**word));
    assert_eq!(missing, None, "{}", client.report());
    assert!(!line.contains("..") && !stderr.contains("panicked"), "{}", client.report());
}

/// Waits for the end, as [`AND_THEN`] tells it, at a terminal that reads lines and shows them.
fn assert_given_back(client: &PtyClient, code: u8) {
    client.expect_view("the end, and a terminal as it was", |screen| {
        let contents = screen.contents();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && contents.contains(&format!("ended with {code}"))
            && contents.contains("\nicanon")
    });
}

/// Whether a mode of the terminal was ever switched. Colours are none.
fn has_modes(client: &PtyClient) -> bool {
    client.bytes().windows(3).any(|window| window == b"\x1b[?")
}

#[test]
fn without_a_home_folder_it_says_what_to_set_and_that_is_enough() {
    if !can_be_a_stranger() {
        eprintln!("skipped: without_a_home_folder_it_says_what_to_set_and_that_is_enough needs user namespaces");
        return;
    }
    let server = TestServer::start();
    let client = server.client().sample("hans").under(&STRANGER).without(&FOLDERS).run();
    assert_said_once(&client, 2, "error: ", &["home folder", "HOME", "XDG_STATE_HOME"]);
    for variable in ["HOME", "XDG_STATE_HOME"] {
        let home = Rc::new(Home::new());
        let client = server.client().sample("hans").under(&STRANGER).home(&home).without(&FOLDERS);
        let mut client = client.env(variable, home.path().join("state")).start_logged_in();
        client.ok("broadcast hi");
        client.logout();
        assert!(home.files().iter().any(|file| file.ends_with("tern/known_servers")), "{:?}", home.files());
    }
}

#[test]
fn without_a_home_folder_the_screen_is_never_entered() {
    if !can_be_a_stranger() {
        eprintln!("skipped: without_a_home_folder_the_screen_is_never_entered needs user namespaces");
        return;
    }
    let server = TestServer::start();
    let script = format!("unset {}; {}", FOLDERS.join(" "), AND_THEN.replace("\"$@\"", &under_stranger()));
    let client = PtyBuilder::user(&server, "hans").script(&script).start();
    assert_given_back(&client, 2);
    assert!(client.screen().contains("set HOME or XDG_STATE_HOME"), "{}", client.report());
    assert!(!has_modes(&client), "{}", client.report());
}

fn under_stranger() -> String {
    format!("{} \"$@\"", STRANGER.join(" "))
}

fn may(folder: &Path, mode: u32) {
    fs::set_permissions(folder, Permissions::from_mode(mode)).expect("a folder of ours");
}

#[test]
fn a_state_folder_that_is_a_file_is_named() {
    let server = TestServer::start();
    let home = Rc::new(Home::new());
    let file = home.path().join("file");
    fs::write(&file, "mine").expect("a fresh folder is writable");
    let client = server.client().sample("hans").home(&home).env("XDG_STATE_HOME", &file).run();
    assert_said_once(&client, 3, "No connection: ", &[&file.display().to_string(), "cannot be used"]);
    let hans = PtyBuilder::user(&server, "hans").env("XDG_STATE_HOME", &file.display().to_string()).script(AND_THEN);
    let mut hans = hans.size(24, 120).start();
    hans.expect_screen("what cannot be used", |screen| screen.contains("The remembered server keys"));
    hans.keys("\u{11}");
    assert_given_back(&hans, 3);
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), "mine");
}

#[test]
fn a_state_folder_that_takes_no_files_is_named_and_one_that_has_them_is_enough() {
    if !can_be_a_stranger() {
        eprintln!(
            "skipped: a_state_folder_that_takes_no_files_is_named_and_one_that_has_them_is_enough needs user namespaces"
        );
        return;
    }
    let server = TestServer::start();
    let home = Rc::new(Home::new());
    let state = home.path().join("state");
    may(&state, 0o500);
    let client = server.client().sample("hans").home(&home).under(&STRANGER).run();
    assert_said_once(&client, 3, "No connection: ", &[&state.display().to_string(), "Permission denied"]);
    may(&state, 0o700);
    server.client().sample("hans").home(&home).under(&STRANGER).start_logged_in().logout();
    // The server's key is known now, and nothing more can be remembered: not what another user gets for the next login.
    for folder in [&state.join("tern"), &state] {
        may(folder, 0o500);
    }
    let mut yoda = server.client().sample("yoda").home(&home).under(&STRANGER).start_logged_in();
    yoda.ok("broadcast hi");
    yoda.logout();
    let script = AND_THEN.replace("\"$@\"", &under_stranger());
    let mut leia = PtyBuilder::user(&server, "leia").home(&home).script(&script).start_in_lobby();
    leia.keys("nothing is kept of this\r");
    leia.expect_screen("the line, sent", |screen| screen.contains("nothing is kept of this ✓"));
    leia.keys("/logout\r");
    assert_given_back(&leia, 0);
    // Or it could not be taken away.
    for folder in [&state, &state.join("tern")] {
        may(folder, 0o700);
    }
}

#[test]
fn a_terminal_without_utf8_is_drawn_in_ascii() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    for variable in ["LC_ALL", "LC_CTYPE", "LANG"] {
        let mut hans = PtyBuilder::user(&server, "hans").env(variable, "C").start_in_lobby();
        hans.keys("plain letters\r");
        yoda.expect("broadcast from hans: plain letters");
        yoda.ok("broadcast and back");
        hans.expect_screen("what was said", |screen| screen.contains("plain letters") && screen.contains("and back"));
        hans.keys("/logout\r");
        assert_eq!(hans.exit(), Exit::Code(0), "{}", hans.report());
        let written = String::from_utf8_lossy(&hans.bytes()).into_owned();
        let beyond: String = written.chars().filter(|c| !c.is_ascii()).collect();
        assert_eq!(beyond, "", "{variable}\n{}", hans.report());
    }
}

#[test]
fn a_terminal_without_an_input_gets_lines_and_no_screen() {
    let server = TestServer::start();
    let script = AND_THEN.replace("\"$@\"", "\"$@\" <&-");
    let hans = PtyBuilder::user(&server, "hans").script(&script).start();
    assert_given_back(&hans, 0);
    assert!(hans.screen().contains("state logged-in hans"), "{}", hans.report());
    assert!(!has_modes(&hans), "{}", hans.report());
    let asked = PtyBuilder::user(&server, "hans").args(&["--tui"]).script(&script).start();
    assert_given_back(&asked, 2);
    assert!(asked.screen().contains("error: --tui needs a terminal"), "{}", asked.report());
    assert!(!has_modes(&asked), "{}", asked.report());
}

#[test]
fn a_terminal_that_cannot_draw_gets_lines_unless_the_screen_is_asked_for() {
    let server = TestServer::start();
    for term in ["dumb", ""] {
        let mut hans = PtyBuilder::user(&server, "hans").env("TERM", term).script(AND_THEN).start();
        hans.expect("state logged-in hans");
        hans.line("logout");
        assert_given_back(&hans, 0);
        assert!(!hans.bytes().contains(&0x1b), "{term:?}\n{}", hans.report());
        let mut hans = PtyBuilder::user(&server, "hans").env("TERM", term).args(&["--tui"]).script(AND_THEN);
        hans = hans.size(34, 120);
        let mut hans = hans.start_in_lobby();
        hans.keys("/logout\r");
        assert_given_back(&hans, 0);
    }
}
