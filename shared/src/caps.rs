//! What a side can do beyond the messages that everybody knows: the words of `caps` in `hello` and `welcome`.
//!
//! What needs both sides is switched on where both have said its word. Words that this build does not know mean nothing
//! to it, so a newer side says more of them without harm.

/// The word of [`Caps::typing`].
const TYPING: &str = "typing";

/// What a side can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Of a client: it shows who is typing and wants to be told. Of a server: it passes that on.
    pub typing: bool,
}

impl Caps {
    /// Reads words separated by blanks. However long the text is, what is kept of it is this.
    ///
    /// ```
    /// use shared::caps::Caps;
    /// assert!(Caps::read("wave typing").typing);
    /// assert!(!Caps::read("Typing typing2").typing);
    /// ```
    pub fn read(words: &str) -> Self {
        Self { typing: words.split_ascii_whitespace().any(|word| word == TYPING) }
    }

    /// The words as they stand on the wire.
    pub fn write(self) -> String {
        if self.typing { TYPING.to_owned() } else { String::new() }
    }
}
