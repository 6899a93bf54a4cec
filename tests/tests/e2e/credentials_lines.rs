//! Bad lines of the credentials file are named by their number and skipped; two lines for one name stop the start.
//! Comments, blank lines, passwords with blanks and PHC strings are understood.

use e2e::{Exit, TestServer};

/// The PHC string of `wookiee`, with the cheapest parameters (argon2id, 8 KiB, one pass).
const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$JQJk/XmeDI/eg8nUJ+n62qOO6iQbmAuZC9ZIwKa8Vew";

#[test]
fn bad_lines_are_named_and_skipped() {
    let server = TestServer::with().credentials("hans falcon\nonlyaname\n-rf nonsense\nyoda wise\n").start();
    server.expect_log(&["line 2"]);
    server.expect_log(&["line 3"]);
    assert!(!server.log().contains("nonsense"), "a secret was logged:\n{}", server.log());
    server.login("hans").logout();
    server.login("yoda").logout();
}

#[test]
fn comments_blank_lines_and_blanks_in_passwords_are_understood() {
    let text = "# the crew\r\n\r\nhans  falcon\r\n\tyoda\twise\r\nchewie rrr aaa gh\r\n";
    let server = TestServer::with().credentials(text).start();
    server.login("hans").logout();
    server.login("yoda").logout();
    server.client().user("chewie").password("rrr aaa gh").start_logged_in().logout();
}

#[test]
fn a_phc_string_is_a_password() {
    let server = TestServer::with().credentials(&format!("chewie {PHC}\n")).start();
    server.client().user("chewie").password("wookiee").start_logged_in().logout();
    server.client().user("chewie").password(PHC).run().exits_with(4);
}

#[test]
fn two_lines_for_one_name_stop_the_start() {
    let failed = TestServer::with().credentials("hans falcon\nyoda wise\nHans other\n").start_and_fail();
    assert_eq!(failed.exit, Exit::Code(1), "{}", failed.stderr);
    assert!(failed.stderr.contains('1') && failed.stderr.contains('3'), "no line numbers in {}", failed.stderr);
    assert!(!failed.stderr.contains("falcon") && !failed.stderr.contains("other"), "a secret was printed");
}
