//! TURN credentials: time-limited, bound to the call.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use visavis_contract::{Organisation, Transport};

/// Checks every TURN entry against the relay's own reckoning.
fn check(ice_servers: &Value, call: &str) {
    let secret = std::env::var("VISAVIS_RELAY_SECRET")
        .expect("VISAVIS_RELAY_SECRET is not set: the service's RELAY_SECRET, to verify the credentials with");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let mut turn = 0;
    for server in ice_servers.as_array().expect("ice_servers") {
        let urls = server["urls"].as_array().expect("urls");
        assert!(!urls.is_empty(), "{server}");
        if urls.iter().all(|url| url.as_str().unwrap().starts_with("stun")) {
            continue;
        }
        turn += 1;
        let username = server["username"].as_str().expect("a user name");
        let (expiry, bound_to) = username.split_once(':').expect("<expiry>:<call>");
        assert_eq!(bound_to, call);
        let remaining = expiry.parse::<u64>().expect("seconds").saturating_sub(now);
        assert!((3_000..=3_610).contains(&remaining), "it lasts {remaining} seconds");
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(username.as_bytes());
        assert_eq!(
            server["credential"],
            STANDARD.encode(mac.finalize().into_bytes()).as_str()
        );
    }
    assert!(turn > 0, "no TURN server: {ice_servers}");
}

#[tokio::test]
async fn both_sides_get_credentials_of_the_call_and_fresh_ones_when_asked() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    check(&visitor.granted["ice_servers"], &visitor.call);
    visitor.ring().await;
    let ringing = expert.mailbox(Transport::Pages).await.expect("call.ringing").await;
    check(&ringing["body"]["ice_servers"], &visitor.call);
    expert.answer(&visitor.call).await.expect(200);
    let visitors = visitor.post("relay", &json!({})).await.expect_json(200);
    let experts = expert.post(&visitor.call, "relay", &json!({})).await.expect_json(200);
    for fresh in [visitors, experts] {
        check(&fresh["ice_servers"], &visitor.call);
        assert!(fresh["expires_at"].is_string(), "{fresh}");
    }
}
