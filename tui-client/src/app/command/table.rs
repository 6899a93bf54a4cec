//! The one table of commands.

use std::fmt;

use super::verb::Verb;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user's name, with or without `@`.
    User,
    /// `@name`: a user where another word could stand in the same place.
    AtUser,
    /// The rest of the line, exactly as typed.
    Text,
    /// The rest of the line: the path of a file.
    Path,
    /// A span of time: `300`, `5m`, `2h`, `1d`.
    Time,
    /// A whole number.
    Number,
    /// The name of a command.
    Command,
}

/// One argument of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// What it is.
    pub kind: Kind,
    /// The word that stands for it in a usage line.
    pub word: &'static str,
    /// Whether it may be left out.
    pub optional: bool,
}

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    /// Which.
    pub verb: Verb,
    /// Its name, under which it is answered.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Whether it is one of the classic words, which a full screen reads without a slash in the lobby.
    pub classic: bool,
    /// Its arguments, in order. A text is the last one.
    pub arguments: &'static [Argument],
    /// One line of help.
    pub summary: &'static str,
    /// What else is good to know, in one or two sentences.
    pub details: &'static str,
}

impl Spec {
    /// The usage line, such as `message USER TEXT`.
    pub fn usage(&self) -> Usage<'_> {
        Usage(self)
    }

    /// Whether a word is its name or an alias; case does not matter.
    pub fn is_called(&self, word: &str) -> bool {
        self.names().any(|name| name.eq_ignore_ascii_case(word))
    }

    /// Its name, then its aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// A usage line; see [`Spec::usage`].
pub struct Usage<'a>(&'a Spec);

impl fmt::Display for Usage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)?;
        self.0.arguments.iter().try_for_each(|argument| {
            let (open, close) = if argument.optional { ("[", "]") } else { ("", "") };
            write!(f, " {open}{}{close}", argument.word)
        })
    }
}

/// The command that a word names, by name or alias.
pub fn find(word: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.is_called(word))
}

const fn must(kind: Kind, word: &'static str) -> Argument {
    Argument { kind, word, optional: false }
}

const fn may(kind: Kind, word: &'static str) -> Argument {
    Argument { kind, word, optional: true }
}

const USER: Argument = must(Kind::User, "USER");
const TEXT: Argument = must(Kind::Text, "TEXT");

/// Every command there is, in the order of the help.
pub const TABLE: &[Spec] = &[
    Spec {
        verb: Verb::Message,
        name: "message",
        aliases: &["msg", "w", "dm"],
        classic: true,
        arguments: &[USER, TEXT],
        summary: "send a direct message",
        details: "It goes through the server. If USER is offline it is stored and delivered at the next login.",
    },
    Spec {
        verb: Verb::Broadcast,
        name: "broadcast",
        aliases: &["say"],
        classic: true,
        arguments: &[TEXT],
        summary: "say something to everybody in the lobby",
        details: "People with a block between you do not get it; then the answer says partial.",
    },
    Spec {
        verb: Verb::Whoelse,
        name: "whoelse",
        aliases: &["who", "names"],
        classic: true,
        arguments: &[],
        summary: "list who else is online",
        details: "Users who have blocked you are not listed.",
    },
    Spec {
        verb: Verb::Whoelsesince,
        name: "whoelsesince",
        aliases: &[],
        classic: true,
        arguments: &[must(Kind::Time, "TIME")],
        summary: "list who else was online in the last TIME",
        details: "TIME is a number of seconds, or a number with s, m, h or d: 300, 5m, 2h, 1d.",
    },
    Spec {
        verb: Verb::Block,
        name: "block",
        aliases: &["ignore"],
        classic: true,
        arguments: &[USER],
        summary: "block a user",
        details: "Nothing from USER reaches you, and USER sees you as offline. You still see USER.",
    },
    Spec {
        verb: Verb::Unblock,
        name: "unblock",
        aliases: &[],
        classic: true,
        arguments: &[USER],
        summary: "take a block back",
        details: "It works at once. Messages refused meanwhile are not delivered later.",
    },
    Spec {
        verb: Verb::Blocked,
        name: "blocked",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "list whom you have blocked",
        details: "Blocks are kept by the server and survive its restart.",
    },
    Spec {
        verb: Verb::History,
        name: "history",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::AtUser, "@USER"), may(Kind::Number, "N")],
        summary: "show older messages of the lobby or of a direct conversation",
        details: "N is 1 to 1000, 20 when left out. The oldest comes first.",
    },
    Spec {
        verb: Verb::Search,
        name: "search",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Text, "WORDS")],
        summary: "find what was said, in the lobby and in all direct conversations",
        details: "A message has all the words, in any order and case, also as parts of others. \
                  What stands in \"double quotes\" is one word. The newest 20 are shown.",
    },
    Spec {
        verb: Verb::Queue,
        name: "queue",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "list your messages that nobody has received yet",
        details: "They wait on the server for their readers. Each has a number for unsend.",
    },
    Spec {
        verb: Verb::Unsend,
        name: "unsend",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Number, "N")],
        summary: "take message N of the queue back",
        details: "N is its number in the last list of queue. Once its reader has it, it cannot be taken back.",
    },
    Spec {
        verb: Verb::Away,
        name: "away",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Text, "TEXT")],
        summary: "set the text others see beside your name",
        details: "Without TEXT it is cleared.",
    },
    Spec {
        verb: Verb::Me,
        name: "me",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Text, "ACTION")],
        summary: "tell the lobby what you do",
        details: "Others see it as an action: me smiles.",
    },
    Spec {
        verb: Verb::Startprivate,
        name: "startprivate",
        aliases: &["query"],
        classic: true,
        arguments: &[USER],
        summary: "ask a user for a private session",
        details: "It is a connection of its own between your two clients. USER sees your address after saying yes.",
    },
    Spec {
        verb: Verb::Accept,
        name: "accept",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "say yes to a request or a file of a user",
        details: "The oldest one that waits is meant. After a yes to a request USER sees your address.",
    },
    Spec {
        verb: Verb::Decline,
        name: "decline",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "say no to a request or a file of a user",
        details: "The oldest one that waits is meant.",
    },
    Spec {
        verb: Verb::Private,
        name: "private",
        aliases: &[],
        classic: true,
        arguments: &[USER, TEXT],
        summary: "say something in a private session",
        details: "It goes straight to the client of USER; the server sees nothing of it, and nothing is kept.",
    },
    Spec {
        verb: Verb::Stopprivate,
        name: "stopprivate",
        aliases: &[],
        classic: true,
        arguments: &[USER],
        summary: "end a private session",
        details: "It ends for both. A request that waits is taken back.",
    },
    Spec {
        verb: Verb::Resend,
        name: "resend",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "send again what a private session did not deliver",
        details: "Through an open session with USER, otherwise through the server, which can read it then.",
    },
    Spec {
        verb: Verb::Verify,
        name: "verify",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "remember that you have compared the words with a user",
        details: "Do it when both of you see the same four words. A client with another key is told loudly from then on.",
    },
    Spec {
        verb: Verb::Send,
        name: "send",
        aliases: &[],
        classic: false,
        arguments: &[USER, must(Kind::Path, "PATH")],
        summary: "offer a file to a user over the private session",
        details: "It asks for a session where there is none. USER has to accept the file.",
    },
    Spec {
        verb: Verb::Cancel,
        name: "cancel",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Number, "N")],
        summary: "stop the transfer of file N",
        details: "Either side can. What has come is kept aside, and goes on from there when the file is sent again.",
    },
    Spec {
        verb: Verb::Whois,
        name: "whois",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "show what the server knows of a user",
        details: "Online or last seen, since when the account exists, and the away text.",
    },
    Spec {
        verb: Verb::Passwd,
        name: "passwd",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "change your password",
        details: "It asks for the old password and twice for the new one, which needs at least 8 characters.",
    },
    Spec {
        verb: Verb::Help,
        name: "help",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Command, "COMMAND")],
        summary: "list the commands, or explain one",
        details: "A slash before a command is optional in plain mode.",
    },
    Spec {
        verb: Verb::Clear,
        name: "clear",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "empty the screen",
        details: "It is for the full screen; lines that were written stay written.",
    },
    Spec {
        verb: Verb::Close,
        name: "close",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "close the tab",
        details: "It is for the full screen; the conversation itself stays.",
    },
    Spec {
        verb: Verb::Logout,
        name: "logout",
        aliases: &["quit", "exit"],
        classic: true,
        arguments: &[],
        summary: "log out and leave",
        details: "Messages that arrive while you are away are stored for you.",
    },
    Spec {
        verb: Verb::Tab,
        name: "tab",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Number, "N")],
        summary: "go to tab N",
        details: "Tabs are counted from the left. Alt and the number does the same.",
    },
    Spec {
        verb: Verb::Next,
        name: "next",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "go to the next tab",
        details: "Alt and an arrow, or F6, does the same.",
    },
    Spec {
        verb: Verb::Unread,
        name: "unread",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "go to the next tab with something unread",
        details: "Alt+A does the same.",
    },
    Spec {
        verb: Verb::Go,
        name: "go",
        aliases: &[],
        classic: false,
        arguments: &[USER],
        summary: "open the direct conversation with a user",
        details: "Nothing is sent.",
    },
    Spec {
        verb: Verb::Theme,
        name: "theme",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Text, "NAME")],
        summary: "change the theme",
        details: "NAME is auto, dark, light, terminal, or a theme of your own; without it the next one is taken.",
    },
    Spec {
        verb: Verb::Notify,
        name: "notify",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Text, "LEVEL")],
        summary: "say what is worth a notification in this tab",
        details: "LEVEL is off, mentions, all, or default for what the setting notifications says.",
    },
    Spec {
        verb: Verb::Set,
        name: "set",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Text, "NAME VALUE")],
        summary: "show or change settings",
        details: "Without NAME it lists them. With --save behind it what was changed goes into the config file.",
    },
    Spec {
        verb: Verb::Mouse,
        name: "mouse",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "switch the mouse on or off",
        details: "With it on, the wheel scrolls and tabs can be clicked; text is selected with Shift held.",
    },
    Spec {
        verb: Verb::Sidebar,
        name: "sidebar",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "show or hide the sidebar",
        details: "F2 does the same.",
    },
    Spec {
        verb: Verb::Copy,
        name: "copy",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "copy the newest message",
        details: "It goes to the clipboard of the terminal, if that allows it.",
    },
    Spec {
        verb: Verb::Find,
        name: "find",
        aliases: &[],
        classic: false,
        arguments: &[may(Kind::Text, "TEXT")],
        summary: "search this tab",
        details: "It looks through what is loaded. Ctrl+F does the same; n and N go on to the next.",
    },
    Spec {
        verb: Verb::Mark,
        name: "mark",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "mark a message to copy it, quote it or open its link",
        details: "Alt and the up arrow does the same; the arrows then go from message to message.",
    },
    Spec {
        verb: Verb::Mention,
        name: "mention",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "go back to the last message that names you",
        details: "Alt+M does the same; again, to the one before.",
    },
    Spec {
        verb: Verb::Move,
        name: "move",
        aliases: &[],
        classic: false,
        arguments: &[must(Kind::Number, "N")],
        summary: "make this tab number N",
        details: "Alt, Shift and an arrow moves it by one. The lobby stays the first.",
    },
    Spec {
        verb: Verb::Bare,
        name: "bare",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "show the messages alone, to select them with the mouse",
        details: "Alt+L does the same; any key that writes leads back.",
    },
    Spec {
        verb: Verb::Reconnect,
        name: "reconnect",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "connect now instead of waiting",
        details: "Alt+R does the same.",
    },
    Spec {
        verb: Verb::Edit,
        name: "edit",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "write in your own editor",
        details: "It is $VISUAL, else $EDITOR, else vi. What it saves stands in the input; nothing is sent. Alt+E does the same.",
    },
    Spec {
        verb: Verb::Plain,
        name: "plain",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "go on in plain lines",
        details: "The session goes on, private ones as well; screen leads back to the tabs and drafts as they are.",
    },
    Spec {
        verb: Verb::Screen,
        name: "screen",
        aliases: &[],
        classic: false,
        arguments: &[],
        summary: "go on on the full screen",
        details: "The session goes on, private ones as well; /plain leads back. It needs a terminal.",
    },
];
