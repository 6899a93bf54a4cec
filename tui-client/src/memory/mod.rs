//! What is remembered of the user from one run to the next: what was typed and not sent, which direct tabs were open,
//! and where the login led. Never a password, and nothing of a private session.

mod drafts;
mod servers;

use std::path::PathBuf;

pub use self::drafts::{Draft, Drafts, DraftsError, may_be_kept};
pub use self::servers::{Servers, ServersError, Visited};

/// Everything remembered.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What was typed and not sent.
    pub drafts: Drafts,
    /// Where the login led.
    pub servers: Servers,
}

impl Memory {
    /// Files in a folder, which is made at the first write; nothing is remembered without one.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { drafts: Drafts::in_folder(folder.clone()), servers: Servers::in_folder(folder) }
    }
}
