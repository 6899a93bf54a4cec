//! The codes of refusals. A code is what programs read; the sentence beside it on the wire is for people.

use serde::{Deserialize, Serialize};

/// Why something was refused: a fixed word, open for words this build does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(std::borrow::Cow<'static, str>);

impl Code {
    /// The word as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A code from a word, for answers made by the client itself.
    pub const fn of(word: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(word))
    }
}

impl PartialEq<&Code> for Code {
    fn eq(&self, other: &&Code) -> bool {
        self == *other
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $constant:ident = $word:literal;)+) => {
        impl Code {
            $($(#[doc = $doc])+ pub const $constant: Self = Self::of($word);)+

            /// Every code there is, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$constant),+];
        }
    };
}

codes! {
    /// The password is wrong; `left` says how many tries remain.
    BAD_PASSWORD = "bad-password";
    /// The account is locked after wrong passwords; `wait_ms` says for how long.
    LOCKED = "locked";
    /// No account has this name, and one may be registered.
    NO_SUCH_ACCOUNT = "no-such-account";
    /// The name or the password is wrong; said instead of the two above where registration is off.
    BAD_LOGIN = "bad-login";
    /// A sample password that everybody can read in the repository, used from another machine.
    SAMPLE_PASSWORD = "sample-password";
    /// The account is in use; `at` and `from` say since when and where.
    ALREADY_ONLINE = "already-online";
    /// The name to register is taken.
    NAME_TAKEN = "name-taken";
    /// The name breaks a rule for names.
    BAD_NAME = "bad-name";
    /// The new password is too short or too long.
    WEAK_PASSWORD = "weak-password";
    /// This server registers nobody.
    REGISTRATION_OFF = "registration-off";
    /// The two passwords typed for a new account differ. Said by clients.
    PASSWORD_MISMATCH = "password-mismatch";
    /// A request that needs a login came before one, or a second login.
    NOT_NOW = "not-now";
    /// Nobody has this name.
    NO_SUCH_USER = "no-such-user";
    /// The request is about the user who sent it.
    YOURSELF = "yourself";
    /// The other user has blocked you.
    BLOCKED = "blocked";
    /// The user is on the block list already.
    ALREADY_BLOCKED = "already-blocked";
    /// The user is not on the block list.
    NOT_BLOCKED = "not-blocked";
    /// The block list is full.
    LIST_FULL = "list-full";
    /// The text is empty.
    EMPTY = "empty";
    /// The text is longer than allowed; the figures are in the sentence.
    TOO_LONG = "too-long";
    /// The text holds a character that is never carried (NUL).
    BAD_TEXT = "bad-text";
    /// The request is not understood: a field is missing or has a wrong type.
    BAD_REQUEST = "bad-request";
    /// The server does not know this kind of request; `what` names it.
    UNSUPPORTED = "unsupported";
    /// Not a time that can be asked for.
    BAD_TIME = "bad-time";
    /// No such conversation.
    NO_SUCH_CONVERSATION = "no-such-conversation";
    /// The server has too much to do; try again.
    BUSY = "busy";
    /// Too many requests of this kind; `wait_ms` says when to try again.
    SLOW_DOWN = "slow-down";
    /// The recipient's waiting messages have reached their limit.
    INBOX_FULL = "inbox-full";
    /// The server's disk is full; nothing was stored.
    STORAGE_FULL = "storage-full";
    /// The server could not store it.
    STORAGE = "storage";
    /// The frame breaks the framing or the encoding; the connection ends.
    PROTOCOL = "protocol";
    /// The frame is larger than allowed; the connection ends.
    FRAME_TOO_LARGE = "frame-too-large";
    /// The connection is not TLS.
    NEEDS_TLS = "needs-tls";
    /// No protocol version both sides know.
    VERSION = "version";
    /// The user is not online, and this needs both.
    OFFLINE = "offline";
    /// You have blocked the user, and this needs both sides to reach each other.
    YOU_BLOCKED = "you-blocked";
    /// The user was asked already and has not answered.
    ALREADY_ASKED = "already-asked";
    /// There is a private session with the user already. Said by clients.
    ALREADY_OPEN = "already-open";
    /// The resume ticket is not known, or no longer: log in again.
    TICKET_EXPIRED = "ticket-expired";
    /// The message has reached its reader, or none has this number.
    ALREADY_DELIVERED = "already-delivered";
    /// No request of this user or with this id waits for an answer.
    NO_REQUEST = "no-request";
    /// There is no open private session with the user. Said by clients.
    NO_SESSION = "no-session";
    /// There is nothing to resend or to verify. Said by clients.
    NOTHING_TO_DO = "nothing-to-do";
    /// The file does not exist. Said by clients.
    NO_SUCH_FILE = "no-such-file";
    /// Only regular files can be sent. Said by clients.
    NOT_A_FILE = "not-a-file";
    /// No transfer has this number. Said by clients.
    NO_SUCH_TRANSFER = "no-such-transfer";
    /// This client cannot listen, or has no key of its own, and so can hold no private session. Said by clients.
    NO_PRIVATE = "no-private";
    /// A command that does not exist. Said by clients.
    UNKNOWN_COMMAND = "unknown-command";
    /// A command that was not typed as it must be. Said by clients.
    USAGE = "usage";
    /// The connection broke before the answer came. Said by clients.
    NOT_CONNECTED = "not-connected";
}
