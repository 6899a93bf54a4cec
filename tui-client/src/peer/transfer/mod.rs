//! Files through a private session.
//!
//! [`Transfers`] holds all of one session and is driven by its link: orders and frames go in, frames and events come out.
//! It decides and counts; the disk is worked with on threads (`send`, `receive`), one for each file that moves, and at
//! most one in each direction does. What the other side sends is held to what it has offered: not a byte more is kept,
//! and nothing has its final name before its hash is right.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use shared::id::{DeviceKey, FileId};
use shared::limits::{FILE_NAME_BYTES, FILE_PIECE, FILE_WINDOW};
use shared::peer::PeerMessage;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::peer::PeerEvent;
use crate::app::place::safe;
use receive::{Incoming, Receipt};
use send::{Outgoing, Source};

pub mod names;
mod receive;
mod send;

pub use send::expand;
#[cfg(test)]
mod tests;

/// Files in one direction that wait for an answer or for their turn.
const OPEN: usize = 8;

/// What the threads have to say and was not heard yet. It is what bounds the pieces in memory: a thread waits for room.
const NEWS: usize = 4;

/// What comes out and was not taken yet. Beyond that nothing more should be heard: whoever offers and takes back all the
/// time must not fill the memory.
const OUTPUTS: usize = 64;

/// Progress is told at most this often.
const PROGRESS: Duration = Duration::from_millis(100);

/// Something the user wants done with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOrder {
    /// Offer it.
    Send {
        /// Its number.
        file: FileId,
        /// Where it is, as typed.
        path: String,
    },
    /// Take it.
    Accept {
        /// Its number.
        file: FileId,
    },
    /// Do not take it.
    Refuse {
        /// Its number.
        file: FileId,
    },
    /// Stop it.
    Cancel {
        /// Its number.
        file: FileId,
    },
}

/// What a session's transfers need to know.
#[derive(Clone, Debug)]
pub struct TransferSettings {
    /// Where received files go.
    pub downloads: PathBuf,
    /// The other user.
    pub user: String,
    /// The other user's key, by which an interrupted file is found again.
    pub key: DeviceKey,
    /// Whether this side has asked for the session: then its files are 1, 3, 5 and so on.
    pub initiator: bool,
}

/// Something that comes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To be sent.
    Frame(PeerMessage),
    /// To be told.
    Event(PeerEvent),
}

/// The other side does what no client of ours does. The text is a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(&'static str);

/// What a thread says.
enum News {
    /// An own file is there, or not.
    Found { file: FileId, source: Result<Source, (&'static str, String)> },
    /// The next piece of an own file.
    Piece { file: FileId, at: u64, data: Vec<u8> },
    /// An own file was read to its end, or cannot be read on.
    Read { file: FileId, hash: Result<shared::peer::FileHash, String> },
    /// A file can be received, from this place on, or not.
    Ready { file: FileId, from: Result<(u64, Option<shared::peer::FileHash>), String> },
    /// So much is written.
    Written { file: FileId, upto: u64 },
    /// A file is whole and under its name, or will never be.
    Kept { file: FileId, path: Result<PathBuf, String> },
}

/// All files of one session.
#[derive(Debug)]
pub struct Transfers {
    settings: TransferSettings,
    sending: BTreeMap<FileId, Outgoing>,
    receiving: BTreeMap<FileId, Incoming>,
    outputs: std::collections::VecDeque<Output>,
    news_tx: mpsc::Sender<News>,
    news: mpsc::Receiver<News>,
    /// When progress was last told, for each file.
    told: BTreeMap<FileId, Instant>,
}

impl Transfers {
    /// Nothing is on its way.
    pub fn new(settings: TransferSettings) -> Self {
        let (news_tx, news) = mpsc::channel(NEWS);
        Self {
            settings,
            sending: BTreeMap::new(),
            receiving: BTreeMap::new(),
            outputs: std::collections::VecDeque::new(),
            news_tx,
            news,
            told: BTreeMap::new(),
        }
    }

    /// Does what the user wants.
    pub fn order(&mut self, order: FileOrder) {
        match order {
            FileOrder::Send { file, path } => self.offer(file, path),
            FileOrder::Accept { file } => self.accept(file),
            FileOrder::Refuse { file } => {
                if self.receiving.remove(&file).is_some() {
                    self.frame(PeerMessage::FileRefuse { file });
                }
            }
            FileOrder::Cancel { file } => {
                if self.drop_file(file) {
                    self.frame(PeerMessage::FileCancel { file, why: String::new() });
                }
            }
        }
        self.go_on();
    }

    /// Takes a frame of the other side.
    ///
    /// # Errors
    ///
    /// [`Violation`]: the session ends.
    pub fn heard(&mut self, message: PeerMessage) -> Result<(), Violation> {
        match message {
            PeerMessage::FileOffer { file, name, size } => self.offered(file, &name, size)?,
            PeerMessage::FileAccept { file, from, prefix } => self.wanted(file, from, prefix)?,
            PeerMessage::FileRefuse { file } => {
                if self.sending.remove(&file).is_some() {
                    self.event(PeerEvent::FileRefused { file });
                }
            }
            PeerMessage::FilePiece { file, at, data } => self.piece(file, at, data)?,
            PeerMessage::FileTaken { file, upto } => self.taken(file, upto)?,
            PeerMessage::FileEnd { file, hash } => {
                if let Some(incoming) = self.receiving.get_mut(&file) {
                    incoming.end(hash);
                }
            }
            PeerMessage::FileKept { file } => {
                if self.sending.remove(&file).is_some_and(|outgoing| outgoing.has_ended()) {
                    self.event(PeerEvent::FileDone { file, path: None });
                }
            }
            PeerMessage::FileCancel { file, why } => self.cancelled(file, &why),
            _ => return Err(Violation("a message that is not about a file")),
        }
        self.go_on();
        Ok(())
    }

    /// Waits for what comes out next. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            let news = self.news.recv().await.expect("this holds a sender");
            self.learn(news);
            self.go_on();
        }
    }

    /// Whether so much waits to be taken by [`Transfers::next`] that nothing more should be heard.
    pub fn is_behind(&self) -> bool {
        self.outputs.len() >= OUTPUTS
    }

    /// The session is over. What was not received whole stays to be continued.
    pub fn end(self) {
        // The threads notice that nobody listens to them.
        drop(self);
    }

    fn frame(&mut self, message: PeerMessage) {
        self.outputs.push_back(Output::Frame(message));
    }

    fn event(&mut self, event: PeerEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn fail(&mut self, file: FileId, why: &str, code: &'static str) {
        let why = safe(why).as_str().to_owned();
        self.event(PeerEvent::FileFailed { file, why, code });
    }

    /// Tells both sides that a file comes to nothing.
    fn give_up(&mut self, file: FileId, why: &str, code: &'static str) {
        self.fail(file, why, code);
        self.frame(PeerMessage::FileCancel { file, why: why.to_owned() });
    }

    fn drop_file(&mut self, file: FileId) -> bool {
        self.told.remove(&file);
        // What is there stays, to be continued.
        let receiving = self.receiving.remove(&file).is_some();
        self.sending.remove(&file).is_some() || receiving
    }

    /// Whether a number is one that the other side gives.
    fn is_theirs(&self, file: FileId) -> bool {
        (file.0 % 2 == 1) != self.settings.initiator
    }

    /// Begins what can begin: one file in each direction.
    fn go_on(&mut self) {
        if !self.sending.values().any(Outgoing::is_moving)
            && let Some((&file, outgoing)) = self.sending.iter_mut().find(|(_, outgoing)| outgoing.is_queued())
        {
            outgoing.begin(file, self.news_tx.clone());
        }
        if !self.receiving.values().any(Incoming::is_moving)
            && let Some((&file, incoming)) = self.receiving.iter_mut().find(|(_, incoming)| incoming.is_queued())
        {
            incoming.begin(file, &self.settings, self.news_tx.clone());
        }
    }

    fn learn(&mut self, news: News) {
        match news {
            News::Found { file, source } => self.found(file, source),
            News::Piece { file, at, data } => {
                if self.sending.contains_key(&file) {
                    self.frame(PeerMessage::FilePiece { file, at, data });
                }
            }
            News::Read { file, hash } => self.read(file, hash),
            News::Ready { file, from } => self.ready(file, from),
            News::Written { file, upto } => {
                if let Some(incoming) = self.receiving.get_mut(&file) {
                    incoming.written(upto);
                    self.frame(PeerMessage::FileTaken { file, upto });
                    self.moved(file, upto);
                }
            }
            News::Kept { file, path } => self.kept(file, path),
        }
    }

    /// Tells of progress, but not too often.
    fn moved(&mut self, file: FileId, done: u64) {
        let now = Instant::now();
        if self.told.get(&file).is_none_or(|told| now.duration_since(*told) >= PROGRESS) {
            self.told.insert(file, now);
            self.event(PeerEvent::FileMoved { file, done });
        }
    }
}

/// Sending.
impl Transfers {
    fn offer(&mut self, file: FileId, path: String) {
        if self.sending.len() >= OPEN {
            return self.fail(file, "too many files wait already", "failed");
        }
        if self.is_theirs(file) || self.sending.insert(file, Outgoing::looking()).is_some() {
            return self.fail(file, "its number is taken", "failed");
        }
        send::look(file, path, self.news_tx.clone());
    }

    fn found(&mut self, file: FileId, source: Result<Source, (&'static str, String)>) {
        match source {
            Ok(source) => {
                // Cancelled in the meantime: nothing was offered.
                let Some(outgoing) = self.sending.get_mut(&file) else { return };
                let (name, size) = (source.name.clone(), source.size);
                outgoing.offered(source);
                self.frame(PeerMessage::FileOffer { file, name: name.clone(), size });
                self.event(PeerEvent::FileOffering { file, name: names::clean(&name), size });
            }
            Err((code, why)) => {
                if self.sending.remove(&file).is_some() {
                    self.fail(file, &why, code);
                }
            }
        }
    }

    fn wanted(&mut self, file: FileId, from: u64, prefix: Option<shared::peer::FileHash>) -> Result<(), Violation> {
        // Cancelled here while the answer was on its way.
        let Some(outgoing) = self.sending.get_mut(&file) else { return Ok(()) };
        if outgoing.wanted(from, prefix) { Ok(()) } else { Err(Violation("a file is accepted that was not offered")) }
    }

    fn taken(&mut self, file: FileId, upto: u64) -> Result<(), Violation> {
        let Some(outgoing) = self.sending.get_mut(&file) else { return Ok(()) };
        if !outgoing.taken(upto) {
            return Err(Violation("more of a file is taken than there is"));
        }
        self.moved(file, upto);
        Ok(())
    }

    fn read(&mut self, file: FileId, hash: Result<shared::peer::FileHash, String>) {
        let Some(outgoing) = self.sending.get_mut(&file) else { return };
        match hash {
            Ok(hash) => {
                outgoing.ended();
                self.frame(PeerMessage::FileEnd { file, hash });
            }
            Err(why) => {
                self.sending.remove(&file);
                self.give_up(file, &why, "failed");
            }
        }
    }
}

/// Receiving.
impl Transfers {
    fn offered(&mut self, file: FileId, name: &str, size: u64) -> Result<(), Violation> {
        if !self.is_theirs(file) || self.receiving.contains_key(&file) {
            return Err(Violation("a file with a number that is taken"));
        }
        if name.len() > FILE_NAME_BYTES {
            return Err(Violation("a file with an endless name"));
        }
        if self.receiving.len() >= OPEN {
            self.frame(PeerMessage::FileCancel { file, why: "too many files wait already".to_owned() });
            return Ok(());
        }
        let name = names::clean(name);
        self.receiving.insert(file, Incoming::new(Receipt { name: name.clone(), size }));
        self.event(PeerEvent::FileOffered { file, name, size });
        Ok(())
    }

    fn accept(&mut self, file: FileId) {
        if let Some(incoming) = self.receiving.get_mut(&file) {
            incoming.accept();
        }
    }

    fn ready(&mut self, file: FileId, from: Result<(u64, Option<shared::peer::FileHash>), String>) {
        let Some(incoming) = self.receiving.get_mut(&file) else { return };
        match from {
            Ok((from, prefix)) => {
                incoming.ready(from);
                self.frame(PeerMessage::FileAccept { file, from, prefix });
                self.event(PeerEvent::FileMoved { file, done: from });
            }
            Err(why) => {
                self.drop_file(file);
                self.give_up(file, &why, "failed");
            }
        }
    }

    fn piece(&mut self, file: FileId, at: u64, data: Vec<u8>) -> Result<(), Violation> {
        if data.is_empty() || data.len() > FILE_PIECE {
            return Err(Violation("a piece of a file that is too large or empty"));
        }
        // Cancelled here while pieces were on their way.
        let Some(incoming) = self.receiving.get_mut(&file) else { return Ok(()) };
        match incoming.piece(at, data, FILE_WINDOW) {
            Ok(()) => Ok(()),
            Err(receive::Wrong::Broken(why)) => Err(Violation(why)),
            Err(receive::Wrong::Lie(why)) => {
                if let Some(incoming) = self.receiving.remove(&file) {
                    incoming.discard();
                }
                self.give_up(file, why, "failed");
                Ok(())
            }
        }
    }

    fn kept(&mut self, file: FileId, path: Result<PathBuf, String>) {
        self.told.remove(&file);
        let Some(incoming) = self.receiving.remove(&file) else { return };
        match path {
            Ok(path) => {
                self.event(PeerEvent::FileMoved { file, done: incoming.size() });
                self.frame(PeerMessage::FileKept { file });
                self.event(PeerEvent::FileDone { file, path: Some(path.display().to_string()) });
            }
            Err(why) => self.give_up(file, &why, "failed"),
        }
    }

    fn cancelled(&mut self, file: FileId, why: &str) {
        if self.drop_file(file) {
            let (why, code) =
                if why.is_empty() { ("the other side has cancelled it", "cancelled") } else { (why, "failed") };
            self.fail(file, why, code);
        }
    }
}
