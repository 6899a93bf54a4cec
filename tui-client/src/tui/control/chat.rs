//! Keys in the chat: sending, tabs, scrolling, the input.

use std::time::Duration;

use crate::app::command::{Command, OnScreen};
use crate::app::intent::{Intent, Saying, intent, is_text};
use crate::app::model::{Conversation, Login, Older};
use crate::app::place::{Place, name};
use crate::app::transcript::{Line, State as LineState};
use crate::tui::composer::{EditAction, is_large};
use crate::tui::keymap::Action;
use crate::tui::state::{Anchor, Armed, Arrival, Asked, Overlay, Tab};
use crate::tui::view::scrolled;

use super::{Control, Wish};

/// Who leaves a tab sooner has only passed through it.
const PASSING: Duration = Duration::from_millis(1200);

/// From this many columns on the sidebar is there unless it is hidden.
const SIDEBAR_FROM: u16 = 90;

impl Control<'_> {
    pub(super) fn chat_key(&mut self, action: Action) {
        if !is_a_way(action) {
            self.state.arrival = None;
        }
        if self.state.bare && matches!(action, Action::Edit(_) | Action::Send | Action::Escape | Action::ClearOrQuit) {
            self.bare(false);
            if !matches!(action, Action::Edit(EditAction::Insert(_))) {
                return;
            }
        }
        let is_marked = self.state.tabs.get(self.front()).is_some_and(|tab| tab.marked.is_some());
        if self.find_key(action) || is_marked && self.mark_key(action) {
            return;
        }
        match action {
            Action::Edit(edit) => self.edit(edit),
            Action::Send => self.send(),
            Action::Complete => self.complete(),
            Action::CompleteBack => self.choose(-1),
            Action::SearchHistory => self.search_sent(),
            Action::ClearOrQuit => self.clear_or_quit(),
            Action::DeleteOrQuit => self.delete_or_quit(),
            Action::Tab(number) => self.show_nth(usize::from(number)),
            Action::LastTab => self.show_nth(self.sight.model.conversations.iter().count()),
            Action::PreviousTab => self.step(-1),
            Action::NextTab => self.step(1),
            Action::NextUnread => self.next_unread(),
            Action::GoTo => self.go_to(),
            Action::CloseTab => self.close_tab(),
            Action::ScrollPageUp => self.scroll(-self.page()),
            Action::ScrollPageDown => self.scroll(self.page()),
            Action::ScrollUp => self.scroll(-1),
            Action::ScrollDown => self.scroll(1),
            Action::Oldest => self.go_to_oldest(),
            Action::Newest => self.go_to_newest(),
            Action::Escape => self.escape(),
            Action::Copy => self.copy(),
            Action::MarkUp => self.mark_up(),
            Action::MarkDown => self.mark_down(),
            Action::Mention => self.go_to_mention(),
            Action::Find => self.find(None),
            Action::Bare => self.bare(!self.state.bare),
            Action::MoveTabLeft => self.move_tab(-1),
            Action::MoveTabRight => self.move_tab(1),
            Action::Sidebar => self.toggle_sidebar(),
            Action::Editor => self.open_editor(),
            Action::Accept => self.answer_card(true),
            Action::Decline => self.answer_card(false),
            // Done before the chat is asked.
            Action::Help
            | Action::Mouse
            | Action::Theme
            | Action::Redraw
            | Action::Quit
            | Action::Suspend
            | Action::Reconnect
            | Action::Prefix => {}
        }
    }

    /// Answers the card on top, if there is one. What is being typed stays.
    pub(super) fn answer_card(&mut self, yes: bool) {
        let Some(user) = Asked::first(self.sight.model).map(|asked| asked.user().as_str().to_owned()) else { return };
        let command = if yes { Command::Accept { user } } else { Command::Decline { user } };
        self.wishes.push(Wish::Run(command));
    }

    pub(super) fn tab(&mut self) -> &mut Tab {
        let front = self.front().clone();
        self.state.tabs.entry(front).or_default()
    }

    fn edit(&mut self, edit: EditAction) {
        let (now, width) = (self.since_start(), self.sight.seen.composer.width);
        if self.state.completion.is_some() {
            match edit {
                EditAction::Up => return self.choose(-1),
                EditAction::Down => return self.choose(1),
                _ => {}
            }
        }
        let before = self.tab().composer.text().to_owned();
        self.tab().composer.apply(edit, now, width);
        if self.tab().composer.text() != before {
            self.text_typed();
        }
        self.state.completion = match edit {
            EditAction::Insert(_) | EditAction::Backspace | EditAction::Delete => self.suggestions(),
            _ => None,
        };
    }

    pub(super) fn chat_paste(&mut self, text: &str) {
        if is_large(text) {
            let lines = text.replace("\r\n", "\n").replace('\r', "\n").lines().count();
            self.state.overlay = Some(Overlay::Paste { text: text.to_owned(), lines });
            return;
        }
        self.paste_in(text);
    }

    pub(super) fn paste_in(&mut self, text: &str) {
        self.state.completion = None;
        self.state.armed = None;
        if let Err(error) = self.tab().composer.paste(text) {
            self.toast(format!("Not pasted: {error}."), true);
        }
        self.text_typed();
    }

    /// The text has changed. Who would get it may be told that it is coming.
    fn text_typed(&mut self) {
        let place = self.front().clone();
        let model = self.sight.model;
        if is_text(self.tab().composer.text(), &place, model) {
            self.wishes.push(Wish::TextTyped(place));
        }
    }

    fn send(&mut self) {
        if matches!(self.sight.model.login, Login::Over(_)) {
            return self.wishes.push(Wish::LogInAgain);
        }
        self.state.completion = None;
        let place = self.front().clone();
        let typed = self.tab().composer.text().to_owned();
        match intent(&typed, &place, self.sight.model) {
            Intent::Nothing(_) => self.go_to_newest(),
            Intent::Say(saying) => self.say(saying),
            Intent::Run(command) => self.run(command, typed.starts_with('/')),
            Intent::Refuse { why, insist } => self.refuse(typed, why, insist),
        }
    }

    /// Sends nothing and says why. The same Enter again sends what may be meant as text.
    fn refuse(&mut self, typed: String, why: String, insist: Option<Saying>) {
        let armed = matches!(&self.state.armed, Some(Armed::Send { text }) if *text == typed);
        match insist {
            Some(saying) if armed => self.say(saying),
            Some(_) => {
                self.toast(format!("Nothing was sent: {why}"), true);
                self.state.armed = Some(Armed::Send { text: typed });
            }
            None => self.toast(format!("Nothing was sent: {why}"), true),
        }
    }

    fn say(&mut self, saying: Saying) {
        self.state.armed = None;
        let tab = self.tab();
        tab.composer.submit();
        tab.anchor = Anchor::Bottom;
        tab.seen_to = None;
        tab.unread_from = None;
        tab.unread_to = None;
        self.wishes.push(Wish::Say(saying));
    }

    fn run(&mut self, command: Command, slashed: bool) {
        self.state.armed = None;
        self.tab().composer.submit();
        match command {
            Command::Clear => self.clear_tab(),
            Command::Close => self.close_tab(),
            Command::Help { about: None } => self.state.overlay = Some(Overlay::Help { scroll: 0 }),
            Command::Screen(command) => self.run_on_screen(command),
            Command::Message { to, text } => self.message(to, text, slashed),
            command => self.wishes.push(Wish::Run(command)),
        }
    }

    /// A direct message by command. With the slash one goes along to its tab; the classic form is for many in a row, and
    /// stays where it is typed: the next line may be for somebody else.
    fn message(&mut self, to: String, text: String, slashed: bool) {
        let place = Place::With(name(&to));
        self.wishes.push(Wish::Run(Command::Message { to, text }));
        if slashed {
            self.show(place);
        }
    }

    fn run_on_screen(&mut self, command: OnScreen) {
        match command {
            OnScreen::Tab(number) => self.show_nth(usize::from(number)),
            OnScreen::Next => self.step(1),
            OnScreen::Unread => self.next_unread(),
            OnScreen::Go(user) => self.show(Place::With(name(&user))),
            OnScreen::Theme(named) => self.wishes.push(Wish::Theme { named, saves: false }),
            OnScreen::Notify(level) => self.set_level(level.as_deref()),
            OnScreen::Set(typed) => self.set(&typed),
            OnScreen::Mouse => self.toggle_mouse(),
            OnScreen::Sidebar => self.toggle_sidebar(),
            OnScreen::Copy => self.copy(),
            OnScreen::Find(text) => self.find(text.as_deref()),
            OnScreen::Mark => self.mark_up(),
            OnScreen::Mention => self.go_to_mention(),
            OnScreen::Move(number) => self.move_tab_to(usize::from(number).saturating_sub(1)),
            OnScreen::Bare => self.bare(true),
            OnScreen::Reconnect => self.retry(),
            OnScreen::Edit => self.open_editor(),
        }
    }

    /// The editor works on a file, and what is private is in no file.
    fn open_editor(&mut self) {
        self.state.completion = None;
        match self.front().clone() {
            Place::Private(_) => self.toast("No editor in a private tab: its text would be in a file.", true),
            place => self.wishes.push(Wish::Edit(place)),
        }
    }

    fn clear_or_quit(&mut self) {
        self.state.completion = None;
        if self.tab().composer.is_empty() {
            return self.quit_at_second_press();
        }
        let now = self.since_start();
        self.tab().composer.apply(EditAction::Clear, now, 0);
    }

    fn delete_or_quit(&mut self) {
        if self.tab().composer.is_empty() {
            self.state.overlay = Some(Overlay::Quit);
        } else {
            self.edit(EditAction::Delete);
        }
    }

    /// Closes what is open over the input, then leads back to the newest message. Text stays.
    fn escape(&mut self) {
        if self.state.seek.take().is_some() {
            self.state.toast = None;
            return;
        }
        if self.state.completion.take().is_some() || self.state.toast.take().is_some() {
            return;
        }
        self.go_to_newest();
    }

    // Tabs.

    pub(super) fn show(&mut self, place: Place) {
        if *self.front() == place {
            return;
        }
        let front = self.front().clone();
        let passed = self.depart(&front);
        self.state.completion = None;
        self.state.armed = None;
        self.wishes.push(Wish::Show(place));
        self.wishes.extend(passed.map(|unread| Wish::Passed(front, unread)));
    }

    /// Goes from a tab to another one. Who only passed through it has read nothing there: answers how much that is.
    fn depart(&mut self, place: &Place) -> Option<usize> {
        // Whoever leaves on the way to a message does not want to be taken there on coming back.
        self.state.seek.take_if(|seek| seek.place == *place);
        let arrival = self.state.arrival.take();
        let passed = arrival.filter(|arrival| arrival.unread > 0 && self.now() < arrival.at.after(PASSING));
        self.leave(place);
        if let Some(tab) = self.state.tabs.get_mut(place) {
            (tab.marked, tab.find) = (None, None);
        }
        let Arrival { unread, read_to, .. } = passed?;
        self.state.passed = Some((place.clone(), read_to));
        Some(unread)
    }

    fn move_tab(&mut self, by: isize) {
        let at = self.sight.model.conversations.iter().position(|tab| tab.place == *self.front());
        self.move_tab_to(at.unwrap_or(0).saturating_add_signed(by));
    }

    fn move_tab_to(&mut self, to: usize) {
        let front = self.front().clone();
        if matches!(front, Place::Room(_)) || to == 0 {
            return self.toast("The lobby stays the first tab.", true);
        }
        self.wishes.push(Wish::Move(front, to));
    }

    /// The tab is not looked at any more: what comes from now on is unread.
    pub(super) fn leave(&mut self, place: &Place) {
        let newest = self.newest(place).map(|line| line.id);
        if let Some(tab) = self.state.tabs.get_mut(place) {
            tab.unread_from = None;
            tab.unread_to = None;
            tab.read_to = newest;
        }
    }

    fn conversation(&self, place: &Place) -> Option<&Conversation> {
        self.sight.model.conversations.get(place)
    }

    fn newest(&self, place: &Place) -> Option<Line<'_>> {
        self.conversation(place)?.transcript.lines().next_back()
    }

    fn show_nth(&mut self, number: usize) {
        let nth = number.checked_sub(1).and_then(|index| self.sight.model.conversations.iter().nth(index));
        match nth.map(|tab| tab.place.clone()) {
            Some(place) => self.show(place),
            None => self.toast(format!("There is no tab {number}."), true),
        }
    }

    fn step(&mut self, by: isize) {
        let places: Vec<&Place> = self.sight.model.conversations.iter().map(|tab| &tab.place).collect();
        let at = places.iter().position(|place| *place == self.front()).unwrap_or(0);
        let next = at.wrapping_add_signed(by).wrapping_add(places.len()) % places.len().max(1);
        if let Some(place) = places.get(next).map(|&place| place.clone()) {
            let unread = self.conversation(&place).map_or(0, |tab| tab.unread);
            let read_to = self.state.tabs.get(&place).and_then(|tab| tab.read_to);
            self.show(place);
            // Step by step one passes through tabs that one does not want to read.
            self.state.arrival = Some(Arrival { at: self.now(), unread, read_to });
        }
    }

    /// The next tab with something unread; when there is none, back to where one was before.
    fn next_unread(&mut self) {
        let model = self.sight.model;
        let at = model.conversations.iter().position(|tab| tab.place == *self.front()).unwrap_or(0);
        let after = model.conversations.iter().skip(at + 1).chain(model.conversations.iter().take(at));
        let unread = after.filter(|tab| tab.unread > 0).map(|tab| tab.place.clone()).next();
        match unread {
            Some(place) => {
                let front = self.front().clone();
                self.state.came_from.get_or_insert(front);
                self.show(place);
            }
            None => match self.state.came_from.take() {
                Some(place) => self.show(place),
                None => self.toast("Nothing is unread.", false),
            },
        }
    }

    fn close_tab(&mut self) {
        let front = self.front().clone();
        if matches!(front, Place::Room(_)) {
            return self.toast("The lobby stays open.", true);
        }
        if self.conversation(&front).is_some_and(is_on_its_way) {
            return self.toast("This tab has lines that are not sent yet.", true);
        }
        if !self.tab().composer.is_empty() {
            return self.toast("This tab has a draft: clear it first, with Ctrl+C.", true);
        }
        self.state.tabs.remove(&front);
        self.state.came_from.take_if(|place| *place == front);
        self.wishes.push(Wish::Close(front));
    }

    fn clear_tab(&mut self) {
        let front = self.front().clone();
        let tab = self.tab();
        tab.notes.clear();
        tab.anchor = Anchor::Bottom;
        (tab.seen_to, tab.unread_from) = (None, None);
        self.wishes.push(Wish::Clear(front));
    }

    /// Whether anything said here has no answer yet.
    pub(super) fn has_lines_on_their_way(&self) -> bool {
        self.sight.model.conversations.iter().any(is_on_its_way)
    }

    // Scrolling.

    fn page(&self) -> isize {
        isize::try_from(self.sight.seen.pane.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    pub(super) fn scroll(&mut self, rows: isize) {
        let front = self.front().clone();
        if rows < 0 && self.conversation(&front).is_some_and(|tab| tab.older == Older::Cleared) {
            return self.wishes.push(Wish::Older(front));
        }
        let sight = self.sight;
        let anchor = scrolled(sight.model, self.state, sight.now, sight.seen, rows);
        self.stand_at(anchor);
    }

    fn go_to_oldest(&mut self) {
        let front = self.front().clone();
        let first = self.conversation(&front).and_then(|tab| tab.transcript.lines().next()).map(|line| line.id);
        if let Some(line) = first {
            self.stand_at(Anchor::At { line, byte: 0 });
        }
    }

    pub(super) fn go_to_newest(&mut self) {
        self.stand_at(Anchor::Bottom);
    }

    pub(super) fn stand_at(&mut self, anchor: Anchor) {
        let front = self.front().clone();
        let newest = self.newest(&front).map(|line| line.id);
        let tab = self.tab();
        tab.seen_to = match anchor {
            Anchor::Bottom => None,
            Anchor::At { .. } => tab.seen_to.or(newest),
        };
        tab.anchor = anchor;
    }

    fn copy(&mut self) {
        let front = self.front().clone();
        let Some(text) = self.newest(&front).map(|line| line.text.as_str().to_owned()) else {
            return self.toast("There is nothing to copy.", true);
        };
        self.copied(text, "The newest message");
    }

    /// Shows the messages alone, and leaves the mouse to the terminal meanwhile.
    fn bare(&mut self, on: bool) {
        self.state.bare = on;
        if self.state.mouse {
            self.wishes.push(Wish::Mouse(!on));
        }
    }

    pub(super) fn toggle_sidebar(&mut self) {
        let shown = self.state.sidebar.unwrap_or(self.sight.columns >= SIDEBAR_FROM);
        self.state.sidebar = Some(!shown);
    }
}

/// Whether a key only leads to the tab beside.
fn is_a_way(action: Action) -> bool {
    matches!(action, Action::PreviousTab | Action::NextTab)
}

/// Whether something said in a conversation has no answer yet.
fn is_on_its_way(conversation: &Conversation) -> bool {
    // Open lines are the last ones.
    let last = conversation.transcript.lines().next_back();
    last.is_some_and(|line| matches!(line.state, LineState::Sending | LineState::Unconfirmed))
}
