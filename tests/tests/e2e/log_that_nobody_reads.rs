//! A server whose log has no reader any more goes on, and ends in order.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use e2e::{Exit, Home, Process, RawClient, binary};
use rustix::process::Signal;

#[test]
fn a_closed_stderr_is_not_the_end() {
    let home = Home::new();
    std::fs::write(home.path().join("credentials.txt"), "hans falcon\nyoda wise\n")
        .expect("a fresh folder is writable");
    let mut command = Command::new(binary("server"));
    command.args(["0", "--bind", "127.0.0.1", "--data"]).arg(home.path().join("server"));
    command.env_clear().envs(home.environment()).current_dir(home.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the server can be started");
    let log = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
    let server = Process::of("server", child);
    // The iterator, and with it the pipe, is dropped as soon as the port is known.
    let port = log
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("listening on 127.0.0.1:")?.1.trim().parse::<u16>().ok());
    let port = port.expect("it listens");
    for _ in 0..3 {
        for user in ["hans", "yoda"] {
            let mut client = RawClient::connect(port);
            client.login(user);
            client.logout();
        }
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait(), Exit::Code(0));
}
