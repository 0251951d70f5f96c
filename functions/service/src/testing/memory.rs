//! The platform in memory: SQLite, mailboxes, assets from a map, a clock that the test sets, seeded randomness.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{database::MemoryDatabase, mailboxes::MemoryMailboxes};
use crate::ports::{Assets, Clock, Entropy, Platform, PortResult, Settings};

/// A platform in memory. Clones share everything.
#[derive(Clone)]
pub struct Memory {
    database: MemoryDatabase,
    mailboxes: MemoryMailboxes,
    assets: MemoryAssets,
    clock: MemoryClock,
    entropy: SeededEntropy,
}

impl Memory {
    /// An empty platform: migrations applied, no assets, 2026-11-23T21:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        let clock = MemoryClock::new(1_795_467_600_000);
        Self {
            database: MemoryDatabase::new(),
            mailboxes: MemoryMailboxes::new(clock.clone()),
            assets: MemoryAssets::default(),
            clock,
            entropy: SeededEntropy::new(1),
        }
    }

    /// Adds an asset.
    pub fn add_asset(&self, path: &str, content: impl Into<Bytes>) {
        self.assets.0.lock().unwrap().insert(path.into(), content.into());
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Platform for Memory {
    type Database = MemoryDatabase;
    type Mailboxes = MemoryMailboxes;
    type Assets = MemoryAssets;
    type Clock = MemoryClock;
    type Entropy = SeededEntropy;

    fn database(&self) -> &MemoryDatabase {
        &self.database
    }

    fn mailboxes(&self) -> &MemoryMailboxes {
        &self.mailboxes
    }

    fn assets(&self) -> &MemoryAssets {
        &self.assets
    }

    fn clock(&self) -> &MemoryClock {
        &self.clock
    }

    fn entropy(&self) -> &SeededEntropy {
        &self.entropy
    }
}

/// Assets from a map.
#[derive(Clone, Default)]
pub struct MemoryAssets(Arc<Mutex<HashMap<String, Bytes>>>);

impl Assets for MemoryAssets {
    async fn read(&self, path: &str) -> PortResult<Option<Bytes>> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }
}

/// A clock that stands still until the test moves it. Sleeping is tokio's, real or paused, and does not move it.
#[derive(Clone)]
pub struct MemoryClock(Arc<AtomicI64>);

impl MemoryClock {
    fn new(now: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now)))
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        self.0
            .fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Sets the clock back, as a machine does whose clock was ahead.
    pub fn set_back(&self, duration: Duration) {
        self.0
            .fetch_sub(i64::try_from(duration.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for MemoryClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(duration)
    }
}

/// Bytes that look random and are the same in every run.
#[derive(Clone)]
pub struct SeededEntropy {
    seed: u64,
    counter: Arc<AtomicU64>,
}

impl SeededEntropy {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: Arc::default(),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        for chunk in buffer.chunks_mut(32) {
            let counter = self.counter.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(counter.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// Settings from a map.
#[derive(Debug, Clone, Default)]
pub struct Setting(pub HashMap<&'static str, String>);

impl Settings for Setting {
    fn read(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// A full set of strong settings for tests.
#[must_use]
pub fn settings() -> Setting {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key = |label: &str| STANDARD.encode(Sha256::digest(label));
    Setting(HashMap::from([
        ("PUBLIC_URL", "https://visavis.example".into()),
        ("TOKEN_KEY", key("token")),
        ("VAULT_KEY", key("vault")),
        ("RELAY_SECRET", key("relay")),
        (
            "RELAY_URLS",
            "turn:turn.example:3478?transport=udp,turn:turn.example:3478?transport=tcp,stun:turn.example:3478".into(),
        ),
        ("OPERATOR_KEY", key("operator")),
    ]))
}
