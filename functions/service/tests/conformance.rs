//! The platform in memory keeps the contract of the ports, or no other test of the service means anything.

use std::time::Duration;

use visavis::{
    ports::{Delivery, Entry, Mailboxes as _, Platform as _, mailbox_limits},
    testing::{Memory, conformance},
};

#[tokio::test]
async fn memory_conforms() {
    let findings = conformance::run(&Memory::new()).await;
    let failed: Vec<_> = findings.iter().filter(|(_, finding)| finding.is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn old_entries_leave_a_gap() {
    let memory = Memory::new();
    let mailboxes = memory.mailboxes();
    mailboxes.append("a", "old", "old".into()).await.unwrap();
    let almost = Duration::from_millis(1);
    memory.clock().advance(mailbox_limits::AGE.saturating_sub(almost));
    mailboxes.append("a", "new", "new".into()).await.unwrap();
    let old = Delivery::Entry(Entry {
        sequence: 1,
        sealed: "old".into(),
    });
    let new = Delivery::Entry(Entry {
        sequence: 2,
        sealed: "new".into(),
    });
    let read = || mailboxes.read("a", 0, 10);
    assert_eq!(read().await.unwrap().deliveries, [old, new.clone()]);
    memory.clock().advance(almost);
    assert_eq!(read().await.unwrap().deliveries, [Delivery::Gap(1), new]);
}
