//! The configuration as a file that can be used as it is.

use toml_edit::Value;

use super::table::{Effect, Kind, SETTINGS, Setting};
use super::values::Values;
use crate::tui::keymap::Keymap;

/// What stands above everything.
const HEAD: &str = "\
# Settings of tui-client. This file can be used as it is: keep it as tern/client.toml in the XDG config folder.
# An option overrides the environment, which overrides this file. A line that begins with # says nothing.
";

/// What stands above the keys.
const KEYS: &str = "
# What keys do: a key such as ctrl+x, alt+left or f5, and the name of an action; none takes the key away.
# `tui-client keys` lists all of them.
[keys]
";

/// The values with what each setting means, and the keys that are bound. What is not set stands there as a comment.
pub fn document(values: &Values, keys: &Keymap) -> String {
    let mut text = HEAD.to_owned();
    for setting in SETTINGS {
        let live = if setting.effect == Effect::AtOnce { " /set changes it at once." } else { "" };
        let default = if setting.default.is_empty() { "none".to_owned() } else { literal(setting, setting.default) };
        let head = format!("\n# {}.{live} Default: {default}\n", setting.meaning);
        text.push_str(&head);
        let line = match (values.given(setting.name), setting.default) {
            (Some(value), _) => format!("{} = {}\n", setting.name, literal(setting, value)),
            (None, "") => format!("# {} = {}\n", setting.name, literal(setting, setting.example)),
            (None, default) => format!("# {} = {}\n", setting.name, literal(setting, default)),
        };
        text.push_str(&line);
    }
    text.push_str(KEYS);
    for (key, action) in keys.bindings() {
        let line = format!("{} = {}\n", Value::from(key), Value::from(action));
        text.push_str(&line);
    }
    text
}

/// A value as it is written in the file.
fn literal(setting: &Setting, value: &str) -> String {
    value_of(setting, value).to_string()
}

/// A checked value for the file.
pub(super) fn value_of(setting: &Setting, value: &str) -> Value {
    let typed = match setting.kind {
        Kind::Text => None,
        Kind::Switch => value.parse::<bool>().ok().map(Value::from),
        Kind::Number => value.parse::<i64>().ok().map(Value::from),
    };
    typed.unwrap_or_else(|| Value::from(value))
}
