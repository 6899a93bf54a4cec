//! The server does what docs/protocol.md says: every case of `tests/conformance` holds, and nothing secret of them is in
//! its log, though it logs all it can.

use e2e::conformance::{Judged, run};

#[test]
fn every_case_holds_and_leaves_no_secret_in_the_log() {
    let report = run(Judged::Own, "").expect("the cases can be read");
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert!(report.log_faults.is_empty(), "{}", report.log_faults.join("\n"));
    assert!(report.held >= 120 && report.skipped == 0, "{} held, {} were skipped", report.held, report.skipped);
    assert!(report.secrets >= 500, "only {} passwords, tickets and texts were looked for", report.secrets);
}
