//! What a running process has cost, from `/proc`.

use std::fs;

use anyhow::Context as _;

/// Resident memory in MiB.
pub fn resident(id: i32) -> anyhow::Result<f64> {
    let kib = field(&format!("/proc/{id}/status"), "VmRSS:").context("the kernel does not tell the memory")?;
    Ok(crate::figures::float(kib) / 1024.0)
}

/// How often its threads have gone to sleep by themselves so far, one after the other; every such sleep that ended was
/// a wake-up.
pub fn sleeps(id: i32) -> anyhow::Result<u64> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).context("the process has ended")?;
    let counts = tasks.flatten().filter_map(|task| {
        let status = task.path().join("status");
        field(status.to_str()?, "voluntary_ctxt_switches:")
    });
    Ok(counts.sum())
}

/// How many threads it has.
pub fn threads(id: i32) -> anyhow::Result<u64> {
    field(&format!("/proc/{id}/status"), "Threads:").context("the kernel does not tell the threads")
}

fn field(path: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
