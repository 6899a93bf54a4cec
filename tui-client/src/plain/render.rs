//! Reports as lines of text: the label, who, and after the first `": "` the text. The words are fixed; `docs/plain.md`
//! documents each.

use std::fmt::Write;

use shared::name::Name;
use shared::text::SafeText;

use super::Clock;
use crate::app::command::Spec;
use crate::app::model::{Hit, Queued};
use crate::app::place::{Place, safe};
use crate::app::report::{Aside, Done, List, Manner, Person, Refused, Remark, Report, Said, Standing, Why};

/// An event as one line.
pub(super) fn event(report: &Report, clock: &Clock) -> String {
    match report {
        Report::Here { server, user, place } => {
            let place = match place {
                Place::Room(room) => room.to_string(),
                Place::With(other) => format!("@{other}"),
                Place::Private(other) => format!("private {other}"),
            };
            format!(
                "here {place} as {user}, plain mode, server {server}, type help, screen to go back, logout to leave"
            )
        }
        Report::Hello { server } => format!("plain mode, server {server}, type help, logout to leave"),
        Report::Hosting { invite, log } => hosting(invite, log),
        Report::Connected => "state connected".to_owned(),
        Report::Reconnecting { seconds } => format!("state reconnecting {seconds}"),
        Report::LoggedIn { name } => format!("state logged-in {name}"),
        Report::Idle { seconds } => format!("state idle {seconds}"),
        Report::LoggedOut { reason } => format!("state logged-out {}", word(reason.as_str())),
        Report::Said(said) => said_line(said, clock),
        Report::Arrived { name } => format!("presence {name} online"),
        Report::Left { name, reason } => format!("presence {name} offline {}", word(reason.as_str())),
        Report::Count { list, count } => format!("{} {count}", list_word(*list)),
        Report::User(person) => user(person, clock),
        Report::Block { name } => format!("block {name}"),
        Report::Queued { number, message } => queued(*number, message, clock),
        Report::Match { number, hit } => found(*number, hit, clock),
        Report::Whois { person, created } => whois(person, &clock.date(*created), clock),
        Report::Help(spec) => format!("command {}: {}", spec.usage(), spec.summary),
        Report::HelpMore(spec) => help_more(spec),
        Report::CannotAnswer { name } => format!("hint {name}: {}", cannot_answer(name)),
        Report::Notice(text) => format!("notice: {}", text.escaped()),
        Report::Peer { user, news } => super::private::peer(user, news),
        Report::File { number, user, size, name, news } => super::private::file(*number, user, *size, name, news),
        Report::Done(done) => done_line(done),
        Report::Refused(refused) => refused_line(refused, clock),
        Report::Aside(one) => aside(one),
    }
}

/// The invite goes to the network, and the log may be anywhere: the quotes keep a shell from reading `#` as a comment.
fn hosting(invite: &str, log: &str) -> String {
    let (invite, log) = (word(invite), word(log));
    format!("hosting {invite}: friends join with tui-client '{invite}'; the log of the server is {log}")
}

/// A word from outside, made harmless.
pub(super) fn word(raw: &str) -> String {
    safe(raw).escaped().into_owned()
}

/// The word that begins a list, with its count.
pub(super) fn list_word(list: List) -> &'static str {
    match list {
        List::Users => "users",
        List::Blocked => "blocked",
        List::Messages => "messages",
        List::Found => "found",
        List::Queue => "queue",
        List::Commands => "commands",
    }
}

/// The word that begins a text, after how it came and where it was said.
pub(super) fn said_word(said: &Said) -> &'static str {
    match (said.manner, &said.place) {
        (Manner::Live, Place::Room(_)) => "broadcast",
        (Manner::Live, Place::With(_)) => "message",
        (Manner::Live, Place::Private(_)) => "private",
        (Manner::Stored, _) => "stored",
        (Manner::History, _) => "history",
    }
}

fn said_line(said: &Said, clock: &Clock) -> String {
    let mut line = format!("{} from {}", said_word(said), said.from);
    if said.manner != Manner::Live {
        push(&mut line, " at ", &clock.date(said.at));
    }
    if said.action {
        line.push_str(" action");
    }
    push(&mut line, ": ", &said.text.escaped());
    line
}

fn push(line: &mut String, before: &str, text: &str) {
    line.push_str(before);
    line.push_str(text);
}

fn push_text(line: &mut String, text: &SafeText) {
    if !text.raw().is_empty() {
        push(line, ": ", &text.escaped());
    }
}

fn user(person: &Person, clock: &Clock) -> String {
    let mut line = format!("user {}", person.name);
    match person.standing {
        Standing::Since(at) => push(&mut line, " since ", &clock.short(at)),
        Standing::LastSeen(at) => push(&mut line, " last-seen ", &clock.short(at)),
        Standing::Unknown => {}
    }
    push_text(&mut line, &person.away);
    line
}

fn queued(number: usize, message: &Queued, clock: &Clock) -> String {
    let Queued { user, at, text, .. } = message;
    format!("queued {number} to {user} at {}: {}", clock.date(*at), text.escaped())
}

fn found(number: usize, hit: &Hit, clock: &Clock) -> String {
    let place = place_word(&hit.place);
    let mut line = format!("match {number} in {place} from {} at {}", hit.from, clock.date(hit.at));
    if hit.action {
        line.push_str(" action");
    }
    push(&mut line, ": ", &hit.text.escaped());
    line
}

/// A conversation in one word: `#lobby`, or `@name` of the other side.
pub(super) fn place_word(place: &Place) -> String {
    word(&place.to_wire().unwrap_or_default())
}

fn whois(person: &Person, created: &str, clock: &Clock) -> String {
    let mut line = format!("whois {}", person.name);
    match person.standing {
        Standing::Since(at) => push(&mut line, " online since ", &clock.short(at)),
        Standing::LastSeen(at) => push(&mut line, " offline last-seen ", &clock.date(at)),
        Standing::Unknown => line.push_str(" offline"),
    }
    push(&mut line, " created ", created);
    push_text(&mut line, &person.away);
    line
}

fn help_more(spec: &Spec) -> String {
    let mut line = format!("about {}: {}", spec.name, spec.details);
    if !spec.aliases.is_empty() {
        push(&mut line, " Also called ", &spec.aliases.join(", "));
        line.push('.');
    }
    line
}

fn done_line(done: &Done) -> String {
    let mut line = format!("ok {}", done.verb.name());
    push_name(&mut line, done.user.as_ref());
    if let Some(outcome) = &done.outcome {
        push(&mut line, " ", &word(outcome.as_str()));
    }
    if let Some(remark) = done.remark {
        push(&mut line, ": ", &remark_text(remark, done.user.as_ref()));
    }
    line
}

fn push_name(line: &mut String, name: Option<&Name>) {
    if let Some(name) = name {
        push(line, " ", name.as_str());
    }
}

/// What a user should know about a command that was done.
pub(super) fn remark_text(remark: Remark, user: Option<&Name>) -> String {
    let who = user.map_or("", Name::as_str);
    match remark {
        Remark::BlockChanges => format!(
            "nothing from {who} reaches you and {who} sees you as offline; you still see {who} and may write to {who}"
        ),
        Remark::FullScreenOnly => "nothing to do in plain mode".to_owned(),
        Remark::ThroughServer => "it goes through the server, which can read it".to_owned(),
    }
}

/// The hint for somebody who writes to a user on the own block list.
pub(super) fn cannot_answer(name: &Name) -> String {
    format!("you have blocked {name}, who cannot answer")
}

fn refused_line(refused: &Refused, clock: &Clock) -> String {
    let mut line = format!("error {}", word(refused.code.as_str()));
    if let Some(command) = &refused.command {
        push(&mut line, " ", command);
    }
    push_name(&mut line, refused.user.as_ref());
    if let Some(text) = why_text(&refused.why, clock) {
        push(&mut line, ": ", &text);
    }
    line
}

fn why_text(why: &Why, clock: &Clock) -> Option<String> {
    let count = |figure: u64, one: &str, many: &str| format!("{figure} {} left", if figure == 1 { one } else { many });
    match why {
        Why::Plain | Why::InUse { since: None, from: None } => None,
        Why::Tries(left) => Some(count(u64::from(*left), "try", "tries")),
        Why::Wait { seconds } => Some(count(*seconds, "second", "seconds")),
        Why::InUse { since, from } => {
            let mut text = String::new();
            if let Some(since) = since {
                push(&mut text, "since ", &clock.short(*since));
            }
            if let Some(from) = from {
                let blank = if text.is_empty() { "" } else { " " };
                // Writing to a string does not fail.
                let _ = write!(text, "{blank}from {}", from.escaped());
            }
            Some(text)
        }
        Why::Text(text) => Some(text.escaped().into_owned()),
    }
}

/// A sentence for the person in front of it.
pub(super) fn aside(aside: &Aside) -> String {
    match aside {
        Aside::FirstUse { fingerprint } => {
            format!("First contact with this server. Its key is remembered: {}.", word(fingerprint))
        }
        Aside::NotEncrypted => "This connection is not encrypted.".to_owned(),
        Aside::Unreachable { why } => format!("No connection: {}.", word(why)),
        Aside::HostOption => {
            "To host a server in this program, for everybody in your network, run `tui-client --host`.".to_owned()
        }
        Aside::NotHosted { why } => format!("No server could be started here: {}.", word(why)),
        Aside::GaveUp { seconds } => format!("Gave up after {seconds} seconds without a session."),
        Aside::KeyChanged { address, expected, found } => {
            let (address, expected, found) = (word(address), word(expected), word(found));
            format!(
                "The key of {address} has changed: expected {expected}, found {found}. Somebody may be between you and \
                 the server, or the server was set up anew. If you know that it is right, run \
                 `tui-client trust forget {address}` and try again."
            )
        }
        Aside::InputEnded => "The input ended before the login was done.".to_owned(),
        Aside::OfferAccount => "Nobody has this name yet. To make the account, choose a password.".to_owned(),
    }
}
