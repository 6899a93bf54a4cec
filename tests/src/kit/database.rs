//! The server's database file, looked at from outside.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Looks whether the file in this data folder is whole: every page, index and reference. The server may be at work.
///
/// # Errors
///
/// What is wrong, as SQLite says it.
pub fn check(data: &Path) -> Result<(), String> {
    let findings = || -> rusqlite::Result<Vec<String>> {
        let db = Connection::open_with_flags(data.join("tern.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut check = db.prepare("PRAGMA integrity_check")?;
        let mut findings: Vec<String> = check.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        findings.retain(|finding| finding != "ok");
        let mut references = db.prepare("PRAGMA foreign_key_check")?;
        let strays = references.query_map([], |row| row.get::<_, String>(0))?;
        for table in strays {
            findings.push(format!("a row of {} refers to nothing", table?));
        }
        Ok(findings)
    };
    match findings() {
        Ok(findings) if findings.is_empty() => Ok(()),
        Ok(findings) => Err(findings.join("; ")),
        Err(error) => Err(error.to_string()),
    }
}
