//! The real client on a real pseudo-terminal: keys in, bytes and a screen out.

use std::cell::RefCell;
use std::io::Write;
use std::num::NonZeroU16;
use std::rc::Rc;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Pid;

use crate::{Capture, DEADLINE, Exit, Home, Process, TestServer, binary, password_of};

/// Rows of the terminal: enough that nothing a test looks for scrolls away.
const ROWS: u16 = 50;

/// Columns of the terminal.
const COLUMNS: u16 = 100;

/// How a client is started on a terminal.
pub struct PtyBuilder {
    size: (u16, u16),
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    script: Option<String>,
    home: Rc<Home>,
}

impl PtyBuilder {
    /// A client with these arguments, on a terminal that says it is `term`.
    pub fn new(term: &str, arguments: &[&str]) -> Self {
        Self {
            size: (ROWS, COLUMNS),
            environment: vec![("TERM".to_owned(), term.to_owned())],
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            script: None,
            home: Rc::new(Home::new()),
        }
    }

    /// A client that logs in at this server as a user of the sample, by itself, on a terminal that can do everything.
    pub fn user(server: &TestServer, user: &str) -> Self {
        let port = server.port().to_string();
        Self::new("xterm-256color", &["127.0.0.1", &port, "--user", user]).env("TERN_PASSWORD", password_of(user))
    }

    /// More arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// The terminal's size.
    #[must_use]
    pub fn size(mut self, rows: u16, columns: u16) -> Self {
        self.size = (rows, columns);
        self
    }

    /// One more variable of the environment, which holds nothing else but the home and `TERM`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it inside a shell, whose script starts the client with `"$@"`. A terminal's first program has nobody to go
    /// back to, so only under a shell does Ctrl-Z stop anything.
    #[must_use]
    pub fn script(mut self, script: &str) -> Self {
        self.script = Some(script.to_owned());
        self
    }

    /// The same home as another client's.
    #[must_use]
    pub fn home(mut self, home: &Rc<Home>) -> Self {
        self.home = Rc::clone(home);
        self
    }

    /// Starts it, and waits until what is typed goes to the lobby.
    pub fn start_in_lobby(self) -> PtyClient {
        let client = self.start();
        client.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
        client
    }

    /// Starts it.
    pub fn start(self) -> PtyClient {
        let (rows, cols) = self.size;
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("the system has pseudo-terminals");
        let program = binary("tui-client");
        let mut command = match &self.script {
            Some(script) => {
                let mut shell = CommandBuilder::new("/bin/sh");
                shell.args(["-c", script, "sh"]);
                shell.arg(program);
                shell
            }
            None => CommandBuilder::new(program),
        };
        command.env_clear();
        for (name, value) in self.home.environment() {
            command.env(name, value);
        }
        for (name, value) in self.environment {
            command.env(name, value);
        }
        command.args(self.arguments);
        command.cwd(self.home.path());
        let mut child = pair.slave.spawn_command(command).expect("the client can be started");
        let pid = child.process_id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let process = Process::watch("tui-client", pid.expect("a child has a process id"), move || {
            child.wait().expect("an ended child of ours can be collected");
        });
        // Ours must be gone, or the terminal never ends.
        drop(pair.slave);
        let output = Capture::of(pair.master.try_clone_reader().expect("the terminal can be read"));
        let keys = pair.master.take_writer().expect("the terminal can be written");
        let terminal = RefCell::new(Terminal { parser: vt100::Parser::new(side(rows), side(cols), 0), fed: 0 });
        PtyClient { process, master: pair.master, keys, output, home: self.home, seen: 0, terminal }
    }
}

/// What a terminal makes of the bytes.
struct Terminal {
    parser: vt100::Parser,
    fed: usize,
}

impl Terminal {
    fn feed(&mut self, bytes: &[u8]) {
        self.parser.process(&bytes[self.fed..]);
        self.fed = bytes.len();
    }
}

/// A running client on a terminal of its own.
pub struct PtyClient {
    process: Process,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Capture,
    home: Rc<Home>,
    seen: usize,
    terminal: RefCell<Terminal>,
}

impl PtyClient {
    /// Starts `tui-client` with these arguments and this `TERM`. `password` goes into the environment.
    pub fn start(term: &str, arguments: &[&str], password: Option<&str>) -> Self {
        let builder = PtyBuilder::new(term, arguments);
        match password {
            Some(password) => builder.env("TERN_PASSWORD", password).start(),
            None => builder.start(),
        }
    }

    /// Presses keys.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the terminal takes keys");
    }

    /// Types a line and presses Enter.
    pub fn line(&mut self, text: &str) {
        self.keys(&format!("{text}\r"));
    }

    /// Types a text into the input, and waits until the screen shows it.
    pub fn types(&mut self, text: &str) {
        self.keys(text);
        self.expect_screen("what was typed", |screen| screen.contains(text.trim()));
    }

    /// Answers the two questions for a new password.
    pub fn register(&mut self, password: &str, repeated: &str) {
        for answer in [password, repeated] {
            self.expect("assword");
            self.line(answer);
        }
    }

    /// Waits until `text` comes out, after the place where the last wait stopped.
    pub fn expect(&mut self, text: &str) {
        let from = self.seen;
        let found = self.output.wait_for(|bytes, _| find(&bytes[from..], text.as_bytes()));
        match found {
            Some(at) => self.seen = from + at + text.len(),
            None => panic!("the terminal never got {text:?}\n{}", self.report()),
        }
    }

    /// Waits until the screen fits.
    pub fn expect_screen(&self, what: &str, mut fits: impl FnMut(&str) -> bool) {
        self.expect_view(what, |screen| fits(&screen.contents()));
    }

    /// Waits until the screen, with its colours, cursor and modes, fits.
    pub fn expect_view(&self, what: &str, mut fits: impl FnMut(&vt100::Screen) -> bool) {
        let found = self.output.wait_within(DEADLINE, |bytes, _| {
            if is_in_a_frame(bytes) {
                return None;
            }
            let mut terminal = self.terminal.borrow_mut();
            terminal.feed(bytes);
            fits(terminal.parser.screen()).then_some(())
        });
        assert!(found.is_some(), "the screen never showed {what}\n{}", self.report());
    }

    /// What the terminal shows now, as text.
    pub fn screen(&self) -> String {
        self.view().contents()
    }

    /// What the terminal shows now.
    pub fn view(&self) -> vt100::Screen {
        let mut terminal = self.terminal.borrow_mut();
        terminal.feed(&self.output.bytes());
        terminal.parser.screen().clone()
    }

    /// Everything that was written to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        self.output.bytes()
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let mut terminal = self.terminal.borrow_mut();
        terminal.feed(&self.output.bytes());
        terminal.parser.screen_mut().set_size(side(rows.max(1)), side(columns.max(1)));
        self.master.resize(size).expect("the terminal can be resized");
    }

    /// Waits for the client's end.
    pub fn exit(&self) -> Exit {
        self.process.wait_within(DEADLINE).unwrap_or_else(|| panic!("the client does not end\n{}", self.report()))
    }

    /// Sends the client a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        self.process.signal(signal);
    }

    /// Its home.
    pub fn home(&self) -> &Rc<Home> {
        &self.home
    }

    /// Everything seen, for the message of a failed test.
    pub fn report(&self) -> String {
        format!("--- screen\n{}\n--- bytes\n{}\n---", self.screen(), self.output.text().escape_debug())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Whether a frame has begun and not ended (synchronised output, private mode 2026): what is shown is half of two.
fn is_in_a_frame(bytes: &[u8]) -> bool {
    let last = |wanted: &[u8]| bytes.windows(wanted.len()).rposition(|window| window == wanted);
    last(b"\x1b[?2026h") > last(b"\x1b[?2026l")
}

fn side(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).expect("the terminal is not empty")
}
