//! Whatever a server or the other side of a private session puts into any word that it may choose, nothing of it acts on
//! the terminal: names, notices, refusals, names of files and reasons as little as what is said.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::thread;

use e2e::{DEADLINE, OwnKey, PlainBuilder, PtyBuilder, PtyClient, RawClient, RawHost, TestServer};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::id::{FileId, OfferId, RequestId, Seq, UnixMs};
use shared::message::{Absence, ClientMessage, Entry, Kind, Meeting, Refusal, ServerMessage, UserInfo, Welcome};
use shared::peer::PeerMessage;
use shared::version::{ALPN, PEER_ALPN, PROTO_MAX, PROTO_MIN};

/// The window's title, the clipboard, a sequence of one byte, a change of direction, and a line of its own.
const HOSTILE: &str = "\u{1b}]0;PWNED\u{7}\u{1b}]52;c;cHduZWQ=\u{7}\u{9b}2J\u{202e}\r\nok forged";

/// What must never reach a terminal of all this.
const SEQUENCES: [&str; 4] = ["\u{1b}]0;PWNED", "\u{1b}]52;", "\u{9b}", "\u{202e}"];

/// A word that this protocol leaves open.
fn word<W: DeserializeOwned>() -> W {
    serde_json::from_value(Value::String(HOSTILE.to_owned())).expect("any word will do")
}

/// The first connection to this port.
fn first_connection(listener: TcpListener, key: OwnKey) -> RawHost {
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        let (socket, _) = listener.accept().expect("it listens");
        // A test that waits no longer has failed already.
        let _ = tx.send(key.serve(socket));
    });
    rx.recv_timeout(DEADLINE).expect("the client connects")
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the system has a free port");
    let port = listener.local_addr().expect("a listener has an address").port();
    (listener, port)
}

fn user() -> UserInfo {
    UserInfo { name: HOSTILE.into(), online: true, since: UnixMs(1), away: HOSTILE.into(), quiet: false }
}

fn entry(seq: u64, conv: &str, from: &str, text: &str) -> ServerMessage {
    let (conv, from, text) = (conv.to_owned(), from.to_owned(), text.to_owned());
    ServerMessage::Message(Entry { conv, seq: Seq(seq), at: UnixMs(1), from, text, kind: Kind::TEXT, stored: false })
}

fn refusal(re: Option<RequestId>) -> ServerMessage {
    ServerMessage::Error(Refusal {
        re,
        code: word(),
        text: HOSTILE.into(),
        left: None,
        wait_ms: None,
        at: None,
        from: Some(HOSTILE.into()),
        what: Some(HOSTILE.into()),
    })
}

/// A server that lets hans in and then says everything that it may say to somebody who has asked for nothing.
fn greet(client: &mut RawHost) {
    let Some(ClientMessage::Hello { .. }) = client.hear() else { panic!("no hello") };
    client.say(&ServerMessage::Welcome(Welcome {
        proto: PROTO_MAX,
        server: HOSTILE.into(),
        caps: HOSTILE.into(),
        time: UnixMs(1),
        frame_max: 64 * 1024,
        text_max: 8 * 1024,
        lines_max: 100,
        register: false,
    }));
    let Some(ClientMessage::Login { id, .. }) = client.hear() else { panic!("no login") };
    client.say(&ServerMessage::LoggedIn {
        re: id,
        name: "hans".into(),
        timeout_ms: 0,
        notice: HOSTILE.into(),
        ticket: None,
        device: None,
        lobby: None,
    });
    client.say(&ServerMessage::Roster { users: vec![user()] });
    client.say(&ServerMessage::Ready { stored: 0 });
    client.say(&entry(1, "#lobby", HOSTILE, HOSTILE));
    client.say(&entry(1, &format!("@{HOSTILE}"), HOSTILE, HOSTILE));
    client.say(&ServerMessage::Presence { here: vec![user()], gone: Vec::new() });
    client.say(&ServerMessage::Typing { conv: "#lobby".into(), from: HOSTILE.into() });
    let gone = Absence { name: HOSTILE.into(), reason: word(), quiet: false };
    client.say(&ServerMessage::Presence { here: Vec::new(), gone: vec![gone] });
    client.say(&ServerMessage::Notice { text: HOSTILE.into() });
    client.say(&refusal(None));
    let (offer, key) = (OfferId([7; 16]), shared::id::DeviceKey([7; 32]));
    client.say(&ServerMessage::PrivateRequest { offer, from: HOSTILE.into(), key, wait_ms: 60_000 });
    client.say(&ServerMessage::PrivateEnd { offer, name: HOSTILE.into(), reason: word() });
    client.say(&entry(2, "#lobby", "yoda", "the end of it"));
}

/// Checks what has reached a terminal.
#[track_caller]
fn assert_harmless(client: &PtyClient) {
    let bytes = String::from_utf8_lossy(&client.bytes()).into_owned();
    for sequence in SEQUENCES {
        assert!(!bytes.contains(sequence), "{sequence:?} reached the terminal\n{}", client.report());
    }
}

#[test]
fn a_hostile_server_is_shown_harmlessly_in_lines() {
    let (listener, port) = listen();
    let client = PlainBuilder::new("127.0.0.1", port).sample("hans").arg("--presence").arg("--retry").arg("1");
    let mut hans = client.start();
    let mut server = first_connection(listener, OwnKey::make(ALPN));
    greet(&mut server);
    hans.expect("broadcast from yoda: the end of it");
    hans.send("whois yoda");
    let asked = std::iter::from_fn(|| server.hear()).find_map(|message| match message {
        ClientMessage::Whois { id, .. } => Some(id),
        _ => None,
    });
    server.say(&refusal(asked));
    hans.expect_prefix("error ");
    server.say(&ServerMessage::Bye { reason: word(), retry_ms: None });
    drop(server);
    hans.exit();
    hans.stdout_to_end();
    hans.assert_output_harmless();
    let stderr = hans.stderr_to_end();
    let bad = stderr.chars().find(|&c| c.is_control() && c != '\n' || c == '\u{202e}');
    assert_eq!(bad, None, "{}", hans.report());
    assert!(!hans.transcript().iter().any(|line| line.starts_with("ok forged")), "{}", hans.report());
    // It is there, in its visible form.
    let shown = hans.transcript().iter().filter(|line| line.contains("PWNED")).count();
    assert!(shown >= 6, "little of it was shown\n{}", hans.report());
}

#[test]
fn a_hostile_server_is_shown_harmlessly_on_the_screen() {
    let (listener, port) = listen();
    let port = port.to_string();
    let client = PtyBuilder::new("xterm-256color", &["127.0.0.1", &port, "--user", "hans"]);
    let hans = client.env("TERN_PASSWORD", "falcon").size(34, 120).start();
    let mut server = first_connection(listener, OwnKey::make(ALPN));
    greet(&mut server);
    hans.expect_screen("the last line, in a frame as always", |screen| {
        screen.contains("the end of it") && screen.contains("1 lobby") && screen.contains("PWNED")
    });
    assert_harmless(&hans);
}

/// vader, whom hans has asked for a private session, says all that one may say there.
fn talk(vader: &mut RawClient) -> RawHost {
    let request = vader.expect("a request", |message| matches!(message, ServerMessage::PrivateRequest { .. }));
    let ServerMessage::PrivateRequest { offer, .. } = request else { unreachable!("it was looked at") };
    let (key, (listener, port)) = (OwnKey::make(PEER_ALPN), listen());
    let id = vader.request();
    let addresses = vec![format!("127.0.0.1:{port}")];
    vader.say(&ClientMessage::PrivateAccept { id, offer, key: key.key, addresses });
    let meet = vader.expect("a meeting", |message| matches!(message, ServerMessage::PrivateMeet(_)));
    let ServerMessage::PrivateMeet(Meeting { offer, .. }) = meet else { unreachable!("it was looked at") };
    let mut hans = first_connection(listener, key);
    let Some(PeerMessage::Hello { .. }) = hans.hear() else { panic!("no hello") };
    hans.say(&PeerMessage::Hello {
        proto_min: PROTO_MIN,
        proto_max: PROTO_MAX,
        offer,
        name: "vader".into(),
        client: HOSTILE.into(),
        caps: HOSTILE.into(),
    });
    hans.say(&PeerMessage::Text { n: 1, text: HOSTILE.into(), kind: Kind::TEXT });
    // The side that was asked has the even numbers.
    for file in [2, 4] {
        hans.say(&PeerMessage::FileOffer { file: FileId(file), name: HOSTILE.into(), size: 3 });
    }
    hans.say(&PeerMessage::FileCancel { file: FileId(2), why: HOSTILE.into() });
    hans.say(&PeerMessage::Text { n: 2, text: "the end of it".into(), kind: Kind::TEXT });
    hans
}

#[test]
fn a_hostile_user_in_a_private_session_is_shown_harmlessly_in_lines() {
    let server = TestServer::start();
    let mut vader = server.raw_login("vader");
    let mut hans = server.login("hans");
    hans.ok("startprivate vader");
    let mut link = talk(&mut vader);
    hans.expect_prefix("private open vader ");
    // Texts overtake what is about files.
    let mut awaited = 2;
    let lines = hans.until("the last text and the last of the files", |line| {
        awaited -= i32::from(line.ends_with("the end of it") || line.starts_with("file failed 1 "));
        awaited == 0
    });
    for start in ["private from vader: ", "file offer 1 from vader size 3: ", "file failed 1 vader: "] {
        let shown = lines.iter().any(|line| line.starts_with(start) && line.contains("PWNED"));
        assert!(shown, "nothing begins with {start:?}\n{}", hans.report());
    }
    link.say(&PeerMessage::Bye { reason: word() });
    hans.expect_prefix("private closed vader by peer");
    hans.assert_output_harmless();
}

#[test]
fn a_hostile_user_in_a_private_session_is_shown_harmlessly_on_the_screen() {
    let server = TestServer::start();
    let mut vader = server.raw_login("vader");
    let mut hans = PtyBuilder::user(&server, "hans").size(34, 120).start_in_lobby();
    // Who is there is shown before anything can be asked for; a line that was sent comes after that.
    hans.keys("ready\r");
    hans.expect_screen("the line, sent", |screen| screen.contains("ready ✓"));
    hans.keys("/startprivate vader\r");
    hans.expect_screen("that vader is asked", |screen| screen.contains("vader is asked"));
    let mut link = talk(&mut vader);
    hans.expect_screen("the offer of a file and the last text", |screen| {
        screen.contains("vader offers") && screen.contains("PWNED") && screen.contains("the end of it")
    });
    link.say(&PeerMessage::Bye { reason: word() });
    hans.expect_screen("the end", |screen| screen.contains("closed: "));
    assert_harmless(&hans);
}
