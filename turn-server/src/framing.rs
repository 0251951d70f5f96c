//! Where one message ends and the next begins on a byte stream (RFC 8656 section 12.5, RFC 8489 section 6.2.2).

use std::ops::Range;

/// The STUN magic cookie.
const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();

/// What a buffer begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A part of a message; the whole has this many bytes, as far as can be told yet.
    Incomplete(usize),
    /// A STUN message of this many bytes.
    Message(usize),
    /// ChannelData.
    ChannelData {
        /// The channel's number, not checked.
        number: u16,
        /// Where the data is.
        data: Range<usize>,
        /// How many bytes it takes, with padding.
        total: usize,
    },
    /// Neither; the stream cannot be read on.
    Broken,
}

/// Looks at the beginning of what came over a stream.
#[must_use]
pub fn frame(buffer: &[u8]) -> Frame {
    let [first, second, high, low, ..] = *buffer else {
        // Only the first two bits tell anything yet.
        return match buffer.first() {
            Some(first) if first & 0x80 != 0 => Frame::Broken,
            _ => Frame::Incomplete(4),
        };
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match first >> 6 {
        0b00 => {
            let cookie = buffer.get(4..8);
            if length % 4 != 0 || cookie.is_some_and(|cookie| cookie != COOKIE) {
                Frame::Broken
            } else if buffer.len() < length + 20 {
                Frame::Incomplete(length + 20)
            } else {
                Frame::Message(length + 20)
            }
        }
        0b01 => {
            let total = 4 + length.next_multiple_of(4);
            if buffer.len() < total {
                Frame::Incomplete(total)
            } else {
                Frame::ChannelData {
                    number: u16::from_be_bytes([first, second]),
                    data: 4..4 + length,
                    total,
                }
            }
        }
        _ => Frame::Broken,
    }
}

/// The number and data of a ChannelData datagram, whose padding is optional (section 12.5).
#[must_use]
pub fn channel_datagram(datagram: &[u8]) -> Option<(u16, Range<usize>)> {
    let [first, second, high, low, ..] = *datagram else {
        return None;
    };
    let end = 4 + usize::from(u16::from_be_bytes([high, low]));
    (first >> 6 == 0b01 && datagram.len() >= end).then(|| (u16::from_be_bytes([first, second]), 4..end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Sent {
        Message(Vec<u8>),
        ChannelData(u16, Vec<u8>),
    }

    impl Sent {
        fn bytes(&self) -> Vec<u8> {
            match self {
                Self::Message(body) => {
                    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
                    [&[0, 1][..], &length, &COOKIE, &[7; 12], body].concat()
                }
                Self::ChannelData(number, data) => {
                    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
                    let padding = vec![0; data.len().next_multiple_of(4) - data.len()];
                    [&number.to_be_bytes()[..], &length, data, &padding].concat()
                }
            }
        }
    }

    fn sent() -> impl Strategy<Value = Sent> {
        prop_oneof![
            (0usize..40).prop_map(|words| Sent::Message(vec![9; words * 4])),
            (0x4000u16..0x8000, prop::collection::vec(any::<u8>(), 0..300))
                .prop_map(|(number, data)| Sent::ChannelData(number, data)),
        ]
    }

    proptest! {
        /// Whatever was sent comes out, however the stream was cut.
        #[test]
        fn a_stream_is_read_as_it_was_written(all in prop::collection::vec(sent(), 1..12), cuts in prop::collection::vec(1usize..200, 1..40)) {
            let stream: Vec<u8> = all.iter().flat_map(Sent::bytes).collect();
            let mut buffer = Vec::new();
            let mut rest = &stream[..];
            let mut read = Vec::new();
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                buffer.extend_from_slice(now);
                rest = later;
                loop {
                    let taken = match frame(&buffer) {
                        Frame::Incomplete(needed) => { prop_assert!(needed > buffer.len()); break }
                        Frame::Message(total) | Frame::ChannelData { total, .. } => { read.push(buffer[..total].to_vec()); total }
                        Frame::Broken => return Err(TestCaseError::fail("broken")),
                    };
                    buffer.drain(..taken);
                }
            }
            prop_assert!(buffer.is_empty());
            prop_assert_eq!(read, all.iter().map(Sent::bytes).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_framed_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            match frame(&bytes) {
                Frame::Incomplete(needed) => prop_assert!(needed > bytes.len()),
                Frame::Message(total) => prop_assert!(total <= bytes.len()),
                Frame::ChannelData { data, total, .. } => prop_assert!(data.end <= total && total <= bytes.len()),
                Frame::Broken => prop_assert!(!bytes.is_empty()),
            }
            if let Some((_, data)) = channel_datagram(&bytes) {
                prop_assert!(data.end <= bytes.len());
            }
        }
    }
}
