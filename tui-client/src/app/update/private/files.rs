//! Files through private sessions.

use std::time::Duration;

use shared::error::Code;
use shared::id::{FileId, OfferId};
use shared::name::Name;

use super::super::idle;
use super::{Turn, order};
use crate::app::command::Verb;
use crate::app::model::{PeerState, Progress, Transfer, TransferState};
use crate::app::peer::PeerOrder;
use crate::app::place::safe;
use crate::app::report::{Done, FileNews, Report, Why};

/// Transfers that are kept, ended ones included.
const TRANSFERS: usize = 100;

/// The speed is that of so much time.
const RATE_OVER: Duration = Duration::from_secs(3);

/// The first figure of a speed is shown after this.
const RATE_AFTER: Duration = Duration::from_millis(500);

/// Names a file among those of all sessions.
type Id = (OfferId, FileId);

/// Offers a file in the session that stands. A command may wait until it was found and offered.
pub(super) fn send(turn: &mut Turn<'_>, user: &Name, path: String, awaited: bool) {
    let Some(session) = turn.model.peers.sessions.get_mut(user) else { return };
    let (offer, file) = (session.offer, session.next_file());
    let named = path.rsplit('/').next().unwrap_or_default();
    let transfer = Transfer {
        number: turn.model.peers.last_transfer.wrapping_add(1),
        user: user.clone(),
        offer,
        file,
        sending: true,
        name: safe(named),
        size: 0,
        state: TransferState::Preparing,
        awaited,
        announced: None,
    };
    add(turn, transfer);
    idle::acted(turn);
    order(turn, PeerOrder::SendFile { offer, file, path });
}

/// Keeps a transfer; the oldest ended one makes room.
fn add(turn: &mut Turn<'_>, transfer: Transfer) {
    let peers = &mut turn.model.peers;
    peers.last_transfer = transfer.number;
    if peers.transfers.len() >= TRANSFERS
        && let Some(oldest) = peers.transfers.iter().position(|transfer| !transfer.is_open())
    {
        peers.transfers.remove(oldest);
    }
    peers.transfers.push(transfer);
}

fn find<'a>(turn: &'a mut Turn<'_>, id: Id) -> Option<&'a mut Transfer> {
    turn.model.peers.transfers.iter_mut().find(|transfer| (transfer.offer, transfer.file) == id && transfer.is_open())
}

fn tell(turn: &mut Turn<'_>, id: Id, news: FileNews) {
    let found = turn.model.peers.transfers.iter().rev().find(|transfer| (transfer.offer, transfer.file) == id);
    let Some(Transfer { number, user, size, name, .. }) = found.cloned() else { return };
    turn.report(Report::File { number, user, size, name, news });
}

/// The other user offers a file.
pub(super) fn offered(turn: &mut Turn<'_>, user: Name, (offer, file): Id, name: &str, size: u64) {
    let transfer = Transfer {
        number: turn.model.peers.last_transfer.wrapping_add(1),
        user,
        offer,
        file,
        sending: false,
        name: safe(name),
        size,
        state: TransferState::Offered,
        awaited: false,
        announced: None,
    };
    add(turn, transfer);
    tell(turn, (offer, file), FileNews::Offered);
}

/// The own file is there and was offered.
pub(super) fn offering(turn: &mut Turn<'_>, id: Id, name: &str, size: u64) {
    let Some(transfer) = find(turn, id) else { return };
    transfer.name = safe(name);
    transfer.size = size;
    transfer.state = TransferState::Offered;
    if std::mem::take(&mut transfer.awaited) {
        let user = Some(transfer.user.clone());
        turn.report(Report::Done(Done { user, ..Done::new(Verb::Send) }));
    }
}

/// Says yes to the oldest file that a user offers. Answers whether there is one.
pub(super) fn accept(turn: &mut Turn<'_>, user: &Name) -> bool {
    let Some((offer, file)) = oldest_offer(turn, user) else { return false };
    let begun = (turn.now.mono, 0);
    if let Some(transfer) = find(turn, (offer, file)) {
        transfer.state = TransferState::Moving(Progress { done: 0, rate: None, begun });
    }
    order(turn, PeerOrder::AcceptFile { offer, file });
    idle::acted(turn);
    turn.report(Report::Done(Done { user: Some(user.clone()), ..Done::new(Verb::Accept) }));
    true
}

/// Says no to the oldest file that a user offers. Answers whether there is one.
pub(super) fn decline(turn: &mut Turn<'_>, user: &Name) -> bool {
    let Some((offer, file)) = oldest_offer(turn, user) else { return false };
    if let Some(transfer) = find(turn, (offer, file)) {
        transfer.state = TransferState::Failed { why: safe("you did not want it") };
    }
    order(turn, PeerOrder::RefuseFile { offer, file });
    idle::acted(turn);
    turn.report(Report::Done(Done { user: Some(user.clone()), ..Done::new(Verb::Decline) }));
    true
}

fn oldest_offer(turn: &Turn<'_>, user: &Name) -> Option<Id> {
    let waits =
        |transfer: &&Transfer| !transfer.sending && transfer.state == TransferState::Offered && transfer.user == *user;
    turn.model.peers.transfers.iter().find(waits).map(|transfer| (transfer.offer, transfer.file))
}

/// So much is through.
pub(super) fn moved(turn: &mut Turn<'_>, id: Id, done: u64) {
    let now = turn.now.mono;
    let Some(transfer) = find(turn, id) else { return };
    let mut progress = match &transfer.state {
        TransferState::Moving(progress) if progress.begun.1 <= done => *progress,
        _ => Progress { done, rate: None, begun: (now, done) },
    };
    progress.done = done.min(transfer.size);
    let (since, at) = progress.begun;
    let span = now.since(since);
    if span >= RATE_AFTER {
        let bytes = u128::from(done - at) * 1000 / span.as_millis().max(1);
        progress.rate = Some(u64::try_from(bytes).unwrap_or(u64::MAX));
        if span >= RATE_OVER {
            progress.begun = (now, done);
        }
    }
    transfer.state = TransferState::Moving(progress);
    let percent = transfer.percent();
    announce(turn, id, percent);
}

/// Announces a quarter that is reached, each once. The last one is announced when the file is through.
fn announce(turn: &mut Turn<'_>, id: Id, percent: u8) {
    let found = turn.model.peers.transfers.iter_mut().rev().find(|one| (one.offer, one.file) == id);
    let Some(transfer) = found else { return };
    let from = transfer.announced.map_or(0, |last| last + 25);
    for quarter in (from..=percent).step_by(25) {
        if let Some(transfer) = turn.model.peers.transfers.iter_mut().find(|one| (one.offer, one.file) == id) {
            transfer.announced = Some(quarter);
        }
        tell(turn, id, FileNews::Progress(quarter));
    }
}

/// It is through, checked, and kept.
pub(super) fn done(turn: &mut Turn<'_>, id: Id, path: Option<&str>) {
    let Some(transfer) = find(turn, id) else { return };
    transfer.state = TransferState::Done { path: path.map(safe) };
    if let Some(named) = path.and_then(|path| path.rsplit('/').next()) {
        transfer.name = safe(named);
    }
    announce(turn, id, 100);
    let news = match path {
        Some(path) => FileNews::Received { path: safe(path) },
        None => FileNews::Sent,
    };
    tell(turn, id, news);
}

/// The other user does not want it.
pub(super) fn declined(turn: &mut Turn<'_>, id: Id) {
    let Some(transfer) = find(turn, id) else { return };
    transfer.state = TransferState::Failed { why: safe(&format!("{} did not want it", transfer.user)) };
    tell(turn, id, FileNews::Declined);
}

/// It came to nothing.
pub(super) fn failed(turn: &mut Turn<'_>, id: Id, why: &str, code: &'static str) {
    let Some(transfer) = find(turn, id) else { return };
    let why = safe(why);
    transfer.state = TransferState::Failed { why: why.clone() };
    if std::mem::take(&mut transfer.awaited) {
        let user = transfer.user.clone();
        return turn.refuse_about(Code::of(code), Verb::Send, user, Why::Text(why));
    }
    tell(turn, id, FileNews::Failed { why });
}

/// Its session is over. What has come is kept aside by the receiver, for another attempt.
pub(super) fn session_ended(turn: &mut Turn<'_>, user: &Name) {
    let Some(offer) = turn.model.peers.sessions.get(user).map(|session| session.offer) else { return };
    let open = turn.model.peers.transfers.iter().filter(|one| one.offer == offer && one.is_open());
    let ids: Vec<Id> = open.map(|transfer| (transfer.offer, transfer.file)).collect();
    for id in ids {
        failed(turn, id, "the session ended; send it again to go on", "failed");
    }
}

/// Stops a transfer by its number.
pub(super) fn cancel(turn: &mut Turn<'_>, number: u16) {
    let open = turn.model.peers.transfers.iter_mut().find(|one| one.number == u32::from(number) && one.is_open());
    let Some(transfer) = open else { return turn.refuse(Code::NO_SUCH_TRANSFER, Some(Verb::Cancel), Why::Plain) };
    let is_unanswered = !transfer.sending && transfer.state == TransferState::Offered;
    transfer.state = TransferState::Failed { why: safe("you have cancelled it") };
    let (offer, file) = (transfer.offer, transfer.file);
    let session_is_open = turn
        .model
        .peers
        .sessions
        .values()
        .any(|session| session.offer == offer && matches!(session.state, PeerState::Open(_)));
    if session_is_open {
        let refuse = PeerOrder::RefuseFile { offer, file };
        order(turn, if is_unanswered { refuse } else { PeerOrder::CancelFile { offer, file } });
    }
    idle::acted(turn);
    turn.done(Verb::Cancel);
}
