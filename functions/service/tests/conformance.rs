//! The platform in memory keeps the contract of the ports, or no other test of the service means anything.

use std::time::Duration;

use visavis::{
    ports::{Platform as _, PortResult},
    testing::{
        Memory,
        conformance::{self, Passing},
    },
};

/// Moves the clock on, for every mailbox.
struct ByClock(Memory);

impl Passing for ByClock {
    async fn pass(&self, _mailbox: &str, time: Duration) -> PortResult<()> {
        self.0.clock().advance(time);
        Ok(())
    }
}

#[tokio::test]
async fn memory_conforms() {
    let memory = Memory::new();
    let findings = conformance::run(&memory, &ByClock(memory.clone())).await;
    let failed: Vec<_> = findings.iter().filter(|(_, finding)| finding.is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
