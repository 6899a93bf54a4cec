//! What waits for somebody who is away has a bound: the sender is told, nothing that waits is lost, and there is room again
//! as soon as it was read.

use e2e::TestServer;

#[test]
fn the_sender_is_told_and_what_waits_arrives() {
    let server = TestServer::with().arg("--inbox-messages").arg("3").start();
    let mut hans = server.login("hans");
    for number in 1..=3 {
        hans.ok(&format!("message yoda {number}"));
    }
    hans.send("message yoda 4");
    hans.expect_line("that it is too much", |line| line.starts_with("error inbox-full message yoda: "));
    hans.ok("message leia others are not concerned");
    let mut yoda = server.login("yoda");
    for number in 1..=3 {
        yoda.expect_line("what waited", |line| {
            line.starts_with("stored from hans") && line.ends_with(&number.to_string())
        });
    }
    // Who is there gets everything, however much it is.
    for number in 1..=10 {
        hans.ok(&format!("message yoda {number}"));
    }
    yoda.expect("message from hans: 10");
    yoda.logout();
    hans.ok("message yoda there is room again");
}

#[test]
fn the_size_counts_as_well() {
    let server = TestServer::with().arg("--inbox-mib").arg("1").start();
    let mut hans = server.raw_login("hans");
    let text = "x".repeat(8_192);
    let mut answers = Vec::new();
    for _ in 0..130 {
        let id = hans.text("@yoda", &text);
        answers.push(hans.expect("an answer", |message| match message {
            shared::message::ServerMessage::Sent { re, .. } => *re == id,
            shared::message::ServerMessage::Error(refusal) => refusal.re == Some(id),
            _ => false,
        }));
    }
    let refused = |message: &shared::message::ServerMessage| match message {
        shared::message::ServerMessage::Error(refusal) => refusal.code == shared::error::Code::INBOX_FULL,
        _ => false,
    };
    // A MiB is 128 times 8 KiB.
    assert_eq!(answers.iter().position(refused), Some(128), "{:?}", answers.last());
}
