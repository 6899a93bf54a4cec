//! The server starts again on the same port at once, however many connections were open.

use e2e::TestServer;

#[test]
fn the_port_is_free_at_once() {
    let mut server = TestServer::start();
    let port = server.port();
    for round in 0..3 {
        let clients: Vec<_> = ["hans", "yoda", "leia", "luke"].map(|user| server.login(user)).into();
        if round % 2 == 0 {
            server.stop();
        } else {
            server.kill();
        }
        drop(clients);
        server.launch();
        assert_eq!(server.port(), port);
    }
}
