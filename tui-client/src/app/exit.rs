//! How the program ends: the exit codes that scripts read.

/// Why the client ends. The numbers are part of the contract with scripts; `docs/plain.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// A command was refused, and nobody sat at a terminal to see it.
    Refused,
    /// The command line was wrong.
    Usage,
    /// No connection, or it was lost for good.
    Unreachable,
    /// The login was refused.
    LoginRefused,
    /// The account is locked after wrong passwords.
    Locked,
    /// The server ended the session for inactivity.
    Inactive,
    /// The server has another key than the one remembered.
    KeyChanged,
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::LoginRefused => 4,
            Self::Locked => 5,
            Self::Inactive => 6,
            Self::KeyChanged => 7,
        }
    }
}
