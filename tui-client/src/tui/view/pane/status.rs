//! What became of an own line.

use crate::app::transcript::State;
use crate::tui::glyphs::Glyphs;

/// What stands behind an own line, or under it.
pub(super) struct Status {
    pub mark: Mark,
    /// Words for what is not plain sailing.
    pub words: String,
    /// Whether the words never stand behind the text: they are about it.
    pub own_row: bool,
}

impl Status {
    /// Whether it stands behind a row of `width` columns, in a text of `columns`.
    pub(super) fn fits_behind(&self, width: u16, columns: u16) -> bool {
        !self.own_row && usize::from(width) + 3 + self.words.len() <= usize::from(columns)
    }
}

/// The sign for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    OnItsWay,
    Done,
    Waits,
    Failed,
}

impl Mark {
    pub(super) fn glyph(self, glyphs: &Glyphs) -> &'static str {
        match self {
            Self::OnItsWay => glyphs.ellipsis,
            Self::Done => glyphs.done,
            Self::Waits => glyphs.idle,
            Self::Failed => "!",
        }
    }
}

/// `None` for lines of others, and for history.
pub(super) fn of(state: &State) -> Option<Status> {
    let (mark, words) = match state {
        State::Received | State::Waited | State::History => return None,
        State::Sending => (Mark::OnItsWay, ""),
        State::Sent | State::Delivered => (Mark::Done, ""),
        State::Partial => (Mark::Done, "some people did not receive this"),
        State::Stored => (Mark::Waits, "stored for the next login"),
        State::Undelivered => (Mark::OnItsWay, "not delivered: /resend sends it again"),
        State::Unconfirmed => (Mark::OnItsWay, "not confirmed, sent again when connected"),
        State::Refused { why, .. } => {
            let words = if why.as_str().is_empty() { "not sent" } else { why.as_str() };
            return Some(Status { mark: Mark::Failed, words: words.to_owned(), own_row: true });
        }
    };
    Some(Status { mark, words: words.to_owned(), own_row: false })
}
