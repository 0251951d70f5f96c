//! Rate limits, counted in the database in fixed windows: per token's subject and per client address.
//!
//! Neither is stored: the counters' keys are keyed hashes. IPv6 clients count by their /64, which is what one of them
//! has. Whoever handles a request puts [`Count::statements`] at the head of the batch that it needs anyway, so that a
//! limit costs no round trip of its own; a route without such a batch calls [`App::limit`].

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};
use uuid::Uuid;

use crate::{
    App, ClientAddress,
    identity::bearer::Visitor,
    ports::{Database as _, Platform, Rows, Statement, Value},
    problem::{Problem, Slug},
    time::{HOUR, MINUTE, SECOND},
    vault::MasterKeys,
};

mod lookups;

pub(crate) use lookups::Lookups;

/// How many messages a visitor may leave in a minute, and visitors from one address.
const MESSAGES_LEFT: [i64; 2] = [5, 10];
/// How many messages visitors may leave for an organisation in a minute.
const MESSAGES_OF_ORGANISATION: i64 = 60;

/// How many signals a call may have while it rings.
const SIGNALS_WHILE_RINGING: i64 = 40;

/// What is limited, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Attempts to sign in.
    SignIn,
    /// Attempts at the operator's route.
    Operator,
    /// Tokens for staff.
    SessionToken,
    /// New visitors, and tokens for them.
    Visitors,
    /// Calls that ring.
    Ring,
    /// Answer, decline, cancel, hang up, look.
    Calls,
    /// Signals.
    Signals,
    /// Renewals of presence.
    Presence,
    /// Connections to a mailbox.
    Mailbox,
    /// TURN credentials.
    Relay,
    /// Reports of violations.
    Reports,
    /// Requests of devices, and looks at them.
    Devices,
    /// Messages left, and looks at them.
    Messages,
    /// Invitations into a call.
    Invitations,
    /// Checks of the handshake that failed.
    Alarms,
}

/// How many requests in a window of a minute.
struct Limit {
    name: &'static str,
    /// For one subject of a token.
    subject: u32,
    /// For one address, behind which a whole office may sit.
    address: u32,
}

impl Kind {
    /// The table of limits; the setting `LIMITS_FACTOR` multiplies every number.
    const fn limit(self) -> Limit {
        let (name, subject, address) = match self {
            Self::SignIn => ("sign-in", 10, 10),
            Self::Operator => ("operator", 10, 10),
            Self::SessionToken => ("session-token", 30, 120),
            Self::Visitors => ("visitors", 20, 60),
            Self::Ring => ("ring", 10, 60),
            Self::Calls => ("calls", 120, 600),
            Self::Signals => ("signals", 300, 1800),
            Self::Presence => ("presence", 120, 1200),
            Self::Mailbox => ("mailbox", 120, 1200),
            Self::Relay => ("relay", 20, 120),
            Self::Reports => ("reports", 60, 60),
            Self::Devices => ("devices", 30, 240),
            Self::Messages => ("messages", 30, 120),
            Self::Invitations => ("invitations", 20, 240),
            Self::Alarms => ("alarms", 10, 60),
        };
        Limit { name, subject, address }
    }
}

/// Where a request comes from, for counting.
#[derive(Debug, Clone)]
pub(crate) struct Address(String);

impl Address {
    /// From what the adapter has put into the request's extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let address = extensions.get::<ClientAddress>();
        Self(address.map(|address| counted_as(&address.0)).unwrap_or_default())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// IPv4 addresses as they are, also when they come as IPv6; of IPv6 the /64.
fn counted_as(address: &str) -> String {
    match address.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => String::new(),
    }
}

/// One request being counted.
pub(crate) struct Count {
    counters: Vec<Counter>,
    now: i64,
}

struct Counter {
    key: Vec<u8>,
    most: i64,
    /// Counts only while this call rings.
    ringing: Option<Uuid>,
}

impl Count {
    fn new(vault: &MasterKeys, factor: u32, kind: Kind, subject: Option<Uuid>, address: &Address, now: i64) -> Self {
        let limit = kind.limit();
        let subject = subject.map(|subject| (format!("{}/subject/{subject}", limit.name), limit.subject));
        let address = (format!("{}/address/{}", limit.name, address.0), limit.address);
        let counter = |(name, most): (String, u32)| Counter {
            key: vault.lookup("rate_limits.key", name.as_bytes()),
            most: i64::from(most) * i64::from(factor),
            ringing: None,
        };
        let counters = subject.into_iter().chain([address]).map(counter).collect();
        Self { counters, now }
    }

    /// The statements that count, for the head of a batch.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.counters
            .iter()
            .map(|counter| match counter.ringing {
                None => count(counter.key.clone(), self.now),
                Some(call) => count_while_ringing(counter.key.clone(), call, self.now),
            })
            .collect()
    }

    /// Each counter's key and the most that it may have reached, as parameters of a statement further down the batch
    /// that changes something only within the limits.
    pub(crate) fn most(&self) -> impl Iterator<Item = Value> {
        self.counters
            .iter()
            .flat_map(|counter| [Value::Blob(counter.key.clone()), counter.most.into()])
    }

    /// Takes the results of [`Count::statements`] off the head of a batch's results, and refuses what is too much.
    pub(crate) fn judge(&self, mut rows: Vec<Rows>) -> Result<Vec<Rows>, Problem> {
        if rows.len() < self.counters.len() {
            return Err(Problem::unavailable());
        }
        let rest = rows.split_off(self.counters.len());
        for (rows, counter) in rows.iter().zip(&self.counters) {
            if counter.ringing.is_some() {
                let count = rows.rows.first().and_then(|row| row.first()?.integer());
                if count.is_some_and(|count| count > counter.most) {
                    let detail = "That was too much while it rings. Go on when somebody has answered.";
                    return Err(Problem::new(Slug::TooManyRequests, detail).retry_after(5));
                }
                continue;
            }
            let Some([count, ends_at]) = rows.rows.first().map(Vec::as_slice) else {
                return Err(Problem::unavailable());
            };
            let (Some(count), Some(ends_at)) = (count.integer(), ends_at.integer()) else {
                return Err(Problem::unavailable());
            };
            if count > counter.most {
                return Err(too_often(ends_at - self.now));
            }
        }
        Ok(rest)
    }
}

/// The problem of who may go on only in so many milliseconds.
fn too_often(milliseconds: i64) -> Problem {
    let seconds = milliseconds.max(0).div_euclid(SECOND) + 1;
    let detail = format!("That was too often. Go on in {seconds} seconds.");
    Problem::new(Slug::TooManyRequests, detail).retry_after(u32::try_from(seconds).unwrap_or(60))
}

/// Adds one to a counter, or begins a new window. One that ends later than a window could is of a clock that was ahead:
/// it would only rise until then.
fn count(key: Vec<u8>, now: i64) -> Statement {
    Statement {
        sql: "INSERT INTO rate_limits (key, ends_at, count) VALUES (?1, ?2, 1) ON CONFLICT (key) DO UPDATE SET \
              count = CASE WHEN ends_at > ?3 AND ends_at <= ?2 THEN count + 1 ELSE 1 END, \
              ends_at = CASE WHEN ends_at > ?3 AND ends_at <= ?2 THEN ends_at ELSE ?2 END RETURNING count, ends_at",
        parameters: vec![Value::Blob(key), (now + MINUTE).into(), now.into()],
    }
}

/// Adds one to a counter of a call while it rings; no rows where it does not.
fn count_while_ringing(key: Vec<u8>, call: Uuid, now: i64) -> Statement {
    Statement {
        sql: "INSERT INTO rate_limits (key, ends_at, count) SELECT ?1, rings_until, 1 FROM calls \
              WHERE id = ?2 AND state = 'ringing' AND rings_until > ?3 \
              ON CONFLICT (key) DO UPDATE SET count = count + 1 RETURNING count",
        parameters: vec![Value::Blob(key), call.to_string().into(), now.into()],
    }
}

/// Deletes the counters of windows that are over, and those of a clock that was ahead: no window is as long as an hour,
/// nor may a call ring for so long.
pub(crate) fn delete_outdated(now: i64) -> Statement {
    Statement {
        sql: "DELETE FROM rate_limits WHERE ends_at <= ?1 OR ends_at > ?2",
        parameters: vec![now.into(), (now + HOUR).into()],
    }
}

impl<P: Platform> App<P> {
    /// Begins to count a request.
    pub(crate) fn count(&self, kind: Kind, subject: Option<Uuid>, address: &Address) -> Count {
        Count::new(
            &self.config.vault,
            self.config.limits_factor,
            kind,
            subject,
            address,
            self.now(),
        )
    }

    /// Begins to count a visitor's signal, of which a call has only so many while it rings: they go to every expert whom
    /// it rings for, and none of them has agreed to hear this visitor.
    pub(crate) fn count_signal(&self, visitor: Uuid, call: Uuid, address: &Address) -> Count {
        let mut count = self.count(Kind::Signals, Some(visitor), address);
        count.counters.push(Counter {
            key: self
                .config
                .vault
                .lookup("rate_limits.key", format!("signals/ringing/{call}").as_bytes()),
            most: SIGNALS_WHILE_RINGING * i64::from(self.config.limits_factor),
            ringing: Some(call),
        });
        count
    }

    /// Begins to count a message that a visitor leaves, of which an organisation takes only so many, too.
    pub(crate) fn count_message(&self, visitor: &Visitor, address: &Address) -> Count {
        let factor = i64::from(self.config.limits_factor);
        let mut count = self.count(Kind::Messages, Some(visitor.id), address);
        for (counter, most) in count.counters.iter_mut().zip(MESSAGES_LEFT) {
            counter.most = most * factor;
        }
        let key = format!("messages/organisation/{}", visitor.organisation);
        count.counters.push(Counter {
            key: self.config.vault.lookup("rate_limits.key", key.as_bytes()),
            most: MESSAGES_OF_ORGANISATION * factor,
            ringing: None,
        });
        count
    }

    /// Counts a request and refuses it when it is too much, by one round trip to the database.
    pub(crate) async fn limit(&self, kind: Kind, subject: Option<Uuid>, address: &Address) -> Result<(), Problem> {
        let count = self.count(kind, subject, address);
        let rows = self.platform.database().batch_unsynced(count.statements()).await?;
        count.judge(rows).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_by_what_one_client_has() {
        assert_eq!(counted_as("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_as("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_as("2001:db8:1:2:3:4:5:6"), counted_as("2001:db8:1:2::1"));
        assert_ne!(counted_as("2001:db8:1:2::1"), counted_as("2001:db8:1:3::1"));
        assert_eq!(counted_as("unknown"), "");
    }
}
