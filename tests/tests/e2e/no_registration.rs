//! With `--no-register` nobody can tell an unknown name from a wrong password: the words, the count and the lock are the
//! same.

use e2e::TestServer;

/// What a client prints for one login with a wrong password, and its exit code.
fn try_once(server: &TestServer, name: &str) -> (Vec<String>, String, i32) {
    let client = server.client().user(name).password("wrong password").run();
    let code = client.exit();
    client.stdout_to_end();
    (client.transcript(), client.stderr_to_end().replace(name, "NAME"), code)
}

#[test]
fn an_unknown_name_and_a_wrong_password_are_told_in_the_same_words() {
    let server = TestServer::with().arg("--no-register").start();
    for number in 1..=4 {
        let known = try_once(&server, "hans");
        let unknown = try_once(&server, "ghost");
        assert_eq!(known, unknown, "at try {number}");
        let code = if number < 3 { "error bad-login" } else { "error locked" };
        assert!(known.0.iter().any(|line| line.starts_with(code)), "at try {number}: {known:?}");
    }
}

#[test]
fn nobody_can_register() {
    let server = TestServer::with().arg("--no-register").start();
    let mut client = server.client().user("lando").password("cloud city").arg("--register").run();
    client.expect_prefix("error registration-off");
    client.exits_with(4);
    server.login("hans").logout();
}
