//! Sealed records: personal fields of the database, under their organisation's data key.
//!
//! A data key is 32 random bytes, stored wrapped by a master key in the table `data_keys`. A sealed field is
//! `1 (the form) ‖ number of the data key (4 bytes, big-endian) ‖ nonce ‖ ciphertext ‖ tag`, with its place as
//! associated data, so that a field copied to another row, column or organisation does not open.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Key, MasterKeys, aead};
use crate::{
    App,
    ports::{Database as _, Entropy, Platform, PortError, PortResult, Rows, Statement},
    problem::Problem,
};

const FORM: u8 = 1;

/// Where a sealed field lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// `table.column`.
    pub(crate) field: &'static str,
    /// The row's id.
    pub(crate) row: Uuid,
}

/// The data keys of one organisation, newest first.
pub(crate) struct DataKeys {
    organisation: Uuid,
    keys: Vec<(u32, Key)>,
}

impl DataKeys {
    /// Reads an organisation's data keys, for a batch; [`DataKeys::open`] takes the rows.
    pub(crate) fn select(organisation: Uuid) -> Statement {
        Statement {
            sql: "SELECT number, master_key, wrapped FROM data_keys WHERE organisation = ?1 ORDER BY number DESC",
            parameters: vec![organisation.to_string().into()],
        }
    }

    /// Makes an organisation's first data key, for the batch that creates the organisation.
    pub(crate) fn create(
        masters: &MasterKeys,
        entropy: &impl Entropy,
        organisation: Uuid,
        now: i64,
    ) -> PortResult<(Self, Statement)> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice())?;
        let number = 1;
        let wrapped = aead::seal(
            &masters.current.wrapping,
            entropy,
            key.as_slice(),
            wrapping_place(organisation, number).as_bytes(),
        )?;
        let statement = Statement {
            sql: "INSERT INTO data_keys (organisation, number, master_key, wrapped, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            parameters: vec![
                organisation.to_string().into(),
                i64::from(number).into(),
                masters.current.id.clone().into(),
                wrapped.into(),
                now.into(),
            ],
        };
        Ok((
            Self {
                organisation,
                keys: vec![(number, key)],
            },
            statement,
        ))
    }

    /// Unwraps the rows of [`DataKeys::select`]. Nothing where the organisation does not exist.
    pub(crate) fn unwrap(masters: &MasterKeys, organisation: Uuid, rows: &Rows) -> PortResult<Option<Self>> {
        let broken = || PortError::Unavailable("a data key does not open".into());
        let mut keys = Vec::with_capacity(rows.rows.len());
        for row in &rows.rows {
            let [number, master, wrapped] = row.as_slice() else {
                return Err(broken());
            };
            let number = number
                .integer()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(broken)?;
            let master = master.text().and_then(|id| masters.by_id(id)).ok_or_else(broken)?;
            let place = wrapping_place(organisation, number);
            let key = wrapped
                .blob()
                .and_then(|wrapped| aead::open(&master.wrapping, wrapped, place.as_bytes()));
            let key = Zeroizing::new(key.ok_or_else(broken)?);
            keys.push((number, Zeroizing::new(key.as_slice().try_into().map_err(|_| broken())?)));
        }
        Ok((!keys.is_empty()).then_some(Self { organisation, keys }))
    }

    /// Wraps every key under the current master key: statements for a batch.
    pub(crate) fn rewrap(&self, masters: &MasterKeys, entropy: &impl Entropy) -> PortResult<Vec<Statement>> {
        let rewrap = |(number, key): &(u32, Key)| {
            let place = wrapping_place(self.organisation, *number);
            let wrapped = aead::seal(&masters.current.wrapping, entropy, key.as_slice(), place.as_bytes())?;
            Ok(Statement {
                sql: "UPDATE data_keys SET master_key = ?1, wrapped = ?2 WHERE organisation = ?3 AND number = ?4",
                parameters: vec![
                    masters.current_id().into(),
                    wrapped.into(),
                    self.organisation.to_string().into(),
                    i64::from(*number).into(),
                ],
            })
        };
        self.keys.iter().map(rewrap).collect()
    }

    /// Seals a field for its place, under the newest key.
    pub(crate) fn seal(&self, entropy: &impl Entropy, place: Place, field: &str) -> PortResult<Vec<u8>> {
        let (number, key) = self.keys.first().ok_or(PortError::Unavailable("no data key".into()))?;
        let sealed = aead::seal(key, entropy, field.as_bytes(), self.place(place).as_bytes())?;
        Ok([&[FORM], number.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Opens a field of that place.
    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> PortResult<String> {
        let open = || {
            let (form, sealed) = sealed.split_first()?;
            let (number, sealed) = sealed.split_first_chunk()?;
            let number = u32::from_be_bytes(*number);
            let (_, key) = self
                .keys
                .iter()
                .find(|(candidate, _)| *form == FORM && *candidate == number)?;
            String::from_utf8(aead::open(key, sealed, self.place(place).as_bytes())?).ok()
        };
        open().ok_or_else(|| PortError::Unavailable(format!("a sealed field does not open: {}", place.field)))
    }

    fn place(&self, place: Place) -> String {
        format!("{}/{}/{}", place.field, self.organisation, place.row)
    }
}

fn wrapping_place(organisation: Uuid, number: u32) -> String {
    format!("data_keys/{organisation}/{number}")
}

impl<P: Platform> App<P> {
    /// The data keys of an organisation, by one query.
    pub(crate) async fn data_keys(&self, organisation: Uuid) -> Result<DataKeys, Problem> {
        let rows = self.platform.database().query(DataKeys::select(organisation)).await?;
        DataKeys::unwrap(&self.config.vault, organisation, &rows)?.ok_or_else(Problem::not_found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ports::Value, testing::Memory};

    const ORGANISATION: Uuid = Uuid::from_u128(1);
    const PLACE: Place = Place {
        field: "people.name_sealed",
        row: Uuid::from_u128(2),
    };

    fn masters() -> MasterKeys {
        MasterKeys::new(&[1; 32], Some(&[2; 32]))
    }

    /// The row that a statement of [`DataKeys::create`] stores.
    fn row(statement: &Statement) -> Rows {
        let [_, number, master, wrapped, _] = statement.parameters.as_slice() else {
            panic!("another statement")
        };
        Rows {
            rows: vec![vec![number.clone(), master.clone(), wrapped.clone()]],
            changes: 0,
        }
    }

    fn create(masters: &MasterKeys) -> (DataKeys, Statement) {
        DataKeys::create(masters, Memory::new().entropy(), ORGANISATION, 0).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_in_its_place_only(text in ".*") {
            let memory = Memory::new();
            let (keys, _) = create(&masters());
            let sealed = keys.seal(memory.entropy(), PLACE, &text).unwrap();
            prop_assert_eq!(keys.open(PLACE, &sealed), Ok(text));
            for place in [Place { row: Uuid::from_u128(3), ..PLACE }, Place { field: "people.title_sealed", ..PLACE }] {
                prop_assert!(keys.open(place, &sealed).is_err());
            }
            let elsewhere = DataKeys { organisation: Uuid::from_u128(9), keys: keys.keys.clone() };
            prop_assert!(elsewhere.open(PLACE, &sealed).is_err());
        }

        #[test]
        fn a_changed_bit_is_noticed(text in ".*", place in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let (keys, _) = create(&masters());
            let mut sealed = keys.seal(Memory::new().entropy(), PLACE, &text).unwrap();
            let place = place.index(sealed.len());
            sealed[place] ^= 1 << bit;
            prop_assert!(keys.open(PLACE, &sealed).is_err());
        }

        #[test]
        fn anything_else_does_not_open(sealed in proptest::collection::vec(any::<u8>(), 0..100)) {
            let (keys, _) = create(&masters());
            prop_assert!(keys.open(PLACE, &sealed).is_err());
        }
    }

    #[test]
    fn data_keys_open_under_the_current_and_the_previous_master_key() {
        let (before, statement) = create(&MasterKeys::new(&[2; 32], None));
        let sealed = before.seal(Memory::new().entropy(), PLACE, "Ada").unwrap();
        let unwrap = |masters: &MasterKeys, organisation| DataKeys::unwrap(masters, organisation, &row(&statement));
        let during = unwrap(&masters(), ORGANISATION).unwrap().unwrap();
        assert_eq!(during.open(PLACE, &sealed), Ok("Ada".into()));
        assert!(unwrap(&MasterKeys::new(&[3; 32], None), ORGANISATION).is_err());
        assert!(
            unwrap(&masters(), Uuid::from_u128(9)).is_err(),
            "a key moved to another organisation"
        );
        assert!(
            DataKeys::unwrap(&masters(), ORGANISATION, &Rows::default())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        let memory = Memory::new();
        let (keys, statement) = create(&masters());
        let sealed = |text| keys.seal(memory.entropy(), PLACE, text).unwrap();
        assert_ne!(sealed("Ada"), sealed("Ada"));
        assert!(
            !statement.parameters.contains(&Value::Blob(keys.keys[0].1.to_vec())),
            "the key is stored unwrapped"
        );
    }
}
