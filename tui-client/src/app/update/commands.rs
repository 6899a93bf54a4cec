//! What each command does.

use shared::error::Code;
use shared::id::{ClientId, millis};
use shared::message::{ClientMessage, Kind, Reason};

use super::{Turn, chat, ending, history, idle, input, private, queue, search, switching};
use crate::app::command::{Command, Spec, TABLE, Verb};
use crate::app::model::{Model, Purpose};
use crate::app::place::{Place, name, safe};
use crate::app::report::{Done, List, Refused, Remark, Report, Why};

/// Runs a command. It is answered exactly once, now or when the server has answered.
pub(super) fn run(turn: &mut Turn<'_>, command: Command, cid: ClientId) {
    let command = match private::run(turn, command, cid) {
        Ok(()) => return,
        Err(command) => command,
    };
    if let Command::Block { user } = &command {
        // At once, whatever becomes of the block: nothing more of this user shall come.
        private::close(turn, &name(user), Reason::LOGGED_OUT);
    }
    if let Command::Show(to) = command {
        return switching::wanted(turn, to);
    }
    if let Some((code, why)) = not_now(turn.model) {
        return turn.refuse(code, Some(command.verb()), why);
    }
    match command {
        Command::Message { to, text } => {
            chat::say(turn, Verb::Message, Place::With(name(&to)), &to, text, Kind::TEXT, cid);
        }
        Command::Broadcast { text } => chat::say_to_lobby(turn, Verb::Broadcast, text, Kind::TEXT, cid),
        Command::Me { action } => chat::say_to_lobby(turn, Verb::Me, action, Kind::ACTION, cid),
        Command::Whoelse => {
            turn.request(Purpose::Users { verb: Verb::Whoelse, found: Vec::new() }, |id| ClientMessage::Who { id });
        }
        Command::Whoelsesince { span } => {
            let purpose = Purpose::Users { verb: Verb::Whoelsesince, found: Vec::new() };
            turn.request(purpose, |id| ClientMessage::WhoSince { id, span_ms: millis(span) });
        }
        Command::Block { user } => {
            let purpose = Purpose::Block { verb: Verb::Block, name: name(&user) };
            turn.request(purpose, |id| ClientMessage::Block { id, name: user });
        }
        Command::Unblock { user } => {
            let purpose = Purpose::Block { verb: Verb::Unblock, name: name(&user) };
            turn.request(purpose, |id| ClientMessage::Unblock { id, name: user });
        }
        Command::Blocked => {
            turn.request(Purpose::Blocked { found: Vec::new() }, |id| ClientMessage::Blocked { id });
        }
        Command::History { with, count } => history::show(turn, with.as_deref(), count),
        Command::Search { words } => search::begin(turn, &words),
        Command::Queue => turn.request(Purpose::Queue, |id| ClientMessage::Queue { id }),
        Command::Unsend { number } => queue::unsend(turn, number),
        Command::Away { text } => turn.request(Purpose::Away, |id| ClientMessage::Away { id, text }),
        Command::Whois { user } => {
            turn.request(Purpose::Whois { name: name(&user) }, |id| ClientMessage::Whois { id, name: user });
        }
        Command::Passwd if !turn.model.can_send() => {
            turn.refuse(Code::NOT_CONNECTED, Some(Verb::Passwd), Why::Text(safe("there is no connection")));
        }
        Command::Passwd => input::ask_for_passwords(turn),
        Command::Help { about } => help(turn, about),
        Command::Clear => full_screen_only(turn, Verb::Clear),
        Command::Close => full_screen_only(turn, Verb::Close),
        Command::Logout if !turn.model.can_send() => ending::interrupted(turn),
        Command::Logout => ending::log_out(turn, true),
        // Done above.
        Command::Startprivate { .. }
        | Command::Accept { .. }
        | Command::Decline { .. }
        | Command::Private { .. }
        | Command::Stopprivate { .. }
        | Command::Resend { .. }
        | Command::Verify { .. }
        | Command::Send { .. }
        | Command::Cancel { .. }
        | Command::Show(_) => {}
        Command::Screen(_) => {
            turn.refuse(Code::USAGE, Some(command.verb()), Why::Text(safe("only on the full screen")));
        }
    }
}

/// Requests that may wait for a connection. More typed lines than that are no conversation.
const WAITING_MOST: usize = 256;

/// Why no request can be taken now, if it cannot.
pub(super) fn not_now(model: &Model) -> Option<(Code, Why)> {
    if !model.takes_requests() {
        return Some((Code::NOT_CONNECTED, Why::Text(safe("there is no session"))));
    }
    let is_full = model.requests.waiting() >= WAITING_MOST;
    is_full.then(|| (Code::SLOW_DOWN, Why::Text(safe("too much waits for the connection already"))))
}

fn help(turn: &mut Turn<'_>, about: Option<&'static Spec>) {
    idle::acted(turn);
    if let Some(spec) = about {
        turn.report(Report::Help(spec));
        turn.report(Report::HelpMore(spec));
    } else {
        let commands: Vec<&'static Spec> = TABLE.iter().filter(|spec| !spec.verb.is_for_the_screen()).collect();
        turn.report(Report::Count { list: List::Commands, count: commands.len() });
        turn.report_all(commands.into_iter().map(Report::Help));
    }
    turn.done(Verb::Help);
}

fn full_screen_only(turn: &mut Turn<'_>, verb: Verb) {
    idle::acted(turn);
    turn.report(Report::Done(Done { remark: Some(Remark::FullScreenOnly), ..Done::new(verb) }));
}

impl Turn<'_> {
    /// Refuses a command that is about a user.
    pub(super) fn refuse_about(&mut self, code: Code, verb: Verb, user: shared::name::Name, why: Why) {
        self.refuse_with(Refused { code, command: Some(verb.name().to_owned()), user: Some(user), why });
    }
}
