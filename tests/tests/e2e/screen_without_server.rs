//! No server in reach: the screen says so and offers to host one in this program; a yes is a chat, with what friends must
//! type.

use e2e::{PtyBuilder, TestServer};

#[test]
fn one_key_hosts_a_server_and_friends_are_told_how_to_join() {
    // A port that was free a moment ago: a server that has stopped had it.
    let mut stopped = TestServer::start();
    let port = stopped.port().to_string();
    stopped.stop();
    let mut hans = PtyBuilder::new("xterm-256color", &["127.0.0.1", &port]).size(34, 120).start();
    hans.expect_screen("the offer", |screen| screen.contains("Nobody answers") && screen.contains("Host a server"));
    hans.keys("y");
    hans.expect_screen("a server", |screen| screen.contains("server reachable"));
    hans.keys("hans\rlong enough\r");
    hans.expect_screen("the offer of an account", |screen| screen.contains("Repeat it"));
    hans.keys("long enough\rlong enough\r");
    hans.expect_screen("the lobby and the invite", |screen| screen.contains("1 lobby") && screen.contains("tern://"));
}
