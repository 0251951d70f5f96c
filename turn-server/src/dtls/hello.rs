//! The messages before a handshake: reads a ClientHello, writes a HelloVerifyRequest (RFC 6347 sections 4.1 to 4.2.2).

use super::cookie::Cookie;

/// The header of a record: type, version, epoch, sequence number, length.
const RECORD: usize = 13;
/// The header of a handshake message: type, length, number, and which fragment this is.
const MESSAGE: usize = 12;
/// A record with a handshake message in it.
const HANDSHAKE: u8 = 22;
/// DTLS 1.0. A HelloVerifyRequest always says so, whatever is agreed on later (section 4.2.1).
const VERSION_1_0: [u8; 2] = [254, 255];
/// DTLS 1.2.
const VERSION_1_2: [u8; 2] = [254, 253];
/// A HelloVerifyRequest with a cookie of ours.
pub const HELLO_VERIFY_REQUEST: usize = RECORD + MESSAGE + 3 + size_of::<Cookie>();

/// The beginning of a ClientHello, which may be all that its first fragment has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientHello<'a> {
    /// Of its record.
    pub sequence: u64,
    /// Names the handshake.
    pub random: &'a [u8; 32],
    /// Empty at first.
    pub cookie: &'a [u8],
}

/// Reads the first record of a datagram; `None` where it is not the beginning of a ClientHello in the clear.
#[must_use]
pub fn client_hello(datagram: &[u8]) -> Option<ClientHello<'_>> {
    let (header, rest) = datagram.split_first_chunk::<RECORD>()?;
    let [HANDSHAKE, 254, 253 | 255, 0, 0, sequence @ .., high, low] = *header else {
        return None;
    };
    let record = rest.get(..usize::from(u16::from_be_bytes([high, low])))?;
    let (header, body) = record.split_first_chunk::<MESSAGE>()?;
    // A ClientHello, and its first fragment.
    let [1, _, _, _, _, _, 0, 0, 0, ..] = *header else {
        return None;
    };
    let (_version, body) = body.split_first_chunk::<2>()?;
    let (random, body) = body.split_first_chunk::<32>()?;
    let (_session, body) = vector(body)?;
    let (cookie, _) = vector(body)?;
    let sequence = sequence.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
    Some(ClientHello {
        sequence,
        random,
        cookie,
    })
}

/// Bytes after their length, and what follows.
fn vector(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, body) = body.split_first()?;
    body.split_at_checked(usize::from(*length))
}

/// The answer to a ClientHello without a good cookie. Its record has number 0 however often it is sent: the first
/// record of the handshake that follows has 1, and a client drops what it has had already.
#[must_use]
pub fn hello_verify_request(cookie: &Cookie) -> [u8; HELLO_VERIFY_REQUEST] {
    #[expect(clippy::cast_possible_truncation, reason = "it is 19")]
    const BODY: u8 = (HELLO_VERIFY_REQUEST - RECORD - MESSAGE) as u8;
    let mut answer = [0; HELLO_VERIFY_REQUEST];
    answer[0] = HANDSHAKE;
    answer[1..3].copy_from_slice(&VERSION_1_0);
    answer[12] = BODY + 12;
    // The message, in one fragment.
    (answer[13], answer[16], answer[24]) = (3, BODY, BODY);
    answer[25..27].copy_from_slice(&VERSION_1_0);
    answer[27] = BODY - 3;
    answer[28..].copy_from_slice(cookie);
    answer
}

/// A ClientHello without a cookie, as the library must have had one before it takes one with a cookie. It says nothing
/// of the client: with the HelloVerifyRequest that answers it, it is no part of the handshake's transcript.
#[must_use]
pub fn blank_client_hello(sequence: u64) -> Vec<u8> {
    let body = [
        &VERSION_1_2[..],
        &[0; 32],
        // No session, no cookie, one cipher suite, no compression.
        &[0, 0, 0, 2, 0xC0, 0x2F, 1, 0],
    ]
    .concat();
    #[expect(clippy::cast_possible_truncation, reason = "it is 42")]
    let length = body.len() as u8;
    let number = sequence.to_be_bytes();
    [
        &[HANDSHAKE, VERSION_1_0[0], VERSION_1_0[1], 0, 0],
        &number[2..],
        &[0, length + 12],
        &[1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length],
        &body[..],
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_cookie(cookie: &[u8]) -> Vec<u8> {
        let mut hello = blank_client_hello(7);
        let at = RECORD + MESSAGE + 2 + 32 + 1;
        hello.splice(at..=at, [&[u8::try_from(cookie.len()).unwrap()], cookie].concat());
        let length = u8::try_from(hello.len() - RECORD).unwrap();
        hello[12] = length;
        (hello[16], hello[24]) = (length - 12, length - 12);
        hello
    }

    #[test]
    fn a_client_hello_is_read() {
        let expected = |cookie| ClientHello {
            sequence: 7,
            random: &[0; 32],
            cookie,
        };
        assert_eq!(client_hello(&blank_client_hello(7)), Some(expected(b"")));
        assert_eq!(client_hello(&with_cookie(b"biscuit")), Some(expected(b"biscuit")));
    }

    #[test]
    fn nothing_else_is() {
        let hello = with_cookie(b"biscuit");
        for (at, value) in [(0, 23), (0, 21), (1, 3), (2, 1), (4, 1), (13, 2), (21, 1)] {
            let mut other = hello.clone();
            other[at] = value;
            assert_eq!(client_hello(&other), None, "{at}");
        }
        for length in 0..hello.len() {
            assert_eq!(client_hello(&hello[..length]), None, "{length}");
        }
    }

    #[test]
    fn the_answer_is_shorter_than_the_shortest_question() {
        assert!(HELLO_VERIFY_REQUEST < blank_client_hello(0).len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = client_hello(&bytes);
            let whole = [&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 180, 1, 0, 0, 90, 0, 1, 0, 0, 0][..], &bytes].concat();
            let _ = client_hello(&whole);
        }
    }
}
