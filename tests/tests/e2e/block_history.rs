//! A lobby line that a block kept from somebody stays hidden from them in history, also after the block has ended.

use e2e::TestServer;

#[test]
fn a_line_that_was_hidden_stays_hidden() {
    let server = TestServer::start();
    let (mut hans, mut vader, mut leia) = (server.login("hans"), server.login("vader"), server.login("leia"));
    hans.ok("block vader");
    vader.ok("broadcast dark plans");
    hans.ok("broadcast bright plans");
    leia.ok("broadcast tea at four");
    hans.ok("unblock vader");
    vader.ok("broadcast open words");
    let has = |lines: &[String], text: &str| lines.iter().any(|line| line.contains(text));
    for (client, hidden, shown) in
        [(&mut hans, "dark plans", "bright plans"), (&mut vader, "bright plans", "dark plans")]
    {
        let lines = client.ok("history 20");
        assert!(!has(&lines, hidden), "{lines:#?}");
        assert!(has(&lines, shown) && has(&lines, "tea at four") && has(&lines, "open words"), "{lines:#?}");
    }
    let lines = leia.ok("history 20");
    assert!(has(&lines, "dark plans") && has(&lines, "bright plans"), "{lines:#?}");
}
