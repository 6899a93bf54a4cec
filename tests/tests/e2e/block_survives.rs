//! Blocks survive restarts and crashes of the server.

use e2e::TestServer;

#[test]
fn a_block_survives_a_restart_and_a_crash_and_so_does_its_end() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    hans.ok("block vader");
    drop(hans);
    server.restart();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    vader.refused("message hans hi", "blocked");
    hans.ok("block luke");
    server.kill();
    drop((hans, vader));
    server.launch();
    let (mut hans, mut luke) = (server.login("hans"), server.login("luke"));
    luke.refused("message hans hi", "blocked");
    hans.ok("unblock vader");
    server.kill();
    drop((hans, luke));
    server.launch();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    vader.answers("message hans hi", "ok message hans delivered");
    hans.expect("message from vader: hi");
    assert_eq!(hans.ok("blocked")[0], "blocked 1");
}
