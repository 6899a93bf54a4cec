//! Reads the user's own themes: `tern/themes/NAME.toml` in the XDG config folder.

use std::fs;
use std::path::Path;

use super::{folder, read_text};
use crate::tui::theme::{OwnTheme, ThemeChoice, Themes};

/// Files looked at. More themes nobody steps through.
const FILES: usize = 64;

/// The themes that are there. One that cannot be read is there with the reason.
pub fn themes() -> Themes {
    folder().map(|folder| read(&folder.join("themes"))).unwrap_or_default()
}

fn read(folder: &Path) -> Themes {
    let Ok(entries) = fs::read_dir(folder) else { return Themes::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.truncate(FILES);
    let named = paths.into_iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?.to_owned();
        // A file that is called like a theme of ours, or cannot be a name, is never asked for.
        matches!(name.parse(), Ok(ThemeChoice::Own(_))).then(|| (name, theme(&path)))
    });
    named.collect()
}

fn theme(path: &Path) -> Result<OwnTheme, String> {
    let text = read_text(path).map_err(|_| format!("The theme file {} cannot be read.", path.display()))?;
    OwnTheme::parse(&text).map_err(|error| format!("The theme file {} is wrong: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_read_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("sea.toml", "bg = \"#102030\"");
        write("mud.toml", "bg = \"brownish\"");
        write("dark.toml", "bg = \"red\"");
        write("not a name.toml", "");
        write("notes.txt", "");
        let themes = read(folder.path());
        assert_eq!(themes.keys().collect::<Vec<_>>(), ["mud", "sea"]);
        assert!(themes["sea"].is_ok());
        let why = themes["mud"].as_ref().unwrap_err();
        assert!(why.contains("mud.toml") && why.contains("line 1, bg"), "{why}");
        assert_eq!(read(&folder.path().join("none")), Themes::new());
    }
}
