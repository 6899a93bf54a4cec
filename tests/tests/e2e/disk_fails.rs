//! A disk that fails is the end of the server: it says so in one line, acknowledges nothing more and exits with 70. What
//! was acknowledged is there after the next start, and what was not can be sent again.

use std::process::{Command, Stdio};

use e2e::{Capture, Exit, Home, Process, RawClient, binary, password_of};
use shared::message::{ClientMessage, ServerMessage};

/// The size of a file, in blocks of 512 bytes, beyond which writing fails: the first tables fit.
const BLOCKS: u32 = 800;

#[test]
fn a_write_that_fails_ends_the_server_with_70() {
    let home = Home::new();
    std::fs::write(home.path().join("credentials.txt"), "hans falcon\nyoda wise\n").expect("written");
    let data = home.path().join("server");
    // The limit stands for a broken disk: a write fails with another error than that of a full one.
    let limited = format!("ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let start = |limit: bool| {
        let mut command = if limit { Command::new("sh") } else { Command::new(binary("server")) };
        if limit {
            command.args(["-c", &limited]).arg(binary("server"));
        }
        command.args(["0", "--bind", "127.0.0.1", "--data"]).arg(&data);
        command.env_clear().envs(home.environment()).current_dir(home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server can be started");
        let log = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        let port = log.wait_for(|bytes, _| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.split_once("listening on 127.0.0.1:")?.1.split_once('\n')?.0.trim().parse::<u16>().ok()
        });
        let port = port.unwrap_or_else(|| panic!("it does not listen:\n{}", log.text()));
        (Process::of("server", child), log, port)
    };
    let (server, log, port) = start(true);
    let mut hans = RawClient::connect(port);
    hans.login("hans");
    let text = |number| format!("{number} {}", "x".repeat(4_000));
    let mut acknowledged = 0;
    loop {
        let id = hans.text("@yoda", &text(acknowledged));
        let answered = std::iter::from_fn(|| hans.receive())
            .find(|message| matches!(message, ServerMessage::Sent { .. } | ServerMessage::Error(_)));
        match answered {
            Some(ServerMessage::Sent { re, .. }) => assert_eq!(re, id),
            None => break,
            other => panic!("neither stored nor the end: {other:?}"),
        }
        acknowledged += 1;
    }
    assert!(acknowledged > 0);
    assert_eq!(server.wait(), Exit::Code(70), "{}", log.text());
    let said = String::from_utf8_lossy(&log.to_end()).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("server: stopped keeping messages: the database failed"), "{said}");
    assert_eq!(said.lines().filter(|line| line.contains("the database failed")).count(), 1, "{said}");
    let (server, log, port) = start(false);
    let mut yoda = RawClient::connect(port);
    let id = yoda.request();
    let (name, password) = ("yoda".to_owned(), password_of("yoda").to_owned());
    yoda.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
    let mut texts = Vec::new();
    yoda.expect("ready", |message| {
        if let ServerMessage::Message(entry) = message {
            texts.push(entry.text.clone());
        }
        matches!(message, ServerMessage::Ready { .. })
    });
    assert!(texts.len() >= acknowledged, "{acknowledged} were acknowledged, {} are there", texts.len());
    assert!(texts.iter().zip(0..).all(|(found, number)| *found == text(number)));
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(), Exit::Code(0), "{}", log.text());
}
