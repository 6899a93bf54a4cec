//! A client in another language, written from the protocol's page alone, logs in and chats with the real server, and
//! decodes the golden files.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use e2e::{Capture, Exit, Home, Process, TestServer};

/// Whether Python and its msgpack are there. Says by name why not.
fn has_msgpack(test: &str) -> bool {
    let check = Command::new("python3").args(["-c", "import msgpack"]).stderr(Stdio::null()).status();
    let there = check.is_ok_and(|status| status.success());
    if !there {
        // Straight to stderr: what a passing test prints in the usual way is never seen.
        let said = writeln!(std::io::stderr(), "SKIPPED {test}: `python3 -c \"import msgpack\"` does not work here");
        said.expect("stderr is open");
    }
    there
}

fn example(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/python").join(name);
    assert!(path.is_file(), "{} is missing", path.display());
    path
}

#[test]
fn the_example_client_chats() {
    if !has_msgpack("the_example_client_chats") {
        return;
    }
    let server = TestServer::start();
    let mut hans = server.login_with_presence("hans");
    let home = Home::new();
    let mut child = Command::new("python3")
        .arg("-u")
        .arg(example("chat.py"))
        .args(["127.0.0.1", &server.port().to_string(), "--user", "yoda"])
        .env_clear()
        .envs(home.environment())
        .env("TERN_PASSWORD", "wise")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 was started a moment ago");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
    let stderr = Capture::of(child.stderr.take().expect("stderr is a pipe"));
    let python = Process::of("chat.py", child);
    let expect = |end: &str| {
        let there = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().any(|line| line.ends_with(end));
        let found = stdout.wait_for(|bytes, _| there(bytes).then_some(()));
        assert!(
            found.is_some(),
            "no line ends with `{end}`\n--- stdout\n{}--- stderr\n{}",
            stdout.text(),
            stderr.text()
        );
    };
    hans.expect("presence yoda online");
    hans.ok("broadcast hello snake");
    expect("] hans: hello snake");
    hans.answers("message yoda psst", "ok message yoda delivered");
    expect("] (to you) hans: psst");
    stdin.write_all(b"hello bird\n@hans psst yourself\n").expect("the client reads its input");
    hans.expect("broadcast from yoda: hello bird");
    hans.expect("message from yoda: psst yourself");
    drop(stdin);
    assert_eq!(python.wait(), Exit::Code(0), "{}", stderr.text());
    hans.expect("presence yoda offline logged-out");
}

#[test]
fn the_golden_files_are_understood() {
    if !has_msgpack("the_golden_files_are_understood") {
        return;
    }
    let run =
        Command::new("python3").arg(example("test_golden.py")).output().expect("python3 was started a moment ago");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}
