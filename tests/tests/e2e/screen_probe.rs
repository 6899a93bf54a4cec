//! After its first frame the program asks the terminal for its background and for the width of emoji. A terminal that
//! answers gets the theme and the emoji that fit; one that does not loses a tenth of a second and no key.

use e2e::{PtyBuilder, PtyClient, TestServer};

/// The row of the samples: the last one.
const ROWS: u16 = 34;

fn start(server: &TestServer, variables: &[(&str, &str)]) -> PtyClient {
    let port = server.port().to_string();
    let mut builder =
        PtyBuilder::new("xterm-256color", &["127.0.0.1", &port]).env("COLORTERM", "truecolor").size(ROWS, 120);
    for (name, value) in variables {
        builder = builder.env(name, value);
    }
    builder.start()
}

/// What the terminal says of four samples, by their columns.
fn widths(columns: [u16; 4]) -> String {
    let answers: Vec<String> = columns.iter().map(|column| format!("\u{1b}[{ROWS};{}R", column + 1)).collect();
    answers.concat()
}

#[test]
fn a_terminal_that_answers_gets_its_theme_and_its_emoji_and_keys_typed_meanwhile_arrive() {
    let server = TestServer::start();
    // Time enough for a slow machine: what is tested is what becomes of the answers.
    let mut hans = start(&server, &[("TERN_PROBE_MS", "20000")]);
    hans.expect("\u{1b}]11;?\u{1b}\\");
    hans.expect("\u{1b}[?2026l");
    let [first, second] = ["\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\", &widths([2, 2, 4, 1])];
    hans.keys(&format!("ha{first}ns\r{second}"));
    hans.expect_view("a light login with the name and the cursor in the password", |screen| {
        let light = vt100::Color::Rgb(0xfb, 0xfb, 0xfd);
        screen.contents().contains("hans") && screen.cell(0, 60).is_some_and(|cell| cell.bgcolor() == light)
    });
    hans.keys("falcon\r");
    hans.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast a \u{2764}\u{fe0f} and a \u{1f44d}\u{1f3fd}.");
    hans.expect_screen("the line", |screen| screen.contains("and a"));
    let written = String::from_utf8_lossy(&hans.bytes()).into_owned();
    let (_, after) = written.rsplit_once("\u{1b}[8m").expect("the samples were written");
    let (_, after) = after.split_once("\u{1b}[2K").expect("the samples were erased");
    assert!(after.contains("\u{2764}\u{fe0f}"), "the heart in full\n{}", hans.report());
    assert!(
        after.contains('\u{1f44d}') && !after.contains('\u{1f3fd}'),
        "the thumb without its tone\n{}",
        hans.report()
    );
}

#[test]
fn a_terminal_that_does_not_answer_loses_no_key() {
    let server = TestServer::start();
    let mut hans = start(&server, &[("TERN_PROBE_MS", "1000")]);
    hans.expect("\u{1b}[?2026l");
    hans.keys("hanss\u{7f}\r\u{1b}[200~fal\u{1b}[201~con\r");
    hans.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
    hans.keys("typed \u{1b}]11;rgb:0000/0000/0000\u{1b}\\later\r");
    hans.expect_screen("the late answer is no text", |screen| screen.contains("typed later ✓"));
}

#[test]
fn a_console_is_not_asked() {
    let server = TestServer::start();
    let port = server.port().to_string();
    let mut hans =
        PtyBuilder::new("linux", &["127.0.0.1", &port, "--user", "hans"]).env("TERN_PASSWORD", "falcon").start();
    hans.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
    hans.keys("hello\r");
    hans.expect_screen("the line, sent", |screen| screen.contains("hello ✓"));
    assert!(!String::from_utf8_lossy(&hans.bytes()).contains("\u{1b}]11;?"));
}
