//! One encoding, one signer, no panic.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::testing::statements::{self as write, DeviceFields, Key};

/// Opens bytes as every kind of statement, and says as which they were one.
fn open_as_any(signed: &[u8]) -> Vec<&'static str> {
    fn label<S: Statement>(signed: &[u8]) -> Option<&'static str> {
        S::open(signed).is_ok().then_some(S::LABEL)
    }
    [
        label::<SiteKey>(signed),
        label::<Succession>(signed),
        label::<Approver>(signed),
        label::<DeviceRequest>(signed),
        label::<Device>(signed),
        label::<Revocations>(signed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn integer() -> impl Strategy<Value = u64> {
    0..1_u64 << 53
}

fn times() -> impl Strategy<Value = (u64, u64)> {
    (integer(), integer())
}

fn revoked() -> impl Strategy<Value = Vec<[u8; 32]>> {
    proptest::collection::btree_set(any::<[u8; 32]>(), 0..5).prop_map(|keys| keys.into_iter().collect())
}

/// Text within a certificate's bounds; a dot stands for anything but a line feed.
fn text(shortest: usize) -> impl Strategy<Value = String> {
    vec(
        any::<char>().prop_filter("no control character", |it| !it.is_control()),
        shortest..=80,
    )
    .prop_map(String::from_iter)
}

prop_compose! {
    fn device_fields()(
        ids in any::<[u128; 2]>(), name in text(1), title in text(0), organisation_name in text(1),
        signing: [u8; 32], sealing: [u8; 32], times in times(),
    ) -> DeviceFields {
        let [organisation, expert] = ids.map(Uuid::from_u128);
        DeviceFields { organisation, expert, name, title, organisation_name, signing, sealing, times }
    }
}

/// A statement of any kind, and its label.
fn any_statement() -> impl Strategy<Value = (Vec<u8>, &'static str)> {
    let id = any::<u128>().prop_map(Uuid::from_u128).boxed();
    prop_oneof![
        (id.clone(), integer()).prop_map(|(id, created)| (write::site_key(&Key::new(1), id, created), SiteKey::LABEL)),
        (id.clone(), times()).prop_map(|(id, times)| {
            (
                write::succession(&Key::new(1), id, &Key::new(2), times),
                Succession::LABEL,
            )
        }),
        (id.clone(), id.clone(), times()).prop_map(|(id, person, times)| {
            (
                write::approver(&Key::new(1), id, &Key::new(2), person, times),
                Approver::LABEL,
            )
        }),
        (id.clone(), id.clone(), any::<[u8; 32]>()).prop_map(|(id, expert, sealing)| {
            (
                write::device_request(&Key::new(3), id, expert, &sealing),
                DeviceRequest::LABEL,
            )
        }),
        device_fields().prop_map(|fields| (write::device(&Key::new(2), &fields), Device::LABEL)),
        (id, integer(), times(), revoked()).prop_map(|(id, number, times, revoked)| {
            (
                write::revocations(&Key::new(2), id, number, times, &revoked),
                Revocations::LABEL,
            )
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_written_opens_as_what_it_is_and_nothing_else((signed, label) in any_statement()) {
        prop_assert_eq!(open_as_any(&signed), [label]);
    }

    #[test]
    fn a_changed_bit_is_noticed((mut signed, _) in any_statement(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let at = at.index(signed.len());
        signed[at] ^= 1 << bit;
        prop_assert!(open_as_any(&signed).is_empty());
    }

    #[test]
    fn what_is_too_short_or_too_long_is_none((signed, _) in any_statement(), at in any::<prop::sample::Index>(), more in vec(any::<u8>(), 1..40)) {
        prop_assert!(open_as_any(&signed[..at.index(signed.len())]).is_empty());
        prop_assert!(open_as_any(&[signed, more].concat()).is_empty());
    }

    #[test]
    fn anything_else_is_none(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(open_as_any(&bytes).is_empty());
    }

    /// The right fields under the right label, but signed again after one more field, or one that is longer.
    #[test]
    fn a_signature_does_not_mend_the_form(more in vec(any::<u8>(), 0..40), id: u128) {
        let (key, id) = (Key::new(1), Uuid::from_u128(id));
        let public = key.public();
        let fields: [&[u8]; 5] = [b"visavis/v1/site-key", id.as_bytes(), &public, &[0; 8], &more];
        prop_assert_eq!(SiteKey::open(&key.sign(&fields)), Err(StatementError::Malformed));
        let longer = [&[0; 8], more.as_slice(), &[1]].concat();
        let fields: [&[u8]; 4] = [b"visavis/v1/site-key", id.as_bytes(), &public, &longer];
        prop_assert_eq!(SiteKey::open(&key.sign(&fields)), Err(StatementError::Malformed));
        let mut bytes = write::statement(&fields[..3]);
        bytes.extend(&more);
        prop_assert!(SiteKey::open(&bytes).is_err());
    }

    #[test]
    fn another_keys_signature_is_refused(id: u128) {
        let (key, other) = (Key::new(1), Key::new(2));
        let signed = other.sign(&[b"visavis/v1/site-key", &id.to_be_bytes(), &key.public(), &[0; 8]]);
        prop_assert_eq!(SiteKey::open(&signed), Err(StatementError::Signature));
    }
}

#[test]
fn fields_are_read_as_they_were_written() {
    let fields = DeviceFields {
        organisation: Uuid::from_u128(1),
        expert: Uuid::from_u128(2),
        name: "Ève Müller 😀".into(),
        title: String::new(),
        organisation_name: "Customer".into(),
        signing: [3; 32],
        sealing: [4; 32],
        times: (5, 6),
    };
    let approver = Key::new(2);
    let device = Device::open(&write::device(&approver, &fields)).unwrap();
    assert_eq!(device.approver, PublicKey(approver.public()));
    assert_eq!(
        (device.organisation, device.expert),
        (fields.organisation, fields.expert)
    );
    assert_eq!((device.name, device.title), (fields.name, fields.title));
    assert_eq!(device.organisation_name, "Customer");
    assert_eq!(
        (device.signing, device.sealing),
        (PublicKey([3; 32]), PublicKey([4; 32]))
    );
    assert_eq!(
        device.window,
        Window {
            not_before: 5,
            not_after: 6
        }
    );
}

#[test]
fn text_keeps_its_bounds() {
    let with = |name: &str, title: &str| {
        let fields = DeviceFields {
            organisation: Uuid::nil(),
            expert: Uuid::nil(),
            name: name.into(),
            title: title.into(),
            organisation_name: "Customer".into(),
            signing: [3; 32],
            sealing: [4; 32],
            times: (5, 6),
        };
        Device::open(&write::device(&Key::new(2), &fields))
    };
    // Characters are counted, not bytes or UTF-16 units.
    assert!(with(&"😀".repeat(80), &"é".repeat(80)).is_ok());
    for (name, title) in [("", ""), (&"😀".repeat(81), ""), ("Eve", &"x".repeat(81))] {
        assert_eq!(with(name, title), Err(StatementError::Malformed), "{name} {title}");
    }
    for control in ['\0', '\u{1f}', '\n', '\u{7f}', '\u{85}', '\u{9f}'] {
        assert_eq!(
            with(&format!("E{control}e"), ""),
            Err(StatementError::Malformed),
            "{control:?}"
        );
    }
}

#[test]
fn text_is_utf_8() {
    let (approver, id) = (Key::new(2), Uuid::nil());
    let signed = approver.sign(&[
        Device::LABEL.as_bytes(),
        id.as_bytes(),
        &approver.public(),
        id.as_bytes(),
        &[0xff],
        b"",
        b"Customer",
        &[3; 32],
        &[4; 32],
        &[0; 8],
        &[0; 8],
    ]);
    assert_eq!(Device::open(&signed), Err(StatementError::Malformed));
}

#[test]
fn revoked_keys_ascend_and_are_not_too_many() {
    let list = |keys: &[[u8; 32]]| Revocations::open(&write::revocations(&Key::new(1), Uuid::nil(), 1, (2, 3), keys));
    let key = |number: u16| {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        key
    };
    let keys: Vec<_> = (0..1025).map(key).collect();
    assert_eq!(list(&keys[..1024]).unwrap().revoked.len(), 1024);
    assert_eq!(list(&[]).unwrap().revoked, []);
    for keys in [&keys[..], &[key(2), key(1)], &[key(1), key(1)]] {
        assert_eq!(list(keys), Err(StatementError::Malformed));
    }
}

#[test]
fn keys_of_small_order_sign_nothing() {
    // The identity, under which the signature (identity, 0) fits any message where it is not refused.
    let mut identity = [0; 32];
    identity[0] = 1;
    let message = write::statement(&[SiteKey::LABEL.as_bytes(), &[0; 16], &identity, &[0; 8]]);
    let signed = [message, identity.to_vec(), vec![0; 32]].concat();
    assert_eq!(SiteKey::open(&signed), Err(StatementError::Signature));
}

#[test]
fn keys_are_below_the_prime() {
    let key = |first, last| {
        let mut key = [0xff; 32];
        (key[0], key[31]) = (first, last);
        PublicKey(key)
    };
    for (first, last, expected) in [
        (0xec, 0x7f, true),
        (0xed, 0x7f, false),
        (0xff, 0x7f, false),
        (0xec, 0xff, true),
        (0xed, 0xff, false),
        (0xff, 0x7e, true),
    ] {
        assert_eq!(is_canonical(key(first, last)), expected, "{first:x} {last:x}");
    }
    let mut smaller = key(0xff, 0x7f);
    smaller.0[7] = 0;
    assert!(is_canonical(smaller));
}

#[test]
fn device_ids_are_written_in_22_characters() {
    let id = DeviceId::of(PublicKey([7; 32]));
    assert_eq!(DeviceId::parse(&id.to_string()), Some(id));
    assert_eq!(id.to_string().len(), 22);
    for none in ["", "AAAA", &"A".repeat(23), &format!("{}B", "A".repeat(21)), "é"] {
        assert_eq!(DeviceId::parse(none), None, "{none}");
    }
}
