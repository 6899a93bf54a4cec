//! What the system does not permit at the start is one line that names it, and exit code 1.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use e2e::{Home, ServerBuilder, TestServer};

/// Takes from root what makes root different: reading and writing what is not permitted, and ports below 1024.
const LIKE_ANYBODY: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-net_bind_service"];

/// A server without the rights of root; `None` where it would have them.
fn like_anybody(test: &str) -> Option<ServerBuilder> {
    if !rustix::process::geteuid().is_root() {
        return Some(TestServer::with());
    }
    let [program, argument] = LIKE_ANYBODY;
    let tried = Command::new(program).args([argument, "true"]).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(TestServer::with().under(&LIKE_ANYBODY));
    }
    #[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
    let () = eprintln!("skipped: {test} needs setpriv, or a user who is not root");
    None
}

/// A number that the system is set to, where it says so.
fn setting(name: &str) -> Option<u16> {
    std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok()?.trim().parse().ok()
}

#[test]
fn a_port_that_only_root_may_have_is_named() {
    let test = "a_port_that_only_root_may_have_is_named";
    // Nobody gets it, so it does not matter which.
    if setting("ip_unprivileged_port_start").is_some_and(|first| first <= 1) {
        eprintln!("skipped: {test} needs a system that keeps ports for root");
        return;
    }
    let Some(server) = like_anybody(test) else { return };
    server.port(1).start_and_fail().expect_one_line(&["127.0.0.1:1", "not allowed"]);
}

#[test]
fn an_address_of_another_machine_is_named() {
    let test = "an_address_of_another_machine_is_named";
    if setting("ip_nonlocal_bind") == Some(1) {
        eprintln!("skipped: {test} needs a system that gives nobody an address of others");
        return;
    }
    // RFC 5737 keeps it for documentation: no machine has it.
    TestServer::with().bind("192.0.2.1").start_and_fail().expect_one_line(&["192.0.2.1", "does not have"]);
}

#[test]
fn a_credentials_file_that_one_may_not_read_is_named() {
    let Some(server) = like_anybody("a_credentials_file_that_one_may_not_read_is_named") else { return };
    server.credentials_mode(0).start_and_fail().expect_one_line(&["credentials.txt", "denied"]);
}

#[test]
fn a_data_folder_that_one_may_not_write_is_named_and_left_alone() {
    let Some(server) = like_anybody("a_data_folder_that_one_may_not_write_is_named_and_left_alone") else { return };
    let home = Home::new();
    let data = home.path().join("read-only");
    std::fs::create_dir(&data).expect("a fresh folder is writable");
    std::fs::set_permissions(&data, Permissions::from_mode(0o500)).expect("the folder is ours");
    server.data(&data).start_and_fail().expect_one_line(&[&data.display().to_string(), "denied"]);
    assert_eq!(std::fs::read_dir(&data).expect("the folder is readable").count(), 0);
}
