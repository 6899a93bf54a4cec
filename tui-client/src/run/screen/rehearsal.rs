//! Panics on purpose, for the tests of what a panic leaves behind.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::model::Model;

/// Panics after the login, where a build for developers is told to: so the tests see what a panic leaves behind.
pub(super) fn rehearse(model: &Model) {
    if !cfg!(debug_assertions) || model.me.is_none() {
        return;
    }
    match std::env::var("TERN_PANIC").as_deref() {
        Ok("screen") => panic!("a rehearsed panic"),
        Ok("task") if !REHEARSED.swap(true, Ordering::Relaxed) => {
            tokio::spawn(async { panic!("a rehearsed panic") });
        }
        _ => {}
    }
}

/// Whether the task has panicked: once is enough.
static REHEARSED: AtomicBool = AtomicBool::new(false);
