//! Private sessions in the loop: the model's orders, and what is heard of other clients.

use shared::id::OfferId;
use shared::message::ClientMessage;
use tokio::sync::mpsc;

use super::network::Wire;
use super::{Driver, Face};
use crate::app::msg::Msg;
use crate::app::peer::{KnownKey, PeerEvent, PeerOrder};
use crate::net::NetEvent;
use crate::peer::link::LinkOrder;
use crate::peer::transfer::FileOrder;

impl<F: Face, L: Wire, D: FnMut(u64, mpsc::Sender<(u64, NetEvent)>) -> L> Driver<F, D, L> {
    /// Does what the model wants.
    pub(super) fn peer(&mut self, order: PeerOrder) {
        match order {
            PeerOrder::LoadKeys => self.load_keys(),
            PeerOrder::Remember { user, key, verified } => self.remember(&user, KnownKey { key, verified }),
            PeerOrder::Ask { id, offer, name } => self.at_the_door(offer, Some(&name.clone()), |key, addresses| {
                ClientMessage::PrivateAsk { id, offer, name, key, addresses }
            }),
            PeerOrder::Accept { id, offer } => self
                .at_the_door(offer, None, |key, addresses| ClientMessage::PrivateAccept { id, offer, key, addresses }),
            PeerOrder::Meet { meeting, me } => self.peers.meet(meeting, me),
            PeerOrder::Forget { offer } => self.peers.forget(offer),
            PeerOrder::Say { offer, n, text, kind } => self.peers.order(offer, LinkOrder::Say { n, text, kind }),
            PeerOrder::Typing { offer } => self.peers.order(offer, LinkOrder::Typing),
            PeerOrder::Close { offer, reason } => self.peers.order(offer, LinkOrder::Close(reason)),
            PeerOrder::SendFile { offer, file, path } => self.file(offer, FileOrder::Send { file, path }),
            PeerOrder::AcceptFile { offer, file } => self.file(offer, FileOrder::Accept { file }),
            PeerOrder::RefuseFile { offer, file } => self.file(offer, FileOrder::Refuse { file }),
            PeerOrder::CancelFile { offer, file } => self.file(offer, FileOrder::Cancel { file }),
        }
    }

    fn file(&mut self, offer: OfferId, order: FileOrder) {
        self.peers.order(offer, LinkOrder::File(order));
    }

    /// Listens, and tells the server where; or tells the model that it cannot be.
    fn at_the_door(
        &mut self,
        offer: OfferId,
        asked: Option<&str>,
        message: impl FnOnce(shared::id::DeviceKey, Vec<String>) -> ClientMessage,
    ) {
        match self.peers.open_door(offer, asked, self.local) {
            Ok(door) => self.send(message(door.key, door.addresses)),
            Err(why) => self.later.push_back(Msg::Peer { offer, event: PeerEvent::Unable { why } }),
        }
    }

    /// A file that cannot be used is told of; without it every key is new.
    fn load_keys(&mut self) {
        let keys = self.peers.keys(&self.model.settings.server).unwrap_or_else(|error| {
            self.later.push_back(Msg::Noted(error.to_string()));
            Vec::new()
        });
        self.later.push_back(Msg::PeerKeys(keys));
    }

    fn remember(&mut self, user: &str, known: KnownKey) {
        if let Err(error) = self.peers.remember(&self.model.settings.server, user, known) {
            self.later.push_back(Msg::Noted(error.to_string()));
        }
    }
}
