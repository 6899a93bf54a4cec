//! Sentences for what the model announces.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use shared::error::Code;
use shared::id::UnixMs;
use shared::message::{Outcome, Reason};
use shared::name::Name;

use crate::app::command::{Spec, Verb};
use crate::app::model::{Hit, Queued};
use crate::app::place::safe;
use crate::app::report::{Done, Person, Refused, Remark, Said, Standing, Why};
use crate::tui::preferences::TimeFormat;

/// Turns moments into the time people see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'a> {
    pub zone: &'a TimeZone,
    pub time: &'a TimeFormat,
    pub now: UnixMs,
}

impl Clock<'_> {
    /// `13:40` today, with its date on other days.
    pub fn at(self, at: UnixMs) -> String {
        let (at, now) = (self.local(at), self.local(self.now));
        let time = self.time.write(&at);
        if at.date() == now.date() { time } else { format!("{} {time}", at.date()) }
    }

    fn local(self, at: UnixMs) -> Zoned {
        // A server may send any number; one that is no time is shown as the last moment there is.
        let moment = Timestamp::from_millisecond(i64::try_from(at.0).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX);
        moment.to_zoned(self.zone.clone())
    }
}

/// A fragment as a sentence: a capital letter and a full stop.
pub(super) fn sentence(fragment: &str) -> String {
    let fragment = safe(fragment).escaped().into_owned();
    let mut letters = fragment.chars();
    let Some(first) = letters.next() else { return String::new() };
    // A name at the beginning keeps its letters.
    let first_word_is_plain = fragment.split(' ').next().is_some_and(|word| word.chars().all(char::is_alphabetic));
    let first: String = if first_word_is_plain { first.to_uppercase().collect() } else { first.to_string() };
    let stop = if fragment.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// Why something was refused.
pub(super) fn refusal(refused: &Refused, clock: Clock<'_>) -> String {
    let who = refused.user.as_ref().map_or("that user", Name::as_str);
    let code = &refused.code;
    match &refused.why {
        Why::Text(text) if !text.raw().is_empty() => sentence(text.as_str()),
        Why::Wait { seconds } => format!("{} Try again in {seconds} s.", plain_refusal(code, who)),
        Why::Tries(left) => format!("{} {} left.", plain_refusal(code, who), tries(*left)),
        Why::InUse { since, from } => {
            let since = since.map(|at| format!(" since {}", clock.at(at))).unwrap_or_default();
            let from = from.as_ref().map(|from| format!(" from {}", from.escaped())).unwrap_or_default();
            format!("This account is logged in already{since}{from}.")
        }
        Why::Text(_) | Why::Plain => plain_refusal(code, who),
    }
}

fn tries(left: u8) -> String {
    if left == 1 { "1 try".to_owned() } else { format!("{left} tries") }
}

fn plain_refusal(code: &Code, who: &str) -> String {
    let known = [
        (Code::BAD_PASSWORD, "Wrong password.".to_owned()),
        (Code::BAD_LOGIN, "Wrong name or password.".to_owned()),
        (Code::NO_SUCH_USER, format!("Nobody is called {who}.")),
        (Code::YOURSELF, "That is you.".to_owned()),
        (Code::BLOCKED, format!("{who} has blocked you.")),
        (Code::ALREADY_BLOCKED, format!("{who} is blocked already.")),
        (Code::NOT_BLOCKED, format!("{who} is not blocked.")),
        (Code::PASSWORD_MISMATCH, "The two passwords are not the same.".to_owned()),
        (Code::NAME_TAKEN, "That name is taken.".to_owned()),
        (Code::WEAK_PASSWORD, "That password is too short: it needs at least 8 characters.".to_owned()),
        (Code::REGISTRATION_OFF, "This server makes no new accounts.".to_owned()),
        (Code::BUSY, "The server has too much to do.".to_owned()),
        (Code::SLOW_DOWN, "That was too fast.".to_owned()),
    ];
    let found = known.into_iter().find(|(known, _)| known == code).map(|(_, sentence)| sentence);
    found.unwrap_or_else(|| sentence(&code.as_str().replace('-', " ")))
}

/// What became of a command, where it is worth saying.
pub(super) fn done(done: &Done) -> Option<String> {
    let who = done.user.as_ref().map_or("", Name::as_str);
    Some(match (done.verb, done.remark) {
        (Verb::Block, Some(Remark::BlockChanges)) => format!(
            "{who} is blocked: nothing from {who} reaches you, and {who} sees you as offline. You still see {who}."
        ),
        (Verb::Unblock, _) => format!("{who} is not blocked any more."),
        (Verb::Away, _) => "The text beside your name has changed.".to_owned(),
        (Verb::Passwd, _) => "Your password has changed.".to_owned(),
        (Verb::Broadcast | Verb::Me, _) if done.outcome == Some(Outcome::PARTIAL) => {
            "Some people did not receive this.".to_owned()
        }
        (Verb::Message, _) if done.outcome == Some(Outcome::STORED) => {
            format!("{who} is offline: the message waits for the next login.")
        }
        (Verb::Message, _) => format!("Delivered to {who}."),
        (Verb::Unsend, _) => format!("Taken back: {who} will not see it."),
        _ => return None,
    })
}

/// A user in a list.
pub(super) fn person(person: &Person, clock: Clock<'_>) -> String {
    let standing = match person.standing {
        Standing::Since(at) => format!("online since {}", clock.at(at)),
        Standing::LastSeen(at) => format!("last seen {}", clock.at(at)),
        Standing::Unknown => "offline".to_owned(),
    };
    let away = person.away.escaped();
    let away = if away.is_empty() { String::new() } else { format!("  {away}") };
    format!("{:<16}  {standing}{away}", person.name.as_str())
}

/// A text in a list, one row for each of its lines.
pub(super) fn said(said: &Said, clock: Clock<'_>) -> Vec<String> {
    let (at, from) = (clock.at(said.at), said.from.as_str());
    let mark = if said.action { "" } else { ":" };
    let mut lines = said.text.as_str().lines();
    let first = format!("{at}  {from}{mark} {}", lines.next().unwrap_or_default());
    std::iter::once(first).chain(lines.map(|line| format!("    {line}"))).collect()
}

/// A message that was found, in one row.
pub(super) fn found(hit: &Hit, clock: Clock<'_>) -> String {
    let (at, from, place) = (clock.at(hit.at), hit.from.as_str(), hit.place.to_wire().unwrap_or_default());
    let mark = if hit.action { "" } else { ":" };
    let text: Vec<&str> = hit.text.as_str().lines().collect();
    format!("{at}  {place}  {from}{mark} {}", text.join(" / "))
}

/// An own message that nobody has received, with the number that takes it back.
pub(super) fn queued(number: usize, message: &Queued, clock: Clock<'_>) -> String {
    let Queued { user, at, text, .. } = message;
    format!("{number:>3}  {}  to {user}: {}", clock.at(*at), text.escaped())
}

/// A command, explained.
pub(super) fn help(spec: &Spec) -> Vec<String> {
    let mut rows = vec![format!("/{}", spec.usage()), sentence(spec.summary)];
    // A row for each sentence.
    rows.extend(spec.details.split_inclusive(". ").map(|sentence| sentence.trim_end().to_owned()));
    if !spec.aliases.is_empty() {
        rows.push(format!("Also called {}.", spec.aliases.join(", ")));
    }
    rows
}

/// Why a user went.
pub(super) fn left(name: &Name, reason: &Reason) -> String {
    let why = if *reason == Reason::TIMED_OUT {
        " (timed out)"
    } else if *reason == Reason::CONNECTION_LOST {
        " (connection lost)"
    } else {
        ""
    };
    format!("{name} went offline{why}")
}

/// Why the own session is over.
pub(super) fn over(reason: &Reason) -> String {
    if *reason == Reason::TIMED_OUT {
        "You were logged out for inactivity.".to_owned()
    } else if *reason == Reason::REPLACED {
        "You logged in from somewhere else, and this session ended.".to_owned()
    } else {
        "The session is over.".to_owned()
    }
}
