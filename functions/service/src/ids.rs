//! Ids: UUIDv7 (RFC 9562 section 5.7) from the platform's clock and random source.

use uuid::{Builder, Uuid};

use crate::{
    App,
    ports::{Clock, Entropy, Platform, PortResult},
};

/// A new id of that time, in milliseconds since 1970-01-01 UTC.
pub(crate) fn new_id(now: i64, entropy: &impl Entropy) -> PortResult<Uuid> {
    let mut random = [0; 10];
    entropy.fill(&mut random)?;
    Ok(Builder::from_unix_timestamp_millis(now.unsigned_abs(), &random).into_uuid())
}

impl<P: Platform> App<P> {
    /// A new id.
    pub(crate) fn new_id(&self) -> PortResult<Uuid> {
        new_id(self.now(), self.platform.entropy())
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.platform.clock().now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    #[test]
    fn ids_are_of_version_7_and_rise_with_time() {
        let memory = Memory::new();
        let ids: Vec<_> = (1..100).map(|now| new_id(now, memory.entropy()).unwrap()).collect();
        assert!(ids.is_sorted());
        assert!(
            ids.iter()
                .all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122)
        );
    }
}
