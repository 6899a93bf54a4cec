//! `try`: somebody is in a chat with people who answer, at once; and nothing is left behind.

use e2e::{Exit, PtyBuilder};

#[test]
fn people_greet_answer_and_leave_nothing_behind() {
    let mut guest = PtyBuilder::new("xterm-256color", &["try"])
        .env("TERN_DEMO_PACE", "instant")
        .env("USER", "mira")
        .size(34, 120)
        .start();
    guest.expect_screen("a greeting by name", |screen| {
        screen.contains("Welcome, mira") || screen.contains("Hello mira")
    });
    guest.expect_screen("a tab with a message that waited", |screen| screen.contains("@wen"));
    guest.keys("hello\r");
    guest.expect_screen("the own line and an answer", |screen| {
        screen.lines().skip_while(|row| !row.contains("mira │ hello")).skip(1).any(|row| row.contains(" │ "))
    });
    guest.keys("/logout\r");
    assert_eq!(guest.exit(), Exit::Code(0), "{}", guest.report());
    guest.expect("tui-client");
    assert_eq!(guest.home().files(), Vec::<std::path::PathBuf>::new(), "something was left behind");
}
