//! Who has an account, and when each was last seen.

use std::collections::BTreeMap;

use shared::id::UnixMs;
use shared::name::Name;

use crate::record::{Account, AccountId};

/// Every account, by id and by name.
#[derive(Debug, Default)]
pub(super) struct Users {
    by_id: BTreeMap<AccountId, Account>,
    by_key: BTreeMap<Box<str>, AccountId>,
}

impl Users {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        let mut users = Self::default();
        for account in accounts {
            users.add(account);
        }
        users
    }

    pub(super) fn add(&mut self, account: Account) {
        self.by_key.insert(account.name.key().into(), account.id);
        self.by_id.insert(account.id, account);
    }

    /// The account of this name, whatever its case.
    pub(super) fn find(&self, name: &Name) -> Option<&Account> {
        self.by_key.get(name.key()).and_then(|id| self.by_id.get(id))
    }

    /// The account, or `None` for one that was made by a process beside this server and is not known here.
    pub(super) fn get(&self, id: AccountId) -> Option<&Account> {
        self.by_id.get(&id)
    }

    /// The name as registered; `?` for an account that is not known here.
    pub(super) fn shown(&self, id: AccountId) -> &str {
        self.get(id).map_or("?", |account| account.name.as_str())
    }

    /// Notes the end of a session.
    pub(super) fn seen(&mut self, id: AccountId, at: UnixMs) {
        if let Some(account) = self.by_id.get_mut(&id) {
            account.last_seen = Some(account.last_seen.map_or(at, |before| before.max(at)));
        }
    }

    /// Everybody last seen at `since` or later, by id.
    pub(super) fn seen_since(&self, since: UnixMs) -> impl Iterator<Item = &Account> {
        self.by_id.values().filter(move |account| account.last_seen.is_some_and(|seen| seen >= since))
    }
}
