//! The full screen: what is drawn, and which key means what.
//!
//! Parts that know nothing of the model: [`cluster`] and [`wrap`] (text to rows), [`canvas`] (the only place that writes
//! cells), [`theme`] and [`glyphs`] (tokens of the look), [`composer`] (the input line), [`keymap`] (the table of keys),
//! [`preferences`] (settings that the screen follows),
//! [`notify`] (what asks for attention), [`art`] (the picture behind the login) and [`terminal`] (modes of the terminal, entered and left).
//!
//! Nothing here reads a clock, waits or talks to the network; only [`terminal`] touches the outside.

pub mod art;
pub mod canvas;
pub mod cluster;
pub mod composer;
pub mod control;
pub mod glyphs;
pub mod keymap;
pub mod notify;
pub mod preferences;
pub mod state;
pub mod terminal;
pub mod theme;
pub mod view;
pub mod wrap;
