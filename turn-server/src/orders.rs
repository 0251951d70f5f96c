//! What the main thread tells the workers: new settings, take no more clients, end.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

use crate::server::Rules;
use crate::tls::Secured;
use crate::worker::greeting::Share;
use crate::worker::streams::StreamLimits;

/// All that can change while the relay runs.
#[derive(Clone)]
pub struct Settings {
    /// Of the control plane.
    pub rules: Arc<Rules>,
    /// Of the streams.
    pub streams: StreamLimits,
    /// For handshakes from now on.
    pub tls: Option<Secured>,
    /// With whom TLS listeners are shared.
    pub share: Option<Share>,
}

/// What the relay is at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// Serving.
    Running,
    /// Serving those who have an allocation.
    Draining,
    /// Done.
    Stopped,
}

/// The orders to all workers.
pub struct Orders {
    phase: AtomicU8,
    version: AtomicU64,
    settings: Mutex<Settings>,
    /// One for each worker; becomes readable with a new order.
    wakes: Vec<OwnedFd>,
}

impl Orders {
    /// To so many workers.
    pub fn new(workers: usize, settings: Settings) -> io::Result<Self> {
        let wake = |_| eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        Ok(Self {
            phase: AtomicU8::new(Phase::Running as u8),
            version: AtomicU64::new(0),
            settings: Mutex::new(settings),
            wakes: (0..workers).map(wake).collect::<Result<_, _>>()?,
        })
    }

    /// New settings, which count from now on. Without a certificate, the one of before stays.
    pub fn set(&self, settings: Settings) {
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let tls = settings.tls.clone().or(current.tls.take());
        *current = Settings { tls, ..settings };
        drop(current);
        self.version.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// A new certificate, for handshakes from now on.
    pub fn certify(&self, secured: Secured) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        settings.tls = Some(secured);
        drop(settings);
        self.version.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// The next phase; there is no way back.
    pub fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::Release);
        self.wake();
    }

    /// What the relay is at.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Draining,
            _ => Phase::Stopped,
        }
    }

    /// The settings, if there are newer ones than `seen`.
    pub(crate) fn news(&self, seen: &mut u64) -> Option<Settings> {
        let version = self.version.load(Ordering::Acquire);
        (version != *seen).then(|| {
            *seen = version;
            self.settings()
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a worker waits on.
    pub(crate) fn wake_of(&self, worker: usize) -> Option<&OwnedFd> {
        self.wakes.get(worker)
    }

    fn wake(&self) {
        for wake in &self.wakes {
            // Fails only where it is readable already.
            let _ = rustix::io::write(wake, &1u64.to_ne_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_only_go_on() {
        let config = "realm = \"r\"\nusers = { a = \"b\" }\nlisten = [\"udp://127.0.0.1:1\"]\n\
                      relay = { address = \"127.0.0.1\", ports = \"2000-3000\" }";
        let config = crate::config::Config::parse(config).unwrap();
        let settings = Settings {
            rules: Arc::new(config.rules([0; 32])),
            streams: config.streams,
            tls: None,
            share: None,
        };
        let orders = Orders::new(1, settings.clone()).unwrap();
        assert_eq!(orders.phase(), Phase::Running);
        orders.enter(Phase::Stopped);
        orders.enter(Phase::Draining);
        assert_eq!(orders.phase(), Phase::Stopped);
        let mut seen = 0;
        assert!(orders.news(&mut seen).is_none());
        orders.set(settings);
        assert!(orders.news(&mut seen).is_some());
        assert!(orders.news(&mut seen).is_none());
    }
}
