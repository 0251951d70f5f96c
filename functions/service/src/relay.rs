//! What a call's peer connection needs to reach the relay: addresses, and credentials bound to the call.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use visavis_turn_credential::mint;

use crate::{
    config::RelayConfig,
    time::{HOUR, SECOND},
};

/// How long credentials last, in milliseconds.
const LIFETIME: i64 = HOUR;

/// An entry of `RTCConfiguration.iceServers` (W3C WebRTC section 4.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct IceServer {
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

/// The ICE servers of a call, with credentials that end at the time returned (milliseconds).
pub(crate) fn ice_servers(relay: &RelayConfig, call: Uuid, now: i64) -> (Vec<IceServer>, i64) {
    let expires_at = (now + LIFETIME) / SECOND;
    let (turn, stun): (Vec<String>, Vec<String>) = relay
        .urls
        .iter()
        .cloned()
        .partition(|url| url.starts_with("turn:") || url.starts_with("turns:"));
    let mut servers = Vec::new();
    if !stun.is_empty() {
        servers.push(IceServer {
            urls: stun,
            username: None,
            credential: None,
        });
    }
    if !turn.is_empty() {
        let credential = mint(&relay.secret, &call.to_string(), expires_at.unsigned_abs());
        servers.push(IceServer {
            urls: turn,
            username: Some(credential.username),
            credential: Some(credential.password),
        });
    }
    (servers, expires_at * SECOND)
}

#[cfg(test)]
mod tests {
    use visavis_turn_credential::verify;

    use super::*;

    #[test]
    fn credentials_are_bound_to_the_call_and_only_for_turn() {
        let urls = ["turn:a:3478?transport=udp", "stun:a:3478", "turns:a:5349"];
        let relay = RelayConfig {
            secret: "secret".to_owned().into(),
            urls: urls.map(String::from).to_vec(),
        };
        let call = Uuid::from_u128(7);
        let (servers, expires_at) = ice_servers(&relay, call, 1_999);
        assert_eq!(expires_at, 3_601_000);
        assert_eq!(
            servers[0],
            IceServer {
                urls: vec!["stun:a:3478".into()],
                username: None,
                credential: None
            }
        );
        assert_eq!(servers[1].urls, ["turn:a:3478?transport=udp", "turns:a:5349"]);
        let username = servers[1].username.clone().unwrap();
        assert_eq!(username, format!("3601:{call}"));
        let verified = verify(&username, 3_600, &["secret"]).unwrap();
        assert!(verified.accepts(servers[1].credential.as_deref().unwrap()));
    }
}
