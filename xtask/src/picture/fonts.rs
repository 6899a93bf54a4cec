//! The fonts of the pictures: named files, so that two machines with the same packages draw the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// Almost all text.
pub(super) const MONO: &str = "JetBrains Mono";

/// Wide characters that are no emoji.
pub(super) const WIDE: &str = "Noto Sans CJK JP";

/// Emoji.
pub(super) const EMOJI: &str = "Noto Color Emoji";

/// Each file with the Debian package that has it. A character that its font lacks is taken from the first file that has
/// it, so the order is that of preference.
const FILES: [(&str, &str); 9] = [
    ("JetBrainsMono-Regular.ttf", "fonts-jetbrains-mono"),
    ("JetBrainsMono-Bold.ttf", "fonts-jetbrains-mono"),
    ("JetBrainsMono-Italic.ttf", "fonts-jetbrains-mono"),
    ("JetBrainsMono-BoldItalic.ttf", "fonts-jetbrains-mono"),
    ("DejaVuSansMono.ttf", "fonts-dejavu-core"),
    ("DejaVuSansMono-Bold.ttf", "fonts-dejavu-core"),
    ("NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
    ("NotoSansCJK-Bold.ttc", "fonts-noto-cjk"),
    ("NotoColorEmoji.ttf", "fonts-noto-color-emoji"),
];

/// Folders deeper than this have no fonts.
const DEPTH: usize = 5;

/// The files, in order, or an error that says what to install.
pub(super) fn find() -> Result<Vec<PathBuf>> {
    find_in(&folders())
}

fn folders() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/share/fonts"), PathBuf::from("/usr/local/share/fonts")];
    folders.push(PathBuf::from("/Library/Fonts"));
    let home = std::env::var_os("HOME").map(PathBuf::from);
    folders.extend(home.into_iter().flat_map(|home| [home.join(".local/share/fonts"), home.join("Library/Fonts")]));
    folders
}

pub(super) fn find_in(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in folders {
        gather(folder, DEPTH, &mut all);
    }
    all.sort();
    let of_name = |name: &str| all.iter().find(|path| path.file_name().is_some_and(|file| file == name)).cloned();
    let mut missing: Vec<&str> =
        FILES.iter().filter(|(name, _)| of_name(name).is_none()).map(|&(_, package)| package).collect();
    missing.dedup();
    if !missing.is_empty() {
        bail!("fonts are missing; install them with: apt-get install {}", missing.join(" "));
    }
    Ok(FILES.iter().filter_map(|(name, _)| of_name(name)).collect())
}

/// Folders that are not there, or may not be read, have no fonts for us.
fn gather(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth > 0 {
                gather(&path, depth - 1, files);
            }
        } else {
            files.push(path);
        }
    }
}
