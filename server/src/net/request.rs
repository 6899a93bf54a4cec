//! From the bytes of a frame to a checked request. Pure.
//!
//! Everything that can be decided without knowing who is online is decided here, once: the shape of names, the length of
//! texts and passwords, what a conversation is called. What comes out cannot be wrong in these ways.

use std::net::{IpAddr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use shared::codec::{self, CodecError, Peek};
use shared::error::Code;
use shared::id::{DeviceKey, RequestId};
use shared::limits::{
    ADDRESS_BYTES, ADDRESSES, AWAY_BYTES, HISTORY_PAGE, PASSWORD_BYTES, PASSWORD_MIN_CHARS, PEER_PORT_LOWEST,
    SEARCH_PAGE, TEXT_BYTES, TEXT_LINES,
};
use shared::message::{ClientMessage, Kind, LOBBY, Mark, Refusal};
use shared::name::Name;

use crate::chat::{Place, Presented, Request, Search};
use crate::names::Policy;

mod words;

#[cfg(test)]
mod tests;

/// The longest part of an unknown word that is said back, in characters.
const WHAT_CHARS: usize = 64;

/// The longest word for how a text is meant, in bytes. Unknown words are carried, so that newer clients can use them.
const KIND_BYTES: usize = 16;

/// Why a frame is not a message.
#[derive(Debug)]
pub enum Fault {
    /// It breaks the framing or the encoding: nothing after it can be trusted.
    Broken(CodecError),
    /// It is a message, but not one that is understood; the connection lives on.
    Refused(Box<Refusal>),
}

/// What a client said after the first exchange.
#[derive(Debug)]
pub enum Said {
    /// Something for the rules.
    Request(Request),
    /// It wants a `pong` with this number.
    Ping(u64),
    /// It answers our `ping`.
    Pong,
    /// Nothing that anybody has to hear of, nor an answer.
    Nothing,
}

/// Decodes the body of a frame. Kinds this build does not know and known ones with missing or wrong fields are refused.
pub fn decode(body: &[u8]) -> Result<ClientMessage, Fault> {
    match codec::decode::<ClientMessage>(body) {
        Ok(ClientMessage::Unknown) => {
            let peek = codec::decode::<Peek>(body).unwrap_or_default();
            let text = "This server does not know this kind of request.";
            Err(Fault::Refused(about(refusal(peek.id, Code::UNSUPPORTED, text), &peek.t)))
        }
        Ok(message) => Ok(message),
        Err(error @ CodecError::Malformed(_)) => Err(not_understood(body, error)),
        Err(error) => Err(Fault::Broken(error)),
    }
}

/// Checks a message. `Err` is the answer to it.
pub fn check(message: ClientMessage, names: Policy) -> Result<Said, Box<Refusal>> {
    let request = match message {
        ClientMessage::Ping { n } => return Ok(Said::Ping(n)),
        ClientMessage::Pong { .. } => return Ok(Said::Pong),
        ClientMessage::Hello { .. } => return Err(refusal(None, Code::NOT_NOW, "The connection is greeted already.")),
        ClientMessage::Unknown => return Err(refusal(None, Code::UNSUPPORTED, "This is no request.")),
        ClientMessage::Login { id, name, password, device, remember } => {
            let name = own_name(id, &name, names)?;
            Request::Login { id, name, password: password.into(), device, remember }
        }
        ClientMessage::Resume { id, ticket, lobby } => Request::Resume { id, ticket, lobby },
        ClientMessage::Register { id, name, password, remember } => register(id, &name, password, remember, names)?,
        ClientMessage::Send { id, cid, to, text, kind } => {
            let place = place(Some(id), &to, names)?;
            check_text(id, &text)?;
            check_kind(id, &kind)?;
            match place {
                Place::Lobby => Request::Broadcast { id, client_id: cid, text, kind },
                Place::With(to) => Request::Message { id, client_id: cid, to, text, kind },
            }
        }
        ClientMessage::Ack { conv, seq } => Request::Ack { place: place(None, &conv, names)?, seq },
        ClientMessage::Who { id } => Request::Who { id },
        ClientMessage::WhoSince { id, span_ms } => {
            Request::WhoSince { id, span: std::time::Duration::from_millis(span_ms) }
        }
        ClientMessage::Block { id, name } => Request::Block { id, name: other_name(Some(id), &name, names)? },
        ClientMessage::Unblock { id, name } => Request::Unblock { id, name: other_name(Some(id), &name, names)? },
        ClientMessage::Blocked { id } => Request::Blocked { id },
        ClientMessage::History { id, conv, before, limit } => {
            let place = place(Some(id), &conv, names)?;
            Request::History { id, place, before, limit: limit.clamp(1, HISTORY_PAGE) }
        }
        ClientMessage::Search { id, words, conv, start, limit } => {
            let words = words::words(id, &words)?;
            let place_of = |conv: &str| place(Some(id), conv, names);
            let start = start.map(|Mark { conv, seq }| place_of(&conv).map(|place| (place, seq))).transpose()?;
            let place = conv.as_deref().map(place_of).transpose()?;
            Request::Search { id, search: Search { words, place, start, limit: limit.clamp(1, SEARCH_PAGE) } }
        }
        ClientMessage::Queue { id } => Request::Queue { id },
        ClientMessage::Unsend { id, conv, seq } => match place(Some(id), &conv, names)? {
            Place::With(to) => Request::Unsend { id, to, seq },
            Place::Lobby => {
                let text = "What was said in the lobby cannot be taken back.";
                return Err(refusal(Some(id), Code::ALREADY_DELIVERED, text));
            }
        },
        ClientMessage::Away { id, text } => Request::Away { id, text: away(id, text)? },
        ClientMessage::Whois { id, name } => Request::Whois { id, name: other_name(Some(id), &name, names)? },
        ClientMessage::Passwd { id, old, new } => Request::Passwd { id, old: old.into(), new: new_password(id, new)? },
        ClientMessage::PrivateAsk { id, offer, name, key, addresses } => {
            let presented = presented(id, key, &addresses)?;
            Request::PrivateAsk { id, offer, name: other_name(Some(id), &name, names)?, presented }
        }
        ClientMessage::PrivateAccept { id, offer, key, addresses } => {
            Request::PrivateAccept { id, offer, presented: presented(id, key, &addresses)? }
        }
        ClientMessage::PrivateDecline { id, offer } => Request::PrivateDecline { id, offer },
        // Nobody has asked for an answer, and nothing is lost.
        ClientMessage::Typing { conv } => match place(None, &conv, names) {
            Ok(place) => Request::Typing { place },
            Err(_) => return Ok(Said::Nothing),
        },
        ClientMessage::Activity {} => Request::Activity,
        ClientMessage::Logout { id } => Request::Logout { id },
    };
    Ok(Said::Request(request))
}

/// A frame that did not decode: a map with wrong contents is a request not understood, anything else is broken.
fn not_understood(body: &[u8], error: CodecError) -> Fault {
    let id = match codec::decode::<Peek>(body) {
        Ok(peek) => peek.id,
        Err(_) if codec::decode::<serde::de::IgnoredAny>(body).is_ok() => None,
        Err(_) => return Fault::Broken(error),
    };
    let text = "The request is not understood: a field is missing or has a wrong type.";
    Fault::Refused(refusal(id, Code::BAD_REQUEST, text))
}

/// Where a client says it listens: a few addresses that one machine can have, with ports that are no other service's.
fn presented(id: RequestId, key: DeviceKey, addresses: &[String]) -> Result<Presented, Box<Refusal>> {
    if addresses.len() > ADDRESSES {
        let sentence = format!("A client has at most {ADDRESSES} addresses.");
        return Err(refusal(Some(id), Code::BAD_REQUEST, sentence));
    }
    let parsed = addresses.iter().map(|address| peer_address(address).ok_or(address));
    let addresses: Result<Vec<SocketAddr>, _> = parsed.collect();
    addresses.map(|addresses| Presented { key, addresses }).map_err(|wrong| {
        about(refusal(Some(id), Code::BAD_REQUEST, "No client can be reached at this address."), wrong)
    })
}

fn peer_address(text: &str) -> Option<SocketAddr> {
    let address: SocketAddr = Some(text).filter(|text| text.len() <= ADDRESS_BYTES)?.parse().ok()?;
    let ip = address.ip().to_canonical();
    let is_nowhere = ip.is_unspecified()
        || ip.is_multicast()
        || match ip {
            IpAddr::V4(v4) => v4.is_broadcast() || v4.octets()[0] == 0,
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
    (!is_nowhere && address.port() >= PEER_PORT_LOWEST).then_some(SocketAddr::new(ip, address.port()))
}

fn register(
    id: RequestId,
    name: &str,
    password: String,
    remember: bool,
    names: Policy,
) -> Result<Request, Box<Refusal>> {
    let name = own_name(id, name, names)?;
    let password = new_password(id, password)?;
    Ok(Request::Register { id, skeleton: names.skeleton(&name), name, password, remember })
}

/// The name of who asks: what is wrong with it is said.
fn own_name(id: RequestId, raw: &str, names: Policy) -> Result<Name, Box<Refusal>> {
    names.parse(raw).map_err(|error| about(refusal(Some(id), Code::BAD_NAME, sentence(&error.to_string())), raw))
}

/// The name of somebody else: one that nobody can have is the name of nobody.
fn other_name(id: Option<RequestId>, raw: &str, names: Policy) -> Result<Name, Box<Refusal>> {
    names.parse(raw).map_err(|_| about(refusal(id, Code::NO_SUCH_USER, "Nobody here has this name."), raw))
}

fn place(id: Option<RequestId>, raw: &str, names: Policy) -> Result<Place, Box<Refusal>> {
    if raw == LOBBY {
        return Ok(Place::Lobby);
    }
    let Some(name) = raw.strip_prefix('@') else {
        return Err(about(refusal(id, Code::NO_SUCH_CONVERSATION, "There is no such conversation."), raw));
    };
    other_name(id, name, names).map(Place::With)
}

fn check_text(id: RequestId, text: &str) -> Result<(), Box<Refusal>> {
    let lines = text.lines().count();
    let refused = if text.trim().is_empty() {
        refusal(Some(id), Code::EMPTY, "There is nothing to send.")
    } else if text.len() > TEXT_BYTES {
        let sentence = format!("A message has at most {TEXT_BYTES} bytes; this one has {}.", text.len());
        refusal(Some(id), Code::TOO_LONG, sentence)
    } else if lines > TEXT_LINES {
        let sentence = format!("A message has at most {TEXT_LINES} lines; this one has {lines}.");
        refusal(Some(id), Code::TOO_LONG, sentence)
    } else if text.contains('\0') {
        refusal(Some(id), Code::BAD_TEXT, "A message cannot hold the character NUL.")
    } else {
        return Ok(());
    };
    Err(refused)
}

fn check_kind(id: RequestId, kind: &Kind) -> Result<(), Box<Refusal>> {
    let word = kind.as_str();
    if (1..=KIND_BYTES).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Ok(());
    }
    Err(about(refusal(Some(id), Code::BAD_REQUEST, "A kind of message is a short word in small letters."), word))
}

fn away(id: RequestId, text: String) -> Result<String, Box<Refusal>> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    let refused = if text.len() > AWAY_BYTES {
        let sentence = format!("An away text has at most {AWAY_BYTES} bytes; this one has {}.", text.len());
        refusal(Some(id), Code::TOO_LONG, sentence)
    } else if text.contains(['\n', '\r']) {
        refusal(Some(id), Code::TOO_LONG, "An away text has one line; this one has more.")
    } else if text.contains('\0') {
        refusal(Some(id), Code::BAD_TEXT, "An away text cannot hold the character NUL.")
    } else {
        return Ok(text);
    };
    Err(refused)
}

fn new_password(id: RequestId, password: String) -> Result<SecretString, Box<Refusal>> {
    let password = SecretString::from(password);
    let text = password.expose_secret();
    let refused = if text.chars().count() < PASSWORD_MIN_CHARS {
        format!("A password needs at least {PASSWORD_MIN_CHARS} characters.")
    } else if text.len() > PASSWORD_BYTES {
        format!("A password has at most {PASSWORD_BYTES} bytes.")
    } else {
        return Ok(password);
    };
    Err(refusal(Some(id), Code::WEAK_PASSWORD, refused))
}

fn refusal(id: Option<RequestId>, code: Code, text: impl Into<String>) -> Box<Refusal> {
    Box::new(Refusal::new(id, code, text))
}

fn about(mut refusal: Box<Refusal>, what: &str) -> Box<Refusal> {
    refusal.what = Some(what.chars().take(WHAT_CHARS).collect());
    refusal
}

/// A fragment such as "a name has at most 32 characters" as a sentence.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
