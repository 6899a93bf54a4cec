//! `try`: somebody is in a chat with people who answer, at once; and nothing is left behind.

use e2e::{Exit, PtyBuilder, PtyClient};

/// mira in `try`, where nobody takes time to think.
fn start() -> PtyClient {
    PtyBuilder::new("xterm-256color", &["try"])
        .env("TERN_DEMO_PACE", "instant")
        .env("USER", "mira")
        .size(34, 120)
        .start()
}

/// Ends it as a person does; no file may be left.
fn leave(guest: &mut PtyClient) {
    guest.line("/logout");
    assert_eq!(guest.exit(), Exit::Code(0), "{}", guest.report());
    assert_eq!(guest.home().files(), Vec::<std::path::PathBuf>::new(), "something was left behind");
}

#[test]
fn people_greet_answer_and_leave_nothing_behind() {
    let mut guest = start();
    guest.expect_screen("a greeting by name", |screen| {
        screen.contains("Welcome, mira") || screen.contains("Hello mira")
    });
    guest.expect_screen("a tab with a message that waited", |screen| screen.contains("@wen"));
    guest.keys("hello\r");
    guest.expect_screen("the own line and an answer", |screen| {
        screen.lines().skip_while(|row| !row.contains("mira │ hello")).skip(1).any(|row| row.contains(" │ "))
    });
    leave(&mut guest);
    guest.expect("tui-client");
}

#[test]
fn a_person_asks_for_a_private_session_and_sends_a_file() {
    let mut guest = start();
    guest.expect_screen("the card", |screen| screen.contains("oskar wants to talk to you directly"));
    guest.keys("\u{1b}y");
    guest.expect_screen("the offer of a file", |screen| screen.contains("oskar offers stop-14.txt"));
    guest.keys("\u{1b}y");
    guest.expect_screen("that it is there", |screen| screen.contains("stop-14.txt arrived"));
    // The other way round, to somebody who says yes to everything.
    guest.keys("/startprivate nadia\r");
    guest.expect_screen("nadia's first words", |screen| screen.contains("Only the two of us here."));
    guest.keys("coffee\r");
    guest.expect_screen("an answer", |screen| screen.contains("Black. It is the only thing"));
    leave(&mut guest);
}
