//! An invite link pins the first contact: the right fingerprint is accepted without a notice, a wrong one is refused.

use e2e::TestServer;

#[test]
fn the_right_fingerprint_is_accepted() {
    let server = TestServer::start();
    let link = server.invite_with(&server.fingerprint());
    let client = server.client().target(&[&link]).sample("hans").start_logged_in();
    client.logout();
    let client = server.client().arg("--fingerprint").arg(&server.fingerprint()).sample("hans").start_logged_in();
    client.logout();
}

#[test]
fn a_wrong_fingerprint_is_refused_at_the_first_contact_and_not_remembered() {
    let (server, other) = (TestServer::start(), TestServer::start());
    let link = server.invite_with(&other.fingerprint());
    let client = server.client().target(&[&link]).sample("hans").run();
    client.exits_with(7);
    let home = client.home().clone();
    let client = server.client().arg("--fingerprint").arg(&other.fingerprint()).sample("hans").home(&home).run();
    client.exits_with(7);
    server.client().sample("hans").home(&home).start_logged_in().logout();
}

#[test]
fn a_link_that_is_none_is_a_usage_error() {
    let server = TestServer::start();
    for link in ["tern://", "tern://127.0.0.1:4000#nonsense", "tern://127.0.0.1:many"] {
        server.client().target(&[link]).sample("hans").run().exits_with(2);
    }
}
