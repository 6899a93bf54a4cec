//! `whoelsesince TIME` lists who was online at any moment of the last TIME, online or not now, but oneself; also over
//! a restart and a crash of the server.

use std::time::Instant;

use e2e::{DEADLINE, PlainClient, TestServer};

fn users(client: &mut PlainClient, command: &str) -> Vec<String> {
    let answer = client.ask(command);
    assert!(answer.verdict.starts_with("ok"), "`{command}`: `{}`", answer.verdict);
    let mut users = answer.users();
    assert!(answer.lines.contains(&format!("users {}", users.len())), "{:?}", answer.lines);
    users.sort();
    users
}

#[test]
fn it_lists_those_who_are_gone_and_those_who_are_here_but_not_oneself() {
    let server = TestServer::start();
    server.login("yoda").logout();
    let _leia = server.login("leia");
    let mut hans = server.login("hans");
    for time in ["300", "5m", "2h", "1d"] {
        assert_eq!(users(&mut hans, &format!("whoelsesince {time}")), ["leia", "yoda"], "{time}");
    }
}

#[test]
fn somebody_gone_for_longer_than_asked_for_is_not_listed() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let _leia = server.login("leia");
    server.login("yoda").logout();
    assert_eq!(users(&mut hans, "whoelsesince 300"), ["leia", "yoda"]);
    let begin = Instant::now();
    // Asking on is the waiting: within a second or two he has been gone for longer than one.
    while users(&mut hans, "whoelsesince 1") != ["leia"] {
        assert!(begin.elapsed() < DEADLINE, "yoda is still listed\n{}", hans.report());
    }
}

#[test]
fn it_reaches_back_over_a_restart_and_a_crash() {
    let mut server = TestServer::start();
    server.login("yoda").logout();
    server.restart();
    let mut leia = server.login("leia");
    // Writes take effect in their order: once this is durable, so is the login.
    leia.ok("message yoda see you");
    server.kill();
    drop(leia);
    server.launch();
    let mut hans = server.login("hans");
    assert_eq!(users(&mut hans, "whoelsesince 1h"), ["leia", "yoda"]);
}

#[test]
fn what_is_not_a_time_is_refused() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for time in ["soon", "-5", "5x", "1.5h", "99999999999999999999", ""] {
        let verdict = hans.ask(&format!("whoelsesince {time}")).verdict;
        let refused = verdict.starts_with("error bad-time") || verdict.starts_with("error usage");
        assert!(refused, "`{time}` was answered with `{verdict}`");
    }
}
