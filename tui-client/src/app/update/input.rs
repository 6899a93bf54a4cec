//! Lines that come in: commands, answers to questions, and what is neither.

use secrecy::{ExposeSecret, SecretString};
use shared::error::Code;
use shared::id::ClientId;
use shared::limits::PASSWORD_BYTES;

use super::{Turn, commands, login};
use crate::app::command::{CommandError, Verb, parse};
use crate::app::effect::Effect;
use crate::app::model::{Changing, Login, Purpose, Question};
use crate::app::msg::Unreadable;
use crate::app::place::{name, safe};
use crate::app::report::{Refused, Why};

/// A typed line is a command; one of nothing but blanks is nothing.
pub(super) fn line(turn: &mut Turn<'_>, text: &str, cid: ClientId) {
    match parse(text) {
        Ok(Some(command)) => commands::run(turn, command, cid),
        Ok(None) => {}
        Err(error) => not_a_command(turn, &error),
    }
}

pub(super) fn unreadable(turn: &mut Turn<'_>, why: &Unreadable) {
    let (command, text) = match why {
        Unreadable::Wrong(error) => return not_a_command(turn, error),
        Unreadable::TooLong { most } => (None, format!("a line has at most {most} bytes")),
        Unreadable::NotUtf8 => (None, "the line is not UTF-8".to_owned()),
        Unreadable::NotACommand { command, why } => (command.as_deref(), why.clone()),
    };
    let command = Some(command.map_or("line".to_owned(), |word| name(word).as_str().to_owned()));
    turn.refuse_with(Refused { code: why.code(), command, user: None, why: Why::Text(safe(&text)) });
}

fn not_a_command(turn: &mut Turn<'_>, error: &CommandError) {
    turn.refuse_with(Refused {
        code: error.code(),
        command: Some(error.command().to_owned()),
        user: error.user().cloned(),
        why: Why::Text(safe(&error.to_string())),
    });
}

/// The answer to the question that was asked last.
pub(super) fn answered(turn: &mut Turn<'_>, answer: SecretString) {
    match &mut turn.model.login {
        Login::Asking(question) => {
            let question = *question;
            login::answered(turn, question, answer);
        }
        Login::In(session) => {
            if let Some(changing) = session.changing.take() {
                change_password(turn, changing, answer);
            }
        }
        Login::Waiting | Login::Again(_) | Login::Over(_) => {}
    }
}

/// Begins to ask for what a change of password needs.
pub(super) fn ask_for_passwords(turn: &mut Turn<'_>) {
    ask_next(turn, Changing { question: Question::OldPassword, old: None, new: None });
}

fn ask_next(turn: &mut Turn<'_>, changing: Changing) {
    if turn.model.ending.input_ended() {
        return turn.refuse(Code::USAGE, Some(Verb::Passwd), Why::Text(safe("the input ended before the passwords")));
    }
    let Login::In(session) = &mut turn.model.login else { return };
    session.changing = Some(changing);
}

fn change_password(turn: &mut Turn<'_>, changing: Changing, answer: SecretString) {
    let typed = answer.expose_secret();
    if typed.is_empty() {
        let why = Why::Text(safe("no password was typed; nothing has changed"));
        return turn.refuse(Code::EMPTY, Some(Verb::Passwd), why);
    }
    if typed.len() > PASSWORD_BYTES {
        let why = Why::Text(safe("a password has at most 256 bytes"));
        return turn.refuse(Code::WEAK_PASSWORD, Some(Verb::Passwd), why);
    }
    let Changing { old, new, .. } = changing;
    match (old, new) {
        (None, _) => ask_next(turn, Changing { question: Question::NewPassword, old: Some(answer), new: None }),
        (old, None) => ask_next(turn, Changing { question: Question::NewPasswordAgain, old, new: Some(answer) }),
        (Some(_), Some(new)) if new.expose_secret() != typed => {
            turn.refuse(Code::PASSWORD_MISMATCH, Some(Verb::Passwd), Why::Plain);
        }
        (Some(old), Some(new)) => {
            let id = turn.model.requests.begin(Purpose::Passwd { new: new.clone() }, turn.now.mono);
            turn.effects.push(Effect::ChangePassword { id, old, new });
        }
    }
}
