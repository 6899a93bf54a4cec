//! `history [N]` shows older lines of the lobby, `history @USER [N]` those of a direct conversation: count first, oldest
//! first, `ok` last; also after a restart.

use e2e::TestServer;

#[test]
fn the_newest_lines_are_shown_oldest_first() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 1..=30 {
        hans.ok(&format!("broadcast line {number}"));
    }
    hans.logout();
    server.restart();
    let mut yoda = server.login("yoda");
    let lines = yoda.ok("history 3");
    assert_eq!(lines[0], "messages 3");
    let ends: Vec<_> = lines[1..].iter().map(|line| line.split_once(": ").map(|(_, text)| text)).collect();
    assert_eq!(ends, [Some("line 28"), Some("line 29"), Some("line 30")], "{lines:?}");
    assert_eq!(yoda.ok("history")[0], "messages 20");
    assert_eq!(yoda.ok("history 100")[0], "messages 30");
}

#[test]
fn a_direct_conversation_has_its_own() {
    let server = TestServer::start();
    let (mut hans, mut yoda, mut leia) = (server.login("hans"), server.login("yoda"), server.login("leia"));
    hans.ok("message yoda question");
    yoda.expect("message from hans: question");
    yoda.ok("message hans answer");
    hans.expect("message from yoda: answer");
    hans.ok("message leia something else");
    for (client, other) in [(&mut hans, "@yoda"), (&mut yoda, "@hans")] {
        let lines = client.ok(&format!("history {other} 10"));
        assert_eq!(lines[0], "messages 2");
        assert!(lines[1].ends_with(": question") && lines[2].ends_with(": answer"), "{lines:?}");
    }
    leia.expect("message from hans: something else");
    assert_eq!(leia.ok("history @yoda 10"), ["messages 0"]);
}

#[test]
fn more_than_one_page_comes_whole() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 0..450 {
        hans.send(&format!("broadcast line {number}"));
    }
    for _ in 0..450 {
        hans.expect_prefix("ok broadcast");
    }
    let lines = hans.ok("history 420");
    assert_eq!(lines[0], "messages 420");
    for (number, line) in lines[1..].iter().enumerate() {
        assert!(line.ends_with(&format!(": line {}", number + 30)), "`{line}`");
    }
}

#[test]
fn senseless_requests_are_refused() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.refused("history 0", "usage");
    hans.refused("history many", "usage");
    hans.refused("history @lando 5", "no-such-user");
}
