//! A server whose key has changed is refused loudly, with the exact command that helps; after that command it is
//! accepted again.

use e2e::TestServer;

#[test]
fn the_sentence_names_the_command_and_the_command_helps() {
    let mut server = TestServer::start();
    let first = server.login("hans");
    let home = first.home().clone();
    first.logout();
    server.restart();
    server.client().sample("hans").home(&home).start_logged_in().logout();

    server.stop();
    std::fs::remove_file(server.key_file()).expect("the key file is ours");
    server.launch();
    let refused = server.client().sample("hans").home(&home).run();
    refused.exits_with(7);
    let command = format!("tui-client trust forget {}", server.address());
    assert!(refused.stderr().contains(&command), "{}", refused.report());
    assert!(!refused.transcript().iter().any(|line| line.starts_with("state logged-in")), "{}", refused.report());

    let forget = server.client().target(&["trust", "forget", &server.address()]).bare().home(&home).run();
    forget.exits_with(0);
    server.client().sample("hans").home(&home).start_logged_in().logout();
}

#[test]
fn another_key_on_another_port_is_another_server() {
    let (one, other) = (TestServer::start(), TestServer::start());
    let first = one.login("hans");
    let home = first.home().clone();
    other.client().sample("hans").home(&home).start_logged_in().logout();
    first.logout();
}
