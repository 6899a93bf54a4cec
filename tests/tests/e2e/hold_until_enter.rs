//! With `--hold`, as a screen reader wants it, nothing is written while a line is begun, however long it takes: events wait
//! for Enter.

use e2e::{PtyClient, TestServer};

#[test]
fn an_event_waits_until_the_line_is_finished() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let port = server.port().to_string();
    let arguments = ["127.0.0.1", &port, "--plain", "--hold", "--user", "hans"];
    let mut hans = PtyClient::start("dumb", &arguments, Some("falcon"));
    hans.expect("state logged-in hans");
    hans.keys("message yoda ha");
    hans.expect("message yoda ha");
    yoda.answers("message hans incoming", "ok message hans delivered");
    hans.keys("lf done\r");
    yoda.expect("message from hans: half done");
    hans.expect("message from yoda: incoming");
    let written = String::from_utf8_lossy(&hans.bytes()).into_owned();
    let (typed, shown) = (written.find("done"), written.find("incoming"));
    assert!(typed.is_some() && typed < shown, "{}", hans.report());
}
