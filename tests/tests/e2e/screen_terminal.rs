//! The terminal is given back as it was: after a logout, a signal, and while the program is stopped by Ctrl-Z.

use e2e::{Exit, PtyBuilder, TestServer};
use rustix::process::Signal;

use crate::screen_chat::on_screen;

#[test]
fn after_a_logout_the_screen_before_is_back_with_its_cursor() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    hans.expect_view("the alternate screen", vt100::Screen::alternate_screen);
    hans.keys("/logout\r");
    assert_eq!(hans.exit(), Exit::Code(0), "{}", hans.report());
    hans.expect_view("the main screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let server = TestServer::start();
        let hans = on_screen(&server, "hans", (24, 80));
        hans.signal(signal);
        hans.exit();
        hans.expect_view("the main screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_the_program_goes_on() {
    let server = TestServer::start();
    let port = server.port().to_string();
    let mut hans = PtyBuilder::new("xterm-256color", &["127.0.0.1", &port, "--user", "hans"])
        .env("TERN_PASSWORD", "falcon")
        .script(r#"set -m; "$@"; echo the shell is back; read line; fg"#)
        .start();
    hans.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
    hans.keys("a draft");
    hans.expect_screen("what was typed", |screen| screen.contains("a draft"));
    hans.keys("\u{1a}");
    hans.expect_view("the shell", |screen| {
        !screen.alternate_screen() && screen.contents().contains("the shell is back")
    });
    hans.keys("\r");
    hans.expect_view("the full screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("a draft")
    });
    hans.keys("\u{3}");
    hans.expect_screen("that keys work", |screen| screen.contains("Message #lobby"));
}
