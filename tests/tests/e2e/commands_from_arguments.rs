//! `-e COMMAND`, repeatable, runs commands instead of reading stdin, in their order, and ends like an end of input.

use e2e::TestServer;

#[test]
fn they_run_in_order_and_the_input_is_not_read() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = server.client().sample("hans");
    for command in ["message yoda one", "message yoda two", "whoelse"] {
        hans = hans.arg("-e").arg(command);
    }
    let mut hans = hans.start();
    hans.expect("ok message yoda delivered");
    hans.expect("ok message yoda delivered");
    hans.expect("users 1");
    hans.exits_with(0);
    yoda.expect("message from hans: one");
    yoda.expect("message from hans: two");
}

#[test]
fn those_after_a_refused_one_run_too_and_the_exit_code_tells() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let hans = server.client().sample("hans").arg("-e").arg("message lando hi").arg("-e").arg("message yoda hi").run();
    hans.exits_with(1);
    yoda.expect("message from hans: hi");
}
