//! The server does what docs/protocol.md says: every case of `tests/conformance` holds.

use e2e::conformance::{Judged, run};

#[test]
fn every_case_holds() {
    let report = run(Judged::Own, "").expect("the cases can be read");
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert!(report.held >= 120 && report.skipped == 0, "{} held, {} were skipped", report.held, report.skipped);
}
