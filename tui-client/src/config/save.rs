//! Writes settings into the config file: what else stands there, its order and its comments stay.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::print::value_of;
use super::table::Setting;
use super::{ConfigError, read_text};

/// The mode of a new file, as far as the user's umask allows it: it holds no secret.
const MODE: u32 = 0o644;

/// Writes these values into the file, which is made if there is none. Whoever reads it meanwhile sees the old text or
/// the new one. A link stays a link.
///
/// # Errors
///
/// When the file is no TOML, or cannot be read or written. It is as it was then.
pub fn save(path: &Path, changes: &[(&'static Setting, String)]) -> Result<(), ConfigError> {
    let unwritable = |source| ConfigError::Unwritable { path: path.to_owned(), source };
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = match read_text(&real) {
        Ok(text) => text,
        Err(ConfigError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let changed =
        change(&text, changes).map_err(|error| ConfigError::Wrong { path: path.to_owned(), source: error.into() })?;
    replace(&real, &changed).map_err(unwritable)
}

/// The text of the file with other values.
fn change(text: &str, changes: &[(&'static Setting, String)]) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    for (setting, value) in changes {
        let mut new = value_of(setting, value);
        match document.get_mut(setting.name) {
            Some(Item::Value(old)) => {
                // The comment behind it is a part of it.
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            _ => {
                document.insert(setting.name, Item::Value(new));
            }
        }
    }
    Ok(document.to_string())
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mode = fs::metadata(path).map_or(MODE, |metadata| metadata.permissions().mode() & 0o777);
    let new = beside(path);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(folder)?.sync_all()
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// A name of this process's own beside the file.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::super::table::find;
    use super::*;

    fn changed(text: &str, changes: &[(&str, &str)]) -> String {
        let changes: Vec<_> = changes.iter().map(|&(name, value)| (find(name).unwrap(), value.to_owned())).collect();
        change(text, &changes).unwrap()
    }

    #[test]
    fn comments_and_order_stay() {
        let text =
            "# mine\nuser = \"yoda\"   # me\n\n# look\ntheme = \"dark\" # nice\n\n[keys]\n\"ctrl+x\" = \"help\"\n";
        let expected = "# mine\nuser = \"yoda\"   # me\n\n# look\ntheme = \"light\" # nice\nmouse = true\n\n[keys]\n\"ctrl+x\" = \"help\"\n";
        assert_eq!(changed(text, &[("theme", "light"), ("mouse", "true")]), expected);
        assert_eq!(changed("", &[("history", "5"), ("time", "%H.%M")]), "history = 5\ntime = \"%H.%M\"\n");
    }

    #[test]
    fn the_file_is_made_with_its_folder_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/tern/client.toml");
        save(&path, &[(find("bell").unwrap(), "false".to_owned())]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "bell = false\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        save(&link, &[(find("bell").unwrap(), "true".to_owned())]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "bell = true\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_no_toml_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.toml");
        fs::write(&path, "= =").unwrap();
        assert!(save(&path, &[(find("bell").unwrap(), "true".to_owned())]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "= =");
    }
}
