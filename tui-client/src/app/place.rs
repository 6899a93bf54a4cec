//! Conversations and people as the model names them, made from what the wire says.

use shared::message::LOBBY;
use shared::name::Name;
use shared::text::{Lines, SafeText};

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A room, by its name without the `#`.
    Room(Box<str>),
    /// The direct conversation with this user, through the server.
    With(Name),
    /// The private session with this user. The server knows nothing of it.
    Private(Name),
}

impl Place {
    /// The room that everybody is in.
    pub fn lobby() -> Self {
        Self::Room(LOBBY.trim_start_matches('#').into())
    }

    /// Reads the form on the wire: `#room` or `@name`. `None` for a form this build does not know.
    pub fn from_wire(conversation: &str) -> Option<Self> {
        match conversation.split_at_checked(1)? {
            ("#", room) => Some(Self::Room(SafeText::new(room, Lines::One).as_str().into())),
            ("@", with) => Some(Self::With(name(with))),
            _ => None,
        }
    }

    /// The form on the wire; nothing for what never goes through the server.
    pub fn to_wire(&self) -> Option<String> {
        match self {
            Self::Room(room) => Some(format!("#{room}")),
            Self::With(name) => Some(format!("@{name}")),
            Self::Private(_) => None,
        }
    }

    /// The word for people: the room's or the user's name. No user can be called like a room of the server.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Room(room) => room,
            Self::With(name) | Self::Private(name) => name.as_str(),
        }
    }

    /// The other side of a conversation between two.
    pub fn user(&self) -> Option<&Name> {
        match self {
            Self::Room(_) => None,
            Self::With(name) | Self::Private(name) => Some(name),
        }
    }
}

/// A name from the wire or the keyboard, made harmless. The server has judged it, or will; here it only has to be
/// safe to show, and equal to itself in another case.
pub fn name(raw: &str) -> Name {
    let shown = SafeText::new(raw, Lines::One);
    Name::from_checked(&shown.escaped(), &raw.to_lowercase())
}

/// A sentence or a word in one line, made harmless.
pub fn safe(raw: &str) -> SafeText {
    SafeText::new(raw, Lines::One)
}
