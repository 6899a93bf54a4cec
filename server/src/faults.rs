//! Faults that are built in on purpose, one at a time, to prove that the tests would see them. A checker that has never
//! found anything proves nothing. There are none without the feature `seeded-faults`, which no release has.

/// A fault that can be seeded: the variable `TERN_FAULT` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ack-before-commit`: a message is acknowledged before it is kept.
    AckBeforeCommit,
    /// `no-sync`: a message is acknowledged when the system has it, before it is on the disk.
    NoSync,
    /// `no-dedupe`: a message that is sent again is stored again.
    NoDedupe,
    /// `delete-on-send`: a message that waited counts as seen as soon as it is sent.
    DeleteOnSend,
    /// `replay-off-by-one`: what waited begins one message too late.
    ReplayOffByOne,
    /// `reorder`: what waited comes in the wrong order.
    Reorder,
}

/// Whether this fault is seeded.
#[cfg(feature = "seeded-faults")]
pub fn is_seeded(fault: Fault) -> bool {
    static SEEDED: std::sync::OnceLock<Option<Fault>> = std::sync::OnceLock::new();
    let seeded = SEEDED.get_or_init(|| match std::env::var("TERN_FAULT").as_deref() {
        Ok("ack-before-commit") => Some(Fault::AckBeforeCommit),
        Ok("no-sync") => Some(Fault::NoSync),
        Ok("no-dedupe") => Some(Fault::NoDedupe),
        Ok("delete-on-send") => Some(Fault::DeleteOnSend),
        Ok("replay-off-by-one") => Some(Fault::ReplayOffByOne),
        Ok("reorder") => Some(Fault::Reorder),
        _ => None,
    });
    *seeded == Some(fault)
}

/// Whether this fault is seeded: never, in a program that people use.
#[cfg(not(feature = "seeded-faults"))]
pub const fn is_seeded(_: Fault) -> bool {
    false
}
