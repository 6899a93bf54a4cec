//! Makes the accounts of the credentials file that are not there yet.

use std::collections::BTreeMap;

use shared::id::UnixMs;
use tokio::sync::mpsc;

use crate::credentials::{Entry, Secret};
use crate::names::Policy;
use crate::record::{Account, AccountId, KeepError, Kept, Origin, Ticket, Write};
use crate::store::{Answer, Job, Store};

/// Makes an account for each line whose name has none, and returns the lines with the accounts they belong to. Waits for
/// the disk; the store must have nothing else to answer.
pub fn adopt(
    store: &dyn Store,
    answers: &mut mpsc::Receiver<Vec<Answer>>,
    entries: Vec<Entry>,
    accounts: &[Account],
    policy: Policy,
    at: UnixMs,
) -> Result<Vec<(AccountId, Entry)>, KeepError> {
    let known: BTreeMap<&str, AccountId> = accounts.iter().map(|account| (account.name.key(), account.id)).collect();
    let mut adoption = Adoption { answers, asked: BTreeMap::new(), lines: Vec::with_capacity(entries.len()) };
    for (entry, ticket) in entries.into_iter().zip(1..) {
        if let Some(account) = known.get(entry.name.key()) {
            adoption.lines.push((*account, entry));
        } else {
            let write = new_account(&entry, policy, at);
            adoption.ask(store, Ticket(ticket), write, entry)?;
        }
    }
    while !adoption.asked.is_empty() {
        adoption.take_answers()?;
    }
    Ok(adoption.lines)
}

fn new_account(entry: &Entry, policy: Policy, at: UnixMs) -> Write {
    let password = match &entry.secret {
        Secret::Plain(_) => None,
        Secret::Phc(hash) => Some(hash.clone()),
    };
    Write::AddAccount {
        name: entry.name.clone(),
        skeleton: policy.skeleton(&entry.name),
        password,
        origin: Origin::File,
        at,
    }
}

struct Adoption<'a> {
    answers: &'a mut mpsc::Receiver<Vec<Answer>>,
    asked: BTreeMap<Ticket, Entry>,
    lines: Vec<(AccountId, Entry)>,
}

impl Adoption<'_> {
    /// Asks for an account; where the queue is full, takes answers until there is room.
    fn ask(&mut self, store: &dyn Store, ticket: Ticket, write: Write, entry: Entry) -> Result<(), KeepError> {
        let mut job = Job::Write(ticket, write);
        while let Err(refused) = store.submit(job) {
            // A store that takes nothing although nothing waits will never take anything.
            if self.asked.is_empty() {
                return Err(KeepError::Broken);
            }
            self.take_answers()?;
            job = refused;
        }
        self.asked.insert(ticket, entry);
        Ok(())
    }

    fn take_answers(&mut self) -> Result<(), KeepError> {
        for Answer { ticket, result } in self.answers.blocking_recv().ok_or(KeepError::Broken)? {
            let Some(entry) = self.asked.remove(&ticket) else { continue };
            if let Kept::Account(account) = result? {
                self.lines.push((account, entry));
            } else {
                let line = entry.line;
                tracing::warn!(
                    "line {line} of the credentials file is skipped: its name looks like that of another account"
                );
            }
        }
        Ok(())
    }
}
