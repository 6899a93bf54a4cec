//! Plays one case against a server.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use crate::DEADLINE;

use super::read::{Case, Greeting, Step};
use super::secrets::Secrets;
use super::template::{Template, Variables};
use super::value::Value;
use super::wire::{Wire, frame};

/// The requests that the runner makes itself: no case uses this number.
const OWN_REQUEST: i128 = 1 << 40;

/// What comes at any time and is passed over, unless it is waited for.
const QUIET: [&str; 2] = ["ping", "presence"];

/// Messages shown when a case fails.
const SHOWN: usize = 12;

/// Names and passwords that nobody uses yet.
pub type Accounts = VecDeque<(String, String)>;

struct Connection {
    wire: Wire,
    is_logged_in: bool,
}

struct Player<'a> {
    server: SocketAddr,
    accounts: &'a mut Accounts,
    /// What is said and must not be logged.
    secrets: &'a mut Secrets,
    variables: Variables,
    connections: BTreeMap<String, Connection>,
    /// Everything that was received, newest last.
    seen: Vec<String>,
    /// When this step has to be done.
    end: Instant,
}

/// Plays a case. `Err` says on which line it failed, and why.
pub fn case(
    case: &Case,
    server: SocketAddr,
    accounts: &mut Accounts,
    salt: u64,
    secrets: &mut Secrets,
) -> Result<(), String> {
    let variables = Variables::new(salt);
    let (connections, end) = (BTreeMap::new(), Instant::now());
    let mut player = Player { server, accounts, secrets, variables, connections, seen: Vec::new(), end };
    let outcome = case.steps.iter().try_for_each(|(line, step)| {
        player.step(step).map_err(|what| {
            let seen = &player.seen[player.seen.len().saturating_sub(SHOWN)..];
            format!("line {line}: {what}\n    {}", seen.join("\n    "))
        })
    });
    player.leave();
    outcome
}

impl Player<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.end = Instant::now() + DEADLINE;
        match step {
            Step::Account(name) => self.account(name),
            Step::Open(who, greeting) => self.open(who, *greeting),
            Step::Login(who, account) => self.login(who, account),
            Step::Say(who, maps) => {
                let frames: Vec<Vec<u8>> = maps.iter().map(|map| self.frame(map)).collect::<Result<_, String>>()?;
                self.wire(who)?.send(&frames.concat());
                Ok(())
            }
            Step::Drip(who, map) => {
                let bytes = self.frame(map)?;
                let wire = self.wire(who)?;
                bytes.chunks(1).for_each(|byte| wire.send(byte));
                Ok(())
            }
            Step::Frame(who, body) => {
                self.wire(who)?.send_frame(body);
                Ok(())
            }
            Step::Raw(who, bytes) => {
                self.wire(who)?.send(bytes);
                Ok(())
            }
            Step::Next(who, patterns) => self.next(who, patterns),
            Step::Later(who, pattern) => self.none_until(who, &Template::Absent, pattern),
            Step::None(who, never, until) => self.none_until(who, never, until),
            Step::Closed(who) => match self.receive(who, &QUIET)? {
                None => Ok(()),
                Some(message) => Err(format!("the connection goes on with {message}")),
            },
            Step::Cut(who) => self.connections.remove(who).map(drop).ok_or_else(|| no_connection(who)),
        }
    }

    fn account(&mut self, name: &str) -> Result<(), String> {
        let (user, password) = self.accounts.pop_front().ok_or("there are too few accounts")?;
        self.variables.set(name, Value::Text(user));
        self.variables.set(&format!("{name}_password"), Value::Text(password));
        Ok(())
    }

    fn open(&mut self, who: &str, greeting: Greeting) -> Result<(), String> {
        let wire = if greeting == Greeting::Plain { Wire::plain(self.server)? } else { Wire::tls(self.server)? };
        self.connections.insert(who.to_owned(), Connection { wire, is_logged_in: false });
        if greeting == Greeting::Done {
            let hello = [("proto_min", number(1)), ("proto_max", number(1)), ("client", text("conformance"))];
            self.say(who, "hello", &hello)?;
            self.receive_kind(who, "welcome")?;
        }
        Ok(())
    }

    fn login(&mut self, who: &str, account: &str) -> Result<(), String> {
        if self.variables.get(account).is_err() {
            self.account(account)?;
        }
        self.open(who, Greeting::Done)?;
        let name = self.variables.get(account)?;
        let password = self.variables.get(&format!("{account}_password"))?;
        self.say(who, "login", &[("id", number(OWN_REQUEST)), ("name", name), ("password", password)])?;
        let answer = self.receive_kind(who, "logged_in")?;
        if let Some(ticket) = answer.field("ticket") {
            self.variables.set(&format!("{who}_ticket"), ticket.clone());
        }
        while self.receive(who, &QUIET)?.ok_or("the connection ended during the login")?.text("t") != "ready" {}
        Ok(())
    }

    fn next(&mut self, who: &str, patterns: &[Template]) -> Result<(), String> {
        let mut wanted: Vec<&Template> = patterns.iter().collect();
        while !wanted.is_empty() {
            let passed: Vec<&str> =
                QUIET.into_iter().filter(|kind| wanted.iter().all(|pattern| kind_of(pattern) != Some(*kind))).collect();
            let Some(message) = self.receive(who, &passed)? else {
                return Err("the connection ended".to_owned());
            };
            let mut found = None;
            for (place, pattern) in wanted.iter().enumerate() {
                if pattern.fits(&message, &mut self.variables)? {
                    found = Some(place);
                    break;
                }
            }
            wanted.remove(found.ok_or_else(|| format!("this does not fit: {message}"))?);
        }
        Ok(())
    }

    fn none_until(&mut self, who: &str, never: &Template, until: &Template) -> Result<(), String> {
        let passed: &[&str] = if kind_of(until) == Some("ping") { &[] } else { &["ping"] };
        loop {
            let message = self.receive(who, passed)?.ok_or("the connection ended")?;
            if never.fits(&message, &mut self.variables)? {
                return Err(format!("this should not come: {message}"));
            }
            if until.fits(&message, &mut self.variables)? {
                return Ok(());
            }
        }
    }

    fn receive_kind(&mut self, who: &str, kind: &str) -> Result<Value, String> {
        let message = self.receive(who, &QUIET)?.ok_or("the connection ended")?;
        if message.text("t") == kind { Ok(message) } else { Err(format!("no {kind} but {message}")) }
    }

    /// The next message that is of none of the kinds `passed`. Pings are answered on the way.
    fn receive(&mut self, who: &str, passed: &[&str]) -> Result<Option<Value>, String> {
        loop {
            let connection = self.connections.get_mut(who).ok_or_else(|| no_connection(who))?;
            let message = connection.wire.receive(self.end)?;
            self.seen
                .push(message.as_ref().map_or_else(|| format!("{who} ends"), |message| format!("{who} < {message}")));
            let Some(message) = message else { return Ok(None) };
            self.secrets.received(&message);
            match message.text("t") {
                "ping" => {
                    let number = message.field("n").cloned().unwrap_or(Value::Nil);
                    self.say(who, "pong", &[("n", number)])?;
                }
                "logged_in" => connection.is_logged_in = true,
                _ => {}
            }
            if !passed.contains(&message.text("t")) {
                return Ok(Some(message));
            }
        }
    }

    fn say(&mut self, who: &str, kind: &str, fields: &[(&str, Value)]) -> Result<(), String> {
        let mut entries = vec![(text("t"), text(kind))];
        entries.extend(fields.iter().map(|(key, value)| (text(key), value.clone())));
        let message = Value::Map(entries);
        self.secrets.sent(&message);
        self.wire(who)?.send_frame(&message.encode());
        Ok(())
    }

    fn frame(&mut self, map: &Template) -> Result<Vec<u8>, String> {
        let message = map.make(&mut self.variables)?;
        self.secrets.sent(&message);
        Ok(frame(&message.encode()))
    }

    fn wire(&mut self, who: &str) -> Result<&mut Wire, String> {
        self.connections.get_mut(who).map(|connection| &mut connection.wire).ok_or_else(|| no_connection(who))
    }

    /// Logs everybody out, so that the next case does not hear of them.
    fn leave(&mut self) {
        self.end = Instant::now() + DEADLINE;
        let all: Vec<String> = self.connections.keys().cloned().collect();
        for who in all {
            let is_logged_in = self.connections.get(&who).is_some_and(|connection| connection.is_logged_in);
            if is_logged_in && self.say(&who, "logout", &[("id", number(OWN_REQUEST))]).is_ok() {
                while let Ok(Some(_)) = self.receive(&who, &[]) {}
            }
        }
    }
}

fn no_connection(who: &str) -> String {
    format!("no connection is called {who}")
}

fn number(number: i128) -> Value {
    Value::Number(number)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// What kind of message a pattern is for, where it says so.
fn kind_of(pattern: &Template) -> Option<&str> {
    let Template::Map(entries) = pattern else { return None };
    entries.iter().find_map(|(key, value)| match (key, value) {
        (Template::Text(key), Template::Text(kind)) if key == "t" => Some(kind.as_str()),
        _ => None,
    })
}
