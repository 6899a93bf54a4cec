//! The last search: what was looked for, what was found so far, and what stands around one of the places.

use shared::id::{Seq, UnixMs};
use shared::message::Mark;
use shared::name::Name;
use shared::text::SafeText;

use crate::app::place::Place;

/// The most hits that are kept of one search. Who wants more looks for another word.
pub(in crate::app) const HITS_MOST: usize = 1000;

/// The last search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What was looked for, as typed.
    pub words: SafeText,
    /// What was found so far, newest first over all conversations.
    pub hits: Vec<Hit>,
    /// Whether an answer is on its way.
    pub is_running: bool,
    /// What stands around one of the hits, once somebody wanted to see it.
    pub around: Option<Around>,
    /// Where the server goes on; `None` when it has nothing more.
    pub(in crate::app) next: Option<Mark>,
}

/// A message that has the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where it was said.
    pub place: Place,
    /// Its place there.
    pub seq: Seq,
    /// When the server stored it.
    pub at: UnixMs,
    /// Who said it.
    pub from: Name,
    /// What.
    pub text: SafeText,
    /// Whether it is something done rather than said.
    pub action: bool,
}

/// A part of a conversation, with one message in its middle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// Which conversation.
    pub place: Place,
    /// The message in the middle.
    pub seq: Seq,
    /// Its neighbours and itself, oldest first; empty until they have come.
    pub lines: Vec<Hit>,
}

impl Search {
    /// A search that nothing was asked for yet.
    pub(in crate::app) fn new(words: SafeText) -> Self {
        Self { words, hits: Vec::new(), is_running: false, around: None, next: None }
    }

    /// Whether there are further hits to ask for.
    pub fn has_more(&self) -> bool {
        self.next.is_some() && self.hits.len() < HITS_MOST
    }
}
