//! What a panic does while the screen is up. One of the thread that draws ends the program: the terminal is given back
//! first, so that the message can be read. One of a task does not: the screen goes on, and the message waits for it.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{ENTERED, Modes, leave};

/// Messages kept for the screen. One panic is bad enough; a task that panics in a loop must not fill the memory.
const KEPT: usize = 16;

static TASK_PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Installs the hook. Call it once, on the thread that will draw, with the modes that the screen will enter. The hook
/// that was there prints whatever is printed. `wake` is called on the thread that panics when a message waits.
pub fn install_panic_hook(modes: Modes, wake: impl Fn() + Send + Sync + 'static) {
    let drawing_thread = thread::current().id();
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !ENTERED.load(Ordering::SeqCst) {
            print(info);
        } else if thread::current().id() == drawing_thread {
            leave(modes);
            print(info);
        } else {
            keep(info);
            wake();
        }
    }));
}

/// What tasks said when they panicked, since the last call. The oldest first.
pub fn take_task_panics() -> Vec<String> {
    std::mem::take(&mut *TASK_PANICS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn keep(info: &PanicHookInfo<'_>) {
    let mut panics = TASK_PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    if panics.len() < KEPT {
        panics.push(describe(info));
    }
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no message");
    match info.location() {
        Some(at) => format!("{what} ({}:{})", at.file(), at.line()),
        None => what.to_owned(),
    }
}
