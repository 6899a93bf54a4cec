//! A MessagePack value as it is on the wire, with everything that a message should not have: keys of any kind, the same
//! key twice, floats. The types of the crate `shared` are not used, because the cases judge what is on the wire.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `nil`.
    Nil,
    /// `bool`.
    Flag(bool),
    /// `int`, of any width and sign.
    Number(i128),
    /// `float`.
    Float(f64),
    /// `str`.
    Text(String),
    /// `bin`.
    Bytes(Vec<u8>),
    /// `array`.
    List(Vec<Value>),
    /// `map`, in the order on the wire.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// What stands in a map under a key.
    pub fn field(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find_map(|(name, value)| (*name == Self::Text(key.to_owned())).then_some(value))
    }

    /// The text under a key, empty where there is none.
    pub fn text(&self, key: &str) -> &str {
        if let Some(Self::Text(text)) = self.field(key) { text } else { "" }
    }

    /// The body of a frame.
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("a Vec takes every write")
    }

    /// Reads the body of a frame, which must be one map with texts as keys, none of them twice, and nothing behind it.
    pub fn decode(body: &[u8]) -> Result<Self, String> {
        let mut rest = body;
        let value: Self = rmp_serde::from_read(&mut rest).map_err(|error| format!("not MessagePack: {error}"))?;
        if !rest.is_empty() {
            return Err(format!("{} bytes behind the map {value}", rest.len()));
        }
        if !matches!(value, Self::Map(_)) {
            return Err(format!("no map but {value}"));
        }
        value.check_keys()?;
        Ok(value)
    }

    fn check_keys(&self) -> Result<(), String> {
        match self {
            Self::List(items) => items.iter().try_for_each(Self::check_keys),
            Self::Map(entries) => entries.iter().enumerate().try_for_each(|(place, (key, value))| {
                if !matches!(key, Self::Text(_)) || entries[..place].iter().any(|(other, _)| other == key) {
                    return Err(format!("the key {key} is twice or no text in {self}"));
                }
                value.check_keys()
            }),
            _ => Ok(()),
        }
    }
}

/// As a case would have it, with long texts cut.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Text(text) if text.len() > 200 => {
                write!(f, "{:?}... ({} bytes)", text.chars().take(40).collect::<String>(), text.len())
            }
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => {
                f.write_str("<")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str(">")
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    match key {
                        Self::Text(key) => write!(f, "{key}: {value}")?,
                        key => write!(f, "{key}: {value}")?,
                    }
                }
                f.write_str("}")
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            // Only the values of 64 bits can be written down in a case.
            Self::Number(number) => match u64::try_from(*number) {
                Ok(number) => serializer.serialize_u64(number),
                Err(_) => serializer.serialize_i64(i64::try_from(*number).unwrap_or(i64::MIN)),
            },
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}
