//! Passwords are never readable on disk or in the log: not those of the credentials file after a login, not registered
//! ones, not tried ones. The credentials file itself is never rewritten.

use std::path::Path;

use e2e::TestServer;

fn assert_nowhere(folder: &Path, secret: &str) {
    for entry in std::fs::read_dir(folder).expect("the data folder is readable") {
        let path = entry.expect("the data folder is readable").path();
        if path.is_dir() {
            assert_nowhere(&path, secret);
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file of the server is readable");
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{} holds a password", path.display());
    }
}

#[test]
fn no_password_is_on_disk_or_in_the_log() {
    let mut server = TestServer::start();
    server.login("leia").logout();
    server.client().user("lando").password("cloud city").arg("--register").start_logged_in().logout();
    server.client().user("leia").password("alderaan rose").run().exits_with(4);
    server.stop();
    for secret in ["blasterpistol", "cloud city", "alderaan rose"] {
        assert!(!server.log().contains(secret), "the log holds a password:\n{}", server.log());
        assert_nowhere(&server.data(), secret);
    }
}

#[test]
fn the_credentials_file_is_never_rewritten() {
    let text = "# people\nhans falcon\n\nyoda   wise  \n";
    let mut server = TestServer::with().credentials(text).start();
    server.login("hans").logout();
    server.login("yoda").logout();
    server.stop();
    assert_eq!(server.credentials_on_disk(), text);
}

#[test]
fn a_changed_line_of_the_credentials_file_is_ignored_with_a_hint() {
    let mut server = TestServer::start();
    server.login("hans").logout();
    server.stop();
    server.plan().set_credentials("hans another\nyoda wise\n");
    server.launch();
    server.expect_log(&["server passwd hans"]);
    server.login("hans").logout();
    server.client().user("hans").password("another").run().exits_with(4);
}

#[test]
fn an_account_stays_when_its_line_goes() {
    let mut server = TestServer::start();
    server.login("hans").logout();
    server.stop();
    server.plan().set_credentials("");
    server.launch();
    server.login("hans").logout();
}
