//! A data folder whose database is of a newer version, damaged in the middle, or of another program is one line and exit
//! code 1, and is left as it is.

use std::path::{Path, PathBuf};

use e2e::TestServer;

/// Where SQLite keeps the schema version in a file: `user_version`, big-endian.
const USER_VERSION: usize = 60;

/// A data folder with some messages, of a server that has ended in order.
fn used() -> (TestServer, PathBuf) {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 0..50 {
        hans.ok(&format!("message yoda {number} {}", "x".repeat(2_000)));
    }
    hans.logout();
    server.stop();
    let database = server.data().join("tern.db");
    (server, database)
}

/// Changes the bytes of the database, and checks that the next start is refused and changes nothing.
fn refused(database: &Path, change: impl FnOnce(&mut Vec<u8>), words: &[&str]) {
    let mut bytes = std::fs::read(database).expect("the database is there");
    change(&mut bytes);
    std::fs::write(database, &bytes).expect("the file is ours");
    let data = database.parent().expect("it lies in a folder");
    let failed = TestServer::with().data(data).start_and_fail();
    failed.expect_one_line(&[words, &[&data.display().to_string()]].concat());
    assert!(std::fs::read(database).expect("it is there") == bytes, "the database was changed");
}

#[test]
fn a_newer_version_is_refused() {
    let (_server, database) = used();
    let newer = |bytes: &mut Vec<u8>| bytes[USER_VERSION..USER_VERSION + 4].copy_from_slice(&99u32.to_be_bytes());
    refused(&database, newer, &["written by a newer version", "99"]);
}

#[test]
fn damage_in_the_middle_is_found_at_the_start() {
    let (_server, database) = used();
    let damage = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0xa5);
    };
    refused(&database, damage, &["damaged"]);
}

#[test]
fn half_a_database_is_refused() {
    let (_server, database) = used();
    refused(&database, |bytes| bytes.truncate(bytes.len() / 2), &["damaged"]);
}
