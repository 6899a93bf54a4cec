//! The terminal itself: its modes are entered and, whatever happens, left again; frames go out in one write each.
//!
//! Nobody else writes to standard output while the screen is up. Signals are the run loop's: on SIGTERM and SIGHUP it
//! drops the [`Screen`], which leaves. A write that fails means that the terminal is gone: the loop must end.

use std::io::{self, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use rustix::termios::tcgetwinsize;
use shared::text::{Lines, SafeText};

pub use self::announce::Channel;
pub use self::keys::{Keys, events};
pub use self::modes::Modes;
use self::output::Output;
pub use self::panics::{install_panic_hook, take_task_panics};
pub use self::probe::{Answers, LIMIT, LateAnswer, Questions};

mod announce;
mod keys;
mod modes;
mod output;
mod panics;
mod probe;

/// Whether the modes are in force, so that a panic, a drop and a suspension leave exactly once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The full screen on standard output. Dropping it gives the terminal back.
///
/// There is one at a time. Make it on the main thread, after [`install_panic_hook`] and before the stream of events:
/// what asks the terminal a question must come before that stream too.
pub struct Screen {
    inner: Drawer<Stdout>,
    modes: Modes,
    mouse: bool,
    title: String,
}

impl Screen {
    /// Takes the terminal over. When that fails it is as it was.
    pub fn enter(modes: Modes) -> io::Result<Self> {
        enter(modes)?;
        match Drawer::new(io::stdout(), Viewport::Fullscreen) {
            Ok(inner) => Ok(Self { inner, modes, mouse: false, title: String::new() }),
            Err(error) => {
                leave(modes);
                Err(error)
            }
        }
    }

    /// Its size in cells; 0 where the terminal does not say.
    pub fn size(&self) -> io::Result<Size> {
        // The backend would open the terminal anew to ask it.
        let size = tcgetwinsize(io::stdout())?;
        Ok(Size::new(size.ws_col, size.ws_row))
    }

    /// Draws a frame and writes what has changed, in one piece. `render` answers where the cursor stands.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>) -> Option<Position>) -> io::Result<()> {
        self.inner.draw(render)
    }

    /// Writes a letter of one column where the cursor stands, in the style of the cell before it, and moves the cursor
    /// behind it: what the next frame will show there, sooner. Where something stands already nothing is written. Answers
    /// whether it was.
    pub fn echo(&mut self, letter: char) -> io::Result<bool> {
        self.inner.echo(letter)
    }

    /// Forgets what is on the screen, so that the next frame is written whole: after another program wrote on it.
    pub fn repaint(&mut self) -> io::Result<()> {
        self.inner.forget()
    }

    /// Sets the window's title; control characters in it are shown, not obeyed.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        let safe = SafeText::new(title, Lines::One);
        let title: String = safe.as_str().chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect();
        if title == self.title {
            return Ok(());
        }
        execute!(self.inner.terminal.backend_mut(), SetTitle(&title))?;
        self.title = title;
        Ok(())
    }

    /// Asks the terminal about itself. Call it after the first frame and before anything else reads the terminal; then draw
    /// again, since the last row is not what it was.
    pub fn ask(&mut self, questions: Questions) -> io::Result<Answers> {
        let row = self.size()?.height;
        if row < ROWS_TO_ASK {
            return Ok(Answers::default());
        }
        let backend = self.inner.terminal.backend_mut();
        backend.write_all(&probe::bytes(questions, row))?;
        Write::flush(backend)?;
        let answers = probe::listen(questions, row)?;
        self.repaint()?;
        Ok(answers)
    }

    /// Tells the user something outside of the window, where the terminal can.
    pub fn announce(&mut self, channel: Channel, title: &str, body: &str) -> io::Result<()> {
        let backend = self.inner.terminal.backend_mut();
        backend.write_all(&channel.sequence(self.modes.in_tmux, title, body))?;
        Write::flush(backend)
    }

    /// Rings the bell.
    pub fn ring(&mut self) -> io::Result<()> {
        let backend = self.inner.terminal.backend_mut();
        backend.write_all(b"\x07")?;
        Write::flush(backend)
    }

    /// Asks the terminal to put a text into its clipboard (OSC 52). It never answers whether it did.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.inner.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Whether the mouse is ours; selecting text with it then needs Shift.
    pub fn has_mouse(&self) -> bool {
        self.mouse
    }

    /// Takes the mouse, or gives it back to the terminal.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let backend = self.inner.terminal.backend_mut();
        if on { execute!(backend, EnableMouseCapture) } else { execute!(backend, DisableMouseCapture) }
    }

    /// Gives the terminal back, lets something else happen with it, and takes it over again. Drop the stream of events
    /// before, which would take the keys of whoever has the terminal then.
    pub fn step_aside(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        self.give_back();
        meanwhile();
        self.take_back()
    }

    /// Gives the terminal back for a longer while; until [`Self::take_back`] nothing may be drawn.
    pub fn give_back(&mut self) {
        leave(self.modes);
    }

    /// Takes the terminal over again, and paints everything anew.
    pub fn take_back(&mut self) -> io::Result<()> {
        enter(self.modes)?;
        if self.mouse {
            self.set_mouse(true)?;
        }
        let title = std::mem::take(&mut self.title);
        self.set_title(&title)?;
        self.repaint()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave(self.modes);
    }
}

/// In the first rows an answer about the cursor looks like F3 with a modifier.
const ROWS_TO_ASK: u16 = 8;

/// A title longer than this is of no use in a list of windows.
const TITLE_CHARS: usize = 100;

fn enter(modes: Modes) -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    if modes.without_colour {
        // Left to itself, crossterm writes an empty colour for NO_COLOR, which resets bold and reverse as well.
        force_color_output(true);
    }
    let mut sequence = Vec::new();
    let written = modes.write_enter(&mut sequence).and_then(|()| write_now(&sequence));
    if written.is_err() {
        leave(modes);
    }
    written
}

/// Gives the terminal back, if it was taken. Errors are of no use here: the terminal may be gone.
fn leave(modes: Modes) {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut sequence = Vec::new();
    if modes.write_leave(&mut sequence).is_ok() {
        let _ = write_now(&sequence);
    }
    let _ = disable_raw_mode();
}

fn write_now(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Blank cells that an echo leaves at least: at the end of a row the next letter may go elsewhere.
const ECHO_MARGIN: usize = 1;

/// Frames to a writer: each is one write, between the marks that tell the terminal to show it at once.
struct Drawer<W: Write> {
    terminal: Terminal<CrosstermBackend<Output<W>>>,
    /// Set while a frame is made, so that its parts are not written one by one.
    hold: Arc<AtomicBool>,
    caret: Option<Caret>,
    /// Cells that were written since the last frame. The terminal's idea of the last frame does not know them.
    echoed: Vec<Position>,
}

/// Where an echo goes.
struct Caret {
    at: Position,
    /// What stands before it.
    before: Cell,
    /// Blank cells from here on, in its row.
    blank: usize,
}

impl Caret {
    fn new(at: Position, shown: &Buffer) -> Option<Self> {
        let before = shown.cell((at.x.checked_sub(1)?, at.y))?.clone();
        let rest = (at.x..shown.area.right()).map_while(|x| shown.cell((x, at.y)));
        Some(Self { at, before, blank: rest.take_while(|cell| cell.symbol() == " ").count() })
    }
}

impl<W: Write> Drawer<W> {
    fn new(writer: W, viewport: Viewport) -> io::Result<Self> {
        let hold = Arc::new(AtomicBool::new(false));
        let backend = CrosstermBackend::new(Output::new(writer, Arc::clone(&hold)));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self { terminal, hold, caret: None, echoed: Vec::new() })
    }

    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>) -> Option<Position>) -> io::Result<()> {
        self.hold.store(true, Ordering::Relaxed);
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let (mut cursor, echoed) = (None, &mut self.echoed);
        let drawn = self.terminal.draw(|frame| {
            cursor = render(frame);
            for at in echoed.drain(..) {
                if let Some(cell) = frame.buffer_mut().cell_mut(at)
                    && cell.diff_option == CellDiffOption::None
                {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        })?;
        self.caret = cursor.and_then(|at| Caret::new(at, drawn.buffer));
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.hold.store(false, Ordering::Relaxed);
        Write::flush(self.terminal.backend_mut())
    }

    #[expect(clippy::disallowed_methods, reason = "the caller writes what was typed, which is no control character")]
    fn echo(&mut self, letter: char) -> io::Result<bool> {
        let Some(caret) = self.caret.as_mut().filter(|caret| caret.blank > ECHO_MARGIN && !letter.is_control()) else {
            return Ok(false);
        };
        let Position { x, y } = caret.at;
        caret.before.set_symbol(letter.encode_utf8(&mut [0; 4])).set_diff_option(CellDiffOption::None);
        caret.at.x += 1;
        caret.blank -= 1;
        self.echoed.push(Position { x, y });
        let backend = self.terminal.backend_mut();
        backend.draw(std::iter::once((x, y, &caret.before)))?;
        Write::flush(backend)?;
        Ok(true)
    }

    /// By a change of size, never by `Terminal::clear`: that one asks the terminal where its cursor is, and the answer
    /// is lost to the stream of events.
    fn forget(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }
}

#[cfg(test)]
mod tests;
