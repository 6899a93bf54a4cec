//! What is in a folder, for completing a path.

use std::path::Path;

use crate::peer::transfer::expand;
use crate::tui::control::Listed;

/// More than these of one folder are not looked at.
const MOST: usize = 5000;

/// What is in the folder of a path that is being typed: all of it up to the last slash is the folder. Nothing where it
/// cannot be read.
pub(super) fn list(typed: &str) -> Vec<Listed> {
    let folder = typed.rsplit_once('/').map_or("./", |(folder, _)| &typed[..=folder.len()]);
    let Ok(entries) = std::fs::read_dir(Path::new(&expand(folder))) else { return Vec::new() };
    let listed = entries.flatten().take(MOST).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(Listed { name, is_folder: entry.path().is_dir() })
    });
    listed.collect()
}
