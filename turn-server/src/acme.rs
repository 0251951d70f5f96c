//! Certificates from an authority that speaks ACME (RFC 8555), renewed before they run out (RFC 9773).
//!
//! All of it is in a thread of its own, away from the workers: it leaves [`challenges`] for them to answer, and hands
//! them a new certificate for handshakes from then on.

pub mod challenges;
mod http;
mod order;
pub mod schedule;
pub mod store;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{Account, AccountBuilder, CertificateIdentifier, LetsEncrypt, NewAccount};
use serde::Deserialize;

use crate::clock::Now;
use crate::log::{self, Level};
use crate::orders::Orders;
use crate::tls::{CertificateError, Secured};
use challenges::Challenges;
use schedule::{Plan, backoff};
use store::{Bundle, Store};

/// How long an order may take, a hook's wait for name servers with it.
const PATIENCE: Duration = Duration::from_mins(15);
/// The longest sleep: the machine's clock may be set in between.
const NAP: Duration = Duration::from_hours(1);

/// Where certificates come from, and how it is shown whom they are for.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    /// The names in the certificate.
    pub domains: Vec<String>,
    /// A directory for the account's key, the certificate and its key.
    pub store: PathBuf,
    /// The operator agrees to the authority's terms of service.
    #[serde(default)]
    pub agree_to_terms: bool,
    /// The authority; Let's Encrypt unless said.
    #[serde(default = "lets_encrypt")]
    pub directory: String,
    /// Mail addresses that the authority may write to.
    #[serde(default)]
    pub contact: Vec<String>,
    /// How names are shown to be ours.
    #[serde(default)]
    pub challenge: Challenge,
    /// Where http-01 is answered.
    #[serde(default)]
    pub http: Option<SocketAddr>,
    /// The command for dns-01.
    #[serde(default)]
    pub hook: Option<PathBuf>,
    /// What a private authority's server is trusted by, PEM.
    #[serde(default)]
    pub root: Option<PathBuf>,
}

/// How names are shown to be ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum Challenge {
    /// By a handshake on port 443 (RFC 8737).
    #[default]
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn,
    /// By a file on port 80 (RFC 8555 section 8.3).
    #[serde(rename = "http-01")]
    Http,
    /// By a record in the domain name system (section 8.4).
    #[serde(rename = "dns-01")]
    Dns,
}

fn lets_encrypt() -> String {
    LetsEncrypt::Production.url().to_owned()
}

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcmeError {
    #[error("{0}")]
    Authority(#[from] instant_acme::Error),
    #[error("the authority does not offer the challenge for {0}")]
    NoSuchChallenge(String),
    #[error("the authority says that the order is {0:?}")]
    Order(instant_acme::OrderStatus),
    #[error("the certificate for a challenge cannot be made: {0}")]
    ChallengeCertificate(String),
    #[error("the hook failed: {0}")]
    Hook(String),
    #[error("it took too long")]
    TooLong(#[from] tokio::time::error::Elapsed),
    #[error("{0}")]
    Store(#[from] store::StoreError),
    #[error("{0}")]
    Certificate(#[from] CertificateError),
}

impl Acme {
    /// What is wrong with these settings, with the remedy.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_name = |name: &str| {
            let label = |label: &str| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            name.len() <= 253 && name.contains('.') && name.split('.').all(label)
        };
        if self.domains.is_empty() || self.domains.len() > 100 {
            return Err("acme.domains: give the names that clients reach this relay by, such as \"turn.example.org\"");
        }
        for domain in &self.domains {
            let (name, wildcard) = domain
                .strip_prefix("*.")
                .map_or((&domain[..], false), |name| (name, true));
            if !is_name(name) {
                return Err(
                    "acme.domains: give host names in ASCII, such as \"turn.example.org\", without scheme or port",
                );
            }
            if wildcard && self.challenge != Challenge::Dns {
                return Err("acme.domains: a wildcard needs challenge = \"dns-01\"");
            }
        }
        if !self.agree_to_terms {
            return Err("acme.agree_to_terms: read the authority's terms of service, and say true if you agree");
        }
        if !self.directory.starts_with("https://") {
            return Err("acme.directory: give the https:// address of the authority's directory");
        }
        if self
            .contact
            .iter()
            .any(|mail| !mail.contains('@') || mail.contains(':'))
        {
            return Err("acme.contact: give mail addresses, such as \"operator@example.org\"");
        }
        match (self.challenge, &self.http, &self.hook) {
            (Challenge::Http, None, _) => {
                Err("acme.http: http-01 needs an address and port to listen at, such as \"198.51.100.7:80\"")
            }
            (Challenge::Dns, _, None) => Err("acme.hook: dns-01 needs a command that sets and removes records"),
            _ => Ok(()),
        }
    }

    /// The certificate that is there already, if it is for these names and has not run out.
    pub fn stored(&self, now: Now) -> Result<Option<Bundle>, store::StoreError> {
        let bundle = Store::new(&self.store).bundle()?;
        Ok(bundle.filter(|bundle| bundle.validity.1 > now.unix && bundle.is_for(&self.domains)))
    }

    /// Gets and renews certificates, in a thread of its own.
    pub fn start(self, orders: Arc<Orders>, challenges: Arc<Challenges>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        if let (Challenge::Http, Some(address)) = (self.challenge, self.http) {
            let listener = runtime.block_on(tokio::net::TcpListener::bind(address))?;
            runtime.spawn(http::serve(listener, Arc::clone(&challenges)));
        }
        let renewal = Renewal {
            store: Store::new(&self.store),
            acme: self,
            orders,
            challenges,
        };
        std::thread::Builder::new()
            .name("acme".to_owned())
            .spawn(move || runtime.block_on(renewal.run()))?;
        Ok(())
    }
}

struct Renewal {
    acme: Acme,
    store: Store,
    orders: Arc<Orders>,
    challenges: Arc<Challenges>,
}

impl Renewal {
    async fn run(self) {
        let mut bundle = match self.acme.stored(Now::read()) {
            Ok(bundle) => bundle,
            Err(error) => {
                complain(&error.to_string());
                None
            }
        };
        let mut failures = 0;
        let mut fraction = chance();
        loop {
            if let Some(bundle) = &bundle {
                self.wait(bundle, fraction).await;
            }
            let outcome = match tokio::time::timeout(PATIENCE, self.renew(bundle.as_ref())).await {
                Ok(outcome) => outcome,
                Err(elapsed) => Err(elapsed.into()),
            };
            self.challenges.clear();
            match outcome {
                Ok(new) => {
                    bundle = Some(new);
                    (failures, fraction) = (0, chance());
                }
                Err(error) => {
                    complain(&error.to_string());
                    let wait = backoff(failures, bundle.as_ref().map(|bundle| bundle.validity), chance());
                    failures += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Sleeps until it is time to renew: in the window that the authority suggests, or late in the certificate's life.
    async fn wait(&self, bundle: &Bundle, fraction: f64) {
        loop {
            let now = Now::read().unix;
            let plan = Plan::by_lifetime(bundle.validity, fraction);
            let plan = match self.suggestion(bundle).await {
                Some((window, ask_again)) => plan.suggested(window, fraction, now + Plan::asking(ask_again)),
                None => plan,
            };
            if plan.due <= now {
                return;
            }
            let until = plan.due.min(plan.ask_again).max(now + 1);
            tokio::time::sleep(Duration::from_secs(until - now).min(NAP)).await;
        }
    }

    /// The window that the authority suggests, and after how many seconds it is to be asked again. `None` where it does
    /// not say, or cannot be asked now.
    async fn suggestion(&self, bundle: &Bundle) -> Option<((u64, u64), u64)> {
        let identifier = identifier(bundle)?;
        let ask = async {
            let account = self.account().await.ok()?;
            account.renewal_info(&identifier).await.ok()
        };
        let (info, ask_again) = tokio::time::timeout(Duration::from_mins(1), ask).await.ok()??;
        let second = |timestamp: i64| u64::try_from(timestamp).unwrap_or_default();
        let window = info.suggested_window;
        let window = (
            second(window.start.unix_timestamp()),
            second(window.end.unix_timestamp()),
        );
        Some((window, ask_again.as_secs()))
    }

    /// A new certificate: ordered, kept, and shown from now on.
    async fn renew(&self, old: Option<&Bundle>) -> Result<Bundle, AcmeError> {
        let account = self.account().await?;
        let pem = order::place(&self.acme, &account, &self.challenges, old.and_then(identifier)).await?;
        let bundle = Bundle::read(pem)?;
        let secured = Secured::new(&bundle.pem, &bundle.pem)?;
        self.store.keep_bundle(&bundle)?;
        self.orders.certify(secured);
        Ok(bundle)
    }

    /// The account of before, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        if let Some(credentials) = self.store.account(&self.acme.directory)? {
            return Ok(self.builder()?.from_credentials(credentials).await?);
        }
        let contact: Vec<String> = self.acme.contact.iter().map(|mail| format!("mailto:{mail}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: self.acme.agree_to_terms,
            only_return_existing: false,
        };
        let directory = self.acme.directory.clone();
        let (account, credentials) = self.builder()?.create(&new, directory, None).await?;
        self.store.keep_account(&self.acme.directory, credentials)?;
        Ok(account)
    }

    fn builder(&self) -> Result<AccountBuilder, instant_acme::Error> {
        match &self.acme.root {
            Some(root) => Account::builder_with_root(root),
            None => Account::builder(),
        }
    }
}

/// What the authority knows a certificate by (RFC 9773 section 4.1).
fn identifier(bundle: &Bundle) -> Option<CertificateIdentifier<'static>> {
    let (authority, serial) = bundle.identifier.as_ref()?;
    Some(CertificateIdentifier::new(authority[..].into(), serial[..].into()).into_owned())
}

/// A number from 0 up to 1: relays that were started together are not to renew together.
fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}

fn complain(error: &str) {
    let message = "no new certificate, the one of before is shown as long as there is one";
    log::event(Level::Error, message, &[("error", &error)]);
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyIdMethod, KeyPair, SerialNumber};
    use zeroize::Zeroizing;

    use super::*;

    fn bundle(names: &[&str]) -> Bundle {
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![
            0x69, 0x88, 0x5B, 0x6B, 0x87, 0x46, 0x40, 0x41, 0xE1, 0xB3, 0x7B, 0x84, 0x7B, 0xA0, 0xAE, 0x2C, 0xDE, 0x01,
            0xC8, 0xD4,
        ]);
        let [authority_key, key] = [(); 2].map(|()| KeyPair::generate().unwrap());
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.serial_number = Some(SerialNumber::from(vec![0x87, 0x65, 0x43, 0x21]));
        parameters.use_authority_key_identifier_extension = true;
        (parameters.not_before, parameters.not_after) =
            (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2026, 4, 1));
        let certificate = parameters
            .signed_by(&key, &Issuer::new(authority, &authority_key))
            .unwrap();
        let pem = key.serialize_pem() + &certificate.pem();
        Bundle::read(Zeroizing::new(pem.into_bytes())).unwrap()
    }

    /// RFC 9773 section 4.1.
    #[test]
    fn a_certificate_is_named_as_the_standard_says() {
        let name = identifier(&bundle(&["turn.example.org"])).unwrap().to_string();
        assert_eq!(name, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    }

    #[test]
    fn what_is_kept_says_for_whom_and_until_when_it_is() {
        let bundle = bundle(&["turn.example.org", "*.example.org"]);
        assert_eq!(bundle.validity, (1_767_225_600, 1_775_001_600));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(bundle.is_for(&names(&["*.example.org", "Turn.Example.org"])));
        assert!(!bundle.is_for(&names(&["turn.example.org"])));
        assert!(!bundle.is_for(&names(&["turn.example.org", "*.example.org", "www.example.org"])));
    }
}
