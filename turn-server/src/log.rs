//! What the relay says of itself on standard error: a line for each event, as `key=value` or JSON.
//!
//! Nothing of clients, peers and users is in it. What they do is counted in [`crate::metrics`].

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::sync::RwLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

/// How much weight an event has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something does not work; somebody is to look.
    Error,
    /// Something is refused or lost that should not have to be.
    Warn,
    /// What the operator asked for was done.
    #[default]
    Info,
}

/// The form of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `time=1800000000.000 level=info message="…"`
    #[default]
    Text,
    /// `{"time":1800000000.000,"level":"info","message":"…"}`
    Json,
}

/// What is said, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least weight that is said.
    pub level: Level,
    /// The form.
    pub format: Format,
}

static LOG: RwLock<Log> = RwLock::new(Log {
    level: Level::Info,
    format: Format::Text,
});

/// Says it so from now on.
pub fn set(log: Log) {
    *LOG.write().unwrap_or_else(std::sync::PoisonError::into_inner) = log;
}

/// Says what happened.
pub fn event(level: Level, message: &str, fields: &[(&str, &dyn Display)]) {
    let log = *LOG.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    if level <= log.level {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = line(log.format, since.as_millis(), level, message, fields);
        // There is nobody to tell that nobody listens.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn line(format: Format, milliseconds: u128, level: Level, message: &str, fields: &[(&str, &dyn Display)]) -> String {
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
    };
    // Writing to a string does not fail.
    let mut line = String::new();
    let _ = match format {
        Format::Text => write!(
            line,
            "time={seconds}.{milliseconds:03} level={level} message={}",
            quoted(message)
        ),
        Format::Json => write!(
            line,
            "{{\"time\":{seconds}.{milliseconds:03},\"level\":\"{level}\",\"message\":{}",
            quoted(message)
        ),
    };
    for (key, value) in fields {
        let value = value.to_string();
        let plain = !value.is_empty() && value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_digit());
        let value = if plain { value } else { quoted(&value) };
        let _ = match format {
            Format::Text => write!(line, " {key}={value}"),
            Format::Json => write!(line, ",\"{key}\":{value}"),
        };
    }
    line.push_str(if format == Format::Json { "}\n" } else { "\n" });
    line
}

/// As a JSON string, which stays on one line whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let fields: [(&str, &dyn Display); 2] = [("count", &3), ("error", &"a \"b\"\nc")];
        let say = |format| line(format, 1_800_000_000_042, Level::Warn, "it is so", &fields);
        assert_eq!(
            say(Format::Text),
            "time=1800000000.042 level=warn message=\"it is so\" count=3 error=\"a \\\"b\\\"\\nc\"\n"
        );
        assert_eq!(
            say(Format::Json),
            "{\"time\":1800000000.042,\"level\":\"warn\",\"message\":\"it is so\",\"count\":3,\"error\":\"a \\\"b\\\"\\nc\"}\n"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_one_line_of_json(message in any::<String>(), value in any::<String>()) {
            let line = line(Format::Json, 7, Level::Info, &message, &[("value", &value)]);
            prop_assert_eq!(line.matches('\n').count(), 1);
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(&read["message"], &message);
            let shown = read["value"].to_string();
            let same = read["value"] == value || shown == value || value.parse::<u64>().is_ok();
            prop_assert!(same);
        }
    }
}
