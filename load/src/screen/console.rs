//! A program on a real pseudo-terminal, with no emulator behind it: bytes are looked for in what it writes.
//!
//! A thread reads all the time and notes when each piece came, so that nothing of what is measured waits for the one who
//! measures.

use std::io::{Read as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use e2e::{Home, Process};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal};

/// Rows of the terminal.
pub const ROWS: u16 = 40;

/// Columns of the terminal.
pub const COLUMNS: u16 = 120;

/// The longest that anything is waited for.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Ends every frame of a program that uses synchronised output (private mode 2026).
pub const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Bytes of the output that are kept to look in.
const KEPT: usize = 256 * 1024;

/// A running program.
pub struct Console {
    process: Process,
    /// When it was started.
    pub begun: Instant,
    terminal: Option<Terminal>,
    pieces: Receiver<(Instant, Vec<u8>)>,
    /// What came since the last find.
    unseen: Vec<u8>,
    when: Instant,
    written: u64,
    _home: Home,
}

/// The master's side. Dropping all of it hangs up.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    stop: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

/// What a terminal answers to what it is asked in these bytes: its background (OSC 11) and where its cursor is (DSR 6, of
/// ECMA-48). The samples that are measured with the cursor have two columns here.
fn answer(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut answer = Vec::new();
    if text.contains("\x1b]11;?") {
        answer.extend(b"\x1b]11;rgb:1414/1717/1f1f\x1b\\");
    }
    for (at, _) in text.match_indices("\x1b[6n") {
        let row = text[..at].rfind(";1H").and_then(|end| text[..end].rsplit('[').next()).unwrap_or("1");
        answer.extend(format!("\x1b[{row};3R").into_bytes());
    }
    answer
}

impl Console {
    /// Starts a program in a home of its own.
    pub fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let home = Home::new();
        let pair = native_pty_system().openpty(size(ROWS, COLUMNS))?;
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        home.environment().into_iter().for_each(|(name, value)| command.env(name, value));
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")].iter().chain(environment) {
            command.env(name, value);
        }
        command.args(arguments);
        command.cwd(home.path());
        let (stop, master) = (Arc::new(AtomicBool::new(false)), pair.master);
        let (tx, pieces) = channel();
        let (mut output, is_over) = (master.try_clone_reader()?, Arc::clone(&stop));
        let keys = Arc::new(Mutex::new(master.take_writer()?));
        let answers = Arc::clone(&keys);
        let reader = std::thread::spawn(move || {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let answer = answer(&bytes[..count]);
                if !answer.is_empty() {
                    // A program that is gone needs no answer.
                    let _ = answers.lock().unwrap_or_else(PoisonError::into_inner).write_all(&answer);
                }
                let piece = (Instant::now(), bytes[..count].to_vec());
                if is_over.load(Ordering::Relaxed) || tx.send(piece).is_err() {
                    return;
                }
            }
        });
        let begun = Instant::now();
        let mut child = pair.slave.spawn_command(command).with_context(|| format!("cannot start {program}"))?;
        // Ours must be gone, or the terminal never ends.
        drop(pair.slave);
        let pid = child.process_id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let process = Process::watch(program, pid.context("a child has a process id")?, move || {
            // It has ended, so this cannot wait.
            let _ = child.wait();
        });
        let terminal = Some(Terminal { master, keys, stop, reader });
        Ok(Self { process, begun, terminal, pieces, unseen: Vec::new(), when: begun, written: 0, _home: home })
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        self.process.id()
    }

    /// Bytes that it has written and that were looked at.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        let terminal = self.terminal.as_mut().context("there is no terminal any more")?;
        let mut writer = terminal.keys.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(keys.as_bytes())?;
        Ok(writer.flush()?)
    }

    /// Gives the terminal another size.
    pub fn resize(&self, rows: u16, columns: u16) -> anyhow::Result<()> {
        let terminal = self.terminal.as_ref().context("there is no terminal any more")?;
        terminal.master.resize(size(rows, columns))
    }

    /// Waits until these bytes come out behind the last find, and answers when they came.
    pub fn until(&mut self, wanted: &[u8]) -> anyhow::Result<Instant> {
        let end = Instant::now() + LIMIT;
        let mut from = 0;
        loop {
            if let Some(at) = find(&self.unseen[from..], wanted) {
                self.unseen.drain(..from + at + wanted.len());
                return Ok(self.when);
            }
            from = self.unseen.len().saturating_sub(wanted.len() - 1);
            if from > KEPT {
                self.unseen.drain(..from);
                from = 0;
            }
            if !self.take(end.saturating_duration_since(Instant::now())) {
                let (wanted, tail) = (wanted.escape_ascii(), &self.unseen[self.unseen.len().saturating_sub(2000)..]);
                bail!("the program never wrote {wanted}; the last it wrote: {}", tail.escape_ascii());
            }
        }
    }

    /// Waits until nothing has come for this long, and answers when the last piece came. What came is seen.
    pub fn until_quiet(&mut self, span: Duration) -> Instant {
        while self.take(span) {}
        self.unseen.clear();
        self.when
    }

    /// Lets time pass while whatever comes is counted.
    pub fn pass(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while self.take(end.saturating_duration_since(Instant::now())) {}
        self.unseen.clear();
    }

    /// Takes one piece of output. `false` when none came in time, or the program has closed the terminal.
    fn take(&mut self, limit: Duration) -> bool {
        match self.pieces.recv_timeout(limit) {
            Ok((when, bytes)) => {
                self.when = when;
                self.written += u64::try_from(bytes.len()).unwrap_or_default();
                self.unseen.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                // So that who waits for quiet does not spin.
                std::thread::sleep(limit.min(Duration::from_millis(1)));
                false
            }
        }
    }

    /// Sends SIGHUP, and answers how long the process lived on.
    pub fn hang_up_by_signal(&self) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        self.process.signal(Signal::HUP);
        self.ends(begin)
    }

    /// Closes the terminal, and answers how long the process lived on. `nudge` is a key that makes the program write
    /// something, so that the thread that reads is not in the way.
    pub fn hang_up_by_closing(mut self, nudge: &str) -> anyhow::Result<Duration> {
        if let Some(terminal) = &self.terminal {
            terminal.stop.store(true, Ordering::Relaxed);
        }
        self.press(nudge)?;
        let Some(Terminal { master, keys, reader, .. }) = self.terminal.take() else { bail!("closed already") };
        reader.join().map_err(|_| anyhow::anyhow!("the reader failed"))?;
        drop(keys);
        let begin = Instant::now();
        drop(master);
        self.ends(begin)
    }

    fn ends(&self, begin: Instant) -> anyhow::Result<Duration> {
        self.process.wait_within(LIMIT).context("the program never ends")?;
        Ok(begin.elapsed())
    }
}

fn size(rows: u16, columns: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
