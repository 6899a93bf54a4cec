//! Where the parts of the login stand: everything fits at every size, and what is only handsome goes first.

use ratatui::layout::Rect;

use crate::tui::art;
use crate::tui::state::{Field, Form, Mode};

/// Columns of the card, and of what is inside it.
const CARD: (u16, u16) = (58, 52);

/// Columns of the labels.
const LABEL: u16 = 11;

/// Rows of the wordmark with the tagline and the air under it; and of the wordmark alone.
const HEADS: (u16, u16) = (art::WORDMARK_HEIGHT + 4, art::WORDMARK_HEIGHT + 1);

/// The most rows of a message.
const MESSAGE: u16 = 3;

/// The parts of the login.
pub(super) struct Plan {
    pub wordmark: Option<u16>,
    pub tagline: Option<u16>,
    /// Its border. None where there are too few rows for one.
    pub card: Option<Rect>,
    /// The first column and the columns of what is inside.
    pub x: u16,
    pub width: u16,
    /// Columns of the labels.
    pub label: u16,
    pub modes: u16,
    pub underline: Option<u16>,
    /// The address, where it cannot be changed.
    pub address: Option<u16>,
    pub fields: Vec<(Field, u16)>,
    pub button: u16,
    /// The first row and the rows of the message.
    pub message: (u16, u16),
}

impl Plan {
    /// Columns for a message on a screen this wide.
    pub(super) fn inside(width: u16) -> u16 {
        if width >= CARD.0 { CARD.1 } else { width.saturating_sub(4) }
    }

    /// `message_rows` is what the message needs.
    pub(super) fn new(width: u16, height: u16, form: &Form, message_rows: u16) -> Self {
        let fields = fields(form);
        let count = u16::try_from(fields.len()).unwrap_or(0);
        // The last row names the keys.
        let free = height.saturating_sub(1);
        let message = message_rows.clamp(1, MESSAGE);
        // Border, modes, underline, air, fields with air, button, air, message.
        let airy = |fields: u16| 7 + 2 * fields + message;
        let tight = 5 + count + message;
        let shows_address = !form.asks_server && free >= airy(count + 1);
        let listed = count + u16::from(shows_address);
        let is_airy = free >= airy(listed);
        let (has_card, rows) = match () {
            () if is_airy => (true, airy(listed)),
            () if free >= tight => (true, tight),
            () => (false, free.min(3 + count + message - 1)),
        };
        let head = match free.saturating_sub(rows) {
            room if !has_card || room < HEADS.1 => 0,
            room if room <= HEADS.0 => HEADS.1,
            _ => HEADS.0,
        };
        let all = rows + head;
        // Above the middle, so that the hills stay free.
        let top = free.saturating_sub(all) / if height >= art::BACKDROP_MIN_HEIGHT { 3 } else { 2 };
        let y = top + head;
        let inside = Self::inside(width);
        let mut plan = Self {
            wordmark: (head > 0).then_some(top),
            tagline: (head == HEADS.0).then_some(top + art::WORDMARK_HEIGHT + 1),
            card: has_card.then(|| Rect::new(width.saturating_sub(CARD.0) / 2, y, CARD.0.min(width), rows)),
            x: width.saturating_sub(inside) / 2,
            width: inside,
            label: LABEL,
            modes: y + u16::from(has_card),
            underline: has_card.then_some(y + 2),
            address: None,
            fields: Vec::new(),
            button: 0,
            message: (0, message),
        };
        plan.place(&fields, is_airy, shows_address, free);
        plan
    }

    fn place(&mut self, fields: &[Field], is_airy: bool, shows_address: bool, free: u16) {
        let step = if is_airy { 2 } else { 1 };
        let mut y = self.underline.unwrap_or(self.modes) + step;
        if shows_address {
            self.address = Some(y);
            y += step;
        }
        for &field in fields {
            self.fields.push((field, y));
            y += step;
        }
        if is_airy {
            self.button = y;
            self.message.0 = y + 2;
        } else {
            self.message.0 = y;
            // However long the message, the button is there.
            self.button = (y + self.message.1).min(free.saturating_sub(1));
            self.message.1 = self.button.saturating_sub(y);
        }
    }
}

/// The fields that are shown, from top to bottom.
fn fields(form: &Form) -> Vec<Field> {
    let all = [Field::Server, Field::Name, Field::Password, Field::Again];
    let shown = all.into_iter().filter(|field| match field {
        Field::Server => form.asks_server,
        Field::Again => form.mode == Mode::Register,
        Field::Name | Field::Password => true,
    });
    shown.collect()
}
