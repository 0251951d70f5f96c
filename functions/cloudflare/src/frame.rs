//! The text frame in which a delivery travels, from the mailbox to its client and to the service alike.

use serde::{Deserialize, Serialize};
use visavis::ports::{Delivery, Entry, Page};

/// `{"sequence":7,"sealed":"…"}` or `{"gap":7}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Frame {
    /// See [`Delivery::Entry`].
    Entry {
        /// The place in the mailbox.
        sequence: u64,
        /// The sealed envelope.
        sealed: String,
    },
    /// See [`Delivery::Gap`].
    Gap {
        /// The sequence to go on after.
        gap: u64,
    },
}

impl From<Delivery> for Frame {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Entry(Entry { sequence, sealed }) => Self::Entry { sequence, sealed },
            Delivery::Gap(gap) => Self::Gap { gap },
        }
    }
}

impl From<Frame> for Delivery {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Entry { sequence, sealed } => Self::Entry(Entry { sequence, sealed }),
            Frame::Gap { gap } => Self::Gap(gap),
        }
    }
}

/// A page of a mailbox.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Frames {
    /// In order.
    pub(crate) frames: Vec<Frame>,
    /// Whether there is more after the last one.
    pub(crate) more: bool,
}

impl From<Page> for Frames {
    fn from(page: Page) -> Self {
        Self {
            frames: page.deliveries.into_iter().map(Into::into).collect(),
            more: page.more,
        }
    }
}

impl From<Frames> for Page {
    fn from(frames: Frames) -> Self {
        Self {
            deliveries: frames.frames.into_iter().map(Into::into).collect(),
            more: frames.more,
        }
    }
}

/// The answer to an append.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Appended {
    /// The place that the entry has.
    pub(crate) sequence: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_documented_form_and_comes_back_as_the_same_delivery() {
        let cases = [
            (
                Delivery::Entry(Entry {
                    sequence: 7,
                    sealed: "AAAA".into(),
                }),
                r#"{"sequence":7,"sealed":"AAAA"}"#,
            ),
            (Delivery::Gap(7), r#"{"gap":7}"#),
        ];
        for (delivery, text) in cases {
            assert_eq!(serde_json::to_string(&Frame::from(delivery.clone())).unwrap(), text);
            assert_eq!(Delivery::from(serde_json::from_str::<Frame>(text).unwrap()), delivery);
        }
    }
}
