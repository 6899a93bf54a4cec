//! The tabs: one conversation each.

use crate::app::place::Place;
use crate::app::transcript::Transcript;

/// A conversation with its lines.
#[derive(Debug)]
pub struct Conversation {
    /// Which.
    pub place: Place,
    /// Its lines.
    pub transcript: Transcript,
    /// Lines from others that came while it was not in front.
    pub unread: usize,
    /// How it stands with the lines before the oldest one here.
    pub older: Older,
}

/// How it stands with the lines before the oldest one here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// Nobody has asked for any.
    #[default]
    Unasked,
    /// Some were asked for.
    Asked,
    /// The server has more.
    More,
    /// The server has none.
    None,
    /// The user emptied the tab, and asks for them by scrolling.
    Cleared,
}

impl Conversation {
    fn new(place: Place, kept: usize) -> Self {
        Self { place, transcript: Transcript::new(kept), unread: 0, older: Older::Unasked }
    }
}

/// The tabs in their order; the lobby is the first and always there.
#[derive(Debug)]
pub struct Conversations {
    tabs: Vec<Conversation>,
    front: Place,
    /// How many lines each of them keeps.
    kept: usize,
}

impl Conversations {
    /// The lobby alone. Each conversation keeps so many lines.
    pub(in crate::app) fn new(kept: usize) -> Self {
        Self { tabs: vec![Conversation::new(Place::lobby(), kept)], front: Place::lobby(), kept }
    }

    /// All of them, in the order of the tabs.
    pub fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.tabs.iter()
    }

    /// One of them.
    pub fn get(&self, place: &Place) -> Option<&Conversation> {
        self.tabs.iter().find(|tab| tab.place == *place)
    }

    /// The one in front.
    pub fn front(&self) -> &Place {
        &self.front
    }

    /// One of them, to change it.
    pub(in crate::app) fn get_mut(&mut self, place: &Place) -> Option<&mut Conversation> {
        self.tabs.iter_mut().find(|tab| tab.place == *place)
    }

    /// One of them, opened behind the others if it is new.
    pub(in crate::app) fn open(&mut self, place: &Place) -> &mut Conversation {
        let known = self.tabs.iter().position(|tab| tab.place == *place);
        let index = known.unwrap_or_else(|| {
            self.tabs.push(Conversation::new(place.clone(), self.kept));
            self.tabs.len() - 1
        });
        &mut self.tabs[index]
    }

    /// Counts a line from somebody else as unread where nobody is looking.
    pub(in crate::app) fn count_unread(&mut self, place: &Place) {
        if self.front != *place {
            self.open(place).unread += 1;
        }
    }

    /// Puts one in front, opened if it is new: it is read.
    pub(in crate::app) fn show(&mut self, place: &Place) {
        let conversation = self.open(place);
        conversation.unread = 0;
        // As registered, where that is known.
        self.front = conversation.place.clone();
    }

    /// Everything was shown.
    pub(in crate::app) fn all_read(&mut self) {
        self.tabs.iter_mut().for_each(|tab| tab.unread = 0);
    }

    /// Closes one; the one to its left comes to the front. The lobby stays.
    pub(in crate::app) fn close(&mut self, place: &Place) {
        let Some(index) = self.tabs.iter().position(|tab| tab.place == *place).filter(|&index| index > 0) else {
            return;
        };
        self.tabs.remove(index);
        if self.front == *place {
            let left = self.tabs[index - 1].place.clone();
            self.show(&left);
        }
    }

    /// Puts one at this place among the tabs, or the nearest one there is. The lobby stays the first.
    pub(in crate::app) fn move_to(&mut self, place: &Place, to: usize) {
        let Some(index) = self.tabs.iter().position(|tab| tab.place == *place).filter(|&index| index > 0) else {
            return;
        };
        let tab = self.tabs.remove(index);
        self.tabs.insert(to.clamp(1, self.tabs.len()), tab);
    }

    /// Nobody has read one after all: so many lines in it are still unread.
    pub(in crate::app) fn unread_again(&mut self, place: &Place, unread: usize) {
        if let Some(tab) = self.tabs.iter_mut().find(|tab| tab.place == *place && self.front != *place) {
            tab.unread += unread;
        }
    }

    /// Lets go of the lines of one, but for own ones on their way.
    pub(in crate::app) fn clear(&mut self, place: &Place) {
        if let Some(conversation) = self.tabs.iter_mut().find(|tab| tab.place == *place) {
            conversation.transcript.clear();
            conversation.older = Older::Cleared;
        }
    }

    /// The connection broke: what was asked for does not come any more.
    pub(in crate::app) fn forget_asked(&mut self) {
        self.tabs.iter_mut().filter(|tab| tab.older == Older::Asked).for_each(|tab| tab.older = Older::Unasked);
    }

    /// Every conversation, to change its lines.
    pub(in crate::app) fn transcripts(&mut self) -> impl Iterator<Item = &mut Transcript> {
        self.tabs.iter_mut().map(|tab| &mut tab.transcript)
    }
}
