//! Remembers what was typed and not sent: the file `drafts`, one JSON object a line.
//!
//! A line with an empty text says that a direct tab was open. The file is never guessed about: one that cannot be
//! understood is said to be so, and left as it is.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::id::UnixMs;

use crate::app::command::{Verb, find};
use crate::app::place::{Place, name};
use crate::kept::KeptFile;

/// The name of the file inside the folder.
const FILE: &str = "drafts";

/// Drafts kept at most, of all accounts. The oldest makes room.
const DRAFTS: usize = 64;

/// Open tabs without a draft kept at most, of all accounts.
const TABS: usize = 256;

/// The longest draft, in bytes: what fits into the input.
const TEXT_BYTES: usize = 64 * 1024;

/// After this time a draft that nobody has changed is forgotten.
const AGE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The largest file: every draft as long as it may be and each of its characters written as two, and the open tabs.
const FILE_BYTES: u64 = 9 * 1024 * 1024;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The lobby, or the direct conversation with a user.
    pub place: Place,
    /// Since when it is what it is.
    pub at: UnixMs,
    /// What is typed. Empty where only the tab was open.
    pub text: String,
}

/// The remembered drafts.
#[derive(Clone, Debug)]
pub struct Drafts {
    /// `None`: nothing is remembered.
    file: Option<KeptFile>,
}

/// Why the drafts cannot be used. The text is a sentence with a next step.
#[derive(Debug, thiserror::Error)]
pub enum DraftsError {
    /// The file or its folder cannot be read, written or locked.
    #[error("Drafts are not kept: {path} cannot be used: {source}.")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line is not what this program writes.
    #[error("Drafts are not kept: line {line} of {path} is damaged. Delete that line or the file.")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

/// A line of the file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// `user@host:port`.
    account: String,
    /// The conversation as on the wire.
    tab: String,
    /// Milliseconds since 1970.
    at: u64,
    text: String,
}

/// Whether a text typed in a tab may be written to a disk: nothing private, and nothing that may be a password.
pub fn may_be_kept(place: &Place, text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let bare = word.trim_start_matches('/').to_ascii_lowercase();
    let is_secret = find(&bare).is_some_and(|spec| matches!(spec.verb, Verb::Passwd | Verb::Private));
    // Also with a slip at its end: `/passwd1`, `/privateyoda hi`.
    let begins_secret = word.starts_with('/') && ["pass", "priv"].iter().any(|begin| bare.starts_with(begin));
    place.to_wire().is_some() && text.len() <= TEXT_BYTES && !is_secret && !begins_secret
}

impl Drafts {
    /// The file in a folder, which is made at the first write; nothing is remembered without one.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { file: folder.map(|folder| KeptFile::new(folder, FILE).of_at_most(FILE_BYTES)) }
    }

    /// Whether drafts are remembered at all.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// What an account of a server, which is `host:port`, has typed and not sent, in the order of its tabs.
    pub fn of(&self, server: &str, user: &str, now: UnixMs) -> Result<Vec<Draft>, DraftsError> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let account = account(server, user);
        let records = read(file)?.into_iter().filter(|record| record.account == account && is_fresh(record, now));
        Ok(records.filter_map(draft).collect())
    }

    /// Remembers the drafts of an account, in place of those before.
    pub fn keep(&self, server: &str, user: &str, drafts: &[Draft], now: UnixMs) -> Result<(), DraftsError> {
        let Some(file) = &self.file else { return Ok(()) };
        let _lock = file.lock().map_err(|source| DraftsError::Io { path: file.lock_path(), source })?;
        let account = account(server, user);
        let mut records = read(file)?;
        let before = written(&records);
        records.retain(|record| record.account != account && is_fresh(record, now));
        records.extend(drafts.iter().filter(|draft| may_be_kept(&draft.place, &draft.text)).filter_map(|draft| {
            let Draft { place, at, text } = draft;
            Some(Record { account: account.clone(), tab: place.to_wire()?, at: at.0, text: text.clone() })
        }));
        let text = written(&newest(records));
        if text == before {
            return Ok(());
        }
        file.replace(&text).map_err(|source| DraftsError::Io { path: file.path(), source })
    }
}

fn account(server: &str, user: &str) -> String {
    format!("{}@{server}", name(user).key())
}

fn is_fresh(record: &Record, now: UnixMs) -> bool {
    now.0.saturating_sub(record.at) <= u64::try_from(AGE.as_millis()).unwrap_or(u64::MAX)
}

/// As many as are kept, in their order.
fn newest(mut records: Vec<Record>) -> Vec<Record> {
    for (is_draft, most) in [(true, DRAFTS), (false, TABS)] {
        let mut times: Vec<u64> =
            records.iter().filter(|record| record.text.is_empty() != is_draft).map(|record| record.at).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        let (oldest, mut room) = (times.get(most - 1).copied().unwrap_or(0), most);
        records.retain(|record| {
            let is_kind = record.text.is_empty() != is_draft;
            let stays = !is_kind || (record.at >= oldest && room > 0);
            room -= usize::from(is_kind && stays);
            stays
        });
    }
    records
}

fn read(file: &KeptFile) -> Result<Vec<Record>, DraftsError> {
    let text = file.read().map_err(|source| DraftsError::Io { path: file.path(), source })?;
    let corrupt = |index| DraftsError::Corrupt { path: file.path(), line: index + 1 };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| record(line).ok_or_else(|| corrupt(index))).collect()
}

fn record(line: &str) -> Option<Record> {
    let record: Record = serde_json::from_str(line).ok()?;
    (Place::from_wire(&record.tab).is_some() && record.text.len() <= TEXT_BYTES).then_some(record)
}

fn draft(record: Record) -> Option<Draft> {
    Some(Draft { place: Place::from_wire(&record.tab)?, at: UnixMs(record.at), text: record.text })
}

fn written(records: &[Record]) -> String {
    let lines = records.iter().filter_map(|record| serde_json::to_string(record).ok());
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

#[cfg(test)]
mod tests;
