//! Which names this server accepts, and which of them look alike.
//!
//! Plain names are decided in `shared`. Names in Unicode need tables that only the server has, and they bring a danger
//! that plain names do not have: two names of different letters that look the same. Each account therefore has a
//! *skeleton*, a text that no two accounts share:
//!
//! - for a plain name its key. Two plain names never collide by their skeletons: `modern` and `modem` may both exist,
//!   although UTS 39 gives them one skeleton. The skeleton is the same under both policies, so a server that is
//!   switched to Unicode names later protects the names it has.
//! - for a name with the shapes of plain letters (`раса` in Cyrillic) the plain name that it looks like, so that the
//!   two cannot both exist.
//! - for any other name its UTS 39 skeleton.
//!
//! Some shapes stand for two plain readings (`l` for `l` and `1`). A name made of plain shapes with one of those in it
//! would look like several plain names at once; it is refused ([`NameError::LooksPlain`]).

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use shared::limits::{NAME_CHARS, NAME_COLUMNS};
use shared::name::{Name, NameError, RESERVED};
use unicode_security::{MixedScript, confusable_detection::skeleton};
use unicode_width::UnicodeWidthStr;

#[cfg(test)]
mod tests;

/// Which names may be registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// `A-Z a-z 0-9 _ - .`
    #[default]
    Plain,
    /// Also letters and digits of one script, at most 16 columns (RFC 8265 UsernameCaseMapped, UTS 39). A name that is
    /// plain keeps to the rules for plain names.
    Unicode,
}

impl Policy {
    /// Checks a name as it was typed. Full-width letters count as the letters they are.
    pub fn parse(self, raw: &str) -> Result<Name, NameError> {
        match self {
            Self::Plain => Name::plain(raw),
            Self::Unicode if raw.is_ascii() => Name::plain(raw),
            Self::Unicode => unicode(raw),
        }
    }

    /// The text that no two accounts may share, for a name that [`Policy::parse`] accepted.
    pub fn skeleton(self, name: &Name) -> Option<String> {
        if name.as_str().is_ascii() {
            return Some(name.key().to_owned());
        }
        Some(skeleton(name.as_str()).collect::<String>().to_lowercase())
    }
}

impl FromStr for Policy {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "plain" => Ok(Self::Plain),
            "unicode" => Ok(Self::Unicode),
            _ => Err("it is plain or unicode"),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Unicode => "unicode",
        })
    }
}

fn unicode(raw: &str) -> Result<Name, NameError> {
    // Measured before the tables are asked: their work grows with the name.
    if raw.chars().count() > NAME_CHARS {
        return Err(NameError::TooLong);
    }
    let shown = UsernameCasePreserved::enforce(raw).map_err(|_| NameError::NotPrecis)?;
    if shown.is_ascii() {
        return Name::plain(&shown);
    }
    let key = UsernameCaseMapped::enforce(raw).map_err(|_| NameError::NotPrecis)?;
    // PRECIS allows every visible ASCII character; `@`, `#` and the like have a meaning in commands and addresses.
    if shown.chars().any(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')) {
        return Err(NameError::BadCharacter);
    }
    if !shown.starts_with(char::is_alphanumeric) {
        return Err(NameError::BadStart);
    }
    if !shown.is_single_script() {
        return Err(NameError::MixedScripts);
    }
    if shown.width() > NAME_COLUMNS {
        return Err(NameError::TooWide);
    }
    refuse_plain_shapes(&shown)?;
    Ok(Name::from_checked(&shown, &key))
}

/// Refuses what looks like a reserved word, and what looks like several plain names at once.
fn refuse_plain_shapes(shown: &str) -> Result<(), NameError> {
    let shapes: String = skeleton(shown).collect();
    if !shapes.is_ascii() {
        return Ok(());
    }
    if AMBIGUOUS.iter().any(|shape| shapes.contains(shape.as_str())) {
        return Err(NameError::LooksPlain);
    }
    if RESERVED.contains(&shapes.to_ascii_lowercase().as_str()) {
        return Err(NameError::Reserved);
    }
    Ok(())
}

/// Shapes that UTS 39 gives to a plain character besides the one they are: `l` for `1` and `I`, `O` for `0`, `rn` for
/// `m`. A skeleton without any of them has exactly one plain reading, itself.
static AMBIGUOUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let plain = ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['_', '-', '.']);
    let shape = |c: char| skeleton(c.encode_utf8(&mut [0; 4])).collect::<String>();
    plain.map(|c| (c, shape(c))).filter(|(c, shape)| !shape.chars().eq([*c])).map(|(_, shape)| shape).collect()
});
