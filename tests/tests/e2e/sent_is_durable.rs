//! What was shown as sent is never lost, not by `kill -9` of the server at any moment.

use e2e::TestServer;

/// Rounds of one test. Each is a fresh moment for the crash.
const ROUNDS: usize = 4;

#[test]
fn every_acknowledged_message_arrives_once_and_in_order_after_a_crash() {
    let mut server = TestServer::start();
    for round in 0..ROUNDS {
        let mut hans = server.login("hans");
        for number in 0..200 {
            hans.send(&format!("message yoda {round}.{number}"));
        }
        // The crash comes while the rest is under way.
        let acknowledged = 20 + 30 * round;
        for _ in 0..acknowledged {
            hans.expect("ok message yoda stored");
        }
        server.kill();
        let printed = |line: &&String| *line == "ok message yoda stored";
        hans.kill();
        hans.stdout_to_end();
        let acknowledged = hans.transcript().iter().filter(printed).count();
        server.launch();
        let mut yoda = server.login("yoda");
        let mut leia = server.login("leia");
        leia.ok("message yoda marker");
        let lines = yoda.until("the marker", |line| line == "message from leia: marker");
        let texts: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("stored from hans at ")).collect();
        let texts: Vec<_> = texts.iter().filter_map(|rest| Some(rest.split_once(": ")?.1.to_owned())).collect();
        let expected: Vec<_> = (0..texts.len()).map(|number| format!("{round}.{number}")).collect();
        assert_eq!(texts, expected, "lost, doubled or out of order");
        assert!(texts.len() >= acknowledged, "{acknowledged} were acknowledged, {} arrived", texts.len());
        yoda.logout();
        leia.logout();
    }
}
