//! What the cases say that a log must not have: passwords, tickets, and what people write or look for. And what a line of a
//! log never has: control characters.

use std::collections::BTreeSet;

use super::value::Value;

/// Fields whose texts are secret, whatever message they are in.
const TEXTS: [&str; 5] = ["password", "old", "new", "text", "words"];

/// Fields whose bytes are secret.
const TICKETS: [&str; 2] = ["ticket", "device"];

/// Characters from which on a text is looked for inside of other words too, and below which it is not looked for at all: `x`
/// and `1` are in every log.
const LONG: usize = 8;
const SHORT: usize = 3;

/// Bytes of a ticket, and characters of a text, that are looked for: a log that has more of it has them.
const BYTES: usize = 8;
const CHARS: usize = 64;

/// What must not be in the log of the servers that were started for the cases.
#[derive(Debug, Default)]
pub struct Secrets {
    known: BTreeSet<String>,
    /// Whether somebody was greeted, which is logged at the level `debug`.
    has_greeted: bool,
}

impl Secrets {
    /// A message that a case sends.
    pub fn sent(&mut self, message: &Value) {
        self.has_greeted |= message.text("t") == "hello";
        for field in TEXTS {
            // A log would not write control characters as they are, so what stands between them is looked for.
            let parts = message.text(field).split(char::is_control).map(str::trim);
            self.known.extend(parts.map(|part| part.chars().take(CHARS).collect()));
        }
        self.tickets(message);
    }

    /// A message that the server sends. Its texts are its own, or were sent before.
    pub fn received(&mut self, message: &Value) {
        self.tickets(message);
    }

    fn tickets(&mut self, message: &Value) {
        for field in TICKETS {
            let Some(Value::Bytes(bytes)) = message.field(field) else { continue };
            // In the ways in which bytes come to be printed.
            let beginning = &bytes[..bytes.len().min(BYTES)];
            let hex = beginning.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<String>>().concat();
            self.known.insert(hex.to_uppercase());
            self.known.insert(hex);
            self.known.insert(format!("{beginning:?}").trim_matches(['[', ']']).to_owned());
        }
    }

    /// How many there are to be looked for.
    pub fn count(&self) -> usize {
        self.known.iter().filter(|secret| secret.chars().count() >= SHORT).count()
    }

    /// What is wrong with a log.
    pub fn faults_of(&self, log: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if self.has_greeted && !log.lines().any(|line| line.contains(" debug ")) {
            faults.push("little was logged: no line is of the level debug".to_owned());
        }
        for line in log.split('\n') {
            if line.chars().any(char::is_control) {
                faults.push(format!("a control character is in the log: {line:?}"));
            }
            let found = self.known.iter().filter(|secret| has(line, secret));
            faults.extend(found.map(|secret| format!("{secret:?} is in the log: {line}")));
        }
        faults
    }
}

/// Whether the line has the secret in it.
fn has(line: &str, secret: &str) -> bool {
    let is_end = |beside: Option<char>| !beside.is_some_and(char::is_alphanumeric);
    match secret.chars().count() {
        ..SHORT => false,
        SHORT..LONG => line.match_indices(secret).any(|(place, _)| {
            is_end(line[..place].chars().next_back()) && is_end(line[place + secret.len()..].chars().next())
        }),
        _ => line.contains(secret),
    }
}
