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
async fn old_entries_leave_a_gap_and_room() {
    let memory = Memory::new();
    let mailboxes = memory.mailboxes();
    for number in 0..mailbox_limits::ENTRIES {
        mailboxes.append("a", &number.to_string(), "old".into()).await.unwrap();
    }
    let almost = Duration::from_millis(1);
    memory.clock().advance(mailbox_limits::AGE.saturating_sub(almost));
    assert!(mailboxes.append("a", "one more", "new".into()).await.is_err());
    memory.clock().advance(almost);
    assert_eq!(
        mailboxes.append("a", "one more", "new".into()).await,
        Ok(mailbox_limits::ENTRIES + 1)
    );
    let page = mailboxes.read("a", 7, 10).await.unwrap();
    let entry = Entry {
        sequence: mailbox_limits::ENTRIES + 1,
        sealed: "new".into(),
    };
    assert_eq!(
        page.deliveries,
        [Delivery::Gap(mailbox_limits::ENTRIES), Delivery::Entry(entry)]
    );
}
