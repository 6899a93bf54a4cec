//! Frames: a length of four bytes, big endian, then one MessagePack map.
//!
//! Decoding is strict about everything that rmp-serde is lax about: the length is checked before memory is spent on it,
//! nesting is bounded by [`DEPTH`] (a deep frame would overflow the stack), and nothing may follow the map.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::RequestId;
use crate::limits::{DEPTH, HEADER};

/// Why bytes are not a message. The text is for logs and for the one error that is sent before the connection ends.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The length prefix is over the limit of this connection's state, in bytes.
    #[error("frame of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// What the prefix says.
        length: usize,
        /// What is allowed now.
        limit: usize,
    },
    /// A frame without a body.
    #[error("empty frame")]
    Empty,
    /// The body does not begin with a map.
    #[error("frame is not a map")]
    NotAMap,
    /// The body is not valid MessagePack, nests too deeply, or a field is missing or of a wrong type.
    #[error("cannot decode frame")]
    Malformed(#[source] rmp_serde::decode::Error),
    /// Bytes follow the map.
    #[error("{0} bytes follow the message")]
    Trailing(usize),
}

/// Encodes a message with its length in front, ready to be written to any number of sockets.
///
/// # Panics
///
/// Never for the types of [`crate::message`]: they have only maps, lists, strings, integers and bytes, which
/// MessagePack always holds, and no message of ours reaches 4 GiB.
pub fn encode<M: Serialize>(message: &M) -> Bytes {
    let mut frame = BytesMut::with_capacity(128).writer();
    frame.get_mut().put_u32(0);
    rmp_serde::encode::write_named(&mut frame, message).expect("our messages are encodable and memory does not fail");
    let mut frame = frame.into_inner();
    let length = u32::try_from(frame.len() - HEADER).expect("no message of ours reaches 4 GiB");
    frame[..HEADER].copy_from_slice(&length.to_be_bytes());
    frame.freeze()
}

/// Decodes the body of one frame.
///
/// # Errors
///
/// [`CodecError`] for anything but exactly one map that fits `M`.
pub fn decode<M: DeserializeOwned>(body: &[u8]) -> Result<M, CodecError> {
    let first = *body.first().ok_or(CodecError::Empty)?;
    if !matches!(first, 0x80..=0x8f | 0xde | 0xdf) {
        return Err(CodecError::NotAMap);
    }
    let mut decoder = rmp_serde::Deserializer::new(std::io::Cursor::new(body));
    decoder.set_max_depth(DEPTH);
    let message = M::deserialize(&mut decoder).map_err(CodecError::Malformed)?;
    let used = usize::try_from(decoder.position()).unwrap_or(usize::MAX);
    if used < body.len() {
        return Err(CodecError::Trailing(body.len() - used));
    }
    Ok(message)
}

/// Takes the first whole frame's body out of what has been read.
///
/// `Ok(None)` means that more bytes are needed. Nothing is reserved for a frame that has not arrived: the caller grows
/// its buffer as bytes come in.
///
/// # Errors
///
/// [`CodecError::TooLarge`] as soon as the prefix is read, before the body arrives; [`CodecError::Empty`].
pub fn take_frame(read: &mut BytesMut, limit: usize) -> Result<Option<BytesMut>, CodecError> {
    let Some(prefix) = read.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
    if length == 0 {
        return Err(CodecError::Empty);
    }
    if length > limit {
        return Err(CodecError::TooLarge { length, limit });
    }
    if read.len() < HEADER + length {
        return Ok(None);
    }
    read.advance(HEADER);
    Ok(Some(read.split_to(length)))
}

/// The `t` and `id` of a message whose kind is not known, so that the answer can name them.
#[derive(Debug, Default, Deserialize)]
pub struct Peek {
    /// The kind.
    #[serde(default)]
    pub t: String,
    /// The request, if it is one. Whatever else a kind not known may call `id` counts as none.
    #[serde(default, deserialize_with = "request_or_none")]
    pub id: Option<RequestId>,
}

fn request_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RequestId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Found {
        Request(RequestId),
        Other(IgnoredAny),
    }
    Found::deserialize(deserializer).map(|found| match found {
        Found::Request(id) => Some(id),
        Found::Other(IgnoredAny) => None,
    })
}
