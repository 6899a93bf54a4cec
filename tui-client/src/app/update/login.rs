//! The login: asks what is not known, tries, and answers every refusal with a question, another try or the end.
//!
//! Three kinds of callers have to be told apart. Somebody at a terminal is asked again after anything. A script that
//! feeds name and password as lines is asked again for a wrong password. A password from an option, the environment or
//! a file is tried once.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use shared::error::Code;
use shared::id::{DeviceTicket, RequestId, ResumeTicket, Seq};
use shared::limits::{NAME_CHARS, PASSWORD_BYTES};
use shared::message::{ClientMessage, Reason, Refusal};

use super::{Turn, chat, connection, ending, history, hosting, presence};
use crate::app::effect::{Effect, LogIn};
use crate::app::exit::Exit;
use crate::app::model::{Activity, Conversations, Link, Login, Model, Peers, Purpose, Question, Request, Session};
use crate::app::moment::{Jitter, Mono, seconds};
use crate::app::peer::PeerOrder;
use crate::app::place::{name as user_name, safe};
use crate::app::report::{Aside, Refused, Report, Why};

/// The next step towards a session: a question, a connection, or the login itself.
pub(super) fn proceed(turn: &mut Turn<'_>) {
    let identity = &turn.model.identity;
    if identity.name.is_none() {
        return ask(turn, Question::Name);
    }
    if let (Some(ticket), true) = (identity.ticket.clone(), turn.model.me.is_some()) {
        turn.model.login = Login::Waiting;
        return match turn.model.link {
            Link::Up if !turn.model.requests.has_login() => come_back(turn, ticket),
            Link::Down => connection::dial(turn),
            Link::Up | Link::Dialling | Link::Resting { .. } => {}
        };
    }
    let Some(password) = identity.password.clone() else {
        let question = if identity.register { Question::FirstPassword } else { Question::Password };
        return ask(turn, question);
    };
    turn.model.login = Login::Waiting;
    match turn.model.link {
        Link::Up if turn.model.requests.has_login() => {}
        Link::Up => attempt(turn, password),
        Link::Down => connection::dial(turn),
        Link::Dialling | Link::Resting { .. } => {}
    }
}

/// Takes the session up where the lost connection left it.
fn come_back(turn: &mut Turn<'_>, ticket: ResumeTicket) {
    let id = turn.model.requests.begin(Purpose::LogIn, turn.now.mono);
    let lobby = turn.model.lobby_heard;
    turn.send(ClientMessage::Resume { id, ticket, lobby });
}

fn attempt(turn: &mut Turn<'_>, password: SecretString) {
    let id = turn.model.requests.begin(Purpose::LogIn, turn.now.mono);
    let name = turn.model.identity.name.clone().unwrap_or_default();
    let register = turn.model.identity.register;
    turn.effects.push(Effect::LogIn(LogIn { id, name, password, register }));
}

/// The form of the login was sent off. What it holds waits for a connection if there is none.
pub(super) fn form_sent(turn: &mut Turn<'_>, name: String, password: SecretString, register: bool) {
    if turn.model.me.is_some() || turn.model.requests.has_login() {
        return;
    }
    let identity = &mut turn.model.identity;
    identity.name = Some(name);
    identity.password = Some(password);
    identity.register = register;
    if matches!(turn.model.link, Link::Resting { .. }) {
        turn.model.link = Link::Down;
    }
    proceed(turn);
}

/// After a session that has ended, the user wants another one. Nobody else must get into it: the password is asked for.
pub(super) fn wanted(turn: &mut Turn<'_>) {
    if !matches!(turn.model.login, Login::Over(_)) {
        return;
    }
    ask_to_come_back(turn);
    if turn.model.link == Link::Down {
        connection::dial(turn);
    }
}

/// The login's form takes the place of the chat, which is kept for the same user.
fn ask_to_come_back(turn: &mut Turn<'_>) {
    turn.model.former = turn.model.me.take().or(turn.model.former.take());
    turn.model.identity.password = None;
    turn.model.identity.ticket = None;
    turn.model.verdict = None;
    ask(turn, Question::Password);
}

/// Asks, unless nobody is there to answer.
fn ask(turn: &mut Turn<'_>, question: Question) {
    if turn.model.ending.input_ended() {
        turn.aside(Aside::InputEnded);
        return turn.quit(Exit::LoginRefused);
    }
    turn.model.login = Login::Asking(question);
}

/// The answer to a question of the login.
pub(super) fn answered(turn: &mut Turn<'_>, question: Question, answer: SecretString) {
    match question {
        Question::Host => hosting::answered(turn, answer.expose_secret()),
        Question::Name => name_typed(turn, answer.expose_secret().trim()),
        Question::Password => password_typed(turn, answer),
        Question::FirstPassword => first_password_typed(turn, answer),
        Question::FirstPasswordAgain => first_password_repeated(turn, answer),
        // Asked inside a session; `input` sends these answers elsewhere.
        Question::OldPassword | Question::NewPassword | Question::NewPasswordAgain => {}
    }
}

fn name_typed(turn: &mut Turn<'_>, name: &str) {
    if name.is_empty() {
        return ask(turn, Question::Name);
    }
    if name.len() > NAME_CHARS * 4 {
        // Longer than any name in any alphabet, and before the login a frame is small.
        turn.refuse(Code::BAD_NAME, None, Why::Text(safe("a name has at most 32 characters")));
        return ask(turn, Question::Name);
    }
    turn.model.identity.name = Some(name.to_owned());
    proceed(turn);
}

fn password_typed(turn: &mut Turn<'_>, password: SecretString) {
    if password.expose_secret().is_empty() {
        return if turn.model.identity.name_given { ask(turn, Question::Password) } else { ask_name_again(turn) };
    }
    if password.expose_secret().len() > PASSWORD_BYTES {
        turn.refuse(Code::BAD_PASSWORD, None, Why::Text(safe("a password has at most 256 bytes")));
        return ask(turn, Question::Password);
    }
    turn.model.identity.password = Some(password);
    turn.model.identity.password_given = false;
    proceed(turn);
}

fn first_password_typed(turn: &mut Turn<'_>, password: SecretString) {
    if password.expose_secret().is_empty() {
        turn.model.identity.register = false;
        return ask_name_again(turn);
    }
    if password.expose_secret().len() > PASSWORD_BYTES {
        turn.refuse(Code::WEAK_PASSWORD, None, Why::Text(safe("a password has at most 256 bytes")));
        return ask(turn, Question::FirstPassword);
    }
    turn.model.identity.password = Some(password);
    ask(turn, Question::FirstPasswordAgain);
}

fn first_password_repeated(turn: &mut Turn<'_>, again: SecretString) {
    let first = turn.model.identity.password.as_ref().map(ExposeSecret::expose_secret);
    if first == Some(again.expose_secret()) {
        return proceed(turn);
    }
    turn.model.identity.password = None;
    turn.refuse(Code::PASSWORD_MISMATCH, None, Why::Plain);
    ask(turn, Question::FirstPassword);
}

fn ask_name_again(turn: &mut Turn<'_>) {
    turn.model.identity.name = None;
    turn.model.identity.password = None;
    ask(turn, Question::Name);
}

/// The server took the login.
pub(super) fn done(turn: &mut Turn<'_>, re: RequestId, name: &str, timeout_ms: u64, notice: &str) {
    if turn.model.requests.end(re).is_none() {
        return;
    }
    let name = user_name(name);
    if turn.model.former.take().is_some_and(|former| former != name) {
        forget_the_former(turn.model);
    }
    let is_first = turn.model.me.replace(name.clone()).is_none();
    turn.model.identity.register = false;
    turn.model.users.clear();
    turn.model.login = Login::In(Session {
        ready: false,
        is_first,
        roster_open: true,
        timeout: (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms)),
        activity: Activity::told(turn.now.mono),
        changing: None,
    });
    turn.effects.push(Effect::Peer(PeerOrder::LoadKeys));
    turn.report(Report::LoggedIn { name });
    if !notice.is_empty() {
        turn.notice(notice);
    }
}

/// What the login has brought for the next one, and from where on the lobby comes.
pub(super) fn tickets(
    turn: &mut Turn<'_>,
    resume: Option<ResumeTicket>,
    device: Option<DeviceTicket>,
    lobby: Option<Seq>,
) {
    turn.model.identity.ticket_refused = false;
    if resume.is_some() {
        turn.model.identity.ticket = resume;
    }
    turn.model.lobby_heard = lobby.or(turn.model.lobby_heard);
    if let (Some(ticket), Some(name)) = (device, turn.model.me.clone()) {
        turn.effects.push(Effect::KeepTicket { name, ticket });
    }
}

/// Somebody else has logged in: nothing of the one before is shown or sent.
fn forget_the_former(model: &mut Model) {
    model.conversations = Conversations::new(model.settings.scrollback);
    model.requests.forget_parked();
    model.blocked.clear();
    model.hinted.clear();
    model.peers = Peers::default();
    model.queue.clear();
    model.search = None;
    model.lobby_heard = None;
}

/// All that waited has come: what was interrupted goes on, and commands can be taken.
pub(super) fn ready(turn: &mut Turn<'_>) {
    presence::roster_ends(turn);
    let Login::In(session) = &mut turn.model.login else { return };
    session.ready = true;
    turn.model.outage = None;
    history::after_login(turn);
    send_parked(turn);
    chat::resume(turn);
    let front = turn.model.conversations.front().clone();
    history::shown(turn, &front);
}

/// Sends what waits for its turn, as far as the server takes it.
pub(super) fn send_parked(turn: &mut Turn<'_>) {
    while turn.model.can_request()
        && let Some(request) = turn.model.requests.unpark()
    {
        send_again(turn, request);
    }
}

/// Sends a request again under a new number. A text keeps its message id, by which the server knows that it is the
/// same one.
fn send_again(turn: &mut Turn<'_>, request: Request) {
    let Some(message) = request.message else { return };
    let id = turn.model.requests.begin(request.purpose, turn.now.mono);
    let message = renumbered(message, id);
    turn.model.requests.keep(id, message.clone());
    if request.again {
        turn.model.requests.mark_again(id);
    }
    turn.send(message);
}

fn renumbered(mut message: ClientMessage, new: RequestId) -> ClientMessage {
    use ClientMessage as M;
    match &mut message {
        M::Login { id, .. }
        | M::Register { id, .. }
        | M::Passwd { id, .. }
        | M::Logout { id }
        | M::Send { id, .. }
        | M::Resume { id, .. }
        | M::Search { id, .. }
        | M::Queue { id }
        | M::Unsend { id, .. }
        | M::History { id, .. }
        | M::Away { id, .. }
        | M::Whois { id, .. }
        | M::Who { id }
        | M::WhoSince { id, .. }
        | M::Blocked { id }
        | M::Block { id, .. }
        | M::Unblock { id, .. }
        | M::PrivateAsk { id, .. }
        | M::PrivateAccept { id, .. }
        | M::PrivateDecline { id, .. } => *id = new,
        M::Hello { .. }
        | M::Ack { .. }
        | M::Activity {}
        | M::Typing { .. }
        | M::Ping { .. }
        | M::Pong { .. }
        | M::Unknown => {}
    }
    message
}

/// The server refused the login.
pub(super) fn refused(turn: &mut Turn<'_>, refusal: Refusal) {
    match &refusal.code {
        code if *code == Code::BAD_PASSWORD || *code == Code::BAD_LOGIN => wrong_password(turn, refusal),
        code if *code == Code::TICKET_EXPIRED => ticket_expired(turn),
        code if *code == Code::LOCKED => locked(turn, refusal),
        code if *code == Code::NO_SUCH_ACCOUNT => no_account(turn, refusal),
        code if *code == Code::ALREADY_ONLINE => in_use(turn, refusal),
        code if *code == Code::BUSY || *code == Code::SLOW_DOWN => later(turn, refusal),
        code if *code == Code::WEAK_PASSWORD => weak_password(turn, refusal),
        code if *code == Code::NAME_TAKEN => name_taken(turn, refusal),
        _ => otherwise(turn, refusal),
    }
}

fn announce(turn: &mut Turn<'_>, refusal: &Refusal) {
    turn.report(Report::Refused(Refused { code: refusal.code.clone(), command: None, user: None, why: why(refusal) }));
}

/// What a refusal says beyond its code.
pub(super) fn why(refusal: &Refusal) -> Why {
    if refusal.code == Code::ALREADY_ONLINE {
        return Why::InUse { since: refusal.at, from: refusal.from.as_deref().map(safe) };
    }
    match (refusal.left, refusal.wait_ms) {
        (Some(left), _) => Why::Tries(left),
        (None, Some(wait)) => Why::Wait { seconds: seconds(Duration::from_millis(wait)) },
        (None, None) if refusal.text.is_empty() => Why::Plain,
        (None, None) => Why::Text(safe(&refusal.text)),
    }
}

fn wrong_password(turn: &mut Turn<'_>, refusal: Refusal) {
    announce(turn, &refusal);
    if turn.model.identity.password_given || lines_are_commands(turn.model) {
        return turn.quit(Exit::LoginRefused);
    }
    if turn.model.me.is_some() && turn.model.settings.on_screen {
        return ask_to_come_back(turn);
    }
    turn.model.identity.password = None;
    if refusal.code == Code::BAD_LOGIN && !turn.model.identity.name_given {
        // The name may be wrong as well; the server does not say.
        return ask_name_again(turn);
    }
    ask(turn, Question::Password);
}

/// Whether a script is past its login: its next line is a command, and must not be taken for a password.
fn lines_are_commands(model: &Model) -> bool {
    model.me.is_some() && !model.settings.interactive
}

/// The session to come back to is over: the password opens another one.
fn ticket_expired(turn: &mut Turn<'_>) {
    turn.model.identity.ticket = None;
    turn.model.identity.ticket_refused = true;
    if turn.model.identity.password.is_none() && turn.model.settings.on_screen {
        return ask_to_come_back(turn);
    }
    proceed(turn);
}

fn locked(turn: &mut Turn<'_>, refusal: Refusal) {
    if turn.model.me.is_some() {
        // Somebody else guessed while the connection was gone. The lock ends by itself.
        return again(turn, &refusal, Exit::Locked);
    }
    announce(turn, &refusal);
    if turn.model.identity.password_given || !turn.model.settings.interactive {
        return turn.quit(Exit::Locked);
    }
    turn.model.identity.password = None;
    ask(turn, Question::Password);
}

fn no_account(turn: &mut Turn<'_>, refusal: Refusal) {
    let code = refusal.code;
    turn.report(Report::Refused(Refused { code, command: None, user: None, why: Why::Plain }));
    if turn.model.identity.password_given {
        return turn.quit(Exit::LoginRefused);
    }
    turn.model.identity.register = true;
    turn.model.identity.password = None;
    turn.aside(Aside::OfferAccount);
    ask(turn, Question::FirstPassword);
}

/// The account is in use. After a lost connection that is our own session, which the server does not know to be dead
/// yet: it is tried again for as long as a lost connection is.
fn in_use(turn: &mut Turn<'_>, refusal: Refusal) {
    if turn.model.me.is_some() && turn.model.identity.ticket_refused {
        // The session that is in the way is not ours: another client has taken our place.
        return ending::bye(turn, Reason::REPLACED, None);
    }
    if turn.model.me.is_some() {
        return again(turn, &refusal, Exit::LoginRefused);
    }
    announce(turn, &refusal);
    if !turn.model.settings.interactive || turn.model.identity.password_given {
        return turn.quit(Exit::LoginRefused);
    }
    ask_name_or_password(turn);
}

/// The server has too much to do.
fn later(turn: &mut Turn<'_>, refusal: Refusal) {
    announce(turn, &refusal);
    again(turn, &refusal, Exit::LoginRefused);
}

/// Tries the login again after a while, and gives up when it was tried long enough.
fn again(turn: &mut Turn<'_>, refusal: &Refusal, exit: Exit) {
    let jitter = turn.model.outage.map_or(Jitter::thousandths(1000), |outage| outage.jitter);
    let Some(span) = connection::next_wait(turn, jitter) else {
        announce(turn, refusal);
        return turn.quit(exit);
    };
    let span = span.max(Duration::from_millis(refusal.wait_ms.unwrap_or(0)));
    turn.model.login = Login::Again(turn.now.mono.after(span));
    turn.report(Report::Reconnecting { seconds: seconds(span) });
}

fn weak_password(turn: &mut Turn<'_>, refusal: Refusal) {
    announce(turn, &refusal);
    if turn.model.identity.password_given {
        return turn.quit(Exit::LoginRefused);
    }
    turn.model.identity.password = None;
    ask(turn, Question::FirstPassword);
}

/// The name to register is taken: perhaps by our own first try, whose answer was lost with the connection.
fn name_taken(turn: &mut Turn<'_>, refusal: Refusal) {
    if turn.model.outage.is_some() {
        turn.model.identity.register = false;
        return proceed(turn);
    }
    otherwise(turn, refusal);
}

fn otherwise(turn: &mut Turn<'_>, refusal: Refusal) {
    announce(turn, &refusal);
    if !turn.model.settings.interactive || turn.model.identity.password_given {
        return turn.quit(Exit::LoginRefused);
    }
    turn.model.identity.register = false;
    ask_name_or_password(turn);
}

fn ask_name_or_password(turn: &mut Turn<'_>) {
    turn.model.identity.password = None;
    if turn.model.identity.name_given {
        return ask(turn, Question::Password);
    }
    ask_name_again(turn);
}

pub(super) fn woke(turn: &mut Turn<'_>) {
    if let Login::Again(at) = turn.model.login
        && turn.now.mono >= at
    {
        proceed(turn);
    }
}

pub(super) fn deadline(model: &Model) -> Option<Mono> {
    match model.login {
        Login::Again(at) => Some(at),
        Login::Waiting | Login::Asking(_) | Login::In(_) | Login::Over(_) => None,
    }
}
