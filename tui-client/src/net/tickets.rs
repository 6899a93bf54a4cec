//! Remembers device tickets: the file `device_tickets`, one `user@host:port TICKET` a line.
//!
//! A ticket is a convenience that the server can make anew at any login, so a file that cannot be used costs no more
//! than that; it never stops a login. Its owner alone can read it.

use std::fmt::Write as _;
use std::path::PathBuf;

use shared::id::DeviceTicket;

use crate::app::place::name;
use crate::kept::KeptFile;

/// The name of the file inside the folder.
const FILE: &str = "device_tickets";

/// Tickets kept at most. The oldest line makes room.
const MOST: usize = 1000;

/// The remembered device tickets.
#[derive(Clone, Debug)]
pub struct DeviceTickets {
    /// `None`: nothing is remembered.
    file: Option<KeptFile>,
}

impl DeviceTickets {
    /// The file in a folder, which is made at the first write; nothing is remembered without one.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { file: folder.map(|folder| KeptFile::new(folder, FILE)) }
    }

    /// Whether tickets are remembered at all.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// The ticket for an account of a server, which is `host:port`.
    pub fn of(&self, server: &str, user: &str) -> Option<DeviceTicket> {
        let text = self.file.as_ref()?.read().inspect_err(|error| tracing::debug!(%error, "no device tickets")).ok()?;
        let label = label(server, user);
        text.lines().rev().find_map(|line| ticket(line.strip_prefix(&label)?.strip_prefix(' ')?))
    }

    /// Remembers a ticket for an account of a server, in place of the one before.
    pub fn remember(&self, server: &str, user: &str, ticket: &DeviceTicket) -> std::io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let _lock = file.lock()?;
        let text = file.read()?;
        let label = label(server, user);
        let others: Vec<&str> = text.lines().filter(|line| line.split(' ').next() != Some(&label)).collect();
        let mut text = String::new();
        for line in others.iter().skip((others.len() + 1).saturating_sub(MOST)) {
            text.push_str(line);
            text.push('\n');
        }
        let digits = ticket.0.iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").expect("a String takes every write");
            digits
        });
        writeln!(text, "{label} {digits}").expect("a String takes every write");
        file.replace(&text)
    }
}

/// What a line begins with. No user's name holds a blank or an `@`; case makes no other account.
fn label(server: &str, user: &str) -> String {
    format!("{}@{server}", name(user).key())
}

/// Reads 64 hexadecimal digits.
fn ticket(digits: &str) -> Option<DeviceTicket> {
    let mut ticket = [0; 32];
    if digits.len() != 2 * ticket.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in ticket.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(DeviceTicket(ticket))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn kept(folder: &tempfile::TempDir) -> DeviceTickets {
        DeviceTickets::in_folder(Some(folder.path().join("state")))
    }

    fn made(byte: u8) -> DeviceTicket {
        DeviceTicket([byte; 32])
    }

    #[test]
    fn a_ticket_is_kept_for_its_account_of_its_server_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(&folder).remember("a:1", "Yoda", &made(1)).expect("it is written");
        kept(&folder).remember("b:1", "yoda", &made(2)).expect("it is written");
        kept(&folder).remember("a:1", "leia", &made(3)).expect("it is written");
        kept(&folder).remember("a:1", "yoda", &made(4)).expect("it takes the place of the one before");
        let found = |server, user| kept(&folder).of(server, user).map(|ticket| ticket.0[0]);
        assert_eq!([found("a:1", "YODA"), found("b:1", "yoda"), found("a:1", "leia")], [Some(4), Some(2), Some(3)]);
        assert_eq!([found("a:12", "yoda"), found("a:1", "yod")], [None, None]);
        let path = folder.path().join("state").join(FILE);
        assert_eq!(std::fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none_and_is_mended_by_the_next_ticket() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(&folder).remember("a:1", "hans", &made(1)).expect("it is written");
        let path = folder.path().join("state").join(FILE);
        for damaged in ["hans@a:1 12", "hans@a:1", "\u{0}\u{1}", "hans@a:1 zz"] {
            std::fs::write(&path, damaged).expect("it is damaged");
            assert_eq!(kept(&folder).of("a:1", "hans"), None, "{damaged:?}");
        }
        kept(&folder).remember("a:1", "hans", &made(2)).expect("it is written");
        assert_eq!(kept(&folder).of("a:1", "hans"), Some(made(2)));
    }

    #[test]
    fn the_thousand_newest_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(&folder).remember("a:1", "first", &made(1)).expect("it is written");
        let path = folder.path().join("state").join(FILE);
        let mut text = std::fs::read_to_string(&path).expect("there");
        for number in 0..998 {
            writeln!(text, "u{number}@a:1 {}", "07".repeat(32)).expect("a String takes every write");
        }
        std::fs::write(&path, text).expect("it is written");
        kept(&folder).remember("a:1", "thousandth", &made(2)).expect("it is written");
        assert!(kept(&folder).of("a:1", "first").is_some());
        kept(&folder).remember("a:1", "next", &made(3)).expect("it is written");
        assert_eq!(kept(&folder).of("a:1", "first"), None);
        assert!(kept(&folder).of("a:1", "u0").is_some() && kept(&folder).of("a:1", "next").is_some());
    }

    #[test]
    fn nothing_is_kept_without_a_folder() {
        let nowhere = DeviceTickets::in_folder(None);
        assert!(!nowhere.are_kept());
        nowhere.remember("a:1", "hans", &made(1)).expect("nothing to do");
        assert_eq!(nowhere.of("a:1", "hans"), None);
    }
}
