//! Four words that both sides see, and that differ if somebody stands between them.
//!
//! They come from the TLS exporter (RFC 8446, section 7.5), so they belong to this one connection: who is in between holds
//! two connections with two different secrets and would have to make 44 bits of them agree while the users wait.
//! They are never made from the keys alone, for which a pair that agrees could be searched in peace.

use bip39::Language;
use rustls::{ClientConnection, ConnectionCommon, Error, ServerConnection};
use shared::peer::WORDS_LABEL;

/// Bytes of the exporter that are used: the first 44 of their 48 bits.
const BYTES: usize = 6;

/// Bits of a word: the list of BIP 39 has 2048.
const BITS: u32 = 11;

/// The words of a connection, of the side that has asked.
pub(super) fn of_client(connection: &ClientConnection) -> Result<[&'static str; 4], Error> {
    of(connection)
}

/// The words of a connection, of the side that was asked.
pub(super) fn of_server(connection: &ServerConnection) -> Result<[&'static str; 4], Error> {
    of(connection)
}

fn of<Data>(connection: &ConnectionCommon<Data>) -> Result<[&'static str; 4], Error> {
    connection.export_keying_material([0; BYTES], WORDS_LABEL, None).map(words)
}

/// The words for these bytes, most significant bits first.
fn words(bytes: [u8; BYTES]) -> [&'static str; 4] {
    let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) >> 4;
    let list = Language::English.word_list();
    [3, 2, 1, 0].map(|place| {
        let index = bits >> (place * BITS) & 0x7ff;
        list[usize::try_from(index).expect("eleven bits fit")]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_bits_are_a_word_and_the_first_come_first() {
        assert_eq!(words([0; 6]), ["abandon"; 4]);
        assert_eq!(words([0xff; 6]), ["zoo"; 4]);
        // 00000000001 00000000010 00000000011 00000000100 and four bits that do not count.
        assert_eq!(words([0x00, 0x20, 0x08, 0x01, 0x80, 0x4f]), ["ability", "able", "about", "above"]);
    }
}
