//! `/search` on the full screen: a message that was found is gone to, however far back it is.

use e2e::TestServer;

use crate::screen_chat::on_screen;

/// Enough that the way back is told, and more than a page of history.
const LINES: usize = 1500;

#[test]
fn a_message_that_was_found_far_back_is_gone_to() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast the needle is here");
    (0..LINES).for_each(|number| yoda.send(&format!("broadcast hay {number}")));
    yoda.ok("broadcast no more hay");
    let mut hans = on_screen(&server, "hans", (24, 80));
    hans.expect_screen("the newest", |screen| screen.contains("no more hay"));
    hans.line("/search needle");
    hans.expect_screen("the hit", |screen| screen.contains("#lobby  yoda: the needle is here"));
    hans.keys("\r");
    hans.expect_screen("the message with what came after it", |screen| {
        screen.contains("the needle is here") && screen.contains("hay 0") && !screen.contains("no more hay")
    });
}
