//! Typical values of every message. A kind of message without a sample does not compile.

use shared::caps::Caps;
use shared::error::Code;
use shared::id::{ClientId, DeviceKey, DeviceTicket, FileId, OfferId, RequestId, ResumeTicket, Seq, UnixMs};
use shared::message::{
    Absence, ClientMessage, Entry, Kind, Mark, Meeting, Outcome, Reason, Refusal, ServerMessage, UserInfo, Welcome,
};
use shared::peer::{FileHash, PeerMessage};

/// One value, and the name of its golden file.
pub struct Sample<M> {
    /// Without folder and ending.
    pub file: &'static str,
    /// The value of `t`.
    pub tag: &'static str,
    /// The message.
    pub message: M,
}

/// Lists samples by variant, and makes from the same list a `match` that has no arm for a variant not listed.
macro_rules! samples {
    ($list:ident, $tag_of:ident, $type:ident; $($variant:ident $tag:literal { $($file:literal: $message:expr,)+ })+) => {
        pub fn $list() -> Vec<Sample<$type>> {
            vec![$($(Sample { file: $file, tag: $tag, message: $message }),+),+]
        }

        pub fn $tag_of(message: &$type) -> &'static str {
            match message {
                $($type::$variant { .. } => $tag,)+
                $type::Unknown => "unknown",
            }
        }
    };
}

const ID: RequestId = RequestId(7);
const AT: UnixMs = UnixMs(1_795_182_000_123);

fn cid() -> ClientId {
    ClientId([0x01, 0x9a, 0xa0, 0xc4, 0x5e, 0x00, 0x70, 0x00, 0x80, 0x00, 0x00, 0x1b, 0x63, 0xff, 0x0a, 0x00])
}

const OFFER: OfferId =
    OfferId([0x01, 0x9a, 0xa0, 0xc4, 0x5e, 0x01, 0x70, 0x00, 0x80, 0x00, 0x00, 0x1b, 0x63, 0xff, 0x0a, 0x01]);
const KEY: DeviceKey = DeviceKey([0xd5; 32]);
const FILE: FileId = FileId(3);
const HASH: FileHash = FileHash([0xb3; 32]);

fn meeting() -> Meeting {
    Meeting {
        offer: OFFER,
        name: yoda(),
        key: KEY,
        initiator: true,
        observed: Some("198.51.100.9:50122".to_owned()),
        addresses: vec!["[2001:db8::7]:50122".to_owned()],
    }
}

fn yoda() -> String {
    "yoda".to_owned()
}

fn user(name: &str, online: bool) -> UserInfo {
    UserInfo { name: name.to_owned(), online, since: AT, away: String::new(), quiet: false }
}

fn entry(conv: &str, seq: u64, text: &str) -> Entry {
    Entry {
        conv: conv.to_owned(),
        seq: Seq(seq),
        at: AT,
        from: yoda(),
        text: text.to_owned(),
        kind: Kind::TEXT,
        stored: false,
    }
}

fn mark(conv: &str) -> Mark {
    Mark { conv: conv.to_owned(), seq: Seq(300) }
}

samples! { client, client_tag, ClientMessage;
    Hello "hello" {
        "hello": ClientMessage::Hello {
            proto_min: 1, proto_max: 1, client: "tern 0.1.0".to_owned(), caps: String::new(),
        },
        "hello-caps": ClientMessage::Hello {
            proto_min: 1, proto_max: 1, client: "tern 0.1.0".to_owned(), caps: Caps { typing: true }.write(),
        },
    }
    Login "login" {
        "login": ClientMessage::Login {
            id: ID, name: yoda(), password: "wise".to_owned(), device: None, remember: false,
        },
        "login-device": ClientMessage::Login {
            id: ID, name: yoda(), password: "wise".to_owned(), device: Some(DeviceTicket([0xde; 32])), remember: true,
        },
    }
    Resume "resume" {
        "resume": ClientMessage::Resume { id: ID, ticket: ResumeTicket([0x5e; 32]), lobby: None },
        "resume-lobby": ClientMessage::Resume { id: ID, ticket: ResumeTicket([0x5e; 32]), lobby: Some(Seq(300)) },
    }
    Register "register" {
        "register": ClientMessage::Register {
            id: ID, name: "Leia".to_owned(), password: "alderaan".to_owned(), remember: false,
        },
        "register-remember": ClientMessage::Register {
            id: ID, name: "Leia".to_owned(), password: "alderaan".to_owned(), remember: true,
        },
    }
    Send "send" {
        "send": ClientMessage::Send {
            id: ID, cid: cid(), to: "@hans".to_owned(), text: "Grüße 👋\nzwei".to_owned(), kind: Kind::TEXT,
        },
        "send-action": ClientMessage::Send {
            id: ID, cid: cid(), to: "#lobby".to_owned(), text: "waves".to_owned(), kind: Kind::ACTION,
        },
    }
    Ack "ack" { "ack": ClientMessage::Ack { conv: "@hans".to_owned(), seq: Seq(300) }, }
    Who "who" { "who": ClientMessage::Who { id: ID }, }
    WhoSince "who_since" { "who_since": ClientMessage::WhoSince { id: ID, span_ms: 300_000 }, }
    Block "block" { "block": ClientMessage::Block { id: ID, name: "vader".to_owned() }, }
    Unblock "unblock" { "unblock": ClientMessage::Unblock { id: ID, name: "vader".to_owned() }, }
    Blocked "blocked" { "blocked": ClientMessage::Blocked { id: ID }, }
    History "history" {
        "history": ClientMessage::History { id: ID, conv: "#lobby".to_owned(), before: Some(Seq(300)), limit: 50 },
        "history-newest": ClientMessage::History { id: ID, conv: "@hans".to_owned(), before: None, limit: 200 },
    }
    Search "search" {
        "search": ClientMessage::Search {
            id: ID, words: "droids \"not the\"".to_owned(), conv: None, start: None, limit: 20,
        },
        "search-start": ClientMessage::Search {
            id: ID, words: "机器人".to_owned(), conv: Some("@hans".to_owned()), start: Some(mark("@hans")), limit: 100,
        },
    }
    Queue "queue" { "queue": ClientMessage::Queue { id: ID }, }
    Unsend "unsend" { "unsend": ClientMessage::Unsend { id: ID, conv: "@hans".to_owned(), seq: Seq(300) }, }
    Away "away" { "away": ClientMessage::Away { id: ID, text: "lunch".to_owned() }, }
    Whois "whois" { "whois": ClientMessage::Whois { id: ID, name: yoda() }, }
    Passwd "passwd" {
        "passwd": ClientMessage::Passwd { id: ID, old: "wise".to_owned(), new: "wiser still".to_owned() },
    }
    PrivateAsk "private_ask" {
        "private_ask": ClientMessage::PrivateAsk {
            id: ID, offer: OFFER, name: yoda(), key: KEY, addresses: vec!["192.168.1.7:50122".to_owned()],
        },
    }
    PrivateAccept "private_accept" {
        "private_accept": ClientMessage::PrivateAccept {
            id: ID, offer: OFFER, key: KEY, addresses: vec!["[2001:db8::7]:50122".to_owned()],
        },
    }
    PrivateDecline "private_decline" {
        "private_decline": ClientMessage::PrivateDecline { id: ID, offer: OFFER },
    }
    Activity "activity" { "activity": ClientMessage::Activity {}, }
    Typing "typing" {
        "typing": ClientMessage::Typing { conv: "@hans".to_owned() },
        "typing-lobby": ClientMessage::Typing { conv: "#lobby".to_owned() },
    }
    Logout "logout" { "logout": ClientMessage::Logout { id: ID }, }
    Ping "ping" { "ping": ClientMessage::Ping { n: 70_000 }, }
    Pong "pong" { "pong": ClientMessage::Pong { n: 70_000 }, }
}

samples! { server, server_tag, ServerMessage;
    Welcome "welcome" {
        "welcome": ServerMessage::Welcome(Welcome {
            proto: 1,
            server: "tern-server 0.1.0".to_owned(),
            caps: String::new(),
            time: AT,
            frame_max: 65_536,
            text_max: 8192,
            lines_max: 100,
            register: true,
        }),
    }
    Refuse "refuse" {
        "refuse": ServerMessage::Refuse { code: Code::VERSION, text: "This server speaks protocol 1.".to_owned() },
    }
    LoggedIn "logged_in" {
        "logged_in": ServerMessage::LoggedIn {
            re: ID, name: yoda(), timeout_ms: 120_000, notice: String::new(), ticket: None, device: None, lobby: None,
        },
        "logged_in-notice": ServerMessage::LoggedIn {
            re: ID,
            name: yoda(),
            timeout_ms: 0,
            notice: "2 failed logins since the last good one.".to_owned(),
            ticket: None,
            device: None,
            lobby: None,
        },
        "logged_in-tickets": ServerMessage::LoggedIn {
            re: ID,
            name: yoda(),
            timeout_ms: 0,
            notice: String::new(),
            ticket: Some(ResumeTicket([0x5e; 32])),
            device: Some(DeviceTicket([0xde; 32])),
            lobby: Some(Seq(300)),
        },
    }
    Roster "roster" {
        "roster": ServerMessage::Roster {
            users: vec![user("yoda", true), UserInfo { away: "lunch".to_owned(), ..user("hans", true) }],
        },
    }
    Ready "ready" { "ready": ServerMessage::Ready { stored: 2 }, }
    Ok "ok" { "ok": ServerMessage::Ok { re: ID }, }
    Error "error" {
        "error": ServerMessage::Error(Refusal {
            what: Some("vader".to_owned()),
            ..Refusal::new(Some(ID), Code::BLOCKED, "vader has blocked you.")
        }),
        "error-bad-password": ServerMessage::Error(Refusal {
            left: Some(2),
            ..Refusal::new(Some(ID), Code::BAD_PASSWORD, "The password is wrong.")
        }),
        "error-locked": ServerMessage::Error(Refusal {
            wait_ms: Some(57_000),
            ..Refusal::new(Some(ID), Code::LOCKED, "This account is locked.")
        }),
        "error-already-online": ServerMessage::Error(Refusal {
            at: Some(AT),
            from: Some("10.0.0.5".to_owned()),
            ..Refusal::new(Some(ID), Code::ALREADY_ONLINE, "yoda is logged in elsewhere.")
        }),
        "error-connection": ServerMessage::Error(Refusal::new(None, Code::PROTOCOL, "The frame is not a map.")),
    }
    Sent "sent" {
        "sent": ServerMessage::Sent {
            re: ID, conv: "@hans".to_owned(), seq: Seq(300), at: AT, outcome: Outcome::DELIVERED,
        },
        "sent-partial": ServerMessage::Sent {
            re: ID, conv: "#lobby".to_owned(), seq: Seq(1), at: AT, outcome: Outcome::PARTIAL,
        },
    }
    Message "message" {
        "message": ServerMessage::Message(entry("#lobby", 300, "hello all")),
        "message-stored": ServerMessage::Message(Entry {
            kind: Kind::ACTION, stored: true, ..entry("@yoda", 5, "nods")
        }),
    }
    Users "users" {
        "users": ServerMessage::Users { re: ID, users: vec![user("yoda", true), user("leia", false)], more: false },
        "users-part": ServerMessage::Users { re: ID, users: vec![user("yoda", true)], more: true },
    }
    Blocked "blocked" {
        "blocked": ServerMessage::Blocked { re: ID, names: vec!["vader".to_owned()], more: false },
    }
    History "history" {
        "history": ServerMessage::History {
            re: ID,
            conv: "#lobby".to_owned(),
            messages: vec![entry("#lobby", 298, "one"), entry("#lobby", 299, "two")],
            more: true,
        },
    }
    Found "found" {
        "found": ServerMessage::Found {
            re: ID, messages: vec![entry("@yoda", 7, "no droids"), entry("#lobby", 299, "Droids!")], next: None,
        },
        "found-next": ServerMessage::Found { re: ID, messages: Vec::new(), next: Some(mark("#lobby")) },
    }
    Queue "queue" {
        "queue": ServerMessage::Queue { re: ID, messages: vec![entry("@hans", 7, "are you there?")], more: false },
    }
    Whois "whois" {
        "whois": ServerMessage::Whois { re: ID, user: user("yoda", true), created: AT, last_seen: None },
        "whois-offline": ServerMessage::Whois {
            re: ID, user: user("leia", false), created: AT, last_seen: Some(AT),
        },
    }
    Presence "presence" {
        "presence": ServerMessage::Presence {
            here: vec![user("leia", true)],
            gone: vec![Absence { name: "hans".to_owned(), reason: Reason::TIMED_OUT, quiet: false }],
        },
        "presence-quiet": ServerMessage::Presence {
            here: vec![UserInfo { away: "lunch".to_owned(), quiet: true, ..user("leia", true) }],
            gone: vec![Absence { name: "vader".to_owned(), reason: Reason::LOGGED_OUT, quiet: true }],
        },
    }
    PrivateRequest "private_request" {
        "private_request": ServerMessage::PrivateRequest { offer: OFFER, from: yoda(), key: KEY, wait_ms: 60_000 },
    }
    PrivateMeet "private_meet" {
        "private_meet": ServerMessage::PrivateMeet(meeting()),
        "private_meet-unseen": ServerMessage::PrivateMeet(
            Meeting { initiator: false, observed: None, addresses: Vec::new(), ..meeting() }
        ),
    }
    PrivateEnd "private_end" {
        "private_end": ServerMessage::PrivateEnd { offer: OFFER, name: yoda(), reason: Reason::DECLINED },
    }
    Typing "typing" {
        "typing": ServerMessage::Typing { conv: "@yoda".to_owned(), from: yoda() },
        "typing-lobby": ServerMessage::Typing { conv: "#lobby".to_owned(), from: yoda() },
    }
    Bye "bye" {
        "bye": ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: None },
        "bye-retry": ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: Some(1500) },
    }
    Notice "notice" {
        "notice": ServerMessage::Notice { text: "The server restarts at noon.".to_owned() },
    }
    Ping "ping" { "ping": ServerMessage::Ping { n: 1 }, }
    Pong "pong" { "pong": ServerMessage::Pong { n: 1 }, }
}

samples! { peer, peer_tag, PeerMessage;
    Hello "hello" {
        "hello": PeerMessage::Hello {
            proto_min: 1, proto_max: 1, offer: OFFER, name: yoda(), client: "tern 0.1.0".to_owned(), caps: String::new(),
        },
    }
    Text "text" {
        "text": PeerMessage::Text { n: 1, text: "only you see this".to_owned(), kind: Kind::TEXT },
        "text-action": PeerMessage::Text { n: 2, text: "smiles".to_owned(), kind: Kind::ACTION },
    }
    Typing "typing" { "typing": PeerMessage::Typing {}, }
    Ack "ack" { "ack": PeerMessage::Ack { n: 2 }, }
    Bye "bye" { "bye": PeerMessage::Bye { reason: Reason::STOPPED }, }
    Ping "ping" { "ping": PeerMessage::Ping { n: 70_000 }, }
    Pong "pong" { "pong": PeerMessage::Pong { n: 70_000 }, }
    FileOffer "file_offer" {
        "file_offer": PeerMessage::FileOffer { file: FILE, name: "photo.bin".to_owned(), size: 3_000_000 },
    }
    FileAccept "file_accept" {
        "file_accept": PeerMessage::FileAccept { file: FILE, from: 0, prefix: None },
        "file_accept-rest": PeerMessage::FileAccept { file: FILE, from: 65_536, prefix: Some(HASH) },
    }
    FileRefuse "file_refuse" { "file_refuse": PeerMessage::FileRefuse { file: FILE }, }
    FilePiece "file_piece" {
        "file_piece": PeerMessage::FilePiece { file: FILE, at: 65_536, data: vec![0, 1, 2, 0xff] },
    }
    FileTaken "file_taken" { "file_taken": PeerMessage::FileTaken { file: FILE, upto: 262_144 }, }
    FileEnd "file_end" { "file_end": PeerMessage::FileEnd { file: FILE, hash: HASH }, }
    FileKept "file_kept" { "file_kept": PeerMessage::FileKept { file: FILE }, }
    FileCancel "file_cancel" {
        "file_cancel": PeerMessage::FileCancel { file: FILE, why: String::new() },
        "file_cancel-why": PeerMessage::FileCancel { file: FILE, why: "the disk is full".to_owned() },
    }
}
