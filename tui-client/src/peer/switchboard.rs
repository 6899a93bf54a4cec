//! All private sessions of one client: those that wait behind an open door, and those that are connected.
//!
//! The loop hands the model's orders over and waits here for what is heard. Nothing here waits for another client: each
//! connection is a task of its own ([`super::link`]), and what it hears comes through one bounded queue.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shared::id::{DeviceKey, OfferId};
use shared::message::Meeting;
use shared::name::Name;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::doorway::Doorway;
use super::identity::Identity;
use super::known::{KnownPeers, KnownPeersError};
use super::link::{self, Link, LinkOrder, LinkSetup, LinkTiming};
use crate::app::peer::{Closed, KnownKey, PeerEvent};
use crate::app::place::name;

/// Events of all links that may wait for the loop. Behind them the links wait, and behind those the other clients.
const EVENTS: usize = 256;

/// How long the last words of open sessions may take at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// What does not change while the program runs.
#[derive(Clone, Debug)]
pub struct PeerOptions {
    /// Where the device key and the keys of other users are kept; without a folder the key is made for this run, and
    /// nothing is remembered.
    pub state: Option<PathBuf>,
    /// Where received files go. Made when the first one comes.
    pub downloads: PathBuf,
    /// The port to listen on, where a firewall lets only that one through.
    pub port: Option<u16>,
}

/// What the server is told of this client when it asks for a session or accepts one.
#[derive(Debug)]
pub struct Door {
    /// The key that this client will show.
    pub key: DeviceKey,
    /// Where it listens.
    pub addresses: Vec<String>,
}

/// All private sessions of one client. Dropping it ends them.
#[derive(Debug)]
pub struct Switchboard {
    options: PeerOptions,
    known: KnownPeers,
    /// Made or read when it is first needed.
    identity: Option<Arc<Identity>>,
    waiting: HashMap<OfferId, Waiting>,
    links: HashMap<OfferId, Link>,
    events_tx: mpsc::Sender<(OfferId, PeerEvent)>,
    events: mpsc::Receiver<(OfferId, PeerEvent)>,
    /// What is to be heard of connections that cannot say it themselves.
    unsaid: VecDeque<(OfferId, PeerEvent)>,
}

/// An open door behind which nobody is let in yet.
#[derive(Debug)]
struct Waiting {
    doorway: Doorway,
    /// Who was asked. Where two users ask each other at once, the session comes under the other one's offer.
    asked: Option<Name>,
}

impl Switchboard {
    /// Nothing is opened yet.
    pub fn new(options: PeerOptions) -> Self {
        let (events_tx, events) = mpsc::channel(EVENTS);
        let known = KnownPeers::in_folder(options.state.clone());
        let (waiting, links) = (HashMap::new(), HashMap::new());
        Self { options, known, identity: None, waiting, links, events_tx, events, unsaid: VecDeque::new() }
    }

    /// The remembered keys of users of a server.
    pub fn keys(&self, server: &str) -> Result<Vec<(String, KnownKey)>, KnownPeersError> {
        self.known.of(server)
    }

    /// Remembers the key of a user of a server.
    pub fn remember(&self, server: &str, user: &str, known: KnownKey) -> Result<(), KnownPeersError> {
        self.known.remember(server, user, known)
    }

    /// Listens for a session to come, on the port of the connection to the server where that is possible. Nobody is let
    /// in before [`Switchboard::meet`]. `asked` is who is asked, where this side asks.
    ///
    /// # Errors
    ///
    /// A fragment, when there is no device key or no port.
    pub fn open_door(
        &mut self,
        offer: OfferId,
        asked: Option<&str>,
        control: Option<SocketAddr>,
    ) -> Result<Door, String> {
        let key = self.identity()?.key();
        let doorway =
            Doorway::open(control, self.options.port).map_err(|error| format!("it cannot listen: {error}"))?;
        let addresses = doorway.addresses();
        self.waiting.insert(offer, Waiting { doorway, asked: asked.map(name) });
        Ok(Door { key, addresses })
    }

    fn identity(&mut self) -> Result<Arc<Identity>, String> {
        if let Some(identity) = &self.identity {
            return Ok(Arc::clone(identity));
        }
        let identity = match &self.options.state {
            Some(folder) => Identity::load_or_make(folder),
            None => Identity::make(),
        };
        let identity = Arc::new(identity.map_err(|error| error.to_string())?);
        self.identity = Some(Arc::clone(&identity));
        Ok(identity)
    }

    /// Finds a way to the other client. `me` is the own name.
    pub fn meet(&mut self, meeting: Meeting, me: String) {
        let offer = meeting.offer;
        let (Some(doorway), Some(identity)) = (self.doorway_for(&meeting), self.identity.clone()) else {
            let why = "it does not listen any more".to_owned();
            return self.unsaid.push_back((offer, PeerEvent::Closed(Closed::Broke(why))));
        };
        let downloads = self.options.downloads.clone();
        let setup = LinkSetup { doorway, meeting, me, identity, downloads, timing: LinkTiming::default() };
        self.links.insert(offer, link::spawn(setup, self.events_tx.clone()));
    }

    /// Takes the door that was opened for this meeting.
    fn doorway_for(&mut self, meeting: &Meeting) -> Option<Doorway> {
        let asked = name(&meeting.name);
        let is_theirs =
            |(offer, waiting): (&OfferId, &Waiting)| (waiting.asked.as_ref() == Some(&asked)).then_some(*offer);
        let own = Some(meeting.offer).filter(|offer| self.waiting.contains_key(offer));
        let own = own.or_else(|| self.waiting.iter().find_map(is_theirs))?;
        self.waiting.remove(&own).map(|waiting| waiting.doorway)
    }

    /// Stops listening and dialling; an open session ends without a word.
    pub fn forget(&mut self, offer: OfferId) {
        self.waiting.remove(&offer);
        self.links.remove(&offer);
    }

    /// Hands an order to a connection. One that takes nothing more is given up, of which the model hears.
    pub fn order(&mut self, offer: OfferId, order: LinkOrder) {
        // A sign that somebody types may as well be lost.
        let is_needed = !matches!(order, LinkOrder::Typing);
        if let Some(link) = self.links.get(&offer)
            && link.send(order).is_err()
            && is_needed
        {
            self.links.remove(&offer);
            let why = "the other side takes nothing any more".to_owned();
            self.unsaid.push_back((offer, PeerEvent::Closed(Closed::Broke(why))));
        }
    }

    /// Waits for what is heard next. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> (OfferId, PeerEvent) {
        if let Some(unsaid) = self.unsaid.pop_front() {
            return unsaid;
        }
        loop {
            let heard = self.events.recv().await.expect("this holds a sender");
            if let Some(heard) = self.judge(heard) {
                return heard;
            }
        }
    }

    /// What an ended connection still has to say is nobody's business any more.
    fn judge(&mut self, (offer, event): (OfferId, PeerEvent)) -> Option<(OfferId, PeerEvent)> {
        if matches!(event, PeerEvent::Closed(_) | PeerEvent::NoWay(_)) {
            return self.links.remove(&offer).map(|_| (offer, event));
        }
        self.links.contains_key(&offer).then_some((offer, event))
    }

    /// Waits at the end until the last words have left, but not long.
    pub async fn finish(&mut self) {
        self.waiting.clear();
        let deadline = Instant::now() + FAREWELL;
        while !self.links.is_empty() {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some((offer, PeerEvent::Closed(_) | PeerEvent::NoWay(_)))) => drop(self.links.remove(&offer)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}
