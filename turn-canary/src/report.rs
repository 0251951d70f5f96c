//! What is told: text for people, JSON for programs, the text format of Prometheus for its textfile collector.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::probe::{Measured, ProbeError};
use crate::url::TurnUrl;

/// Of one address.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The address that was asked.
    pub url: String,
    /// Whether there was a connection, and less than half was lost.
    pub up: bool,
    /// From the first packet to the open data channel, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_up_ms: Option<f64>,
    /// Half of the round trips were shorter, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_p50_ms: Option<f64>,
    /// Of a hundred round trips one was longer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_p99_ms: Option<f64>,
    /// How many messages went out.
    pub sent: u32,
    /// How many of them did not come back.
    pub lost: u32,
    /// Why there was no connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Report {
    /// Of what a probe said.
    #[must_use]
    pub fn new(url: &TurnUrl, outcome: Result<Measured, ProbeError>) -> Self {
        let url = url.to_string();
        match outcome {
            Err(error) => Self {
                url,
                up: false,
                set_up_ms: None,
                round_trip_p50_ms: None,
                round_trip_p99_ms: None,
                sent: 0,
                lost: 0,
                error: Some(error.to_string()),
            },
            Ok(measured) => {
                let back = u32::try_from(measured.round_trips.len()).unwrap_or(u32::MAX);
                let lost = measured.sent.saturating_sub(back);
                let quantile = |hundredths: usize| {
                    let longest = measured.round_trips.len().checked_sub(1)?;
                    measured
                        .round_trips
                        .get(longest * hundredths / 100)
                        .map(|time| milliseconds(*time))
                };
                Self {
                    url,
                    up: lost * 2 < measured.sent,
                    set_up_ms: Some(milliseconds(measured.set_up)),
                    round_trip_p50_ms: quantile(50),
                    round_trip_p99_ms: quantile(99),
                    sent: measured.sent,
                    lost,
                    error: None,
                }
            }
        }
    }

    /// One line.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { url, sent, lost, .. } = self;
        if let Some(error) = &self.error {
            return format!("{url}: FAILED: {error}");
        }
        let [set_up, p50, p99] =
            [self.set_up_ms, self.round_trip_p50_ms, self.round_trip_p99_ms].map(Option::unwrap_or_default);
        let verdict = if self.up { "ok" } else { "FAILED" };
        format!(
            "{url}: {verdict}, set-up {set_up:.1} ms, round trip {p50:.2} ms (p99 {p99:.2} ms), {lost} of {sent} lost"
        )
    }
}

/// How a figure is taken from a report.
type Figure = fn(&Report) -> Option<f64>;

/// All of them for the textfile collector.
#[must_use]
pub fn metrics(reports: &[Report]) -> String {
    let kinds: [(&str, &str, Figure); 5] = [
        ("up", "Whether a relayed connection was made.", |report| {
            Some(f64::from(u8::from(report.up)))
        }),
        ("set_up_seconds", "Until the data channel was open.", |report| {
            report.set_up_ms.map(|time| time / 1000.0)
        }),
        ("round_trip_seconds", "Median.", |report| {
            report.round_trip_p50_ms.map(|time| time / 1000.0)
        }),
        ("messages_sent", "Messages sent.", |report| Some(report.sent.into())),
        ("messages_lost", "Messages that did not come back.", |report| {
            Some(report.lost.into())
        }),
    ];
    let mut text = String::new();
    for (name, help, value) in kinds {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "# HELP turn_canary_{name} {help}\n# TYPE turn_canary_{name} gauge\n"
        );
        for report in reports {
            let url = report.url.replace('\\', "\\\\").replace('"', "\\\"");
            if let Some(value) = value(report) {
                let _ = writeln!(text, "turn_canary_{name}{{url=\"{url}\"}} {value}");
            }
        }
    }
    text
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
