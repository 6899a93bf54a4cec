//! After a time without action the screen counts down where the eye is, then says why it was logged out; it stays
//! readable, and one key brings the login back, with tabs and drafts as they were.

use e2e::{PtyBuilder, TestServer};

#[test]
fn it_counts_down_says_why_and_comes_back_with_the_draft() {
    let server = TestServer::with().timeout(12).start();
    let mut hans = PtyBuilder::user(&server, "hans").size(34, 120).start_in_lobby();
    hans.keys("a draft");
    hans.expect_screen("the countdown", |screen| screen.contains("logged out in 5 s, any key keeps you here"));
    hans.expect_screen("why it is over, and the draft", |screen| {
        screen.contains("inactivity") && screen.contains("a draft")
    });
    hans.keys("\r");
    hans.expect_screen("the login", |screen| screen.contains("Sign in") && screen.contains("hans"));
    hans.keys("falcon\r");
    hans.expect_screen("the lobby again, with the draft", |screen| {
        screen.contains("to everyone in the lobby") && screen.contains("a draft") && !screen.contains("Sign in")
    });
}
