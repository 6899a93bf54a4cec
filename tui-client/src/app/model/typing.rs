//! Who types where, and where this user was said to type.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::limits::{TYPING_EVERY_MS, TYPING_SHOWN_MS};
use shared::name::Name;

use crate::app::moment::Mono;
use crate::app::place::Place;

/// How long somebody counts as typing after the last sign.
const SHOWN: Duration = Duration::from_millis(TYPING_SHOWN_MS);

/// The least time between two signs of this user in one conversation.
const EVERY: Duration = Duration::from_millis(TYPING_EVERY_MS);

/// The most that are remembered to type; more of them say no more. It bounds what a server can make this client keep.
const MOST: usize = 100;

/// Who types. What is over is left out, and forgotten with the next sign.
#[derive(Debug, Default)]
pub struct Typing {
    /// Until when somebody counts as typing somewhere.
    others: BTreeMap<(Place, Name), Mono>,
    /// When this user was last said to type somewhere.
    said: BTreeMap<Place, Mono>,
    /// Whether the server passes it on.
    pub(in crate::app) is_served: bool,
}

impl Typing {
    /// Who types in a conversation now, by name.
    pub fn who(&self, place: &Place, now: Mono) -> impl Iterator<Item = &Name> {
        let there = self.others.iter().filter(move |((where_, _), until)| where_ == place && **until > now);
        there.map(|((_, name), _)| name)
    }

    /// When the next of those who type in one of these conversations stops, if nothing more is heard.
    pub fn next_end(&self, is_seen: impl Fn(&Place) -> bool, now: Mono) -> Option<Mono> {
        let seen = self.others.iter().filter(|((place, _), until)| **until > now && is_seen(place));
        seen.map(|(_, until)| *until).min()
    }

    /// Somebody types.
    pub(in crate::app) fn heard(&mut self, place: Place, name: Name, now: Mono) {
        self.others.retain(|_, until| *until > now);
        if self.others.len() < MOST || self.others.contains_key(&(place.clone(), name.clone())) {
            self.others.insert((place, name), now.after(SHOWN));
        }
    }

    /// Those for whom this holds do not type any more.
    pub(in crate::app) fn stop(&mut self, is_over: impl Fn(&Place, &Name) -> bool) {
        self.others.retain(|(place, name), _| !is_over(place, name));
    }

    /// Whether it is time to say again that this user types there; if so, it is noted.
    pub(in crate::app) fn is_due(&mut self, place: &Place, now: Mono) -> bool {
        self.said.retain(|_, at| now.since(*at) < EVERY);
        let is_due = !self.said.contains_key(place);
        if is_due {
            self.said.insert(place.clone(), now);
        }
        is_due
    }
}
