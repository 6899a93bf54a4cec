//! The three people, and every word they know: tables that [`script`](super::script) plays.
//!
//! They are colleagues in a small team that looks after the timetable displays of a tram line. They say of Tern only what
//! is true, and they say that they are scripted. `{you}` stands for the newcomer's name.
//!
//! A feature that a newcomer should meet is a row of a table here, and, when it is no text, an [`Act`] with its arm in
//! `player`.

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Runs the machines. Short sentences, nothing left over.
    Nadia,
    /// Writes the firmware. Glad about everything, tea above all.
    Oskar,
    /// Repairs displays along the line, and is mostly in a tunnel. No capitals.
    Wen,
}

impl Person {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Nadia, Self::Oskar, Self::Wen];

    /// The name of the account.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nadia => "nadia",
            Self::Oskar => "oskar",
            Self::Wen => "wen",
        }
    }

    /// Which answers this person knows.
    pub(super) const fn part(self) -> &'static Part {
        match self {
            Self::Nadia => &NADIA,
            Self::Oskar => &OSKAR,
            Self::Wen => &WEN,
        }
    }
}

/// Something a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Logs in.
    Enter,
    /// Logs out.
    Leave,
    /// Says something to the lobby.
    Say(&'static str),
    /// Does something in the lobby, as `me` shows it.
    Do(&'static str),
    /// Writes to the newcomer alone.
    Whisper(&'static str),
    /// Sets the away text; an empty one takes it back.
    Away(&'static str),
    /// Asks the newcomer for a private session.
    Ask,
    /// Says something in the private session. `{words}` stands for the words to compare.
    Confide(&'static str),
    /// Offers [`STOP_14`] in the private session.
    SendFile,
}

/// An act at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// How long after the one before, in milliseconds.
    pub after_ms: u64,
    /// Who.
    pub who: Person,
    /// What.
    pub act: Act,
}

/// What a person answers.
#[derive(Debug)]
pub struct Part {
    /// Looked through from the top: the first one with a word of what was said.
    pub replies: &'static [Reply],
    /// In turn, when no word is known. The last one stays.
    pub otherwise: &'static [&'static str],
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The words it answers, in small letters.
    pub to: &'static [&'static str],
    /// The answers, in turn.
    pub say: &'static [&'static str],
}

const fn beat(after_ms: u64, who: Person, act: Act) -> Beat {
    Beat { after_ms, who, act }
}

const fn reply(to: &'static [&'static str], say: &'static [&'static str]) -> Reply {
    Reply { to, say }
}

/// Before the newcomer comes: what history shows, and a message that waits.
pub const BEFORE: &[Beat] = &[
    beat(0, Person::Oskar, Act::Say("Stop 14 shows trams again. It was a loose cable, not my code.")),
    beat(0, Person::Nadia, Act::Say("Good. I have put the spare display back on the shelf.")),
    beat(0, Person::Wen, Act::Say("on the train to the depot. tunnel coming")),
    beat(0, Person::Wen, Act::Do("looks for the good cable")),
    beat(
        0,
        Person::Wen,
        Act::Whisper(
            "hi {you}. i wrote this before you came, so it waited for you. write back (/msg wen hello) and yours waits for me",
        ),
    ),
    beat(0, Person::Wen, Act::Leave),
];

/// When the newcomer is there.
pub const WELCOME: &[Beat] = &[
    beat(
        1200,
        Person::Nadia,
        Act::Say("Welcome, {you}. I keep the machines running. This is the lobby: /say hello reaches everybody in it."),
    ),
    beat(
        2800,
        Person::Oskar,
        Act::Say(
            "Hello {you}! Oskar, firmware. The three of us are scripted: we know few words, but we are fond of all of them.",
        ),
    ),
    beat(4500, Person::Oskar, Act::Whisper("This goes to you alone, not to the lobby. /msg oskar tea answers me.")),
    beat(4000, Person::Oskar, Act::Do("puts the kettle on")),
    beat(4500, Person::Nadia, Act::Say("I fetch a coffee. /whoelse shows who is here, and why they do not answer.")),
    beat(1500, Person::Nadia, Act::Away("fetching a coffee")),
    beat(7000, Person::Wen, Act::Enter),
    beat(2500, Person::Wen, Act::Say("out of the tunnel. {you}, did my message reach you?")),
    beat(
        8000,
        Person::Oskar,
        Act::Say("If I talk too much, {you}: /block oskar. And /unblock oskar when you miss me."),
    ),
    beat(
        6000,
        Person::Oskar,
        Act::Say("{you}, I have stop 14 as a file for you. I ask for a private session: one key says yes."),
    ),
    beat(1500, Person::Oskar, Act::Ask),
    beat(7000, Person::Nadia, Act::Away("")),
    beat(1500, Person::Nadia, Act::Say("Back. /history shows what was said before you came, /help everything else.")),
    beat(9000, Person::Wen, Act::Say("next tunnel. write to me while i am in it, it will be there when i come out")),
    beat(1500, Person::Wen, Act::Leave),
    beat(25_000, Person::Wen, Act::Enter),
];

/// When the newcomer has said yes to the person who asked.
pub const OPENED: &[Beat] = &[
    beat(
        1200,
        Person::Oskar,
        Act::Confide("Now it is only the two of us: straight from my client to yours, the server sees none of it."),
    ),
    beat(
        4500,
        Person::Oskar,
        Act::Confide(
            "My screen shows these words: {words}. Yours too? Then nobody stands between us, and /verify oskar remembers me.",
        ),
    ),
    beat(
        5000,
        Person::Oskar,
        Act::Confide("And here comes stop 14. Say yes to the file; it is checked when it is through."),
    ),
    beat(1000, Person::Oskar, Act::SendFile),
];

/// When the newcomer has asked, and the session stands.
pub const VISITED: &str = "Only the two of us here. /stopprivate {who} ends it.";

/// When the file is through.
pub const SENT: &str = "There you are. /stopprivate oskar ends this, or stay and talk: tea?";

/// When the newcomer wants no file.
pub const NOT_WANTED: &str = "No file then. It would only have shown tomorrow.";

/// When the newcomer has sent a file.
pub const THANKS: &str = "It arrived, checked and whole. Thank you!";

/// When the newcomer has said no, or nothing. It comes as a direct message.
pub const ANOTHER_TIME: &str = "Another time, then. /startprivate oskar asks me, and I say yes.";

/// The small file: what the display of stop 14 shows.
pub const STOP_14: &str = "\
+--------------------------------------+
|  STOP 14   Harbour Street            |
|                                      |
|  6   Old Mill             2 min      |
|  6   Old Mill            12 min      |
|  9   Depot               tomorrow    |
+--------------------------------------+
";

/// What Nadia says in the lobby for Wen, who is offline.
pub const WEN_IS_AWAY: &str = "Wen is in a tunnel. /msg wen and your words: they wait there until Wen is back.";

/// What stands before Wen's answer to a message that waited.
pub const IT_WAITED: &str = "it waited for me in the tunnel, as promised.";

const NADIA: Part = Part {
    replies: &[
        reply(
            &["hello", "hi", "hey", "morning", "evening"],
            &["Hello. A quiet day, which is how I like them.", "Hello again."],
        ),
        reply(&["thanks", "thank", "thx"], &["You are welcome."]),
        reply(&["bye", "goodbye", "later"], &["Goodbye. /logout leaves, and nothing of this stays behind."]),
        reply(
            &["safe", "secure", "security", "tls", "encrypted", "key"],
            &["Every connection is TLS 1.3. The client remembers the server's key and refuses another one."],
        ),
        reply(
            &["server", "host", "hosting", "install"],
            &["A real server is one command: tui-client --host. It shows what your friends must type."],
        ),
        reply(
            &["lost", "crash", "durable", "saved", "stored"],
            &["What is shown as sent is on the disk. I have pulled the plug often enough to believe it."],
        ),
        reply(&["coffee"], &["Black. It is the only thing here without a status light."]),
        reply(&["help", "how", "what", "commands"], &["/help lists the commands, /help block explains one."]),
        reply(
            &["display", "displays", "tram", "trams", "stop"],
            &["Thirty-one displays, and thirty of them work. Wen is on the way to the other one."],
        ),
    ],
    otherwise: &[
        "That word is not in my script. /help knows more than I do.",
        "I am only a script, but I have read it.",
        "Noted.",
    ],
};

const OSKAR: Part = Part {
    replies: &[
        reply(
            &["hello", "hi", "hey", "morning", "evening"],
            &["Hello hello! The kettle is nearly there.", "Hello! Still here, still warm."],
        ),
        reply(&["thanks", "thank", "thx"], &["Any time!"]),
        reply(&["bye", "goodbye", "later"], &["Bye! Take a biscuit for the way."]),
        reply(
            &["tea", "kettle", "biscuit", "biscuits"],
            &["Tea it is. Green, black, or the one that nobody can name?", "There is more in the pot!"],
        ),
        reply(&["coffee"], &["Coffee is Nadia's department."]),
        reply(
            &["firmware", "code", "rust", "bug", "bugs", "broken"],
            &["My theory: it is a loose cable. It has been a loose cable since March."],
        ),
        reply(&["block", "blocked"], &["A block is quiet: I would only see you go offline. /blocked lists yours."]),
        reply(&["help", "how", "what", "commands"], &["Try /help, or /help msg if it should be about one of them."]),
        reply(
            &["display", "displays", "tram", "trams", "stop", "cable"],
            &["Stop 14 is my favourite. It once showed tomorrow."],
        ),
    ],
    otherwise: &[
        "I like how that sounds! It is not in my script, though.",
        "I would say something clever, but I am scripted and it is teatime.",
        "Mm!",
    ],
};

const WEN: Part = Part {
    replies: &[
        reply(&["hello", "hi", "hey", "morning", "evening"], &["hi hi", "hello from the next stop"]),
        reply(
            &["yes", "yep", "yeah", "did", "reached"],
            &["good. that is the whole trick: it waits, in order, with its own time"],
        ),
        reply(&["no", "nope"], &["look again, it says stored"]),
        reply(&["thanks", "thank", "thx"], &["sure"]),
        reply(&["bye", "goodbye", "later"], &["bye. next stop is mine too"]),
        reply(&["train", "tunnel", "where", "tram", "trams"], &["between two stops, as always"]),
        reply(&["cable", "display", "displays", "stop"], &["found the cable. it was in my bag"]),
        reply(
            &["help", "how", "what", "commands"],
            &["/help. nadia wrote it on a sticky note once, then there was no room"],
        ),
    ],
    otherwise: &["no idea. i am a script on a train", "tunnel. say that again?", "ok"],
};
