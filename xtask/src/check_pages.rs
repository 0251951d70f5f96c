//! `cargo xtask check-pages`: whether each page of a customer pins a site key.

use std::time::Duration;

use ureq::Agent;

use crate::{
    arguments::Arguments,
    failure::{Failure, Result, failure},
};

/// Fetches every page and fails where one has no widget, or a widget without the key.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let key: String = arguments
        .option("--site-key")?
        .ok_or_else(|| Failure::Sentence("--site-key is missing: the console shows it under Trust".into()))?;
    let pages = arguments.words()?;
    if pages.is_empty() {
        return failure("name the addresses of the pages that hold the widget");
    }
    let configuration = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    let agent: Agent = configuration.into();
    let mut wrong = 0;
    for page in &pages {
        let fetched = agent
            .get(page)
            .call()
            .and_then(|mut response| response.body_mut().read_to_string());
        let verdict = match fetched {
            Ok(html) => judge(&html, &key),
            Err(error) => Err(error.to_string()),
        };
        match verdict {
            Ok(note) => println!("pinned   {page}{note}"),
            Err(why) => {
                wrong += 1;
                println!("MISSING  {page}: {why}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        _ => failure(format!(
            "{wrong} of {} pages lack this site key: copy the snippet into them anew",
            pages.len()
        )),
    }
}

/// Whether every widget of a page has the key; says which others it has.
fn judge(html: &str, key: &str) -> std::result::Result<String, String> {
    let widgets = widgets(html);
    if widgets.is_empty() {
        return Err("it has no <visavis-widget>; one that a script adds is not seen here".into());
    }
    let mut others = Vec::new();
    for keys in widgets {
        let Some(keys) = keys else {
            return Err("its widget has no site-key, so calls from there are not verified".into());
        };
        if !keys.split_ascii_whitespace().any(|one| one == key) {
            return Err(format!("its widget has another site-key: {keys}"));
        }
        others.extend(
            keys.split_ascii_whitespace()
                .filter(|one| *one != key)
                .map(str::to_owned),
        );
    }
    Ok(if others.is_empty() {
        String::new()
    } else {
        format!(", with {} besides", others.join(" "))
    })
}

/// The `site-key` of each widget in a page: of its start tags, outside comments and of elements that hold text only.
fn widgets(html: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        let name: String = rest[1..]
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect::<String>()
            .to_ascii_lowercase();
        if name.is_empty() {
            rest = &rest[1..];
            continue;
        }
        let (attributes, after) = attributes(&rest[1 + name.len()..]);
        rest = after;
        if name == "visavis-widget" {
            // Of two of a name browsers take the first.
            found.push(
                attributes
                    .into_iter()
                    .find(|(name, _)| name == "site-key")
                    .map(|(_, value)| value),
            );
        } else if [
            "script", "style", "textarea", "title", "template", "noscript", "iframe", "xmp",
        ]
        .contains(&name.as_str())
        {
            let end = format!("</{name}");
            let lower = rest.to_ascii_lowercase();
            rest = lower.find(&end).map_or("", |end| &rest[end..]);
        }
    }
    found
}

/// The attributes of a tag, their names in lower case, and what follows the tag.
fn attributes(tag: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        // The first character belongs to the name whatever it is.
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, letter)| letter.is_ascii_whitespace() || "/>=".contains(*letter))
            .map_or(rest.len(), |(at, _)| at);
        let (name, after) = rest.split_at(length);
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
            let quote = after.chars().next().filter(|letter| "\"'".contains(*letter));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(
                    after
                        .find(|letter: char| letter.is_ascii_whitespace() || letter == '>')
                        .unwrap_or(after.len()),
                ),
            };
        }
        found.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_the_key_passes_alone_or_beside_another() {
        for html in [
            "<p>a<b</p><visavis-widget organisation=\"x\" site-key=\"KEY\"></visavis-widget>",
            "<VISAVIS-WIDGET\n site-key = 'OLD KEY'/>",
            "<script>if (1 < 2) x = '<visavis-widget>'</script><visavis-widget site-key=KEY>",
        ] {
            assert!(judge(html, "KEY").is_ok(), "{html}");
        }
    }

    #[test]
    fn anything_else_does_not() {
        for html in [
            "",
            "<visavis-widget organisation=\"x\"></visavis-widget>",
            "<visavis-widget site-key=\"KEYS\">",
            "<visavis-widget site-key=\"OTHER\" site-key=\"KEY\">",
            "<!-- <visavis-widget site-key=\"KEY\"> -->",
            "<textarea><visavis-widget site-key=\"KEY\"></textarea>",
            "<visavis-widget data-x='site-key=\"KEY\"'>",
            "<visavis-widget site-key=\"KEY\"><visavis-widget>",
            "<visavis-widgets site-key=\"KEY\">",
            "<visavis-widget site-key",
            "<é=><visavis-widget é",
        ] {
            assert!(judge(html, "KEY").is_err(), "{html}");
        }
    }
}
