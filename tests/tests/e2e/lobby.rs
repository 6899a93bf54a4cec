//! A lobby line reaches everybody online but its sender, in the same order for everybody, and nobody else later.

use e2e::{PlainClient, TestServer};

#[test]
fn a_line_reaches_everybody_online_but_its_sender() {
    let server = TestServer::start();
    let (mut hans, mut yoda, mut leia) = (server.login("hans"), server.login("yoda"), server.login("leia"));
    let answer = hans.ask("broadcast hello all");
    assert!(answer.verdict.starts_with("ok broadcast") && !answer.verdict.contains("partial"), "{}", answer.verdict);
    yoda.expect("broadcast from hans: hello all");
    leia.expect("broadcast from hans: hello all");
    yoda.ok("say hello hans");
    hans.expect_none_until("broadcast from yoda: hello hans", |line| line.contains("hello all"));
}

#[test]
fn an_empty_line_is_refused() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for line in ["broadcast", "broadcast "] {
        let verdict = hans.ask(line).verdict;
        assert!(verdict.starts_with("error empty") || verdict.starts_with("error usage"), "`{line}`: `{verdict}`");
    }
}

#[test]
fn a_line_is_not_delivered_to_those_who_come_later() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.ok("broadcast nobody is here");
    let mut yoda = server.login("yoda");
    hans.ok("broadcast marker");
    yoda.expect_none_until("broadcast from hans: marker", |line| line.contains("nobody is here"));
}

#[test]
fn everybody_sees_the_lines_of_all_in_one_order() {
    let server = TestServer::start();
    let (mut one, mut other) = (server.login("leia"), server.login("luke"));
    let mut speakers = [server.login("hans"), server.login("yoda"), server.login("vader")];
    for number in 0..60 {
        for speaker in &mut speakers {
            speaker.send(&format!("broadcast line {number}"));
        }
    }
    for speaker in &mut speakers {
        for _ in 0..60 {
            speaker.expect_prefix("ok broadcast");
        }
    }
    speakers[0].ok("broadcast marker");
    let seen = |client: &mut PlainClient| client.until("the marker", |line| line.ends_with(": marker"));
    let (first, second) = (seen(&mut one), seen(&mut other));
    assert_eq!(first.len(), 181);
    assert_eq!(first, second);
    for who in ["hans", "yoda", "vader"] {
        let from: Vec<_> =
            first.iter().filter(|line| line.starts_with(&format!("broadcast from {who}: line"))).collect();
        let expected: Vec<_> = (0..60).map(|number| format!("broadcast from {who}: line {number}")).collect();
        assert!(from.iter().copied().eq(expected.iter()), "the lines of {who} changed places: {from:#?}");
    }
}
