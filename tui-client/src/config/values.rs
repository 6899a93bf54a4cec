//! The values of settings: each was checked when it came in.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::table::{Setting, find};

/// What the user has set, by the names of the table. What is not set has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Sets one.
    ///
    /// # Errors
    ///
    /// A fragment that says which values there are. Nothing has changed then.
    pub fn set(&mut self, setting: &'static Setting, value: &str) -> Result<(), String> {
        setting.check(value)?;
        self.0.insert(setting.name, value.to_owned());
        Ok(())
    }

    /// What the user has set, if anything.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What is in force: what the user has set, else the default, which may be empty.
    pub fn value(&self, name: &str) -> &str {
        self.given(name).unwrap_or_else(|| find(name).map_or("", |setting| setting.default))
    }

    /// What is in force, as what it means. `None` where nothing is set and there is no default.
    pub fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        // It was checked by the same parser; a test reads every default.
        Some(self.value(name)).filter(|value| !value.is_empty())?.parse().ok()
    }

    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.read(name).unwrap_or_default()
    }
}
