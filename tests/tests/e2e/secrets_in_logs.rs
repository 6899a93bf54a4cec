//! No password, ticket or text is in the server's log or on a client's stderr, however much is logged, and nothing in
//! the log is a control character but the end of a line.

use e2e::{PlainClient, RawClient, TestServer};
use shared::id::{DeviceTicket, RequestId, ResumeTicket};
use shared::message::{ClientMessage, ServerMessage};

use crate::private_sessions::open;

const HANS: &str = "pw-hans-Kq81vX";
const YODA: &str = "pw-yoda-Zt52mB";
const LANDO: &str = "pw-lando-Ru37cD";
const LEIA: &str = "pw-leia-Jw66nE";

/// Passwords that are wrong, too short, or new.
const WRONG: &str = "pw-wrong-Hy94pF";
const SHORT: &str = "pw-Gs2";
const NEWER: &str = "pw-newer-Xb15kG";

/// What is said, one each way that there is to say something.
const DIRECT: &str = "text-direct-Lm73qH";
const WAITING: &str = "text-waiting-Nf28rJ";
const LOBBY: &str = "text-lobby-Pd49sK";
const AWAY: &str = "text-away-Qc86tL";
const PENDING: &str = "text-pending-Ra11uM";
const PRIVATE: &str = "text-private-Sv60wN";
const HOSTILE: &str = "text-hostile-Tx35yP";
const REFUSED: &str = "text-refused-Ue97zQ";

const SECRETS: [&str; 15] =
    [HANS, YODA, LANDO, LEIA, WRONG, SHORT, NEWER, DIRECT, WAITING, LOBBY, AWAY, PENDING, PRIVATE, HOSTILE, REFUSED];

/// Everything that was logged, and what must not be in it.
struct Evidence {
    server: TestServer,
    log: String,
    stderr: String,
    secrets: Vec<String>,
}

impl Evidence {
    fn new() -> Self {
        let accounts = format!("hans {HANS}\nyoda {YODA}\nleia {LEIA}\n");
        let server = TestServer::with().credentials(&accounts).arg("--log-level").arg("trace").start();
        let secrets = SECRETS.map(str::to_owned).to_vec();
        Self { server, log: String::new(), stderr: String::new(), secrets }
    }

    fn login(&self, user: &str, password: &str) -> PlainClient {
        self.server.client().user(user).password(password).start_logged_in()
    }

    /// A ticket, in the ways in which bytes come to be printed.
    fn keep_secret(&mut self, ticket: &[u8]) {
        let beginning = &ticket[..8];
        let hex = beginning.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<String>>().concat();
        self.secrets.push(hex.to_uppercase());
        self.secrets.push(hex);
        self.secrets.push(format!("{beginning:?}").trim_matches(['[', ']']).to_owned());
    }

    /// The device tickets that a client has on its disk, one at the end of a line.
    fn keep_tickets_secret(&mut self, client: &PlainClient) {
        let files = client.home().files();
        let file = files.iter().find(|path| path.ends_with("device_tickets")).expect("the client keeps its ticket");
        let text = std::fs::read_to_string(file).expect("a file of ours is readable");
        self.secrets.extend(text.lines().filter_map(|line| line.rsplit_once(' ')).map(|(_, ticket)| ticket.to_owned()));
    }

    fn crash(&mut self) {
        self.server.kill();
        self.log.push_str(&self.server.log_to_end());
        self.server.launch();
    }

    /// Lets a client end by itself, or with a `logout`, and keeps what it said on stderr.
    fn end(&mut self, mut client: PlainClient) {
        if client.is_running() {
            client.send("logout");
        }
        client.exit();
        client.stdout_to_end();
        self.stderr.push_str(&client.stderr_to_end());
    }

    #[track_caller]
    fn judge(mut self) {
        self.server.stop();
        self.log.push_str(&self.server.log_to_end());
        assert!(self.log.lines().any(|line| line.contains(" debug ")), "little was logged:\n{}", self.log);
        assert!(self.log.contains("]0;title"), "nothing hostile was logged:\n{}", self.log);
        for (place, said) in [("the log", &self.log), ("a client's stderr", &self.stderr)] {
            for secret in &self.secrets {
                let line = said.lines().find(|line| line.contains(secret.as_str()));
                assert_eq!(line, None, "{secret} is in {place}");
            }
            let line = said.split('\n').find(|line| line.chars().any(char::is_control));
            assert_eq!(line, None, "a control character is in {place}");
        }
    }
}

#[test]
fn passwords_right_wrong_and_new() {
    let mut evidence = Evidence::new();
    for user in ["hans", "nobody"] {
        let client = evidence.server.client().user(user).password(WRONG).run();
        evidence.end(client);
    }
    let hans = evidence.login("hans", HANS);
    evidence.end(hans);
    let client = evidence.server.client().user("lando").password(SHORT).arg("--register").run();
    evidence.end(client);
    let mut lando = evidence.server.client().user("lando").password(LANDO).arg("--register").start_logged_in();
    for (old, expected) in [(WRONG, "error bad-password"), (LANDO, "ok passwd")] {
        for line in ["passwd", old, NEWER, NEWER] {
            lando.send(line);
        }
        lando.expect_prefix(expected);
    }
    evidence.keep_tickets_secret(&lando);
    evidence.end(lando);
    let lando = evidence.login("lando", NEWER);
    evidence.end(lando);
    // Three in a row, with a lock at the end.
    for _ in 0..3 {
        let client = evidence.server.client().user("yoda").password(WRONG).run();
        evidence.end(client);
    }
    greet_rudely(&evidence.server);
    evidence.judge();
}

#[test]
fn texts_delivered_stored_refused_and_sent_again() {
    let mut evidence = Evidence::new();
    let (mut hans, mut yoda) = (evidence.login("hans", HANS), evidence.login("yoda", YODA));
    hans.ok(&format!("message yoda {DIRECT}"));
    hans.ok(&format!("message leia {WAITING}"));
    hans.ok(&format!("broadcast {LOBBY}"));
    hans.ok(&format!("away {AWAY}"));
    yoda.ok(&format!("broadcast {HOSTILE} \u{1b}]0;title\u{7} \u{202e}"));
    hans.expect_prefix("broadcast from yoda: ");
    yoda.ok("block hans");
    hans.refused(&format!("message yoda {REFUSED}"), "blocked");
    hans.refused(&format!("message nobody {REFUSED}"), "no-such-user");
    evidence.server.kill();
    hans.expect_prefix("state reconnecting");
    hans.send(&format!("message leia {PENDING}"));
    evidence.log.push_str(&evidence.server.log_to_end());
    evidence.server.launch();
    hans.expect_prefix("ok message leia ");
    let mut leia = evidence.login("leia", LEIA);
    leia.expect_line("what was said meanwhile", |line| line.ends_with(PENDING));
    leia.ok("history");
    for client in [hans, yoda, leia] {
        evidence.keep_tickets_secret(&client);
        evidence.end(client);
    }
    greet_rudely(&evidence.server);
    evidence.judge();
}

#[test]
fn tickets_of_clients_that_come_back() {
    let mut evidence = Evidence::new();
    let mut first = evidence.server.raw();
    let id = first.request();
    let (name, password) = ("hans".to_owned(), HANS.to_owned());
    first.say(&ClientMessage::Login { id, name, password, device: None, remember: true });
    let (ticket, device) = tickets(&mut first);
    evidence.keep_secret(&ticket.0);
    evidence.keep_secret(&device.0);
    // What was acknowledged after a login is on the disk after it.
    first.text("#lobby", LOBBY);
    first.expect("the acknowledgement", |message| matches!(message, ServerMessage::Sent { .. }));
    drop(first);
    evidence.crash();
    let mut again = evidence.server.raw();
    let id = again.request();
    again.say(&ClientMessage::Resume { id, ticket: ticket.clone(), lobby: None });
    again.expect("the session", |message| matches!(message, ServerMessage::LoggedIn { .. }));
    again.logout();
    // The session is over, and its ticket with it.
    let mut late = evidence.server.raw();
    let id = late.request();
    late.say(&ClientMessage::Resume { id, ticket, lobby: None });
    late.expect("the refusal", |message| matches!(message, ServerMessage::Error(_)));
    for password in [WRONG, HANS] {
        let (id, name, password) = (late.request(), "hans".to_owned(), password.to_owned());
        late.say(&ClientMessage::Login { id, name, password, device: Some(device.clone()), remember: true });
        let is_answer = |said: &_| matches!(said, ServerMessage::LoggedIn { .. } | ServerMessage::Error(_));
        let answer = late.expect("the answer", is_answer);
        let is_welcome = matches!(answer, ServerMessage::LoggedIn { .. });
        assert_eq!(is_welcome, id == RequestId(3), "{answer:?}");
    }
    late.logout();
    greet_rudely(&evidence.server);
    evidence.judge();
}

#[test]
fn private_sessions() {
    let mut evidence = Evidence::new();
    let (mut hans, mut yoda) = (evidence.login("hans", HANS), evidence.login("yoda", YODA));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok(&format!("private yoda {PRIVATE}"));
    yoda.expect(&format!("private from hans: {PRIVATE}"));
    evidence.crash();
    hans.expect("state logged-in hans");
    yoda.expect("state logged-in yoda");
    hans.ok("stopprivate yoda");
    for client in [hans, yoda] {
        evidence.keep_tickets_secret(&client);
        evidence.end(client);
    }
    greet_rudely(&evidence.server);
    evidence.judge();
}

fn tickets(client: &mut RawClient) -> (ResumeTicket, DeviceTicket) {
    match client.expect("the login", |message| matches!(message, ServerMessage::LoggedIn { .. })) {
        ServerMessage::LoggedIn { ticket: Some(ticket), device: Some(device), .. } => (ticket, device),
        other => panic!("no tickets in {other:?}"),
    }
}

/// What a stranger names itself is logged: the part of the log that others write.
fn greet_rudely(server: &TestServer) {
    let mut rude = RawClient::connect_silent(server.port());
    let client = "\u{1b}]0;title\u{7}\r\n2026-11-21 00:00:00 info  forged\u{9b}".to_owned();
    rude.say(&ClientMessage::Hello { proto_min: 1, proto_max: 1, client, caps: String::new() });
    let (id, name, password) = (rude.request(), "\u{1b}[2Jx\n".to_owned(), WRONG.to_owned());
    rude.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
    rude.expect("the refusal", |message| matches!(message, ServerMessage::Error(_)));
}
