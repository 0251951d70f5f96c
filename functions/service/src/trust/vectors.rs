//! The test vectors of the handshake (`docs/handshake-vectors.json`), which the pages' client reads too: both must say
//! the same, though neither knows the other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    chain::Refused,
    encoding::PublicKey,
    statements::{
        Approver, Device, DeviceId, DeviceRequest, Revocations, SiteKey, Statement, StatementError, Succession, Window,
        verifies,
    },
};
use crate::time::SECOND;

/// The parts that concern statements.
#[derive(Deserialize)]
struct Vectors {
    statements: Vec<Good>,
    bad_statements: Vec<Bad>,
    signatures: Vec<Signed>,
    chains: Vec<Chain>,
    enrolment: Vec<Enrolment>,
}

#[derive(Deserialize)]
struct Good {
    name: String,
    label: String,
    values: Map<String, Value>,
    statement: String,
}

#[derive(Deserialize)]
struct Bad {
    name: String,
    label: String,
    statement: String,
    reason: String,
}

#[derive(Deserialize)]
struct Signed {
    name: String,
    key: String,
    message: String,
    signature: String,
    good: bool,
}

#[derive(Deserialize)]
struct Chain {
    name: String,
    organisation: Uuid,
    now: i64,
    site_keys: Vec<String>,
    successions: Vec<String>,
    approvers: Vec<String>,
    device: String,
    revocations: Option<String>,
    /// The number of a list that was seen before.
    seen: Option<u64>,
    result: String,
}

#[derive(Deserialize)]
struct Enrolment {
    request: String,
    device: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../docs/handshake-vectors.json")).unwrap()
}

fn open<S: Statement>(statement: &str) -> Result<S, StatementError> {
    let bytes = BASE64URL.decode(statement).map_err(|_| StatementError::Malformed)?;
    S::open(&bytes)
}

fn key(text: &str) -> PublicKey {
    PublicKey(BASE64URL.decode(text).unwrap().try_into().unwrap())
}

/// What was read, in the vectors' names.
fn values_of(label: &str, statement: &str) -> Result<Value, StatementError> {
    let window = |window: Window, mut values: Value| {
        values["notBefore"] = window.not_before.into();
        values["notAfter"] = window.not_after.into();
        values
    };
    let text = |key: PublicKey| Value::from(key.to_string());
    Ok(match label {
        "site-key" => {
            let it: SiteKey = open(statement)?;
            serde_json::json!({"organisation": it.organisation, "key": text(it.key), "created": it.created})
        }
        "succession" => {
            let it: Succession = open(statement)?;
            let values = serde_json::json!({
                "organisation": it.organisation, "oldKey": text(it.old), "newKey": text(it.new),
            });
            window(it.window, values)
        }
        "approver" => {
            let it: Approver = open(statement)?;
            let values = serde_json::json!({
                "organisation": it.organisation, "siteKey": text(it.site_key), "approverKey": text(it.key),
                "person": it.person,
            });
            window(it.window, values)
        }
        "device-request" => {
            let it: DeviceRequest = open(statement)?;
            serde_json::json!({
                "organisation": it.organisation, "expert": it.expert, "signingKey": text(it.signing),
                "sealingKey": text(it.sealing),
            })
        }
        "device" => {
            let it: Device = open(statement)?;
            let values = serde_json::json!({
                "organisation": it.organisation, "approverKey": text(it.approver), "expert": it.expert,
                "name": it.name, "title": it.title, "organisationName": it.organisation_name,
                "signingKey": text(it.signing), "sealingKey": text(it.sealing),
            });
            window(it.window, values)
        }
        "revocations" => {
            let it: Revocations = open(statement)?;
            let revoked: Vec<_> = it.revoked.iter().map(|key| text(*key)).collect();
            let values = serde_json::json!({
                "organisation": it.organisation, "issuer": text(it.issuer), "number": it.number, "revoked": revoked,
            });
            window(it.window, values)
        }
        _ => panic!("{label} is no statement"),
    })
}

#[test]
fn statements_are_read_as_they_are_meant() {
    for Good {
        name,
        label,
        values,
        statement,
    } in vectors().statements
    {
        assert_eq!(values_of(&label, &statement), Ok(Value::Object(values)), "{name}");
    }
}

#[test]
fn what_is_no_statement_is_refused_for_its_reason() {
    for Bad {
        name,
        label,
        statement,
        reason,
    } in vectors().bad_statements
    {
        let expected = match reason.as_str() {
            "malformed" => StatementError::Malformed,
            "signature" => StatementError::Signature,
            _ => panic!("{reason}"),
        };
        assert_eq!(values_of(&label, &statement), Err(expected), "{name}");
    }
}

#[test]
fn signatures_are_checked_strictly() {
    for Signed {
        name,
        key: signer,
        message,
        signature,
        good,
    } in vectors().signatures
    {
        let signature = BASE64URL.decode(signature).unwrap().try_into().unwrap();
        let message = BASE64URL.decode(message).unwrap();
        assert_eq!(verifies(key(&signer), &message, &signature), good, "{name}");
    }
}

#[test]
fn devices_have_their_ids() {
    for Enrolment { request, device } in vectors().enrolment {
        let request: DeviceRequest = open(&request).unwrap();
        assert_eq!(DeviceId::of(request.signing).to_string(), device);
    }
}

/// The word for a reason in the vectors.
fn word(reason: Refused) -> &'static str {
    match reason {
        Refused::Organisation => "organisation",
        Refused::Chain | Refused::Window | Refused::Number => "chain",
        Refused::Expired => "expired",
        Refused::NotYetValid => "not-yet-valid",
        Refused::Revoked => "revoked",
    }
}

fn read<S: Statement>(statement: &str) -> Result<S, &'static str> {
    open(statement).map_err(|error| match error {
        StatementError::Malformed => "malformed",
        StatementError::Signature => "signature",
    })
}

/// One that is good is enough; otherwise the last reason counts that is not `chain`.
fn any<'a>(statements: &'a [String], good: impl Fn(&'a str) -> Result<(), &'static str>) -> Result<(), &'static str> {
    let mut found = Err("chain");
    for statement in statements {
        match good(statement) {
            Err("chain") => {}
            result if found.is_err() => found = result,
            _ => {}
        }
    }
    found
}

impl Chain {
    fn now(&self) -> i64 {
        self.now * SECOND
    }

    /// Whether a site key is pinned, or a succession leads to it.
    fn site_key(&self, wanted: PublicKey) -> Result<(), &'static str> {
        let pinned: Vec<_> = self.site_keys.iter().map(|pinned| key(pinned)).collect();
        if pinned.contains(&wanted) {
            return Ok(());
        }
        any(&self.successions, |succession| {
            let succession: Succession = read(succession)?;
            if succession.new != wanted {
                return Err("chain");
            }
            succession.check(self.organisation, &pinned, self.now()).map_err(word)
        })
    }

    fn approver(&self, wanted: PublicKey) -> Result<(), &'static str> {
        any(&self.approvers, |approver| {
            let approver: Approver = read(approver)?;
            if approver.key != wanted {
                return Err("chain");
            }
            approver
                .check(self.organisation, &[approver.site_key], self.now())
                .map_err(word)?;
            self.site_key(approver.site_key)
        })
    }

    /// By the same checks as the service's, link by link.
    fn verify(&self) -> Result<(), &'static str> {
        let device: Device = read(&self.device)?;
        device
            .check(self.organisation, &[device.approver], self.now())
            .map_err(word)?;
        self.approver(device.approver)?;
        let list: Revocations = read(self.revocations.as_deref().ok_or("revocations-missing")?)?;
        list.check(self.organisation, &[list.issuer], &[], self.now())
            .map_err(|reason| match reason {
                Refused::Expired => "revocations-old",
                other => word(other),
            })?;
        if let Err(reason) = self.site_key(list.issuer) {
            self.approver(list.issuer).map_err(|of_approver| match of_approver {
                "chain" => reason,
                other => other,
            })?;
            list.refuse_revoked(list.issuer).map_err(word)?;
        }
        if self.seen.is_some_and(|seen| list.number < seen) {
            return Err("revocations-old");
        }
        list.refuse_revoked(device.approver).map_err(word)?;
        list.refuse_revoked(device.signing).map_err(word)
    }
}

#[test]
fn chains_are_good_or_refused_for_their_reason() {
    let chains = vectors().chains;
    assert!(chains.len() > 40, "only {}", chains.len());
    for chain in chains {
        let found = chain.verify().map_or_else(|reason| reason, |()| "good");
        assert_eq!(found, chain.result, "{}", chain.name);
    }
}
