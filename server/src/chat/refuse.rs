//! Refusals and long answers in the form in which they travel.

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

/// Cuts a list into parts of at most `size`, each with whether another follows. An empty list is one empty part.
pub(super) fn parts<T: Clone>(list: Vec<T>, size: usize) -> Vec<(Vec<T>, bool)> {
    if list.is_empty() {
        return vec![(list, false)];
    }
    let last = list.len().div_ceil(size) - 1;
    list.chunks(size).enumerate().map(|(index, part)| (part.to_vec(), index < last)).collect()
}
