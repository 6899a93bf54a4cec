//! Both faces of a terminal, of which one shows the chat and the other one rests with everything it remembers.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock::Clock;
use super::face::{Did, Face, Shown};
use super::lines::{LineFace, LineOptions};
use super::screen::{ScreenFace, ScreenOptions};
use super::signals;
use crate::app::command::Showing;
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::report::Report;

/// The full screen and plain lines on one terminal.
pub(super) struct Faces {
    shown: Showing,
    screen: Option<ScreenFace>,
    lines: Option<LineFace>,
    /// What they begin with, as long as they have not begun.
    screen_options: Option<ScreenOptions>,
    line_options: Option<LineOptions>,
    /// Which one is to come to the front, and what is reported to it before it does.
    turning: Option<Turning>,
    clock: Clock,
    /// Ends the program if the screen blocks the end.
    watchdog: Option<JoinHandle<()>>,
}

/// A change of the face that has not happened yet.
struct Turning {
    to: Showing,
    reports: VecDeque<(Report, Moment)>,
}

impl Faces {
    /// Begins with one of them.
    pub fn begin(first: Showing, screen: ScreenOptions, lines: LineOptions, clock: Clock) -> io::Result<Self> {
        let mut faces = Self {
            shown: first,
            screen: None,
            lines: None,
            screen_options: Some(screen),
            line_options: Some(lines),
            turning: None,
            clock,
            watchdog: None,
        };
        match first {
            Showing::Screen => faces.begin_screen(&[])?,
            Showing::Lines => faces.begin_lines(&[]),
        }
        Ok(faces)
    }

    /// Gives the terminal back, and answers what is to be said then.
    pub async fn leave(&mut self, model: &Model) -> Vec<String> {
        if let Some(watchdog) = &self.watchdog {
            watchdog.abort();
        }
        self.lines = None;
        match &mut self.screen {
            Some(screen) => screen.leave(model).await,
            None => Vec::new(),
        }
    }

    /// Gives the screen the terminal, for the first time or again; `typed` was typed ahead.
    fn begin_screen(&mut self, typed: &[u8]) -> io::Result<()> {
        if let Some(screen) = &mut self.screen {
            return screen.wake(typed);
        }
        if let Some(options) = self.screen_options.take() {
            self.watchdog = Some(tokio::spawn(signals::leave_anyway()));
            self.screen.insert(ScreenFace::enter(options, self.clock)?).type_ahead(typed);
        }
        Ok(())
    }

    /// The same for lines.
    fn begin_lines(&mut self, typed: &[u8]) {
        if let Some(lines) = &mut self.lines {
            lines.wake(typed);
        } else if let Some(options) = self.line_options.take() {
            self.lines.insert(LineFace::new(options)).type_ahead(typed);
        }
    }

    /// Lets the other one have the terminal. What the one before was told and could not show yet is shown by the new
    /// one, between the first line, which says where one is, and what came since.
    async fn turn(&mut self, model: &Model) -> io::Result<()> {
        let Some(Turning { to, .. }) = &self.turning else { return Ok(()) };
        let to = *to;
        let mut unseen = Vec::new();
        match (to, &mut self.screen, &mut self.lines) {
            (Showing::Lines, Some(screen), _) => {
                let typed;
                (unseen, typed) = screen.rest(model);
                self.begin_lines(&typed);
            }
            (Showing::Screen, _, Some(lines)) => {
                let typed = lines.rest().await?;
                self.begin_screen(&typed)?;
                if let Some(screen) = &mut self.screen {
                    screen.all_read(model);
                }
            }
            _ => {}
        }
        let Some(Turning { mut reports, .. }) = self.turning.take() else { return Ok(()) };
        self.shown = to;
        let here = reports.pop_front();
        let now = self.clock.now();
        let unseen = unseen.into_iter().map(|report| (report, now));
        let reports: Vec<_> = here.into_iter().chain(unseen).chain(reports).collect();
        for (report, now) in reports {
            self.report(&report, model, now);
        }
        Ok(())
    }
}

impl Face for Faces {
    fn report(&mut self, report: &Report, model: &Model, now: Moment) {
        if let Some(turning) = &mut self.turning {
            // At most what one batch of events brings: the next thing that happens is the turn.
            return turning.reports.push_back((report.clone(), now));
        }
        match (self.shown, &mut self.screen, &mut self.lines) {
            (Showing::Screen, Some(screen), _) => screen.report(report, model, now),
            (Showing::Lines, _, Some(lines)) => lines.report(report, model, now),
            _ => {}
        }
    }

    async fn show(&mut self, model: &Model) -> io::Result<Shown> {
        self.turn(model).await?;
        match (self.shown, &mut self.screen, &mut self.lines) {
            (Showing::Screen, Some(screen), _) => screen.show(model).await,
            (Showing::Lines, _, Some(lines)) => lines.show(model).await,
            _ => Ok(Shown::NotYet),
        }
    }

    async fn next(&mut self, model: &Model) -> Did {
        match (self.shown, &mut self.screen, &mut self.lines) {
            (Showing::Screen, Some(screen), _) => screen.next(model).await,
            (Showing::Lines, _, Some(lines)) => lines.next(model).await,
            _ => std::future::pending().await,
        }
    }

    fn interrupt(&mut self) -> bool {
        match (self.shown, &mut self.screen, &mut self.lines) {
            (Showing::Screen, Some(screen), _) => screen.interrupt(),
            (Showing::Lines, _, Some(lines)) => lines.interrupt(),
            _ => false,
        }
    }

    async fn stop(&mut self) {
        match (self.shown, &mut self.screen, &mut self.lines) {
            (Showing::Screen, Some(screen), _) => screen.stop().await,
            (Showing::Lines, _, Some(lines)) => lines.stop().await,
            _ => {}
        }
    }

    fn switch(&mut self, to: Showing) {
        self.turning = Some(Turning { to, reports: VecDeque::new() });
    }

    fn delay(&mut self, delay: Duration) {
        if let Some(screen) = &mut self.screen {
            screen.delay(delay);
        }
    }

    fn abandon_output(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.abandon_output();
        }
        if let Some(lines) = &mut self.lines {
            lines.abandon_output();
        }
    }
}
