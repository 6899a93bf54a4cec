//! A data folder or database that cannot be used is one line that names it, and exit code 1; nothing in it is changed.

use e2e::{Home, TestServer};

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let home = Home::new();
    let file = home.path().join("file");
    std::fs::write(&file, "mine").expect("a fresh folder is writable");
    for folder in [&file, &file.join("below"), &std::path::PathBuf::from("/proc/nothing/here")] {
        let failed = TestServer::with().data(folder).start_and_fail();
        failed.expect_one_line(&[&folder.display().to_string()]);
    }
    assert_eq!(std::fs::read_to_string(&file).expect("the file is there"), "mine");
}

#[test]
fn a_damaged_database_is_refused_and_left_alone() {
    let mut server = TestServer::start();
    server.assert_serves();
    server.stop();
    let mut damaged = Vec::new();
    for entry in std::fs::read_dir(server.data()).expect("the data folder is readable") {
        let path = entry.expect("the data folder is readable").path();
        let bytes = std::fs::read(&path).expect("a file of the server is readable");
        if bytes.starts_with(b"SQLite format 3\0") {
            std::fs::write(&path, b"SQLite format 3 is what this is not").expect("the file is ours");
            damaged.push(path);
        }
    }
    let [database] = &damaged[..] else { panic!("the data folder has the databases {damaged:?}") };
    let failed = TestServer::with().data(&server.data()).start_and_fail();
    failed.expect_one_line(&[]);
    let text = std::fs::read(database).expect("the file is there");
    assert_eq!(text, b"SQLite format 3 is what this is not");
}

#[test]
fn an_unreadable_credentials_file_is_named() {
    // A folder is something that nobody can read as a file, root included.
    let failed = TestServer::with().credentials_is_a_folder().start_and_fail();
    failed.expect_one_line(&["credentials.txt"]);
}
