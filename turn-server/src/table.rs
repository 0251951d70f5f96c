//! The allocations of one worker, found by their 5-tuple or by their key, and ended when their time is up.

use std::collections::HashMap;
use std::time::Instant;

use foldhash::fast::RandomState;
use slab::Slab;

use crate::address::FiveTuple;
use crate::allocation::Allocation;
use crate::wheel::Wheel;

/// Where an allocation is in its worker's table. Used again after the allocation has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AllocationKey(pub u32);

struct Entry<S> {
    /// Tells this allocation from earlier ones with the same key.
    serial: u64,
    allocation: Allocation<S>,
}

/// All allocations of a worker.
pub struct Table<S> {
    entries: Slab<Entry<S>>,
    by_five_tuple: HashMap<FiveTuple, AllocationKey, RandomState>,
    wheel: Wheel<(AllocationKey, u64)>,
    serial: u64,
}

impl<S> Table<S> {
    /// An empty table.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            entries: Slab::new(),
            by_five_tuple: HashMap::default(),
            wheel: Wheel::new(now),
            serial: 0,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The allocation of a client.
    #[must_use]
    pub fn find(&self, five_tuple: &FiveTuple) -> Option<AllocationKey> {
        self.by_five_tuple.get(five_tuple).copied()
    }

    /// The key that the next allocation gets.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "ports and descriptors run out long before"
    )]
    pub fn vacant(&self) -> AllocationKey {
        AllocationKey(self.entries.vacant_key() as u32)
    }

    /// What adding one more may take at once, in bytes: tables grow to twice their size.
    #[must_use]
    pub fn growth(&self) -> usize {
        let entries = self.entries.capacity();
        let keys = self.by_five_tuple.capacity();
        let mut bytes = 0;
        if self.entries.len() == entries {
            bytes += 2 * entries * size_of::<Entry<S>>();
        }
        if self.by_five_tuple.len() == keys {
            // With a byte of its own for each place, and an eighth of the places free.
            bytes += 3 * keys * (size_of::<(FiveTuple, AllocationKey)>() + 1);
        }
        bytes
    }

    /// The allocation under a key.
    #[must_use]
    pub fn get(&self, key: AllocationKey) -> Option<&Allocation<S>> {
        self.entries.get(key.0 as usize).map(|entry| &entry.allocation)
    }

    /// The allocation under a key, to change it.
    pub fn get_mut(&mut self, key: AllocationKey) -> Option<&mut Allocation<S>> {
        self.entries.get_mut(key.0 as usize).map(|entry| &mut entry.allocation)
    }

    /// Adds an allocation under the key that [`Table::vacant`] told.
    pub fn insert(&mut self, allocation: Allocation<S>) -> AllocationKey {
        let key = self.vacant();
        self.serial += 1;
        self.by_five_tuple.insert(allocation.five_tuple, key);
        self.wheel.put(allocation.until, (key, self.serial));
        self.entries.insert(Entry {
            serial: self.serial,
            allocation,
        });
        key
    }

    /// Gives an allocation a new end.
    pub fn refresh(&mut self, key: AllocationKey, until: Instant) {
        if let Some(entry) = self.entries.get_mut(key.0 as usize) {
            // The wheel brings a later end up by itself; an earlier one needs an entry of its own, which outdates the old.
            if until < entry.allocation.until {
                self.serial += 1;
                entry.serial = self.serial;
                self.wheel.put(until, (key, self.serial));
            }
            entry.allocation.until = until;
        }
    }

    /// Ends an allocation.
    pub fn remove(&mut self, key: AllocationKey) -> Option<Allocation<S>> {
        let entry = self.entries.try_remove(key.0 as usize)?;
        self.by_five_tuple.remove(&entry.allocation.five_tuple);
        Some(entry.allocation)
    }

    /// Ends the allocations whose time is up.
    pub fn expire(&mut self, now: Instant) -> usize {
        let mut due = Vec::new();
        self.wheel.take_due(now, &mut due);
        let mut ended = 0;
        for (key, serial) in due {
            match self.entries.get(key.0 as usize) {
                Some(entry) if entry.serial == serial && entry.allocation.until <= now => {
                    self.remove(key);
                    ended += 1;
                }
                // Refreshed meanwhile: comes up again.
                Some(entry) if entry.serial == serial => self.wheel.put(entry.allocation.until, (key, serial)),
                _ => {}
            }
        }
        ended
    }

    /// Every allocation, to change it.
    pub fn allocations_mut(&mut self) -> impl Iterator<Item = &mut Allocation<S>> {
        self.entries.iter_mut().map(|(_, entry)| &mut entry.allocation)
    }

    /// Every allocation's key.
    pub fn keys(&self) -> impl Iterator<Item = AllocationKey> + '_ {
        #[expect(clippy::cast_possible_truncation, reason = "see vacant")]
        self.entries.iter().map(|(key, _)| AllocationKey(key as u32))
    }
}
