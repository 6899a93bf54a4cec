//! A client whose output nobody reads for a while loses nothing and delays nobody; when it is read again, everything is
//! there, in order.

use e2e::{Stdout, TestServer};

/// More than a pipe holds.
const MESSAGES: usize = 2000;

#[test]
fn everything_arrives_in_order_when_it_is_read_again() {
    let server = TestServer::start();
    let mut yoda = server.client().sample("yoda").stdout(Stdout::Held).start();
    let mut hans = server.login_with_presence("hans");
    while hans.ask("whoelse").users().is_empty() {}
    let mut leia = server.login("leia");
    let filler = "x".repeat(200);
    for number in 0..MESSAGES {
        hans.send(&format!("message yoda {number} {filler}"));
    }
    for _ in 0..MESSAGES {
        hans.expect_prefix("ok message yoda ");
    }
    leia.ok("broadcast nobody is delayed");
    hans.expect("broadcast from leia: nobody is delayed");
    yoda.release_stdout();
    for number in 0..MESSAGES {
        let line = yoda.expect_line("the next message", |line| line.ends_with(&filler));
        assert!(line.ends_with(&format!(": {number} {filler}")), "instead of number {number} came `{line}`");
    }
    hans.ok("message yoda marker");
    yoda.expect_none_until("message from hans: marker", |line| line.ends_with(&filler));
}
