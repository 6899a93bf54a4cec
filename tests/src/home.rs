//! A home folder of its own for every program, so that no test sees the files of another or of the user.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Variables that a program started by a test may see of ours; everything else is taken away.
const KEPT: &[&str] = &["PATH", "LLVM_PROFILE_FILE"];

/// A temporary home folder. It goes away with the value; wrap it in an `Rc` to start several clients in one.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("tern-").expect("a temporary folder can be made");
        for part in ["config", "state", "data", "cache", "runtime"] {
            std::fs::create_dir(folder.path().join(part)).expect("a fresh folder is writable");
        }
        Self { folder }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The whole environment of a program that lives here.
    pub fn environment(&self) -> Vec<(String, PathBuf)> {
        let inside = |part: &str| self.path().join(part);
        let mut all = vec![
            ("HOME".to_owned(), self.path().to_owned()),
            ("XDG_CONFIG_HOME".to_owned(), inside("config")),
            ("XDG_STATE_HOME".to_owned(), inside("state")),
            ("XDG_DATA_HOME".to_owned(), inside("data")),
            ("XDG_CACHE_HOME".to_owned(), inside("cache")),
            ("XDG_RUNTIME_DIR".to_owned(), inside("runtime")),
            ("LANG".to_owned(), "C.UTF-8".into()),
            ("TZ".to_owned(), "UTC".into()),
            ("RUST_BACKTRACE".to_owned(), "1".into()),
        ];
        all.extend(KEPT.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?.into()))));
        all
    }

    /// Every file below it, for tests that look for what must not be on disk.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of ours is readable") {
                let path = entry.expect("a folder of ours is readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
