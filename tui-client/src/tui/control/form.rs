//! Keys in the login's form.

use secrecy::SecretString;
use shared::limits::PASSWORD_BYTES;

use crate::tui::composer::{Composer, EditAction};
use crate::tui::keymap::Action;
use crate::tui::state::{Field, Form, FormMessage, Mode, Overlay};

use super::{Control, SignIn, Wish};

impl Control<'_> {
    pub(super) fn form_key(&mut self, action: Action) {
        match action {
            Action::Send => self.enter(),
            Action::Complete => self.focus(1),
            Action::CompleteBack => self.focus(-1),
            Action::Edit(EditAction::Up) if !self.has_recall() => self.focus(-1),
            Action::Edit(EditAction::Down) if !self.has_recall() => self.focus(1),
            Action::Edit(EditAction::Left | EditAction::Right) if self.field().is_empty() => self.switch_mode(),
            Action::PreviousTab | Action::NextTab => self.switch_mode(),
            Action::Edit(EditAction::NewLine) => {}
            Action::Edit(edit) => self.edit_field(edit),
            Action::SearchHistory => self.state.form.reveal = !self.state.form.reveal,
            Action::ClearOrQuit if self.field().is_empty() => self.quit_at_second_press(),
            Action::ClearOrQuit => self.edit_field(EditAction::Clear),
            Action::DeleteOrQuit if self.field().is_empty() => self.state.overlay = Some(Overlay::Quit),
            Action::DeleteOrQuit => self.edit_field(EditAction::Delete),
            Action::Escape => self.state.toast = None,
            _ => {}
        }
    }

    pub(super) fn form_paste(&mut self, text: &str) {
        if self.field().paste(text).is_err() {
            self.toast("That is too long for this field.", true);
        }
    }

    fn field(&mut self) -> &mut Composer {
        let form = &mut self.state.form;
        match form.focus {
            Field::Server => &mut form.server,
            Field::Name => &mut form.name,
            Field::Password => &mut form.password,
            Field::Again => &mut form.again,
        }
    }

    /// Only the address has something to recall: the servers seen before.
    fn has_recall(&self) -> bool {
        self.state.form.focus == Field::Server
    }

    fn edit_field(&mut self, edit: EditAction) {
        let now = self.since_start();
        self.field().apply(edit, now, u16::MAX);
        // A secret leaves no trace to bring back: undo would keep it after it was cleared.
        if edit == EditAction::Clear && matches!(self.state.form.focus, Field::Password | Field::Again) {
            self.field().take_secret();
        }
        if matches!(edit, EditAction::Up | EditAction::Down) && self.has_recall() {
            self.recall_name();
        }
    }

    /// The account that was used at a server comes with its address, unless another one was typed.
    fn recall_name(&mut self) {
        let Form { visited, name, server, .. } = &mut self.state.form;
        let is_own = !name.is_empty() && visited.iter().all(|(_, known)| known != name.text());
        if let Some((_, known)) = visited.iter().find(|(address, _)| address == server.text()).filter(|_| !is_own) {
            name.replace(known);
        }
    }

    fn focus(&mut self, by: isize) {
        let fields = fields(&self.state.form);
        let at = fields.iter().position(|field| *field == self.state.form.focus).unwrap_or(0);
        self.state.form.focus = fields[at.wrapping_add_signed(by).wrapping_add(fields.len()) % fields.len()];
    }

    fn switch_mode(&mut self) {
        let form = &mut self.state.form;
        form.mode = match form.mode {
            Mode::SignIn => Mode::Register,
            Mode::Register => Mode::SignIn,
        };
        form.again.take_secret();
        form.message = None;
        if form.mode == Mode::SignIn && form.focus == Field::Again {
            form.focus = Field::Password;
        }
    }

    /// Goes to the next field, and from the last one off.
    fn enter(&mut self) {
        let fields = fields(&self.state.form);
        if fields.last() == Some(&self.state.form.focus) { self.submit() } else { self.focus(1) }
    }

    fn submit(&mut self) {
        let form = &mut self.state.form;
        if form.busy {
            return;
        }
        let name = form.name.text().trim().to_owned();
        let register = form.mode == Mode::Register;
        let wrong = if form.asks_server && form.server.text().trim().is_empty() {
            Some((Field::Server, "Type the address of the server.".to_owned()))
        } else if name.is_empty() {
            Some((Field::Name, "Type your name.".to_owned()))
        } else if form.password.is_empty() {
            Some((Field::Password, "Type your password.".to_owned()))
        } else if form.password.text().len() > PASSWORD_BYTES {
            Some((Field::Password, format!("A password has at most {PASSWORD_BYTES} bytes.")))
        } else if register && form.password.text() != form.again.text() {
            form.again.take_secret();
            Some((Field::Again, "The two passwords are not the same: type the second one again.".to_owned()))
        } else {
            None
        };
        if let Some((field, sentence)) = wrong {
            form.focus = field;
            form.message = Some(FormMessage::Error(sentence));
            return;
        }
        form.message = None;
        form.again.take_secret();
        let password = SecretString::from(form.password.take_secret());
        let server = form.asks_server.then(|| form.server.text().trim().to_owned());
        self.wishes.push(Wish::SignIn(SignIn { server, name, password, register }));
    }
}

/// The fields shown, in their order.
fn fields(form: &Form) -> Vec<Field> {
    let server = form.asks_server.then_some(Field::Server);
    let again = (form.mode == Mode::Register).then_some(Field::Again);
    server.into_iter().chain([Field::Name, Field::Password]).chain(again).collect()
}
