//! Who has blocked whom, and what follows for those two.
//!
//! In all that follows *A blocks B*: nothing of B reaches A, and B sees A as somebody who is not there. A may still write
//! to B and sees B in lists.

use std::collections::{BTreeMap, BTreeSet};

use shared::error::Code;
use shared::id::RequestId;
use shared::limits::BLOCK_LIST;
use shared::message::{Absence, Reason, Refusal, ServerMessage};
use shared::name::Name;

use super::input::SessionId;
use super::pending::Pending;
use super::refuse::refuse;
use super::{Chat, Turn};
use crate::record::{AccountId, KeepError, Write};

/// Every block, from both ends.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    targets: BTreeMap<AccountId, BTreeSet<AccountId>>,
    owners: BTreeMap<AccountId, BTreeSet<AccountId>>,
    /// Pairs whose changes the disk has not answered yet.
    changing: BTreeMap<(AccountId, AccountId), Changing>,
}

/// What the disk knows of a block while changes are on their way to it.
#[derive(Debug)]
struct Changing {
    durable: bool,
    open: usize,
}

impl Blocks {
    pub(super) fn new(pairs: Vec<(AccountId, AccountId)>) -> Self {
        let mut blocks = Self::default();
        for (owner, target) in pairs {
            blocks.set(owner, target, true);
        }
        blocks
    }

    /// Whether `owner` has blocked `target`.
    pub(super) fn has(&self, owner: AccountId, target: AccountId) -> bool {
        self.targets.get(&owner).is_some_and(|targets| targets.contains(&target))
    }

    /// Whom `owner` has blocked, by id.
    pub(super) fn of(&self, owner: AccountId) -> impl Iterator<Item = AccountId> {
        self.targets.get(&owner).into_iter().flatten().copied()
    }

    /// Everybody with a block between them and `account`, whoever made it, by id.
    pub(super) fn around(&self, account: AccountId) -> BTreeSet<AccountId> {
        let owners = self.owners.get(&account).into_iter().flatten().copied();
        self.of(account).chain(owners).collect()
    }

    /// Whether there is any block between `account` and anybody.
    pub(super) fn touch(&self, account: AccountId) -> bool {
        self.targets.contains_key(&account) || self.owners.contains_key(&account)
    }

    /// A change is on its way to the disk, and holds until a newer one comes or the disk refuses it.
    fn change(&mut self, owner: AccountId, target: AccountId, blocked: bool) {
        let durable = self.has(owner, target);
        self.changing.entry((owner, target)).or_insert(Changing { durable, open: 0 }).open += 1;
        self.set(owner, target, blocked);
    }

    /// The disk has answered one change, the oldest. After the last one only what is durable holds; answers that state
    /// where it is another than before.
    fn settle(&mut self, owner: AccountId, target: AccountId, kept: Option<bool>) -> Option<bool> {
        let changing = self.changing.get_mut(&(owner, target))?;
        changing.durable = kept.unwrap_or(changing.durable);
        changing.open -= 1;
        if changing.open > 0 {
            return None;
        }
        let durable = changing.durable;
        self.changing.remove(&(owner, target));
        if self.has(owner, target) == durable {
            return None;
        }
        self.set(owner, target, durable);
        Some(durable)
    }

    fn set(&mut self, owner: AccountId, target: AccountId, blocked: bool) {
        let ends = [(&mut self.targets, owner, target), (&mut self.owners, target, owner)];
        for (map, one, other) in ends {
            if blocked {
                map.entry(one).or_default().insert(other);
            } else if let Some(set) = map.get_mut(&one) {
                set.remove(&other);
                if set.is_empty() {
                    map.remove(&one);
                }
            }
        }
    }
}

/// A block or its end, on its way to the disk.
#[derive(Clone, Debug)]
pub(super) struct BlockChange {
    pub(super) session: SessionId,
    pub(super) id: RequestId,
    owner: AccountId,
    target: AccountId,
    blocked: bool,
}

impl Chat {
    /// Blocks or unblocks. It holds from this moment, so that nothing slips through while the disk works; the answer
    /// comes when it is durable.
    pub(super) fn change_block(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        name: &Name,
        blocked: bool,
    ) -> Result<(), Refusal> {
        let owner = self.account_of(session, id)?;
        let target = self.other_user(owner, id, name)?;
        let shown = self.users.shown(target).to_owned();
        if self.blocks.has(owner, target) == blocked {
            let (code, text) = if blocked {
                (Code::ALREADY_BLOCKED, format!("you have blocked {shown} already"))
            } else {
                (Code::NOT_BLOCKED, format!("you have not blocked {shown}"))
            };
            return Err(refuse(id, code, text).about(&shown));
        }
        if blocked && self.blocks.of(owner).count() >= BLOCK_LIST {
            let text = format!("a block list holds at most {BLOCK_LIST} names");
            return Err(refuse(id, Code::LIST_FULL, text));
        }
        self.blocks.change(owner, target, blocked);
        self.show_block(turn, owner, target, blocked);
        if blocked {
            self.block_private(turn, owner, target);
        }
        let change = BlockChange { session, id, owner, target, blocked };
        let write = Write::SetBlock { owner, target, blocked, at: turn.now.wall };
        self.write(turn, write, Pending::Block(change));
        Ok(())
    }

    /// The disk has answered: tell the user, or take back what could not be kept.
    pub(super) fn block_kept(&mut self, turn: &mut Turn, change: BlockChange, failure: Option<KeepError>) {
        let BlockChange { session, id, owner, target, blocked } = change;
        let kept = failure.is_none().then_some(blocked);
        if let Some(blocked) = self.blocks.settle(owner, target, kept) {
            self.show_block(turn, owner, target, blocked);
        }
        match failure {
            None => turn.send(session, ServerMessage::Ok { re: id }),
            Some(error) => turn.refuse(session, super::refuse::storage(id, error)),
        }
    }

    /// The blocked user sees the other go offline, like anybody who leaves, and come back when the block ends.
    fn show_block(&self, turn: &mut Turn, owner: AccountId, target: AccountId, blocked: bool) {
        let (Some(&seer), true) = (self.online.get(&target), self.online.contains_key(&owner)) else {
            return;
        };
        let message = if blocked {
            let absence =
                Absence { name: self.users.shown(owner).to_owned(), reason: Reason::LOGGED_OUT, quiet: false };
            ServerMessage::Presence { here: Vec::new(), gone: vec![absence] }
        } else {
            ServerMessage::Presence { here: vec![self.user_info(owner, target)], gone: Vec::new() }
        };
        turn.send(seer, message);
    }

    /// Lists the own blocks, by name.
    pub(super) fn list_blocked(&self, turn: &mut Turn, session: SessionId, id: RequestId) -> Result<(), Refusal> {
        let owner = self.account_of(session, id)?;
        let mut names: Vec<_> = self.blocks.of(owner).filter_map(|target| self.users.get(target)).collect();
        names.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<String> = names.iter().map(|account| account.name.to_string()).collect();
        for (names, more) in super::fit::parts(names) {
            turn.send(session, ServerMessage::Blocked { re: id, names, more });
        }
        Ok(())
    }
}
