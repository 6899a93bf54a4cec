//! `tui-client trust list` shows the remembered servers with their keys; `trust forget` forgets one; the file is the
//! user's own and a damaged one is refused, never overwritten.

use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;

use e2e::{Home, PlainClient, TestServer};

fn trust(server: &TestServer, home: &Rc<Home>, words: &[&str]) -> PlainClient {
    let target: Vec<_> = std::iter::once("trust").chain(words.iter().copied()).collect();
    server.client().target(&target).bare().home(home).run()
}

#[test]
fn a_server_is_listed_after_the_first_contact_and_gone_when_forgotten() {
    let server = TestServer::start();
    let client = server.login("hans");
    let home = client.home().clone();
    client.logout();
    let list = trust(&server, &home, &["list"]);
    list.exits_with(0);
    let lines = list.transcript();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(&server.address()) && lines[0].contains(&server.fingerprint()), "{lines:?}");

    trust(&server, &home, &["forget", &server.address()]).exits_with(0);
    let list = trust(&server, &home, &["list"]);
    list.exits_with(0);
    assert_eq!(list.transcript(), Vec::<String>::new());
    let again = trust(&server, &home, &["forget", &server.address()]);
    assert_ne!(again.exit(), 0, "{}", again.report());
}

#[test]
fn the_first_contact_is_told_and_later_ones_are_not() {
    let server = TestServer::start();
    let first = server.login("hans");
    let home = first.home().clone();
    let fingerprint = server.fingerprint();
    first.expect_stderr(&fingerprint);
    first.logout();
    let second = server.client().sample("hans").home(&home).start_logged_in();
    assert!(!second.stderr().contains(&fingerprint), "{}", second.report());
    second.logout();
}

#[test]
fn the_file_is_private_and_a_damaged_one_is_refused() {
    let server = TestServer::start();
    let client = server.login("hans");
    let home = client.home().clone();
    client.logout();
    let mut files = home.files();
    for file in &files {
        let mode = std::fs::metadata(file).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is open to others", file.display());
    }
    // The other one is the lock under which the list is rewritten.
    files.retain(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&server.fingerprint())));
    let [file] = &files[..] else { panic!("the list of servers is in {files:?}") };

    std::fs::write(file, "nonsense that is no list\n").expect("the file is ours");
    let refused = server.client().sample("hans").home(&home).arg("--retry").arg("1").run();
    assert_ne!(refused.exit(), 0, "{}", refused.report());
    let text = std::fs::read_to_string(file).expect("the file is there");
    assert_eq!(text, "nonsense that is no list\n", "the damaged file was overwritten");
}
