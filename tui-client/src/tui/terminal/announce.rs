//! How a notification leaves the terminal: one of three sequences, for terminals that are known to understand it.

use shared::text::{Lines, SafeText};

/// Characters of a title and of a body.
const CHARS: usize = 200;

/// What the terminal understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// Nothing but its bell.
    #[default]
    Bell,
    /// OSC 9: one text (iTerm2, ConEmu, Windows Terminal).
    Osc9,
    /// OSC 777: title and body (WezTerm, Ghostty, foot, rxvt-unicode).
    Osc777,
    /// OSC 99: title and body (kitty).
    Osc99,
}

impl Channel {
    /// What the terminal understands, by the variables of the environment that terminals set. Those of the outer
    /// terminal count inside of tmux, as far as they are there.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let text = |name: &str| variable(name).unwrap_or_default();
        let (term, program) = (text("TERM"), text("TERM_PROGRAM"));
        if matches!(term.as_str(), "dumb" | "linux") {
            return Self::Bell;
        }
        if is_set("KITTY_WINDOW_ID") || term == "xterm-kitty" {
            return Self::Osc99;
        }
        let speaks_777 = ["foot", "rxvt-unicode", "xterm-ghostty"].iter().any(|begin| term.starts_with(begin));
        let is_777 = matches!(program.as_str(), "WezTerm" | "ghostty");
        if is_set("WEZTERM_PANE") || is_set("GHOSTTY_RESOURCES_DIR") || speaks_777 || is_777 {
            return Self::Osc777;
        }
        if program == "iTerm.app" || text("LC_TERMINAL") == "iTerm2" || is_set("WT_SESSION") || is_set("ConEmuPID") {
            return Self::Osc9;
        }
        Self::Bell
    }

    /// What is written for a notification. Whatever the texts are, no control character of theirs is in it.
    pub(super) fn sequence(self, in_tmux: bool, title: &str, body: &str) -> Vec<u8> {
        let (title, body) = (harmless(title), harmless(body));
        let sequence = match self {
            Self::Bell => return Vec::new(),
            // Beginning with a word: after `9;` a number would be another command in some terminals.
            Self::Osc9 if title == "Tern" => format!("\x1b]9;Tern: {body}\x1b\\"),
            Self::Osc9 => format!("\x1b]9;Tern: {title}: {body}\x1b\\"),
            // What follows the second semicolon is the body.
            Self::Osc777 => format!("\x1b]777;notify;{};{body}\x1b\\", title.replace(';', ",")),
            Self::Osc99 => {
                format!("\x1b]99;i=tern:d=0:p=title;{title}\x1b\\\x1b]99;i=tern:d=1:p=body;{body}\x1b\\")
            }
        };
        if in_tmux { wrapped(&sequence).into_bytes() } else { sequence.into_bytes() }
    }
}

/// What tmux hands on to its terminal, where `allow-passthrough` is on.
fn wrapped(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

fn harmless(text: &str) -> String {
    let safe = SafeText::new(text, Lines::One);
    safe.as_str().chars().filter(|c| !c.is_control()).take(CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn channel(set: &[(&str, &str)]) -> Channel {
        Channel::of(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn written(channel: Channel, in_tmux: bool, title: &str, body: &str) -> String {
        String::from_utf8(channel.sequence(in_tmux, title, body)).expect("text")
    }

    #[test]
    fn terminals_are_known_by_what_they_set() {
        for (set, expected) in [
            (&[("TERM", "xterm-256color")][..], Channel::Bell),
            (&[("TERM", "xterm-kitty")], Channel::Osc99),
            (&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")], Channel::Osc99),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Channel::Osc777),
            (&[("TERM", "xterm-256color"), ("WEZTERM_PANE", "0")], Channel::Osc777),
            (&[("TERM", "foot")], Channel::Osc777),
            (&[("TERM", "rxvt-unicode-256color")], Channel::Osc777),
            (&[("TERM", "xterm-ghostty")], Channel::Osc777),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Channel::Osc9),
            (&[("TERM", "xterm-256color"), ("WT_SESSION", "x")], Channel::Osc9),
            (&[("TERM", "linux"), ("KITTY_WINDOW_ID", "1")], Channel::Bell),
            (&[], Channel::Bell),
        ] {
            assert_eq!(channel(set), expected, "{set:?}");
        }
    }

    #[test]
    fn each_terminal_gets_its_sequence() {
        assert_eq!(written(Channel::Bell, false, "yoda", "hi"), "");
        assert_eq!(written(Channel::Osc9, false, "yoda", "hi"), "\u{1b}]9;Tern: yoda: hi\u{1b}\\");
        assert_eq!(written(Channel::Osc9, false, "Tern", "new message"), "\u{1b}]9;Tern: new message\u{1b}\\");
        assert_eq!(written(Channel::Osc777, false, "a;b", "c;d"), "\u{1b}]777;notify;a,b;c;d\u{1b}\\");
        assert_eq!(
            written(Channel::Osc99, false, "yoda", "hi"),
            "\u{1b}]99;i=tern:d=0:p=title;yoda\u{1b}\\\u{1b}]99;i=tern:d=1:p=body;hi\u{1b}\\"
        );
        assert_eq!(
            written(Channel::Osc777, true, "yoda", "hi"),
            "\u{1b}Ptmux;\u{1b}\u{1b}]777;notify;yoda;hi\u{1b}\u{1b}\\\u{1b}\\"
        );
    }

    proptest! {
        #[test]
        fn no_control_character_of_a_text_leaves(title in any::<String>(), body in any::<String>(), in_tmux in any::<bool>()) {
            for channel in [Channel::Osc9, Channel::Osc777, Channel::Osc99] {
                let plain = written(channel, in_tmux, "t", "b");
                let controls = |text: &str| text.chars().filter(|c| c.is_control()).collect::<String>();
                let hostile = written(channel, in_tmux, &format!("\u{1b}]0;x\u{7}\u{9b}{title}"), &format!("\u{1b}\\{body}\n"));
                prop_assert_eq!(controls(&hostile), controls(&plain));
            }
        }
    }
}
