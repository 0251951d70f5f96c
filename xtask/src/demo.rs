//! The demo customer's site: an origin of its own, under the strict policy that the snippet asks for.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tiny_http::{Header, Method, Request, Response, Server};

use crate::failure::{Failure, Result};

/// What a customer copies from the console.
#[derive(Clone)]
pub(crate) struct Snippet {
    /// For the page.
    pub(crate) html: String,
    /// For the page's header.
    pub(crate) policy: String,
}

/// Serves until dropped.
pub(crate) struct Demo {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Where the pages of `demo/` take the snippet in.
const PLACE: &str = "<!-- the snippet -->";
/// The language the pages are shown in unless the browser prefers the other one.
const ENGLISH: &str = "<html lang=\"en\">";
const GERMAN: &str = "<html lang=\"de\">";

impl Demo {
    /// Serves the folder `demo/` with the snippet in its pages.
    pub(crate) fn start(root: &Path, port: u16, snippet: &Snippet) -> Result<Self> {
        let server = Server::http((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| Failure::Sentence(format!("cannot serve the demo site on port {port}: {error}")))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, folder) = (Arc::clone(&stop), root.join("demo"));
        let snippet = Snippet {
            html: snippet.html.clone(),
            policy: with_own_files(&snippet.policy),
        };
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(Some(request)) = server.recv_timeout(Duration::from_millis(100)) {
                    answer(request, &folder, &snippet);
                }
            }
        });
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(request: Request, folder: &Path, snippet: &Snippet) {
    let found = matches!(request.method(), Method::Get | Method::Head)
        .then(|| file(folder, request.url()))
        .flatten();
    let (status, body, kind) = match found {
        Some((path, kind)) => match fs::read(&path) {
            Ok(body) if kind.starts_with("text/html") => {
                let mut page = String::from_utf8_lossy(&body).replace(PLACE, &snippet.html);
                if prefers_german(&request) {
                    page = page.replacen(ENGLISH, GERMAN, 1);
                }
                (200, page.into_bytes(), kind)
            }
            Ok(body) => (200, body, kind),
            Err(_) => (404, b"Not found\n".to_vec(), "text/plain; charset=utf-8"),
        },
        None => (404, b"Not found\n".to_vec(), "text/plain; charset=utf-8"),
    };
    let mut response = Response::from_data(body).with_status_code(status);
    for (name, value) in [
        ("Content-Type", kind),
        ("Content-Security-Policy", &snippet.policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cache-Control", "no-cache"),
    ] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // The browser may have gone.
    let _ = request.respond(response);
}

/// Whether German is the first language the browser asks for.
fn prefers_german(request: &Request) -> bool {
    request
        .headers()
        .iter()
        .find(|header| header.field.equiv("Accept-Language"))
        .is_some_and(|header| header.value.as_str().starts_with("de"))
}

/// The file that a URL names, and its media type; nothing for what is not of the site.
fn file(folder: &Path, url: &str) -> Option<(PathBuf, &'static str)> {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let mut path = PathBuf::from(if path.is_empty() { "index" } else { path });
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    if path.extension().is_none() {
        path.set_extension("html");
    }
    let kind = match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    Some((folder.join(path), kind))
}

/// The snippet's policy, and the site's own styles and pictures; a customer has those too.
fn with_own_files(policy: &str) -> String {
    let mut directives: Vec<(String, Vec<String>)> = policy
        .split(';')
        .filter_map(|directive| {
            let mut words = directive.split_whitespace().map(str::to_owned);
            Some((words.next()?, words.collect()))
        })
        .collect();
    for name in ["style-src", "img-src"] {
        match directives.iter_mut().find(|(directive, _)| directive == name) {
            Some((_, sources)) => {
                sources.retain(|source| source != "'none'");
                if !sources.iter().any(|source| source == "'self'") {
                    sources.push("'self'".into());
                }
            }
            None => directives.push((name.into(), vec!["'self'".into()])),
        }
    }
    let lines: Vec<String> = directives
        .into_iter()
        .map(|(name, sources)| format!("{name} {}", sources.join(" ")))
        .collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_page_with_or_without_its_ending() {
        let folder = Path::new("demo");
        for (url, expected) in [
            ("/", "demo/index.html"),
            ("/mortgage?from=ad", "demo/mortgage.html"),
            ("/site.css", "demo/site.css"),
        ] {
            assert_eq!(file(folder, url).map(|(path, _)| path), Some(expected.into()), "{url}");
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for url in ["/../Cargo.toml", "//etc/passwd", "/a/../../x.css", "/secrets.env"] {
            let found = file(Path::new("demo"), url).map(|(path, _)| path);
            assert!(
                found
                    .as_ref()
                    .is_none_or(|path| path.starts_with("demo") && !path.to_string_lossy().contains("..")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_policy_gains_the_own_files_and_nothing_else() {
        assert_eq!(
            with_own_files("default-src 'none'; script-src https://s.example; style-src 'none'"),
            "default-src 'none'; script-src https://s.example; style-src 'self'; img-src 'self'"
        );
    }
}
