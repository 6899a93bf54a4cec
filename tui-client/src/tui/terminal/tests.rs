use std::sync::Mutex;

use ratatui::style::Style;

use super::*;
use crate::tui::canvas::{Canvas, Drawing};

/// Everything written, one entry a call.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

impl Writes {
    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().expect("no test panics while it writes"))
    }
}

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics while it writes").push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn drawer(width: u16, height: u16) -> (Drawer<Writes>, Writes) {
    let writes = Writes::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
    (Drawer::new(writes.clone(), viewport).expect("a fixed size needs no terminal"), writes)
}

fn say(drawer: &mut Drawer<Writes>, text: &str) {
    let drawn = drawer.draw(|frame| {
        let area = frame.area();
        let end = Canvas::new(frame.buffer_mut(), area, Drawing::default()).text(0, 0, text, Style::new());
        let cursor = Position::new(end, 0);
        frame.set_cursor_position(cursor);
        Some(cursor)
    });
    drawn.expect("writes to memory succeed");
}

fn screen(bytes: &[u8]) -> vt100::Screen {
    let size = |cells| std::num::NonZeroU16::new(cells).expect("not zero");
    let mut parser = vt100::Parser::new(size(4), size(20), 0);
    parser.process(bytes);
    parser.screen().clone()
}

#[test]
fn a_frame_is_one_write_between_the_marks_of_a_synchronised_update() {
    let (mut drawer, writes) = drawer(20, 4);
    say(&mut drawer, "hello");
    let frames = writes.take();
    assert_eq!(frames.len(), 1);
    assert!(frames[0].starts_with(b"\x1b[?2026h") && frames[0].ends_with(b"\x1b[?2026l"));
    assert_eq!(screen(&frames[0]).contents(), "hello");
    say(&mut drawer, "hellx");
    let next = writes.take().concat();
    assert!(next.len() < 60, "only what has changed: {}", String::from_utf8_lossy(&next));
}

#[test]
fn a_frame_larger_than_the_buffer_arrives_whole() {
    let (mut drawer, writes) = drawer(500, 400);
    let drawn = drawer.draw(|frame| {
        let area = frame.area();
        let mut canvas = Canvas::new(frame.buffer_mut(), area, Drawing::default());
        for y in 0..400 {
            canvas.hline(0, y, 500, "x", Style::new());
        }
        None
    });
    drawn.expect("writes to memory succeed");
    let written = writes.take().concat();
    assert_eq!(written.split(|&byte| byte == b'x').count() - 1, 200_000);
}

#[test]
fn leaving_undoes_everything_that_entering_did() {
    for modes in [Modes::default(), Modes { in_tmux: true, without_colour: true }] {
        let (mut entered, mut left) = (Vec::new(), Vec::new());
        modes.write_enter(&mut entered).expect("writes to memory succeed");
        modes.write_leave(&mut left).expect("writes to memory succeed");
        let during = screen(&entered);
        assert!(during.alternate_screen() && during.bracketed_paste());
        let after = screen(&[entered.clone(), b"\x1b[?25l\x1b[?1002h".to_vec(), left.clone()].concat());
        assert!(!after.alternate_screen() && !after.bracketed_paste() && !after.hide_cursor());
        assert_eq!(after.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let [entered, left] = [entered, left].map(|bytes| String::from_utf8(bytes).expect("escapes are ASCII"));
        for (on, off) in [("[?1004h", "[?1004l"), ("[>1u", "[<1u"), ("[22;0t", "[23;0t"), ("[>4;2m", "[>4;0m")] {
            assert_eq!(entered.contains(on), left.contains(off), "{on}");
        }
        assert_eq!(entered.contains("[>4;2m"), modes.in_tmux);
    }
}

#[test]
fn a_panic_of_a_task_waits_to_be_shown() {
    assert_eq!(take_task_panics(), Vec::<String>::new());
    // Only what the hook does with a task's panic: with no terminal, nothing can be entered here.
    ENTERED.store(true, Ordering::SeqCst);
    let (wake, woken) = std::sync::mpsc::channel();
    install_panic_hook(Modes::default(), move || wake.send(()).expect("the test listens"));
    let task = std::thread::spawn(|| panic!("the link broke"));
    assert!(task.join().is_err());
    assert_eq!(woken.try_recv(), Ok(()), "the screen is told that something waits");
    ENTERED.store(false, Ordering::SeqCst);
    drop(std::panic::take_hook());
    let panics = take_task_panics();
    assert!(panics.len() == 1 && panics[0].starts_with("the link broke ("), "{panics:?}");
}

#[test]
fn an_echo_stands_where_the_next_frame_shows_it_and_is_corrected_by_it() {
    let (mut drawer, writes) = drawer(20, 4);
    say(&mut drawer, "hell");
    drawer.echo('o').expect("writes to memory succeed");
    drawer.echo('!').expect("writes to memory succeed");
    let echoed = writes.take();
    assert_eq!(echoed.len(), 3, "each letter is one write");
    assert!(echoed[1].len() < 40, "{}", String::from_utf8_lossy(&echoed[1]));
    let shown = screen(&echoed.concat());
    assert_eq!((shown.contents().as_str(), shown.cursor_position()), ("hello!", (0, 6)));
    // One of them was wrong.
    say(&mut drawer, "hello");
    let both = screen(&[echoed.concat(), writes.take().concat()].concat());
    assert_eq!((both.contents().trim_end(), both.cursor_position()), ("hello", (0, 5)));
}

#[test]
fn an_echo_never_writes_over_anything() {
    let (mut drawer, writes) = drawer(6, 1);
    drawer.echo('x').expect("writes to memory succeed");
    assert!(writes.take().is_empty(), "before the first frame");
    say(&mut drawer, "hello");
    writes.take();
    drawer.echo('x').expect("writes to memory succeed");
    drawer.echo('\x1b').expect("writes to memory succeed");
    assert!(writes.take().is_empty(), "in the last column, and no control character");
}
