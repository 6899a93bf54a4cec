//! A port in use is one line and exit code 1, and the server that has it is not disturbed.

use e2e::TestServer;

#[test]
fn the_second_server_gives_up_and_the_first_goes_on() {
    let first = TestServer::start();
    let failed = TestServer::with().port(first.port()).start_and_fail();
    failed.expect_one_line(&[&first.port().to_string()]);
    first.assert_serves();
}
