//! A server whose log has no reader any more, or one who does not read, goes on, and ends in order.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{ChildStderr, Command, Stdio};

use e2e::{Exit, Home, Process, RawClient, binary};
use rustix::process::Signal;

/// A server with its log on a pipe, which holds a page: some sixty lines. Its port was read from there.
fn start(home: &Home) -> (Process, BufReader<ChildStderr>, u16) {
    std::fs::write(home.path().join("credentials.txt"), "hans falcon\nyoda wise\n")
        .expect("a fresh folder is writable");
    let mut command = Command::new(binary("server"));
    command.args(["0", "--bind", "127.0.0.1", "--data"]).arg(home.path().join("server"));
    command.env_clear().envs(home.environment()).current_dir(home.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the server can be started");
    let pipe = child.stderr.take().expect("stderr is a pipe");
    rustix::pipe::fcntl_setpipe_size(&pipe, 4096).expect("a pipe can be small");
    let server = Process::of("server", child);
    let mut log = BufReader::with_capacity(1, pipe);
    let port = log
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("listening on 127.0.0.1:")?.1.trim().parse::<u16>().ok());
    (server, log, port.expect("it listens"))
}

fn come_and_go(port: u16, times: usize) {
    for _ in 0..times {
        for user in ["hans", "yoda"] {
            let mut client = RawClient::connect(port);
            client.login(user);
            client.logout();
        }
    }
}

#[test]
fn a_closed_stderr_is_not_the_end() {
    let home = Home::new();
    let (server, log, port) = start(&home);
    drop(log);
    come_and_go(port, 3);
    server.signal(Signal::TERM);
    assert_eq!(server.wait(), Exit::Code(0));
}

#[test]
fn a_reader_who_stopped_reading_makes_nobody_wait() {
    let home = Home::new();
    let (server, log, port) = start(&home);
    // A login and a logout are a line each: more than the pipe holds.
    come_and_go(port, 40);
    server.signal(Signal::TERM);
    assert_eq!(server.wait(), Exit::Code(0));
    drop(log);
}
