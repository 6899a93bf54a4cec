//! Own messages that nobody has received yet are listed with numbers, and taken back by them.

use e2e::TestServer;

#[test]
fn a_message_taken_back_is_never_seen() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    assert_eq!(hans.ok("queue"), ["queue 0"]);
    hans.answers("message yoda first", "ok message yoda stored");
    hans.answers("message leia second", "ok message leia stored");
    hans.answers("message yoda third", "ok message yoda stored");
    let lines = hans.ok("queue");
    assert_eq!(lines[0], "queue 3");
    for (line, (number, user, text)) in
        lines[1..].iter().zip([(1, "yoda", "first"), (2, "leia", "second"), (3, "yoda", "third")])
    {
        assert!(line.starts_with(&format!("queued {number} to {user} at ")), "{line}");
        assert!(line.ends_with(&format!(": {text}")), "{line}");
    }
    hans.answers("unsend 1", "ok unsend yoda");
    hans.refused("unsend 1", "already-delivered");
    hans.refused("unsend 9", "nothing-to-do");
    server.crash();
    hans.expect_prefix("state logged-in");
    let mut yoda = server.login("yoda");
    let mut seen = yoda.ok("history @hans 5");
    seen.extend(yoda.transcript());
    assert!(seen.iter().any(|line| line.ends_with(": third")), "{seen:?}");
    assert!(!seen.iter().any(|line| line.ends_with(": first")), "{seen:?}");
    hans.refused("unsend 3", "already-delivered");
    yoda.logout();
    let lines = hans.ok("queue");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].ends_with(": second"), "{lines:?}");
}
