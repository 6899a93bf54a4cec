//! What is switched on when the screen begins, and off when it ends.

use std::io::{self, Write};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};

/// Keeps the window's title on the terminal's stack, and takes it back.
const TITLE_SAVE: &[u8] = b"\x1b[22;0t";
const TITLE_RESTORE: &[u8] = b"\x1b[23;0t";

/// Makes tmux report Shift+Enter and the like, as xterm's modifyOtherKeys does; the kitty protocol does not pass it.
const TMUX_KEYS_ON: &[u8] = b"\x1b[>4;2m";
const TMUX_KEYS_OFF: &[u8] = b"\x1b[>4;0m";

/// Makes the wheel send arrow keys on the alternate screen where the mouse is not ours (xterm's alternateScroll), and
/// puts that back as it was: some terminals have it on for all programs.
const WHEEL_ON: &[u8] = b"\x1b[?1007s\x1b[?1007h";
const WHEEL_OFF: &[u8] = b"\x1b[?1007r";

/// Which modes this terminal gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// The program runs inside tmux (`TMUX` is set).
    pub in_tmux: bool,
    /// No colour is wanted (`NO_COLOR`).
    pub without_colour: bool,
}

impl Modes {
    pub(super) fn write_enter(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(TITLE_SAVE)?;
        queue!(out, EnterAlternateScreen, EnableFocusChange)?;
        out.write_all(WHEEL_ON)?;
        if cfg!(not(windows)) {
            // On Windows pastes come as keys all the same, and the mode disturbs Enter.
            queue!(out, EnableBracketedPaste)?;
            queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        }
        if self.in_tmux {
            out.write_all(TMUX_KEYS_ON)?;
        }
        Ok(())
    }

    /// Everything off, in reverse; also what may be on: the mouse, a frame half written, a hidden cursor.
    pub(super) fn write_leave(self, out: &mut impl Write) -> io::Result<()> {
        queue!(out, EndSynchronizedUpdate, DisableMouseCapture)?;
        out.write_all(WHEEL_OFF)?;
        if self.in_tmux {
            out.write_all(TMUX_KEYS_OFF)?;
        }
        if cfg!(not(windows)) {
            queue!(out, PopKeyboardEnhancementFlags, DisableBracketedPaste)?;
        }
        queue!(out, DisableFocusChange, ResetColor, LeaveAlternateScreen, Show)?;
        out.write_all(TITLE_RESTORE)
    }
}
