//! What only the user can say.

/// What the user is asked. The faces find it in [`Model::question`](super::Model::question); the answer comes as
/// [`Msg::Answered`](crate::app::msg::Msg::Answered).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to host a server in this process, since none is there: `y` does it, everything else ends the program.
    Host,
    /// The account's name.
    Name,
    /// Its password.
    Password,
    /// A password for a new account; an empty answer goes back to the name.
    FirstPassword,
    /// The same again.
    FirstPasswordAgain,
    /// The password now, to change it.
    OldPassword,
    /// The password from now on; an empty answer leaves everything as it is.
    NewPassword,
    /// The same again.
    NewPasswordAgain,
}

impl Question {
    /// Whether the answer must not be seen while it is typed.
    pub fn is_secret(self) -> bool {
        !matches!(self, Self::Host | Self::Name)
    }
}
