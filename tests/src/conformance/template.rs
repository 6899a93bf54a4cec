//! What stands in a case for a value: something to send, or something to compare an answer with.

use std::collections::BTreeMap;

use super::value::Value;

/// A value with variables, or a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// This value.
    Exactly(Value),
    /// A text in which `$name` stands for the text of a variable.
    Text(String),
    /// A text so many times.
    Repeated(Box<Template>, usize),
    /// The value of a variable.
    Variable(String),
    /// `[...]`; in a pattern, [`Template::Others`] stands for any number of items.
    List(Vec<Template>),
    /// `{...}`; a pattern names the fields that count.
    Map(Vec<(Template, Template)>),
    /// `*`, `*text`: any value, or any of a kind.
    Any(String),
    /// `?name`: any value, which is the variable's from now on.
    Capture(String),
    /// A pattern with `?` behind it: this, or nothing.
    Optional(Box<Template>),
    /// `absent`: nothing.
    Absent,
    /// `...` in a list.
    Others,
}

/// The variables of one case.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    known: BTreeMap<String, Value>,
    /// Differs from case to case and from run to run, so that what is made of it is new.
    salt: u64,
}

impl Variables {
    /// None yet.
    pub fn new(salt: u64) -> Self {
        Self { known: BTreeMap::new(), salt }
    }

    /// Gives a variable its value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.known.insert(name.to_owned(), value);
    }

    /// The value of a variable. Those that begin with `cid`, `offer`, `key`, `ticket` or `new` and have none are given a
    /// new one.
    pub fn get(&mut self, name: &str) -> Result<Value, String> {
        if let Some(value) = self.known.get(name) {
            return Ok(value.clone());
        }
        let number = self.known.len();
        let value = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "cid" | "offer" => Value::Bytes(self.bytes(number)[..16].to_vec()),
            "key" | "ticket" => Value::Bytes(self.bytes(number)),
            "new" => Value::Text(format!("n{:x}-{number}", self.salt)),
            _ => return Err(format!("${name} has no value")),
        };
        self.set(name, value.clone());
        Ok(value)
    }

    /// 32 bytes with the marks of a UUID version 7 in the first 16.
    fn bytes(&self, number: usize) -> Vec<u8> {
        let mut seed = crate::kit::Seed::new(self.salt.wrapping_add(u64::try_from(number).unwrap_or(0)));
        let mut bytes: Vec<u8> = (0..4).flat_map(|_| seed.number().to_be_bytes()).collect();
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        bytes
    }

    /// A text with the texts of the variables in their places.
    fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            match self.get(&after[..end])? {
                Value::Text(text) => filled.push_str(&text),
                Value::Number(number) => filled.push_str(&number.to_string()),
                other => return Err(format!("${} is {other} and cannot stand in a text", &after[..end])),
            }
            rest = &after[end..];
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

impl Template {
    /// The value it stands for.
    pub fn make(&self, variables: &mut Variables) -> Result<Value, String> {
        Ok(match self {
            Self::Exactly(value) => value.clone(),
            Self::Text(text) => Value::Text(variables.fill(text)?),
            Self::Repeated(text, times) => match text.make(variables)? {
                Value::Text(text) => Value::Text(text.repeat(*times)),
                Value::Bytes(bytes) => Value::Bytes(bytes.repeat(*times)),
                Value::List(items) => Value::List(std::iter::repeat_n(items, *times).flatten().collect()),
                other => return Err(format!("{other} cannot be repeated")),
            },
            Self::Variable(name) => variables.get(name)?,
            Self::List(items) => {
                Value::List(items.iter().map(|item| item.make(variables)).collect::<Result<_, String>>()?)
            }
            Self::Map(entries) => {
                let made = entries.iter().map(|(key, value)| Ok((key.make(variables)?, value.make(variables)?)));
                Value::Map(made.collect::<Result<_, String>>()?)
            }
            Self::Any(_) | Self::Capture(_) | Self::Optional(_) | Self::Absent | Self::Others => {
                return Err("a pattern cannot be sent".to_owned());
            }
        })
    }

    /// Whether it fits. What it captures is kept only then.
    pub fn fits(&self, value: &Value, variables: &mut Variables) -> Result<bool, String> {
        let mut captured = variables.clone();
        let fits = self.compare(Some(value), &mut captured)?;
        if fits {
            *variables = captured;
        }
        Ok(fits)
    }

    fn compare(&self, value: Option<&Value>, variables: &mut Variables) -> Result<bool, String> {
        let Some(value) = value else { return Ok(matches!(self, Self::Absent | Self::Optional(_))) };
        Ok(match self {
            Self::Absent | Self::Others => false,
            Self::Optional(pattern) => pattern.compare(Some(value), variables)?,
            Self::Any(kind) => is_a(kind, value)?,
            Self::Capture(name) => {
                variables.set(name, value.clone());
                true
            }
            Self::Map(entries) => {
                for (key, pattern) in entries {
                    let Value::Text(key) = key.make(variables)? else { return Ok(false) };
                    if !matches!(value, Value::Map(_)) || !pattern.compare(value.field(&key), variables)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::List(patterns) => match value {
                Value::List(items) => compare_items(patterns, items, variables)?,
                _ => false,
            },
            other => other.make(variables)? == *value,
        })
    }
}

fn compare_items(patterns: &[Template], items: &[Value], variables: &mut Variables) -> Result<bool, String> {
    let Some((first, later)) = patterns.split_first() else { return Ok(items.is_empty()) };
    if *first == Template::Others {
        for skipped in 0..=items.len() {
            let mut captured = variables.clone();
            if compare_items(later, &items[skipped..], &mut captured)? {
                *variables = captured;
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let Some((item, rest)) = items.split_first() else { return Ok(false) };
    Ok(first.compare(Some(item), variables)? && compare_items(later, rest, variables)?)
}

fn is_a(kind: &str, value: &Value) -> Result<bool, String> {
    Ok(match kind {
        "" => true,
        "text" => matches!(value, Value::Text(_)),
        "number" => matches!(value, Value::Number(number) if *number >= 0),
        "positive" => matches!(value, Value::Number(number) if *number > 0),
        "flag" => matches!(value, Value::Flag(_)),
        "list" => matches!(value, Value::List(_)),
        "bytes32" => matches!(value, Value::Bytes(bytes) if bytes.len() == 32),
        "bytes16" => matches!(value, Value::Bytes(bytes) if bytes.len() == 16),
        other => return Err(format!("*{other} is no kind of value")),
    })
}
