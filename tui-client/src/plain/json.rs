//! Reports as JSON objects, one a line. Texts and names are as they were sent; every character that could act on a
//! terminal is an escape.

use jiff::Timestamp;
use shared::id::UnixMs;
use shared::name::Name;
use shared::text::{SafeText, escape_json};

use super::render::{cannot_answer, list_word, place_word, remark_text, said_word};
use crate::app::command::Spec;
use crate::app::model::Hit;
use crate::app::place::Place;
use crate::app::report::{Closing, Done, FileNews, Manner, PeerNews, Person, Refused, Report, Said, Standing, Why};

/// The version of the objects. It goes up when a field goes away or changes its meaning; new ones only add.
const VERSION: u64 = 1;

/// An event as one object.
pub(super) fn event(report: &Report) -> String {
    match report {
        Report::Hello { server } => hello(server),
        Report::Here { server, user, place } => {
            Object::event("here").text("server", server).name("user", user).text("in", place.as_str()).finish()
        }
        Report::Hosting { invite, log } => Object::event("hosting").text("invite", invite).text("log", log).finish(),
        Report::Connected => state("connected").finish(),
        Report::Reconnecting { seconds } => state("reconnecting").number("seconds", *seconds).finish(),
        Report::LoggedIn { name } => state("logged-in").name("user", name).finish(),
        Report::Idle { seconds } => state("idle").number("seconds", *seconds).finish(),
        Report::LoggedOut { reason } => state("logged-out").text("reason", reason.as_str()).finish(),
        Report::Said(said) => said_object(said),
        Report::Arrived { name } => Object::event("presence").name("user", name).flag("online", true).finish(),
        Report::Left { name, reason } => {
            let object = Object::event("presence").name("user", name).flag("online", false);
            object.text("reason", reason.as_str()).finish()
        }
        Report::Count { list, count } => {
            Object::event(list_word(*list)).number("count", u64::try_from(*count).unwrap_or(u64::MAX)).finish()
        }
        Report::User(person) => standing(Object::event("user"), person).finish(),
        Report::Block { name } => Object::event("block").name("user", name).finish(),
        Report::Queued { number, message } => {
            let object = Object::event("queued").number("n", u64::try_from(*number).unwrap_or(u64::MAX));
            object.name("to", &message.user).time("at", message.at).text("text", message.text.raw()).finish()
        }
        Report::Match { number, hit } => found(*number, hit),
        Report::Whois { person, created } => {
            standing(Object::event("whois"), person).time("created", *created).finish()
        }
        Report::Help(spec) => help(spec),
        Report::HelpMore(spec) => Object::event("about").text("command", spec.name).text("text", spec.details).finish(),
        Report::CannotAnswer { name } => {
            Object::event("hint").name("user", name).text("text", &cannot_answer(name)).finish()
        }
        Report::Notice(text) => Object::event("notice").text("text", text.raw()).finish(),
        Report::Peer { user, news } => peer(user, news),
        Report::File { number, user, size, name, news } => file(*number, user, *size, name, news),
        Report::Done(done) => done_object(done),
        Report::Refused(refused) => refused_object(refused),
        Report::Aside(aside) => Object::event("aside").text("text", &super::render::aside(aside)).finish(),
    }
}

fn hello(server: &str) -> String {
    let mut object = Object("{".to_owned());
    object = object.number("v", VERSION).text("event", "hello").text("server", server);
    object.text("client", concat!("tui-client ", env!("CARGO_PKG_VERSION"))).finish()
}

fn state(state: &str) -> Object {
    Object::event("state").text("state", state)
}

fn said_object(said: &Said) -> String {
    let mut object = Object::event(said_word(said)).name("from", &said.from);
    if let (Manner::History, Place::With(user)) = (said.manner, &said.place) {
        object = object.name("with", user);
    }
    if said.action {
        object = object.flag("action", true);
    }
    object.time("at", said.at).text("text", said.text.raw()).finish()
}

fn found(number: usize, hit: &Hit) -> String {
    let object = Object::event("match").number("n", u64::try_from(number).unwrap_or(u64::MAX));
    let object = object.text("in", &place_word(&hit.place)).number("seq", hit.seq.0).name("from", &hit.from);
    let object = if hit.action { object.flag("action", true) } else { object };
    object.time("at", hit.at).text("text", hit.text.raw()).finish()
}

fn standing(object: Object, person: &Person) -> Object {
    let mut object = object.name("user", &person.name);
    object = match person.standing {
        Standing::Since(at) => object.flag("online", true).time("since", at),
        Standing::LastSeen(at) => object.flag("online", false).time("last_seen", at),
        Standing::Unknown => object.flag("online", false),
    };
    object.text_if_any("away", &person.away)
}

fn help(spec: &Spec) -> String {
    let object = Object::event("command").text("command", spec.name).text("usage", &spec.usage().to_string());
    object.words("aliases", spec.aliases).text("text", spec.summary).finish()
}

fn peer(user: &Name, news: &PeerNews) -> String {
    let object = Object::event("private-session").name("user", user).text("state", super::private::word(news));
    match news {
        PeerNews::Requested(trust) => object.text("key", super::private::trust_word(*trust)),
        PeerNews::Ended(_) => object,
        PeerNews::Failed { why, help } => object.text("why", why.raw()).text("text", help),
        PeerNews::Open { address, words, trust } => {
            let object = object.text("address", address.raw()).words("words", words);
            object.text("key", super::private::trust_word(*trust))
        }
        PeerNews::Words { words } => object.words("words", words),
        PeerNews::Closed(Closing::Here) => object.text("by", "you"),
        PeerNews::Closed(Closing::There(reason)) => object.text("by", "peer").text("reason", reason.as_str()),
        PeerNews::Closed(Closing::Lost(why)) => object.text("by", "lost").text("why", why.raw()),
        PeerNews::Undelivered(count) => object.number("count", u64::try_from(*count).unwrap_or(u64::MAX)),
    }
    .finish()
}

fn file(number: u32, user: &Name, size: u64, name: &SafeText, news: &FileNews) -> String {
    let object = Object::event("file").text("state", super::private::file_word(news));
    let object = object.number("number", u64::from(number)).name("user", user).number("size", size);
    let object = object.text("name", name.raw());
    match news {
        FileNews::Progress(percent) => object.number("percent", u64::from(*percent)),
        FileNews::Received { path } => object.text("path", path.raw()),
        FileNews::Failed { why } => object.text("why", why.raw()),
        FileNews::Offered | FileNews::Sent | FileNews::Declined => object,
    }
    .finish()
}

fn done_object(done: &Done) -> String {
    let mut object = Object::event("ok").text("command", done.verb.name());
    if let Some(user) = &done.user {
        object = object.name("user", user);
    }
    if let Some(outcome) = &done.outcome {
        object = object.text("outcome", outcome.as_str());
    }
    if let Some(remark) = done.remark {
        object = object.text("text", &remark_text(remark, done.user.as_ref()));
    }
    object.finish()
}

fn refused_object(refused: &Refused) -> String {
    let mut object = Object::event("error").text("code", refused.code.as_str());
    if let Some(command) = &refused.command {
        object = object.text("command", command);
    }
    if let Some(user) = &refused.user {
        object = object.name("user", user);
    }
    why(object, &refused.why).finish()
}

fn why(object: Object, why: &Why) -> Object {
    match why {
        Why::Plain => object,
        Why::Tries(left) => object.number("left", u64::from(*left)),
        Why::Wait { seconds } => object.number("seconds", *seconds),
        Why::InUse { since, from } => {
            let object = since.iter().fold(object, |object, at| object.time("since", *at));
            from.iter().fold(object, |object, from| object.text("from", from.raw()))
        }
        Why::Text(text) => object.text("text", text.raw()),
    }
}

/// An object being written. The fields keep their order, so that people can read it too.
struct Object(String);

impl Object {
    fn event(word: &str) -> Self {
        Self("{".to_owned()).text("event", word)
    }

    fn field(mut self, key: &str, value: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(value);
        self
    }

    fn text(self, key: &str, value: &str) -> Self {
        self.field(key, &quoted(value))
    }

    fn text_if_any(self, key: &str, value: &SafeText) -> Self {
        if value.raw().is_empty() { self } else { self.text(key, value.raw()) }
    }

    fn name(self, key: &str, name: &Name) -> Self {
        self.text(key, name.as_str())
    }

    fn number(self, key: &str, value: u64) -> Self {
        self.field(key, &value.to_string())
    }

    fn flag(self, key: &str, value: bool) -> Self {
        self.field(key, if value { "true" } else { "false" })
    }

    /// RFC 3339, in UTC. What is no time is left out.
    fn time(self, key: &str, at: UnixMs) -> Self {
        let moment = i64::try_from(at.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        match moment {
            Some(moment) => self.text(key, &moment.to_string()),
            None => self,
        }
    }

    fn words(self, key: &str, words: &[&str]) -> Self {
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        self.field(key, &format!("[{}]", quoted.join(",")))
    }

    fn finish(mut self) -> String {
        self.0.push('}');
        escape_json(&self.0).into_owned()
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always encodable")
}
