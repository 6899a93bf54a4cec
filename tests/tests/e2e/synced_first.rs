//! An acknowledgement comes after the disk has the message. Where the server's calls cannot be watched, the test says so
//! and proves nothing.

use e2e::Trace;
use e2e::chaos::synced;

#[test]
fn an_acknowledgement_comes_after_the_sync_of_its_message() {
    if !Trace::is_possible() {
        eprintln!("skipped: an_acknowledgement_comes_after_the_sync_of_its_message needs strace");
        return;
    }
    if let Err(broken) = synced::run() {
        panic!("{broken}");
    }
}
