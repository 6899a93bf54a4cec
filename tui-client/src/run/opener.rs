//! Opens a link with the program that the desktop has for links.

use std::process::{Command, Stdio};
use std::thread;

/// Whether there is a desktop that could show something.
fn has_desktop() -> bool {
    cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Opens an address that begins with `http://` or `https://`; it is one argument of a program, and goes through no
/// shell. A sentence says why it was not opened.
pub(super) fn open(url: &str) -> Result<(), String> {
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err("Only web addresses are opened.".to_owned());
    }
    if !has_desktop() {
        return Err("There is no desktop here to open it on.".to_owned());
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be run: {error}."))?;
    // Somebody has to take note of its end.
    thread::spawn(move || child.wait());
    Ok(())
}
