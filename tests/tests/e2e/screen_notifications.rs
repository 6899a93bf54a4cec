//! A notification leaves the terminal while it has no focus, and never while it has; what it says can be hidden, and a
//! tab can have a level of its own.

use e2e::{PtyBuilder, PtyClient, TestServer};

const FOCUS_LOST: &str = "\u{1b}[O";
const BEGIN: &str = "\u{1b}]777;notify;";

fn start(server: &TestServer, variables: &[(&str, &str)]) -> PtyClient {
    let builder = PtyBuilder::user(server, "hans").size(34, 120);
    variables.iter().fold(builder, |builder, (name, value)| builder.env(name, value)).start_in_lobby()
}

fn written(client: &PtyClient) -> String {
    String::from_utf8_lossy(&client.bytes()).into_owned()
}

/// How often the bell rang: the byte that ends a title rings nothing.
fn bells(client: &PtyClient) -> usize {
    let written = written(client);
    let without_titles = written.split("\u{1b}]0;").enumerate().map(|(at, part)| match part.split_once('\u{7}') {
        Some((_, after)) if at > 0 => after,
        _ => part,
    });
    without_titles.map(|part| part.matches('\u{7}').count()).sum()
}

#[test]
fn it_leaves_without_the_focus_and_never_with_it() {
    let server = TestServer::start();
    let mut hans = start(&server, &[("TERM_PROGRAM", "WezTerm")]);
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast hans, while you look");
    hans.expect_screen("the line", |screen| screen.contains("while you look"));
    assert!(!written(&hans).contains(BEGIN) && bells(&hans) == 0, "{}", hans.report());
    hans.keys(FOCUS_LOST);
    // No mention, no notification: the next one is the first.
    yoda.ok("broadcast nobody in particular");
    hans.expect_screen("the line", |screen| screen.contains("nobody in particular"));
    yoda.ok("broadcast hans, come back\u{9}now");
    hans.expect(&format!("{BEGIN}yoda in lobby;hans, come back"));
    hans.expect("\u{1b}]0;(2) lobby");
    hans.expect_screen("the line", |screen| screen.contains("come back"));
    assert_eq!(bells(&hans), 1, "{}", hans.report());
    assert_eq!(written(&hans).matches(BEGIN).count(), 1, "{}", hans.report());
}

#[test]
fn what_it_says_can_be_hidden_and_tmux_hands_it_on() {
    let server = TestServer::start();
    let mut hans = start(&server, &[("TERM_PROGRAM", "WezTerm"), ("TMUX", "/tmp/tmux-0/default,1,0")]);
    let mut yoda = server.login("yoda");
    hans.keys("/set notification_text false\r");
    hans.expect_screen("the value", |screen| screen.contains("notification_text = false"));
    hans.keys(FOCUS_LOST);
    yoda.answers("message hans a secret", "ok message hans delivered");
    hans.expect("\u{1b}Ptmux;\u{1b}\u{1b}]777;notify;Tern;new message\u{1b}\u{1b}\\\u{1b}\\");
}

#[test]
fn a_tab_has_a_level_of_its_own() {
    let server = TestServer::start();
    let mut hans = start(&server, &[("TERM_PROGRAM", "WezTerm")]);
    let mut yoda = server.login("yoda");
    hans.keys("/notify off\r");
    hans.expect_screen("the level in the tab", |screen| screen.contains("lobby off"));
    hans.keys(FOCUS_LOST);
    yoda.ok("broadcast hans, unheard");
    hans.expect_screen("the line", |screen| screen.contains("unheard"));
    assert!(!written(&hans).contains(BEGIN), "{}", hans.report());
    hans.keys("\u{1b}[I/notify all\r");
    hans.expect_screen("the level in the tab", |screen| screen.contains("lobby all"));
    hans.keys(FOCUS_LOST);
    yoda.ok("broadcast for everybody");
    hans.expect(&format!("{BEGIN}yoda in lobby;for everybody"));
}
