//! With `--linger` the client stays to listen after the end of its input: for so many seconds, or for ever.

use e2e::{Stdin, TestServer};
use rustix::process::Signal;

#[test]
fn it_listens_for_so_many_seconds() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").stdin(Stdin::Empty).arg("--linger").arg("2").start_logged_in();
    server.client().sample("yoda").arg("-e").arg("message hans in time").run().exits_with(0);
    hans.expect("message from yoda: in time");
    hans.exits_with(0);
}

#[test]
fn it_listens_for_ever() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").stdin(Stdin::Empty).arg("--linger").arg("forever").start_logged_in();
    let mut yoda = server.login_with_presence("yoda");
    yoda.answers("message hans hi", "ok message hans delivered");
    hans.expect("message from yoda: hi");
    assert!(hans.is_running());
    hans.signal(Signal::TERM);
    yoda.expect_prefix("presence hans offline");
}
