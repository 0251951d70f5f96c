//! Whoever copies the storage reads nothing personal.

use serde_json::json;
use visavis::ports::Platform as _;

use crate::support::{ANSWER, OFFER, Service};

#[tokio::test]
async fn nothing_personal_is_readable_in_database_or_mailboxes() {
    let service = Service::new();
    let organisation = service.organisation(&["Adalovelace"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let mut visitor = organisation.visitor().await;
    visitor.address = "198.51.100.77";
    visitor.ring().await.ok(201);
    let signal = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "c2lnbmFsLXBheWxvYWQ"});
    visitor.on(&visitor.call, "signals", signal).await.ok(202);

    let needles = || {
        let token = visitor.token.as_deref().unwrap();
        [
            "Grace",
            "Private title",
            "private-page",
            "secret=1",
            OFFER,
            ANSWER,
            "c2lnbmFsLXBheWxvYWQ",
            "198.51.100",
            "Adalovelace",
            "Adviser",
            "adalovelace@",
            token,
        ]
    };
    let search = |when: &str| {
        let stored = [service.memory.database().dump(), service.memory.mailboxes().dump()];
        for needle in needles() {
            for stored in &stored {
                let found = stored
                    .windows(needle.len())
                    .any(|window| window.eq_ignore_ascii_case(needle.as_bytes()));
                assert!(!found, "{needle} is readable {when}");
            }
        }
        // What is not personal is there, so the search does search.
        assert!(
            stored[0]
                .windows(visitor.call.len())
                .any(|window| window == visitor.call.as_bytes())
        );
        assert!(
            stored[1]
                .windows(visitor.id.len())
                .any(|window| window == visitor.id.as_bytes())
                || when == "while it rings"
        );
    };
    search("while it rings");
    ada.answer(&visitor.call).await.ok(200);
    search("while they talk");
    visitor.on(&visitor.call, "hang-up", json!({})).await.ok(200);
    search("afterwards");
}
