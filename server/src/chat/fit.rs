//! Long answers in frames that hold them: a client gives a connection up on which a larger frame is announced.
//!
//! A page of the log is bounded in messages and in text; the names around each text are known only here.

use shared::limits::{FRAME_AFTER_LOGIN, USERS_PAGE};
use shared::message::{Absence, Entry, UserInfo};

/// The most that the items of one frame may take, in bytes. What else is in the frame is the name of a conversation and
/// some numbers.
const ITEMS: usize = FRAME_AFTER_LOGIN - 1024;

/// What an item takes beside its texts, in bytes: the names of its fields, numbers, the lengths of texts. An [`Entry`]
/// has most, 65.
const FIELDS: usize = 80;

/// Something in a list, measured.
pub(super) trait Item {
    /// The most bytes it takes on the wire.
    fn bytes(&self) -> usize;
}

impl Item for Entry {
    fn bytes(&self) -> usize {
        FIELDS + self.conv.len() + self.from.len() + self.text.len() + self.kind.as_str().len()
    }
}

impl Item for UserInfo {
    fn bytes(&self) -> usize {
        FIELDS + self.name.len() + self.away.len()
    }
}

impl Item for Absence {
    fn bytes(&self) -> usize {
        FIELDS + self.name.len() + self.reason.as_str().len()
    }
}

impl Item for String {
    fn bytes(&self) -> usize {
        FIELDS + self.len()
    }
}

/// How many of these items, from the first one on, fit into one frame; at least one.
pub(super) fn count<'a, T: Item + 'a>(items: impl IntoIterator<Item = &'a T>) -> usize {
    let mut bytes = 0;
    let fits = |item: &&T| {
        bytes += item.bytes();
        bytes <= ITEMS
    };
    items.into_iter().take_while(fits).count().max(1)
}

/// Cuts a list into parts that fit into a frame each, of at most [`USERS_PAGE`], each with whether another follows. An
/// empty list is one empty part.
pub(super) fn parts<T: Item>(mut list: Vec<T>) -> Vec<(Vec<T>, bool)> {
    let mut parts = Vec::new();
    loop {
        let rest = list.split_off(count(&list).min(USERS_PAGE).min(list.len()));
        let more = !rest.is_empty();
        parts.push((list, more));
        if !more {
            return parts;
        }
        list = rest;
    }
}

#[cfg(test)]
mod tests {
    use shared::codec;
    use shared::id::{Seq, UnixMs};
    use shared::message::{Kind, Reason};

    use super::*;

    #[test]
    fn nothing_is_larger_than_it_is_taken_for() {
        let long = || "\u{10ffff}".repeat(32);
        let at = UnixMs(u64::MAX);
        let (seq, kind) = (Seq(u64::MAX), Kind::ACTION);
        let entry =
            Entry { conv: format!("@{}", long()), seq, at, from: long(), text: "x".repeat(8192), kind, stored: true };
        let user = UserInfo { name: long(), online: true, since: at, away: "x".repeat(200), quiet: true };
        let gone = Absence { name: long(), reason: Reason::CONNECTION_LOST, quiet: true };
        let sizes = [(&codec::encode(&entry), entry.bytes()), (&codec::encode(&user), user.bytes())];
        for (encoded, taken_for) in sizes.into_iter().chain([(&codec::encode(&gone), gone.bytes())]) {
            assert!(encoded.len() <= taken_for + 4, "{} and not {taken_for}", encoded.len());
        }
    }

    #[test]
    fn parts_are_all_there_is_in_its_order() {
        let names: Vec<String> = (0..1000).map(|n| format!("{n:0300}")).collect();
        let parts = parts(names.clone());
        assert!(parts.iter().all(|(part, _)| part.iter().map(Item::bytes).sum::<usize>() <= ITEMS));
        assert_eq!(parts.iter().map(|(_, more)| *more).collect::<Vec<_>>(), [true, true, true, true, true, false]);
        assert_eq!(parts.into_iter().flat_map(|(part, _)| part).collect::<Vec<_>>(), names);
        assert_eq!(super::parts(vec!["x".repeat(100_000)]).len(), 1);
        assert_eq!(super::parts(Vec::<String>::new()), [(vec![], false)]);
    }
}
