//! A damaged key file stops the start with one line that names it, and is never replaced: a new key would lock out
//! everybody who knows the old one.

use e2e::TestServer;

#[test]
fn it_is_named_and_left_alone() {
    let mut server = TestServer::start();
    server.stop();
    let key = server.key_file();
    for garbage in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "\u{0}\u{1}\u{2}"] {
        std::fs::write(&key, garbage).expect("the key file is ours");
        let failed = TestServer::with().data(&server.data()).start_and_fail();
        let name = key.file_name().expect("a file has a name").to_string_lossy();
        failed.expect_one_line(&[&name]);
        assert_eq!(std::fs::read_to_string(&key).expect("the key file is there"), garbage);
    }
}
