//! One order, from the first request to the certificate (RFC 8555 section 7.4).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use zeroize::Zeroizing;

use super::challenges::Challenges;
use super::{Acme, AcmeError, Challenge};

/// How long the authority may take to look, and to sign.
const PATIENCE: Duration = Duration::from_mins(3);

/// A record that a hook has set, and has to remove.
struct Record {
    name: String,
    value: String,
}

/// Orders a certificate; it, those between it and the root, and its key, PEM. What the authority is shown is left in
/// `challenges`, for the caller to clear.
pub(super) async fn place(
    acme: &Acme,
    account: &Account,
    challenges: &Challenges,
    replaces: Option<CertificateIdentifier<'static>>,
) -> Result<Zeroizing<Vec<u8>>, AcmeError> {
    let names: Vec<Identifier> = acme.domains.iter().cloned().map(Identifier::Dns).collect();
    let new = NewOrder::new(&names);
    let order = match replaces {
        Some(replaces) => match account.new_order(&new.replaces(replaces)).await {
            // The authority may have forgotten the old one, or never have heard of replacing.
            Err(instant_acme::Error::Api(_) | instant_acme::Error::Unsupported(_)) => {
                account.new_order(&NewOrder::new(&names)).await
            }
            order => order,
        },
        None => account.new_order(&new).await,
    };
    let mut order = order?;
    let mut records = Vec::new();
    let outcome = fulfil(acme, &mut order, challenges, &mut records).await;
    if let Some(hook) = &acme.hook {
        for record in records {
            // What is left over does no harm.
            let _ = run(hook, "cleanup", &record).await;
        }
    }
    outcome
}

async fn fulfil(
    acme: &Acme,
    order: &mut Order,
    challenges: &Challenges,
    records: &mut Vec<Record>,
) -> Result<Zeroizing<Vec<u8>>, AcmeError> {
    let kind = match acme.challenge {
        Challenge::TlsAlpn => ChallengeType::TlsAlpn01,
        Challenge::Http => ChallengeType::Http01,
        Challenge::Dns => ChallengeType::Dns01,
    };
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let mut challenge = authorization
            .challenge(kind.clone())
            .ok_or_else(|| AcmeError::NoSuchChallenge(name.clone()))?;
        let shown = challenge.key_authorization();
        match acme.challenge {
            Challenge::TlsAlpn => challenges
                .show_in_handshake(&name, shown.digest().as_ref())
                .map_err(|error| AcmeError::ChallengeCertificate(error.to_string()))?,
            Challenge::Http => challenges.show_in_file(&challenge.token, shown.as_str()),
            Challenge::Dns => {
                let record = Record {
                    name: format!("_acme-challenge.{}", name.trim_start_matches("*.")),
                    value: shown.dns_value(),
                };
                if let Some(hook) = &acme.hook {
                    let outcome = run(hook, "present", &record).await;
                    records.push(record);
                    outcome?;
                }
            }
        }
        challenge.set_ready().await?;
    }
    let patience = RetryPolicy::new().timeout(PATIENCE);
    let status = order.poll_ready(&patience).await?;
    if status != OrderStatus::Ready {
        return Err(AcmeError::Order(status));
    }
    let key = Zeroizing::new(order.finalize().await?);
    let chain = order.poll_certificate(&patience).await?;
    Ok(Zeroizing::new([key.as_bytes(), b"\n", chain.as_bytes()].concat()))
}

/// Runs the operator's command: `HOOK present NAME VALUE`, and later `HOOK cleanup NAME VALUE`. It ends when the name
/// servers have heard of it.
async fn run(hook: &Path, what: &str, record: &Record) -> Result<(), AcmeError> {
    let failed = |error: &dyn std::fmt::Display| AcmeError::Hook(format!("{} {what}: {error}", hook.display()));
    let status = tokio::process::Command::new(hook)
        .args([what, &record.name, &record.value])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| failed(&error))?;
    if status.success() { Ok(()) } else { Err(failed(&status)) }
}
