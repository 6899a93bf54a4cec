//! The table.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Action, Chord, Line, Section};
use crate::tui::composer::EditAction;

pub(super) static LINES: &[Line] = &[
    // Move
    Line {
        section: Section::Move,
        keys: "Alt+1…9 Alt+0",
        help: "tab 1 to 9, last tab",
        command: Some("/tab"),
        bindings: &[
            (alt('1'), Action::Tab(1)),
            (alt('2'), Action::Tab(2)),
            (alt('3'), Action::Tab(3)),
            (alt('4'), Action::Tab(4)),
            (alt('5'), Action::Tab(5)),
            (alt('6'), Action::Tab(6)),
            (alt('7'), Action::Tab(7)),
            (alt('8'), Action::Tab(8)),
            (alt('9'), Action::Tab(9)),
            (alt('0'), Action::LastTab),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Alt+← → F5 F6",
        help: "previous, next tab",
        command: Some("/next"),
        bindings: &[
            (Chord(KeyCode::Left, KeyModifiers::ALT), Action::PreviousTab),
            (Chord(KeyCode::PageUp, KeyModifiers::CONTROL), Action::PreviousTab),
            (plain(KeyCode::F(5)), Action::PreviousTab),
            (Chord(KeyCode::Right, KeyModifiers::ALT), Action::NextTab),
            (Chord(KeyCode::PageDown, KeyModifiers::CONTROL), Action::NextTab),
            (plain(KeyCode::F(6)), Action::NextTab),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Alt+A",
        help: "next unread tab",
        command: Some("/unread"),
        bindings: &[(alt('a'), Action::NextUnread)],
    },
    Line {
        section: Section::Move,
        keys: "Ctrl+G Alt+K",
        help: "go to anyone",
        command: Some("/go"),
        bindings: &[(ctrl('g'), Action::GoTo), (alt('k'), Action::GoTo)],
    },
    Line {
        section: Section::Move,
        keys: "Alt+Shift+← →",
        help: "move the tab",
        command: Some("/move"),
        bindings: &[
            (Chord(KeyCode::Left, ALT_SHIFT), Action::MoveTabLeft),
            (Chord(KeyCode::Right, ALT_SHIFT), Action::MoveTabRight),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Alt+W",
        help: "close the tab",
        command: Some("/close"),
        bindings: &[(alt('w'), Action::CloseTab)],
    },
    Line {
        section: Section::Move,
        keys: "PgUp PgDn",
        help: "scroll a page",
        command: None,
        bindings: &[(plain(KeyCode::PageUp), Action::ScrollPageUp), (plain(KeyCode::PageDown), Action::ScrollPageDown)],
    },
    Line {
        section: Section::Move,
        keys: "Shift+↑ ↓",
        help: "scroll a line",
        command: None,
        bindings: &[
            (Chord(KeyCode::Up, KeyModifiers::SHIFT), Action::ScrollUp),
            (Chord(KeyCode::Down, KeyModifiers::SHIFT), Action::ScrollDown),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Ctrl+Home End",
        help: "oldest, newest",
        command: None,
        bindings: &[
            (Chord(KeyCode::Home, KeyModifiers::CONTROL), Action::Oldest),
            (Chord(KeyCode::End, KeyModifiers::CONTROL), Action::Newest),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Esc",
        help: "close, or back to the newest",
        command: None,
        bindings: &[(plain(KeyCode::Esc), Action::Escape)],
    },
    Line {
        section: Section::Move,
        keys: "Alt+↑ ↓",
        help: "mark, to copy or quote",
        command: Some("/mark"),
        bindings: &[
            (Chord(KeyCode::Up, KeyModifiers::ALT), Action::MarkUp),
            (Chord(KeyCode::Down, KeyModifiers::ALT), Action::MarkDown),
        ],
    },
    Line {
        section: Section::Move,
        keys: "Ctrl+F",
        help: "search this tab",
        command: Some("/find"),
        bindings: &[(ctrl('f'), Action::Find)],
    },
    Line {
        section: Section::Move,
        keys: "Alt+M",
        help: "back to where you are named",
        command: Some("/mention"),
        bindings: &[(alt('m'), Action::Mention)],
    },
    // View
    Line {
        section: Section::View,
        keys: "Alt+L",
        help: "messages alone",
        command: Some("/bare"),
        bindings: &[(alt('l'), Action::Bare)],
    },
    Line {
        section: Section::View,
        keys: "F1",
        help: "this help",
        command: Some("/help"),
        bindings: &[(plain(KeyCode::F(1)), Action::Help)],
    },
    Line {
        section: Section::View,
        keys: "F2",
        help: "sidebar",
        command: Some("/sidebar"),
        bindings: &[(plain(KeyCode::F(2)), Action::Sidebar)],
    },
    Line {
        section: Section::View,
        keys: "F3",
        help: "mouse on or off",
        command: Some("/mouse"),
        bindings: &[(plain(KeyCode::F(3)), Action::Mouse)],
    },
    Line {
        section: Section::View,
        keys: "F4",
        help: "theme",
        command: Some("/theme"),
        bindings: &[(plain(KeyCode::F(4)), Action::Theme)],
    },
    Line {
        section: Section::View,
        keys: "Alt+Y Alt+N",
        help: "yes, no to a request or file",
        command: Some("/accept"),
        bindings: &[(alt('y'), Action::Accept), (alt('n'), Action::Decline)],
    },
    Line {
        section: Section::View,
        keys: "Alt+R",
        help: "connect now",
        command: Some("/reconnect"),
        bindings: &[(alt('r'), Action::Reconnect)],
    },
    Line {
        section: Section::View,
        keys: "Alt+C",
        help: "copy the newest message",
        command: Some("/copy"),
        bindings: &[(alt('c'), Action::Copy)],
    },
    Line {
        section: Section::View,
        keys: "Ctrl+L",
        help: "redraw",
        command: None,
        bindings: &[(ctrl('l'), Action::Redraw)],
    },
    Line {
        section: Section::View,
        keys: "Ctrl+Z",
        help: "suspend",
        command: None,
        bindings: &[(ctrl('z'), Action::Suspend)],
    },
    Line {
        section: Section::View,
        keys: "Ctrl+Q",
        help: "quit",
        command: Some("/quit"),
        bindings: &[(ctrl('q'), Action::Quit)],
    },
    // Write
    Line {
        section: Section::Write,
        keys: "Enter",
        help: "send",
        command: None,
        bindings: &[(plain(KeyCode::Enter), Action::Send)],
    },
    Line {
        section: Section::Write,
        keys: "Alt+Enter Ctrl+J",
        help: "new line",
        command: None,
        bindings: &[
            (Chord(KeyCode::Enter, KeyModifiers::ALT), Action::Edit(EditAction::NewLine)),
            (Chord(KeyCode::Enter, KeyModifiers::SHIFT), Action::Edit(EditAction::NewLine)),
            (ctrl('j'), Action::Edit(EditAction::NewLine)),
        ],
    },
    Line {
        section: Section::Write,
        keys: "Alt+E ^X^E",
        help: "write in your editor",
        command: Some("/edit"),
        bindings: &[(alt('e'), Action::Editor), (ctrl('x'), Action::Prefix)],
    },
    Line {
        section: Section::Write,
        keys: "Tab Shift+Tab",
        help: "complete, back",
        command: None,
        bindings: &[(plain(KeyCode::Tab), Action::Complete), (plain(KeyCode::BackTab), Action::CompleteBack)],
    },
    Line {
        section: Section::Write,
        keys: "↑ ↓",
        help: "row, then sent before",
        command: None,
        bindings: &[
            (plain(KeyCode::Up), Action::Edit(EditAction::Up)),
            (plain(KeyCode::Down), Action::Edit(EditAction::Down)),
        ],
    },
    Line {
        section: Section::Write,
        keys: "Ctrl+R",
        help: "search what you sent",
        command: None,
        bindings: &[(ctrl('r'), Action::SearchHistory)],
    },
    Line {
        section: Section::Write,
        keys: "Ctrl+C",
        help: "clear; twice quits",
        command: None,
        bindings: &[(ctrl('c'), Action::ClearOrQuit)],
    },
    Line {
        section: Section::Write,
        keys: "Ctrl+D",
        help: "delete; when empty, quit",
        command: None,
        bindings: &[(ctrl('d'), Action::DeleteOrQuit)],
    },
    // Edit
    Line {
        section: Section::Edit,
        keys: "← → Backspace Del",
        help: "as everywhere",
        command: None,
        bindings: &[
            (plain(KeyCode::Left), Action::Edit(EditAction::Left)),
            (plain(KeyCode::Right), Action::Edit(EditAction::Right)),
            (plain(KeyCode::Backspace), Action::Edit(EditAction::Backspace)),
            (Chord(KeyCode::Backspace, KeyModifiers::SHIFT), Action::Edit(EditAction::Backspace)),
            // What Backspace sends in some terminals.
            (ctrl('h'), Action::Edit(EditAction::Backspace)),
            (plain(KeyCode::Delete), Action::Edit(EditAction::Delete)),
        ],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+A E Home End",
        help: "start, end of line",
        command: None,
        bindings: &[
            (ctrl('a'), Action::Edit(EditAction::LineStart)),
            (plain(KeyCode::Home), Action::Edit(EditAction::LineStart)),
            (ctrl('e'), Action::Edit(EditAction::LineEnd)),
            (plain(KeyCode::End), Action::Edit(EditAction::LineEnd)),
        ],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+← → Alt+B F",
        help: "word back, forward",
        command: None,
        bindings: &[
            (Chord(KeyCode::Left, KeyModifiers::CONTROL), Action::Edit(EditAction::WordLeft)),
            (alt('b'), Action::Edit(EditAction::WordLeft)),
            (Chord(KeyCode::Right, KeyModifiers::CONTROL), Action::Edit(EditAction::WordRight)),
            (alt('f'), Action::Edit(EditAction::WordRight)),
        ],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+W Alt+D",
        help: "cut word back, forward",
        command: None,
        bindings: &[
            (ctrl('w'), Action::Edit(EditAction::CutWordBack)),
            (Chord(KeyCode::Backspace, KeyModifiers::ALT), Action::Edit(EditAction::CutWordBack)),
            (Chord(KeyCode::Backspace, KeyModifiers::CONTROL), Action::Edit(EditAction::CutWordBack)),
            (alt('d'), Action::Edit(EditAction::CutWordForward)),
            (Chord(KeyCode::Delete, KeyModifiers::CONTROL), Action::Edit(EditAction::CutWordForward)),
        ],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+U Ctrl+K",
        help: "cut to start, end of line",
        command: None,
        bindings: &[(ctrl('u'), Action::Edit(EditAction::CutToStart)), (ctrl('k'), Action::Edit(EditAction::CutToEnd))],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+Y",
        help: "paste back",
        command: None,
        bindings: &[(ctrl('y'), Action::Edit(EditAction::PasteBack))],
    },
    Line {
        section: Section::Edit,
        keys: "Ctrl+_ Alt+_",
        help: "undo, redo",
        command: None,
        bindings: &[
            // Terminals send one byte for Ctrl with _, / and 7, and crossterm calls it 7.
            (ctrl('7'), Action::Edit(EditAction::Undo)),
            (ctrl('/'), Action::Edit(EditAction::Undo)),
            (ctrl('_'), Action::Edit(EditAction::Undo)),
            // The kitty protocol reports the key without what Shift makes of it.
            (ctrl('-'), Action::Edit(EditAction::Undo)),
            (alt('_'), Action::Edit(EditAction::Redo)),
            (alt('-'), Action::Edit(EditAction::Redo)),
        ],
    },
];

const ALT_SHIFT: KeyModifiers = KeyModifiers::ALT.union(KeyModifiers::SHIFT);

/// Second keys, after Ctrl+X.
pub(super) static AFTER_PREFIX: &[(Chord, Action)] = &[(ctrl('e'), Action::Editor)];

const fn plain(code: KeyCode) -> Chord {
    Chord(code, KeyModifiers::NONE)
}

const fn ctrl(c: char) -> Chord {
    Chord(KeyCode::Char(c), KeyModifiers::CONTROL)
}

const fn alt(c: char) -> Chord {
    Chord(KeyCode::Char(c), KeyModifiers::ALT)
}
