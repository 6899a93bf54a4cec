//! Two servers never use one data folder at once; when the first has ended, however it did, the next may.

use e2e::TestServer;

#[test]
fn the_second_one_is_refused() {
    let mut first = TestServer::start();
    TestServer::with().data(&first.data()).start_and_fail().expect_one_line(&["another server is using it"]);
    first.assert_serves();
    let data = first.data();
    first.kill();
    let second = TestServer::with().data(&data).start();
    second.assert_serves();
}
