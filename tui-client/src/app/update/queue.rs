//! Own messages that nobody has received yet: listed by number, and taken back by that number.

use shared::error::Code;
use shared::id::RequestId;
use shared::message::{ClientMessage, Entry, Refusal};
use shared::text::{Lines, SafeText};

use super::{Turn, answers, idle};
use crate::app::command::Verb;
use crate::app::model::{Purpose, Queued, Request};
use crate::app::place::{Place, safe};
use crate::app::report::{Done, List, Report, Why};

/// The list has come. Its numbers mean these messages until the next list.
pub(super) fn listed(turn: &mut Turn<'_>, re: RequestId, messages: Vec<Entry>, more: bool) {
    let Some(Request { purpose: Purpose::Queue, sent, .. }) = turn.model.requests.end(re) else { return };
    idle::told(turn, sent);
    let queued = |entry: Entry| {
        let user = Place::from_wire(&entry.conv)?.user()?.clone();
        let text = SafeText::new(&entry.text, Lines::Many);
        Some(Queued { user, conv: entry.conv, seq: entry.seq, at: entry.at, text })
    };
    let queue: Vec<Queued> = messages.into_iter().filter_map(queued).collect();
    turn.report(Report::Count { list: List::Queue, count: queue.len() });
    for (number, message) in (1..).zip(&queue) {
        turn.report(Report::Queued { number, message: message.clone() });
    }
    turn.model.queue = queue;
    if more {
        turn.notice("there are more; these are the oldest");
    }
    turn.done(Verb::Queue);
}

/// Takes a message of the last list back.
pub(super) fn unsend(turn: &mut Turn<'_>, number: u16) {
    let place = usize::from(number).checked_sub(1);
    let Some(queued) = place.and_then(|place| turn.model.queue.get(place)).cloned() else {
        let why = Why::Text(safe("no message has this number in the last list; type queue first"));
        return turn.refuse(Code::NOTHING_TO_DO, Some(Verb::Unsend), why);
    };
    let (conv, seq) = (queued.conv.clone(), queued.seq);
    turn.request(Purpose::Unsend(queued), |id| ClientMessage::Unsend { id, conv, seq });
}

/// It is taken back: it stands nowhere any more.
pub(super) fn unsent(turn: &mut Turn<'_>, queued: Queued) {
    let Queued { user, seq, .. } = queued;
    turn.model.conversations.open(&Place::With(user.clone())).transcript.forget(seq);
    turn.report(Report::Done(Done { user: Some(user), ..Done::new(Verb::Unsend) }));
}

/// It has been received, or cannot be taken back for another reason.
pub(super) fn refused(turn: &mut Turn<'_>, queued: Queued, refusal: &Refusal) {
    answers::command_refused(turn, Verb::Unsend, Some(queued.user), refusal);
}
