use proptest::prelude::*;
use shared::text::Lines;

use super::*;
use crate::app::place::name;

fn text(text: &str) -> SafeText {
    SafeText::new(text, Lines::Many)
}

fn incoming(seq: u64, said: &str) -> Incoming {
    Incoming {
        seq: Seq(seq),
        from: name("yoda"),
        text: text(said),
        action: false,
        at: UnixMs(seq),
        state: State::Received,
    }
}

fn begin(transcript: &mut Transcript, said: &str) -> LineId {
    transcript.begin(UnixMs(0), name("hans"), text(said), false)
}

#[track_caller]
fn check(transcript: &Transcript, expected: &[&str]) {
    let lines: Vec<_> = transcript.lines().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, expected);
}

#[test]
fn lines_stand_by_their_number_whenever_they_come() {
    let mut transcript = Transcript::default();
    for (seq, said) in [(7, "seven"), (9, "nine"), (8, "eight"), (3, "three")] {
        assert!(transcript.take(incoming(seq, said)));
    }
    assert!(!transcript.take(incoming(8, "eight again")));
    check(&transcript, &["three", "seven", "eight", "nine"]);
    assert_eq!(transcript.oldest(), Some(Seq(3)));
}

#[test]
fn own_lines_wait_at_the_end_and_move_to_their_place() {
    let mut transcript = Transcript::default();
    let first = begin(&mut transcript, "first");
    let second = begin(&mut transcript, "second");
    transcript.take(incoming(1, "meanwhile"));
    check(&transcript, &["meanwhile", "first", "second"]);
    transcript.confirm(second, Seq(2), UnixMs(0), State::Delivered);
    check(&transcript, &["meanwhile", "second", "first"]);
    transcript.confirm(first, Seq(3), UnixMs(0), State::Stored);
    check(&transcript, &["meanwhile", "second", "first"]);
    assert!(transcript.lines().all(|line| line.seq().is_some()));
}

#[test]
fn a_refused_line_stays_where_it_was_typed() {
    let mut transcript = Transcript::default();
    transcript.take(incoming(1, "before"));
    let refused = begin(&mut transcript, "refused");
    transcript.refuse(refused, Code::BLOCKED, text("no"));
    transcript.take(incoming(2, "after"));
    check(&transcript, &["before", "refused", "after"]);
    assert_eq!(transcript.oldest(), Some(Seq(1)));
}

#[test]
fn an_own_line_that_came_back_as_history_is_not_doubled() {
    let mut transcript = Transcript::default();
    let own = begin(&mut transcript, "hi");
    transcript.doubt();
    assert_eq!(*transcript.lines().next().unwrap().state, State::Unconfirmed);
    transcript.take(incoming(1, "hi"));
    transcript.resume();
    transcript.confirm(own, Seq(1), UnixMs(0), State::Stored);
    check(&transcript, &["hi"]);
}

#[test]
fn the_oldest_lines_are_let_go_and_not_taken_for_new_ones() {
    const KEPT: usize = 2000;
    let mut transcript = Transcript::new(KEPT);
    for seq in 1..=2005 {
        assert!(transcript.take(incoming(seq, "x")));
    }
    assert_eq!((transcript.lines().len(), transcript.oldest()), (KEPT, Some(Seq(6))));
    assert!(!transcript.take(incoming(5, "again")));
}

/// Everything that can happen to a transcript.
#[derive(Clone, Debug)]
enum Step {
    /// So many stored lines from this number on.
    Take(u64, u64, String),
    Begin(String),
    Confirm(usize, u64),
    Refuse(usize),
    Forget(u64),
    SetState(usize),
    Doubt,
    HandOver,
    Clear,
}

fn steps() -> impl Strategy<Value = Step> {
    let seq = || prop_oneof![8 => 1..1500_u64, 1 => 10_000_000_000..10_000_000_010_u64];
    let words = || prop_oneof![4 => "[a-z ]{0,20}", 1 => "[a-z\u{1b}\u{202e}\n]{0,10}", 1 => Just("long ".repeat(5000)), 1 => Just("\t".repeat(20_000))];
    prop_oneof![
        6 => (seq(), 1..5_u64, words()).prop_map(|(seq, count, text)| Step::Take(seq, count, text)),
        1 => (seq(), "[a-z]{0,9}").prop_map(|(seq, text)| Step::Take(seq, 700, text)),
        3 => words().prop_map(Step::Begin),
        2 => (0..4_usize, seq()).prop_map(|(own, seq)| Step::Confirm(own, seq)),
        2 => (0..4_usize).prop_map(Step::Refuse),
        2 => seq().prop_map(Step::Forget),
        2 => (0..2000_usize).prop_map(Step::SetState),
        1 => Just(Step::Doubt),
        1 => Just(Step::HandOver),
        1 => Just(Step::Clear),
    ]
}

/// The same without any cleverness: every line by itself, sorted after each step.
#[derive(Default)]
struct Plain {
    lines: Vec<(Rank, LineId, SafeText, State)>,
    trimmed: Seq,
}

const FEW: usize = 1000;

impl Plain {
    fn knows(&self, seq: Seq) -> bool {
        seq <= self.trimmed || self.lines.iter().any(|line| line.0 == Rank(seq, None))
    }

    fn add(&mut self, rank: Rank, id: LineId, text: SafeText, state: State) {
        self.lines.push((rank, id, text, state));
        self.lines.sort_by_key(|line| line.0);
        if self.lines.len() > FEW
            && let (Rank(seq, None), ..) = self.lines.remove(0)
        {
            self.trimmed = self.trimmed.max(seq);
        }
    }

    fn take_out(&mut self, id: LineId) -> Option<SafeText> {
        let index = self.lines.iter().position(|line| line.1 == id)?;
        Some(self.lines.remove(index).2)
    }
}

fn apply(step: Step, packed: &mut Transcript, plain: &mut Plain, own: &mut Vec<LineId>) {
    match step {
        Step::Take(from, count, said) => {
            for seq in from..from + count {
                let is_new = packed.take(incoming(seq, &said));
                assert_eq!(is_new, !plain.knows(Seq(seq)));
                if is_new {
                    plain.add(Rank(Seq(seq), None), LineId(packed.next), text(&said), State::Received);
                }
            }
        }
        Step::Begin(said) => {
            let id = begin(packed, &said);
            plain.add(Rank(LAST, Some(id)), id, text(&said), State::Sending);
            own.push(id);
        }
        Step::Confirm(index, seq) if index < own.len() => {
            let id = own.remove(index);
            let state = if seq.is_multiple_of(2) { State::Stored } else { State::Sent };
            packed.confirm(id, Seq(seq), UnixMs(0), state.clone());
            let Some(said) = plain.take_out(id) else { return };
            if let Some(line) = plain.lines.iter_mut().find(|line| line.0 == Rank(Seq(seq), None)) {
                line.3 = state;
            } else if !plain.knows(Seq(seq)) {
                plain.add(Rank(Seq(seq), None), id, said, state);
            }
        }
        Step::Refuse(index) if index < own.len() => {
            let id = own.remove(index);
            packed.refuse(id, Code::TOO_LONG, text("no"));
            let Some(said) = plain.take_out(id) else { return };
            let after = plain.lines.iter().rev().find(|line| line.0.1.is_none()).map_or(Seq(0), |line| line.0.0);
            plain.add(Rank(after, Some(id)), id, said, State::Refused { code: Code::TOO_LONG, why: text("no") });
        }
        Step::Confirm(..) | Step::Refuse(_) => {}
        Step::Forget(seq) => {
            packed.forget(Seq(seq));
            plain.lines.retain(|line| line.0 != Rank(Seq(seq), None));
        }
        Step::SetState(index) => {
            let Some(line) = plain.lines.get_mut(index) else { return };
            line.3 = State::Undelivered;
            packed.set_state(line.1, State::Undelivered);
        }
        Step::Doubt => {
            packed.doubt();
            let open = plain.lines.iter_mut().filter(|line| line.0.0 == LAST && line.3 == State::Sending);
            open.for_each(|line| line.3 = State::Unconfirmed);
        }
        Step::HandOver => {
            packed.hand_over();
            let stored = plain.lines.iter_mut().filter(|line| line.3 == State::Stored);
            stored.for_each(|line| line.3 = State::Delivered);
        }
        Step::Clear => {
            packed.clear();
            plain.lines.retain(|line| line.0.0 == LAST);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn packed_lines_are_like_lines_that_are_not(steps in prop::collection::vec(steps(), 1..25)) {
        let (mut packed, mut plain, mut own) = (Transcript::new(FEW), Plain::default(), Vec::new());
        for step in steps {
            apply(step, &mut packed, &mut plain, &mut own);
            let found: Vec<_> = packed.lines().map(|line| (line.rank, line.id, line.text.to_safe(), line.state.clone())).collect();
            prop_assert_eq!(&found, &plain.lines);
            prop_assert_eq!(packed.lines().len(), found.len());
            prop_assert!(packed.lines().rev().map(|line| line.id).eq(found.iter().rev().map(|line| line.1)));
            for (index, line) in found.iter().enumerate().step_by(97) {
                prop_assert_eq!(packed.position(line.1), Some(index));
                prop_assert_eq!(packed.line(index).map(|line| line.id), Some(line.1));
            }
        }
    }
}
