//! The people's private sessions: each of them has a switchboard of its own, like any other client.
//!
//! What to say is not decided here: what happens comes out as [`Event`]s of the script, and what the script wants done
//! goes in.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::Poll;

use shared::id::{FileId, OfferId};
use shared::message::{Kind, Meeting, Reason};

use super::people::{Person, STOP_14};
use super::script::Event;
use crate::app::peer::{Opened, PeerEvent};
use crate::peer::link::LinkOrder;
use crate::peer::transfer::FileOrder;
use crate::peer::{Door, PeerOptions, Switchboard};

/// The name of the file that is sent.
const FILE: &str = "stop-14.txt";

/// Everybody's private sessions with the newcomer.
pub(super) struct Booths {
    newcomer: String,
    folder: PathBuf,
    all: BTreeMap<Person, Booth>,
}

struct Booth {
    board: Switchboard,
    /// The session that is asked for, or that stands, and whether this person has asked for it.
    current: Option<(OfferId, bool)>,
    /// The numbers of the last text and the last file in it.
    last: (u64, FileId),
}

impl Booths {
    /// Nobody has a session yet. What is received goes below `folder`.
    pub fn new(newcomer: &str, folder: &Path) -> Self {
        let booth = |person: Person| {
            let downloads = folder.join("people").join(person.name());
            let board = Switchboard::new(PeerOptions { state: None, downloads, port: None });
            (person, Booth { board, current: None, last: (0, FileId(0)) })
        };
        let all = Person::ALL.into_iter().map(booth).collect();
        Self { newcomer: newcomer.to_owned(), folder: folder.to_owned(), all }
    }

    /// Opens a person's door for a session. The error is a fragment.
    pub fn open_door(
        &mut self,
        who: Person,
        offer: OfferId,
        has_asked: bool,
        control: Option<SocketAddr>,
    ) -> Result<Door, String> {
        let asked = has_asked.then_some(self.newcomer.as_str());
        let booth = self.all.get_mut(&who).expect("everybody has a booth");
        let door = booth.board.open_door(offer, asked, control)?;
        (booth.current, booth.last) = (Some((offer, has_asked)), (0, FileId(0)));
        Ok(door)
    }

    /// Both sides want the session.
    pub fn meet(&mut self, who: Person, meeting: Meeting) {
        let Some(booth) = self.all.get_mut(&who) else { return };
        if let Some((offer, _)) = &mut booth.current {
            *offer = meeting.offer;
            booth.board.meet(meeting, who.name().to_owned());
        }
    }

    /// Nothing came of it.
    pub fn forget(&mut self, who: Person, offer: OfferId) {
        let Some(booth) = self.all.get_mut(&who) else { return };
        booth.board.forget(offer);
        booth.current = booth.current.filter(|(current, _)| *current != offer);
    }

    /// Says something in the session, where there is one.
    pub fn say(&mut self, who: Person, text: String) {
        let Some(booth) = self.all.get_mut(&who) else { return };
        let Some((offer, _)) = booth.current else { return };
        booth.last.0 += 1;
        booth.board.order(offer, LinkOrder::Say { n: booth.last.0, text, kind: Kind::TEXT });
    }

    /// Offers the small file in the session, where there is one.
    pub fn send_file(&mut self, who: Person) -> io::Result<()> {
        let path = self.folder.join(FILE);
        std::fs::write(&path, STOP_14)?;
        let Some(booth) = self.all.get_mut(&who) else { return Ok(()) };
        let Some((offer, has_asked)) = booth.current else { return Ok(()) };
        // Who has asked counts 1, 3, 5; the other one 2, 4, 6.
        let next = if booth.last.1.0 == 0 { 2 - u64::from(has_asked) } else { booth.last.1.0 + 2 };
        booth.last.1 = FileId(next);
        let path = path.to_string_lossy().into_owned();
        booth.board.order(offer, LinkOrder::File(FileOrder::Send { file: booth.last.1, path }));
        Ok(())
    }

    /// Ends the session, in words.
    pub fn close(&mut self, who: Person) {
        let Some(booth) = self.all.get_mut(&who) else { return };
        if let Some((offer, _)) = booth.current.take() {
            booth.board.order(offer, LinkOrder::Close(Reason::LOGGED_OUT));
        }
    }

    /// Waits until something happens in a session that the people notice. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Event {
        loop {
            let (who, offer, event) = self.hear().await;
            if let Some(event) = self.note(who, offer, event) {
                return event;
            }
        }
    }

    async fn hear(&mut self) -> (Person, OfferId, PeerEvent) {
        poll_fn(|context| {
            for (person, booth) in &mut self.all {
                // Waiting for an event keeps no state: it may be begun anew every time.
                if let Poll::Ready((offer, event)) = pin!(booth.board.next()).poll(context) {
                    return Poll::Ready((*person, offer, event));
                }
            }
            Poll::Pending
        })
        .await
    }

    fn note(&mut self, with: Person, offer: OfferId, event: PeerEvent) -> Option<Event> {
        let booth = self.all.get_mut(&with)?;
        let (_, has_asked) = booth.current.filter(|(current, _)| *current == offer)?;
        match event {
            PeerEvent::Opened(Opened { words, .. }) => Some(Event::Opened { with, has_asked, words: words.join(" ") }),
            PeerEvent::Said { text, .. } => Some(Event::Confided { to: with, text }),
            PeerEvent::FileOffered { file, .. } => {
                booth.board.order(offer, LinkOrder::File(FileOrder::Accept { file }));
                None
            }
            PeerEvent::FileDone { path, .. } => Some(Event::FileThrough { with, received: path.is_some() }),
            PeerEvent::FileRefused { .. } => Some(Event::FileRefused { with }),
            PeerEvent::NoWay(_) | PeerEvent::Closed(_) => {
                booth.current = None;
                None
            }
            _ => None,
        }
    }
}
