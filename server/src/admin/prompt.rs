//! A password typed at a terminal, without showing it.
//!
//! The terminal gives each key as it is pressed, Ctrl-C too, so that nothing can end the program while it shows nothing.

use std::io::{self, Read};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use shared::limits::PASSWORD_BYTES;

use super::{Source, tell};

/// The terminal that stdin is.
pub struct Terminal {
    before: Termios,
}

impl Terminal {
    /// The terminal, if stdin is one.
    pub fn open() -> Option<Self> {
        let stdin = io::stdin();
        if !isatty(&stdin) {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&stdin, OptionalActions::Flush, &quiet).ok()?;
        Some(Self { before })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // There is nothing left to do about a terminal that cannot be set back: it is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

impl Source for Terminal {
    fn ask(&mut self, prompt: &str) -> io::Result<Option<SecretString>> {
        tell(prompt);
        let password = typed(io::stdin().lock().bytes());
        tell("\n");
        password
    }

    fn is_a_person(&self) -> bool {
        true
    }
}

/// What the keys make: Enter ends, Backspace takes one character back, Ctrl-U all of them; Ctrl-C, Ctrl-D and the end of
/// the input give up. More than a password may have is counted, not kept.
pub fn typed(keys: impl Iterator<Item = io::Result<u8>>) -> io::Result<Option<SecretString>> {
    // Never grows, so that no copy of a part of it stays in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES + 1));
    for key in keys {
        match key? {
            b'\r' | b'\n' => return text(std::mem::take(&mut bytes)).map(Some),
            0x03 | 0x04 => return Ok(None),
            0x15 => bytes.clear(),
            0x08 | 0x7f => take_back(&mut bytes),
            key if bytes.len() <= PASSWORD_BYTES => bytes.push(key),
            _ => {}
        }
    }
    Ok(None)
}

fn text(bytes: Vec<u8>) -> io::Result<SecretString> {
    String::from_utf8(bytes).map(SecretString::from).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")
    })
}

/// Takes the last character back, which may be several bytes.
fn take_back(bytes: &mut Vec<u8>) {
    while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
}
