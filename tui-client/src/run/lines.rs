//! The line faces at work: standard input, standard output, and a terminal where there is one.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep_until};

use super::face::{Did, Face, Shown};
use super::signals::stop_here;
use super::stdin::Stdin;
use super::stdout::Stdout;
use super::zone::local_zone;
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::report::Report;
use crate::plain::editor::{Editor, Typed};
use crate::plain::pipe::{Cut, Pipe};
use crate::plain::terminal::{KeyByKey, columns};
use crate::plain::{Clock, Line, Reading, Voice, prompt};

/// How long an event waits while a line is being typed.
const HOLD: Duration = Duration::from_secs(10);

/// The most lines that wait while a line is being typed; then they are shown all the same.
const HELD_MOST: usize = 1000;

/// How lines are shown and where commands come from.
#[derive(Debug)]
pub struct LineOptions {
    /// Text or JSON.
    pub voice: Voice,
    /// Commands to run instead of reading them from standard input.
    pub commands: Option<Vec<String>>,
    /// Whether events wait for Enter, however long it takes.
    pub hold: bool,
}

/// Lines in, lines out.
#[derive(Debug)]
pub struct LineFace {
    voice: Voice,
    zone: TimeZone,
    /// Said, and not shown yet.
    lines: VecDeque<Line>,
    stdout: Stdout,
    abandoned: bool,
    hold: bool,
    input: Input,
    terminal: Option<Terminal>,
}

/// Where lines come from.
#[derive(Debug)]
struct Input {
    /// Commands of the command line; they take the place of those from standard input.
    script: Option<VecDeque<String>>,
    stdin: Option<Stdin>,
    /// Bytes that have come and are not looked at yet.
    bytes: VecDeque<u8>,
    pipe: Pipe,
    /// Lines that wait until they can be taken.
    lines: VecDeque<Cut>,
    ended: bool,
    told: bool,
}

/// A terminal on which somebody types.
#[derive(Debug)]
struct Terminal {
    modes: KeyByKey,
    editor: Editor,
    echo: Echo,
    /// Whether events come out where the typing is.
    shares_screen: bool,
    hold: bool,
    /// When the first of the waiting lines is shown, whatever is being typed.
    release: Option<Instant>,
}

/// Where typing is echoed: standard error, as prompts are, or standard output when the other one leads elsewhere.
#[derive(Clone, Copy, Debug)]
enum Echo {
    Stderr,
    Stdout,
}

impl LineFace {
    /// Takes over standard input and output.
    pub fn new(options: LineOptions) -> Self {
        let typed = options.commands.is_none() || io::stdin().is_terminal();
        Self {
            voice: options.voice,
            zone: local_zone(),
            lines: VecDeque::new(),
            stdout: Stdout::begin(),
            abandoned: false,
            hold: options.hold,
            terminal: if typed { Terminal::begin(options.hold) } else { None },
            input: Input {
                script: options.commands.map(VecDeque::from),
                stdin: Some(Stdin::begin()),
                bytes: VecDeque::new(),
                pipe: Pipe::default(),
                lines: VecDeque::new(),
                ended: false,
                told: false,
            },
        }
    }

    /// Writes what there is and lets go of the terminal. Answers what was typed ahead.
    pub async fn rest(&mut self) -> io::Result<Vec<u8>> {
        if let Some(terminal) = &mut self.terminal {
            terminal.lift();
        }
        self.write_lines().await?;
        if let Some(stdin) = &mut self.input.stdin {
            self.input.bytes.extend(stdin.end().await);
        }
        self.input.stdin = None;
        let mut typed = Vec::new();
        for line in self.input.lines.drain(..).flatten() {
            typed.extend(line.into_bytes());
            typed.push(b'\r');
        }
        if let Some(terminal) = self.terminal.take() {
            typed.extend(terminal.editor.typed().bytes());
        }
        typed.extend(self.input.bytes.drain(..));
        Ok(typed)
    }

    /// Takes the terminal again; `typed` was typed ahead.
    pub fn wake(&mut self, typed: &[u8]) {
        self.terminal = Terminal::begin(self.hold);
        self.input.stdin = Some(Stdin::begin());
        self.type_ahead(typed);
    }

    /// What was typed before lines were read.
    pub fn type_ahead(&mut self, typed: &[u8]) {
        self.input.bytes.extend(typed);
    }

    async fn write_lines(&mut self) -> io::Result<()> {
        let mut events = Vec::new();
        for line in self.lines.drain(..) {
            match line {
                Line::Event(line) => {
                    events.extend_from_slice(line.as_bytes());
                    events.push(b'\n');
                }
                Line::Aside(sentence) => {
                    // Nobody at standard error is no reason to end.
                    let _ = writeln!(io::stderr(), "{sentence}");
                }
            }
        }
        if !events.is_empty() && !self.abandoned {
            self.stdout.write(events).await?;
        }
        Ok(())
    }

    /// What can be handed over without waiting.
    fn at_hand(&mut self, model: &Model) -> Option<Did> {
        let question = model.question();
        if question.is_none()
            && model.takes_a_line()
            && let Some(script) = &mut self.input.script
        {
            return match script.pop_front() {
                Some(line) => Some(self.command(line)),
                None => self.input.end(),
            };
        }
        if (question.is_some() || self.input.script.is_none())
            && model.takes_a_line()
            && let Some(line) = self.input.lines.pop_front()
        {
            return Some(match (line, question) {
                (Ok(line), Some(_)) => Did::Answered(self.voice.read_answer(line).into()),
                (Ok(line), None) => self.command(line),
                (Err(why), _) => Did::Unreadable(why),
            });
        }
        let is_over = self.input.ended && self.input.lines.is_empty();
        // A script goes on without standard input, unless something is asked.
        (is_over && (self.input.script.is_none() || question.is_some())).then(|| self.input.end()).flatten()
    }

    fn command(&self, line: String) -> Did {
        match self.voice.read(line) {
            Reading::Text(line) => Did::Line(line),
            Reading::Command(command) => Did::Command(command),
            Reading::Unreadable(why) => Did::Unreadable(why),
        }
    }

    /// Looks at bytes that have come, up to the end of a line. Answers whether somebody typed.
    fn look_at_bytes(&mut self, model: &Model) -> bool {
        let bytes = self.input.bytes.make_contiguous();
        let taken = if let Some(terminal) = &mut self.terminal {
            terminal.take(bytes, model, &mut self.input.lines, &mut self.input.ended)
        } else {
            let (line, taken) = self.input.pipe.take(bytes);
            self.input.lines.extend(line);
            taken
        };
        self.input.bytes.drain(..taken);
        taken > 0 && self.terminal.is_some()
    }

    /// Whether bytes may be looked at now. Behind a pipe one line at a time is cut, so that a long input waits in the
    /// pipe. At a terminal everything is echoed at once, except before the login is done: what is typed ahead there may
    /// be a password, and is looked at when it is known what it answers.
    fn may_look(&self, model: &Model) -> bool {
        match &self.terminal {
            None => self.input.lines.is_empty(),
            Some(_) => model.question().is_some() || (model.me.is_some() && self.input.lines.len() < TYPED_AHEAD),
        }
    }

    /// Whether a line is being typed that must not be split now.
    fn holds_back(&mut self) -> bool {
        let waiting = self.lines.len();
        self.terminal.as_mut().is_some_and(|terminal| terminal.holds_back(waiting))
    }
}

/// Lines that may be typed ahead of their turn at a terminal.
const TYPED_AHEAD: usize = 64;

impl Input {
    /// Says once that no more lines come.
    fn end(&mut self) -> Option<Did> {
        (!std::mem::replace(&mut self.told, true)).then_some(Did::Ended)
    }

    async fn fill(&mut self) {
        let Some(stdin) = &mut self.stdin else { return std::future::pending().await };
        if let Some(bytes) = stdin.next().await {
            self.bytes.extend(bytes);
        } else {
            self.stdin = None;
            self.ended = true;
            self.lines.extend(self.pipe.end());
        }
    }
}

impl Terminal {
    /// `None` where standard input is no terminal, or where what is typed could not be seen.
    fn begin(hold: bool) -> Option<Self> {
        let shares_screen = io::stdout().is_terminal();
        let echo = match (io::stderr().is_terminal(), shares_screen) {
            (true, _) => Echo::Stderr,
            (false, true) => Echo::Stdout,
            (false, false) => return None,
        };
        let modes = KeyByKey::begin()?;
        Some(Self { modes, editor: Editor::default(), echo, shares_screen, hold, release: None })
    }

    fn take(&mut self, bytes: &[u8], model: &Model, lines: &mut VecDeque<Cut>, ended: &mut bool) -> usize {
        self.editor.ask(model.question().map(|question| (prompt(question), question.is_secret())));
        let mut out = String::new();
        let (typed, taken) = self.editor.take(bytes, columns(), &mut out);
        self.echo.write(&out);
        match typed {
            Some(Typed::Line(line)) => lines.push_back(Ok(line)),
            Some(Typed::End) => *ended = true,
            None => {}
        }
        taken
    }

    fn holds_back(&mut self, waiting: usize) -> bool {
        if !self.shares_screen || !self.editor.is_begun() || waiting == 0 {
            self.release = None;
            return false;
        }
        let release = *self.release.get_or_insert_with(|| Instant::now() + HOLD);
        let is_time = waiting > HELD_MOST || (!self.hold && Instant::now() >= release);
        if is_time {
            self.release = None;
        }
        !is_time
    }

    fn lift(&mut self) {
        let mut out = String::new();
        self.editor.lift(&mut out);
        self.echo.write(&out);
    }

    fn lower(&mut self) {
        let mut out = String::new();
        self.editor.lower(columns(), &mut out);
        self.echo.write(&out);
    }
}

impl Echo {
    /// What cannot be echoed is typed blind; that is no reason to end.
    fn write(self, text: &str) {
        let _ = match self {
            Self::Stderr => io::stderr().write_all(text.as_bytes()),
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
            }
        };
    }
}

impl Face for LineFace {
    fn report(&mut self, report: &Report, _: &Model, now: Moment) {
        let clock = Clock { zone: self.zone.clone(), now: now.wall };
        self.lines.push_back(self.voice.say(report, &clock));
    }

    async fn show(&mut self, model: &Model) -> io::Result<Shown> {
        if let Some(terminal) = &mut self.terminal {
            terminal.editor.ask(model.question().map(|question| (prompt(question), question.is_secret())));
        }
        if self.holds_back() {
            return Ok(Shown::NotYet);
        }
        let has_lines = !self.lines.is_empty();
        let wants_row = has_lines || self.terminal.as_ref().is_some_and(|terminal| terminal.editor.wants_prompt());
        if wants_row && let Some(terminal) = &mut self.terminal {
            terminal.lift();
        }
        self.write_lines().await?;
        if wants_row && let Some(terminal) = &mut self.terminal {
            terminal.lower();
        }
        Ok(Shown::All)
    }

    async fn next(&mut self, model: &Model) -> Did {
        loop {
            if let Some(did) = self.at_hand(model) {
                return did;
            }
            if !self.input.bytes.is_empty() && self.may_look(model) {
                let was_begun = self.terminal.as_ref().is_some_and(|terminal| terminal.editor.is_begun());
                let typed = self.look_at_bytes(model);
                // What waited for the line comes before the line is acted on.
                let is_begun = self.terminal.as_ref().is_some_and(|terminal| terminal.editor.is_begun());
                if was_begun && !is_begun && !self.lines.is_empty() {
                    return Did::Waited;
                }
                if typed && self.input.lines.is_empty() && model.me.is_some() {
                    return Did::Typed;
                }
                continue;
            }
            let release = self.terminal.as_ref().and_then(|terminal| terminal.release.filter(|_| !terminal.hold));
            tokio::select! {
                () = self.input.fill(), if self.input.bytes.is_empty() => {}
                () = sleep_until(release.unwrap_or_else(Instant::now)), if release.is_some() => return Did::Waited,
                else => std::future::pending().await,
            }
        }
    }

    fn interrupt(&mut self) -> bool {
        let Some(terminal) = &mut self.terminal else { return false };
        let mut out = String::new();
        let was_begun = terminal.editor.clear(&mut out);
        terminal.echo.write(&out);
        was_begun
    }

    async fn stop(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.lift();
            terminal.modes.suspend();
        }
        stop_here();
        if let Some(terminal) = &mut self.terminal {
            terminal.modes.resume();
            terminal.lower();
        }
    }

    fn abandon_output(&mut self) {
        self.abandoned = true;
        self.lines.clear();
    }
}
