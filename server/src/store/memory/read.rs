//! What is looked up: each question walks over everything, which is the plainest way to say what it means.

use shared::id::Seq;

use super::{State, Stored};
use crate::record::{AccountId, Conversation, Kept, KeptMessage, Read};
use crate::store::page::PageBuilder;
use crate::store::terms::Terms;

impl State {
    /// Looks something up.
    pub(super) fn read(&self, read: &Read) -> Kept {
        match read {
            Read::History { reader, conversation, before, limit } => {
                self.history(*reader, conversation, *before, *limit)
            }
            Read::Waiting { reader, after, limit } => self.waiting(*reader, after, *limit),
            Read::Search { reader, words, within, start, limit } => {
                self.search(*reader, &Terms::new(words), (within.as_ref(), start.as_ref()), *limit)
            }
            Read::Unseen { sender, limit } => self.unseen(*sender, *limit),
        }
    }

    fn history(&self, reader: AccountId, conversation: &Conversation, before: Option<Seq>, limit: u16) -> Kept {
        let places = self.conversations.get(conversation).map_or(&[][..], Vec::as_slice);
        let mut page = PageBuilder::new(limit);
        let _ = places
            .iter()
            .rev()
            .map(|&place| &self.messages[place])
            .filter(|stored| before.is_none_or(|before| stored.message.seq < before))
            .filter(|stored| !stored.hidden_from.contains(&reader) && !stored.message.text.is_empty())
            .all(|stored| page.take(stored.message.clone()));
        page.finish_reversed()
    }

    fn search(
        &self,
        reader: AccountId,
        terms: &Terms,
        (within, start): (Option<&Conversation>, Option<&(Conversation, Seq)>),
        limit: u16,
    ) -> Kept {
        let newest = match start {
            None => self.messages.len(),
            Some((conversation, seq)) => self.place(conversation, *seq).map_or(0, |place| place + 1),
        };
        let lobby = Conversation::lobby();
        let is_asked = |conversation: &Conversation| match within {
            Some(within) => conversation == within,
            None => *conversation == lobby || conversation.other(reader).is_some(),
        };
        let mut page = PageBuilder::new(limit);
        let next = self.messages[..newest]
            .iter()
            .rev()
            .filter(|stored| is_asked(&stored.message.conversation) && !stored.hidden_from.contains(&reader))
            .filter(|stored| terms.are_in(&stored.message.text))
            .find(|stored| !page.take(stored.message.clone()))
            .map(|stored| (stored.message.conversation.clone(), stored.message.seq));
        Kept::Found { messages: page.into_messages(), next }
    }

    fn waiting(&self, reader: AccountId, after: &[(Conversation, Seq)], limit: u16) -> Kept {
        let sent = |conversation: &Conversation| {
            after.iter().filter(|(other, _)| other == conversation).map(|(_, seq)| *seq).max()
        };
        let is_waiting = |stored: &&Stored| {
            let KeptMessage { conversation, seq, .. } = &stored.message;
            match conversation {
                Conversation::Room(_) => {
                    sent(conversation).is_some_and(|sent| *seq > sent) && !stored.hidden_from.contains(&reader)
                }
                Conversation::Direct(..) => self.is_waiting(stored, reader) && Some(*seq) > sent(conversation),
            }
        };
        let mut page = PageBuilder::new(limit);
        let _ = self.messages.iter().filter(is_waiting).all(|stored| page.take(stored.message.clone()));
        page.finish()
    }

    fn unseen(&self, sender: AccountId, limit: u16) -> Kept {
        let is_unseen = |stored: &&Stored| {
            let KeptMessage { conversation, seq, .. } = &stored.message;
            stored.message.sender == sender
                && stored.waits_for.is_some_and(|reader| {
                    self.cursors.get(&(reader, conversation.clone())).is_none_or(|cursor| cursor < seq)
                })
        };
        let mut page = PageBuilder::new(limit);
        let _ = self.messages.iter().filter(is_unseen).all(|stored| page.take(stored.message.clone()));
        page.finish()
    }
}
