//! Reads a file of cases. `docs/conformance.md` describes the format.

use super::template::Template;
use super::value::Value;

/// A file of cases, which share a server.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name, for reports.
    pub name: String,
    /// Arguments that the server of this file needs; with any, it has a server of its own.
    pub arguments: Vec<String>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: String,
    /// What happens, and the line on which it stands.
    pub steps: Vec<(usize, Step)>,
}

/// One line of a case.
#[derive(Clone, Debug)]
pub enum Step {
    /// An account that no other case uses.
    Account(String),
    /// A connection.
    Open(String, Greeting),
    /// A connection that is logged in as an account.
    Login(String, String),
    /// Frames with these maps, in one write.
    Say(String, Vec<Template>),
    /// One frame, byte by byte.
    Drip(String, Template),
    /// A frame with this body and an honest length.
    Frame(String, Vec<u8>),
    /// Bytes.
    Raw(String, Vec<u8>),
    /// The next messages, in any order among these.
    Next(String, Vec<Template>),
    /// A message, whatever comes before it.
    Later(String, Template),
    /// No message fits the first before one fits the second.
    None(String, Template, Template),
    /// Nothing but the end.
    Closed(String),
    /// The connection is dropped without a word.
    Cut(String),
}

/// How far a new connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// TCP.
    Plain,
    /// TCP and TLS.
    Silent,
    /// TCP, TLS, `hello` and `welcome`.
    Done,
}

/// Reads a whole file.
pub fn file(name: &str, text: &str) -> Result<File, String> {
    let mut file = File { name: name.to_owned(), arguments: Vec::new(), cases: Vec::new() };
    for (number, line) in joined(text) {
        let wrong = |what: String| format!("{name}:{number}: {what}: {line}");
        if let Some(words) = line.strip_prefix("server ") {
            file.arguments.extend(words.split_whitespace().map(str::to_owned));
        } else if let Some(said) = line.strip_prefix("case ") {
            file.cases.push(Case { name: said.trim().to_owned(), steps: Vec::new() });
        } else {
            let case = file.cases.last_mut().ok_or_else(|| wrong("no case has begun".to_owned()))?;
            case.steps.push((number, step(&line).map_err(wrong)?));
        }
    }
    Ok(file)
}

/// The lines that say something, with those that end with a backslash joined to the next.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (part, goes_on) = line.strip_suffix('\\').map_or((line, false), |part| (part.trim_end(), true));
        match lines.last_mut().filter(|_| is_open) {
            Some((_, before)) => {
                before.push(' ');
                before.push_str(part);
            }
            None => lines.push((number + 1, part.to_owned())),
        }
        is_open = goes_on;
    }
    lines
}

fn step(line: &str) -> Result<Step, String> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let words: Vec<&str> = rest.split_whitespace().collect();
    match (first, words.as_slice()) {
        ("account", [name]) => return Ok(Step::Account((*name).to_owned())),
        ("login", [name]) => return Ok(Step::Login((*name).to_owned(), (*name).to_owned())),
        ("login", [name, "as", account]) => return Ok(Step::Login((*name).to_owned(), (*account).to_owned())),
        ("open", [name]) => return Ok(Step::Open((*name).to_owned(), Greeting::Done)),
        ("open", [name, "silent"]) => return Ok(Step::Open((*name).to_owned(), Greeting::Silent)),
        ("open", [name, "plain"]) => return Ok(Step::Open((*name).to_owned(), Greeting::Plain)),
        _ => {}
    }
    let who = first.to_owned();
    let (verb, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let mut reader = Reader { rest: rest.trim() };
    let step = match verb {
        ">" => Step::Say(who, reader.values("")?),
        "drip" => Step::Drip(who, reader.value()?),
        "frame" => Step::Frame(who, hex(std::mem::take(&mut reader.rest))?),
        "raw" => Step::Raw(who, hex(std::mem::take(&mut reader.rest))?),
        "<" => Step::Next(who, reader.values("&")?),
        "<<" => Step::Later(who, reader.value()?),
        "none" => {
            let never = reader.value()?;
            reader.expect("until")?;
            Step::None(who, never, reader.value()?)
        }
        "closed" => Step::Closed(who),
        "cut" => Step::Cut(who),
        other => return Err(format!("`{other}` is nothing that a connection does")),
    };
    reader.skip_blanks();
    if reader.rest.is_empty() { Ok(step) } else { Err(format!("`{}` is too much", reader.rest)) }
}

/// Hexadecimal digits; `91*15` is a group so many times.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for group in text.split_whitespace() {
        let (digits, times) = group.split_once('*').unwrap_or((group, "1"));
        let times: usize = times.parse().map_err(|_| format!("{group} is repeated how often?"))?;
        let pairs = digits.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(|| format!("{group} is not hexadecimal"))
        });
        let once: Vec<u8> = pairs.collect::<Result<_, String>>()?;
        bytes.extend(once.repeat(times));
    }
    Ok(bytes)
}

/// What is left of a line.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes this word if it comes next.
    fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("`{word}` is missing before `{}`", self.rest)) }
    }

    /// Values up to the end, with `between` between them.
    fn values(&mut self, between: &str) -> Result<Vec<Template>, String> {
        let mut values = vec![self.value()?];
        loop {
            self.skip_blanks();
            if self.rest.is_empty() {
                return Ok(values);
            }
            self.expect(between)?;
            values.push(self.value()?);
        }
    }

    fn value(&mut self) -> Result<Template, String> {
        self.skip_blanks();
        let mut value = match self.rest.chars().next() {
            Some('{') => self.map()?,
            Some('[') => self.list()?,
            Some('"') => self.quoted()?,
            Some('<') => self.bytes()?,
            Some(_) => self.word()?,
            None => return Err("a value is missing".to_owned()),
        };
        if self.rest.starts_with('*') {
            self.rest = &self.rest[1..];
            let digits = self.until(|c| !c.is_ascii_digit());
            let times = digits.parse().map_err(|_| "repeated how often?".to_owned())?;
            value = Template::Repeated(Box::new(value), times);
        }
        if self.rest.starts_with('?') {
            self.rest = &self.rest[1..];
            value = Template::Optional(Box::new(value));
        }
        Ok(value)
    }

    fn until(&mut self, is_end: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken.to_owned()
    }

    fn map(&mut self) -> Result<Template, String> {
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.take("}") {
            let key = self.value()?;
            self.expect(":")?;
            entries.push((key, self.value()?));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Template::Map(entries))
    }

    fn list(&mut self) -> Result<Template, String> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.take("]") {
            items.push(self.value()?);
            if !self.take(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(Template::List(items))
    }

    fn bytes(&mut self) -> Result<Template, String> {
        self.expect("<")?;
        let digits = self.until(|c| c == '>');
        self.expect(">")?;
        Ok(Template::Exactly(Value::Bytes(hex(&digits)?)))
    }

    /// A text in quotes, with `\n`, `\r`, `\t`, `\"`, `\\`, `\0` and `\u{...}`. With a `\$`, `$` is a letter like others.
    fn quoted(&mut self) -> Result<Template, String> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut is_literal = false;
        let mut letters = self.rest.char_indices();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[place + 1..];
                    let is_plain = is_literal || !text.contains('$');
                    return Ok(if is_plain { Template::Exactly(Value::Text(text)) } else { Template::Text(text) });
                }
                '\\' => match letters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some('$') => {
                        is_literal = true;
                        text.push('$');
                    }
                    Some('u') => {
                        let digits: String =
                            letters.by_ref().map(|(_, c)| c).skip(1).take_while(|&c| c != '}').collect();
                        let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        text.push(letter.ok_or_else(|| format!("{digits} is no character"))?);
                    }
                    Some(other) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err("a quote is missing".to_owned())
    }

    fn word(&mut self) -> Result<Template, String> {
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            return Ok(Template::Capture(self.until(|c| !(c.is_ascii_alphanumeric() || c == '_'))));
        }
        if let Some(rest) = self.rest.strip_prefix('*') {
            self.rest = rest;
            return Ok(Template::Any(self.until(|c| !c.is_ascii_alphanumeric())));
        }
        let word = self.until(|c| " ,:{}[]\"<>?*".contains(c));
        Ok(match word.as_str() {
            "" => return Err(format!("`{}` is no value", self.rest)),
            "true" => Template::Exactly(Value::Flag(true)),
            "false" => Template::Exactly(Value::Flag(false)),
            "nil" => Template::Exactly(Value::Nil),
            "nan" => Template::Exactly(Value::Float(f64::NAN)),
            "absent" => Template::Absent,
            "..." => Template::Others,
            word => {
                let name =
                    word.strip_prefix('$').filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                match (name, word.parse::<i64>(), word.parse::<u64>(), word.parse::<f64>()) {
                    (Some(name), ..) => Template::Variable(name.to_owned()),
                    (_, Ok(number), ..) => Template::Exactly(Value::Number(number.into())),
                    (_, _, Ok(number), _) => Template::Exactly(Value::Number(number.into())),
                    (_, _, _, Ok(float)) if word.contains('.') => Template::Exactly(Value::Float(float)),
                    _ => Template::Text(word.to_owned()),
                }
            }
        })
    }
}
