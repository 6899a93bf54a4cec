//! Refusals in the form in which they travel.

use shared::error::Code;
use shared::id::RequestId;
use shared::message::Refusal;

use crate::record::KeepError;

/// A refusal of this request.
pub(super) fn refuse(id: RequestId, code: Code, text: impl Into<String>) -> Refusal {
    Refusal::new(Some(id), code, text)
}

/// The refusal of a request whose result could not be kept.
pub(super) fn storage(id: RequestId, error: KeepError) -> Refusal {
    match error {
        KeepError::Full => {
            refuse(id, Code::STORAGE_FULL, "the server's disk is full: nothing was stored, try again later")
        }
        KeepError::Broken => refuse(id, Code::STORAGE, "the server cannot store anything now: nothing was stored"),
    }
}
