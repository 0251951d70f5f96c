//! Do the same sources give the same bytes, and is a deployment that serves other ones found out?

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    net::Ipv4Addr,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tiny_http::{Header, Response, Server, StatusCode};
use ureq::Agent;

use super::world::World;
use crate::{
    failure::{AtPath as _, Failure, Result, failure},
    paths,
    process::{answer, command},
    release,
    service::Platform,
    setup::node::Node,
};

/// Builds the pages here and in a copy at another place with packages of its own.
pub(super) fn reproducible(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let place = paths::target(&root).join(format!("xtask/release-{}", std::process::id()));
    let copy = place.join("another place/checkout");
    copy_checkout(&root, &copy)?;
    release::build(&root, world.node()?, &place.join("here"))?;
    release::build(&copy, &Node::ensure(&copy)?, &place.join("there"))?;
    let (here, there) = (contents(&place.join("here"))?, contents(&place.join("there"))?);
    let different: Vec<&String> = here
        .keys()
        .chain(there.keys())
        .filter(|path| here.get(*path) != there.get(*path))
        .collect();
    if !different.is_empty() {
        return failure(format!("not the same bytes: {different:?}"));
    }
    println!("{} files, the same bytes from two places", here.len());
    fs::remove_dir_all(&place).at(&place)
}

/// The beginning of a path, and what is done to the answer there.
type Tampering = (&'static str, fn(&mut Answer));

/// A running service serves this checkout; behind something that changes one byte, or one header, it does not.
pub(super) fn deployment(world: &mut World) -> Result<()> {
    let manifest = release::of_checkout(&world.root)?;
    let service = world.stack(Platform::Cloudflare)?.service.clone();
    release::deployment::verify(&service, &manifest)?;
    let tampering: [Tampering; 5] = [
        ("/widget/loader-", |answer| answer.body[100] ^= 1),
        ("/widget/call-it-", |answer| answer.body.push(b'\n')),
        ("/app/desk-", |answer| answer.body.truncate(1000)),
        ("/console", |answer| {
            answer
                .headers
                .push(("Refresh".into(), "0; url=https://example.org".into()));
        }),
        ("/desk", |answer| {
            answer
                .headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("content-security-policy"));
        }),
    ];
    for (path, change) in tampering {
        let edge = Edge::start(service.clone(), path, change)?;
        if release::deployment::verify(&edge.origin, &manifest).is_ok() {
            return failure(format!("a changed {path} was not noticed"));
        }
    }
    println!("{} ways of serving something else were noticed", tampering.len());
    Ok(())
}

/// The files that are, or would be, under version control, as they are now.
fn copy_checkout(root: &Path, copy: &Path) -> Result<()> {
    fs::create_dir_all(copy).at(copy)?;
    let files =
        answer(
            command("git")
                .current_dir(root)
                .args(["ls-files", "--cached", "--others", "--exclude-standard"]),
        )
        .ok_or_else(|| Failure::Sentence("git cannot list the files of this checkout".into()))?;
    for file in files.lines() {
        let (from, to) = (root.join(file), copy.join(file));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).at(folder)?;
        }
        // One that was deleted and not committed yet is still listed.
        if from.is_file() {
            fs::copy(&from, &to).at(&to)?;
        }
    }
    Ok(())
}

fn contents(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    release::files(folder)?
        .into_iter()
        .map(|path| {
            let file = folder.join(&path);
            Ok((path, fs::read(&file).at(&file)?))
        })
        .collect()
}

/// What passes through a tampering edge.
struct Answer {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Stands before a service and changes what it answers under one path, until dropped.
struct Edge {
    origin: String,
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Edge {
    fn start(service: String, path: &'static str, change: fn(&mut Answer)) -> Result<Self> {
        let server = Server::http((Ipv4Addr::LOCALHOST, 0))
            .map_err(|error| Failure::Sentence(format!("cannot listen: {error}")))?;
        let server = Arc::new(server);
        let origin = format!("http://{}", server.server_addr());
        let serving = Arc::clone(&server);
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(15)))
            .build()
            .into();
        let thread = thread::spawn(move || {
            for request in serving.incoming_requests() {
                let Ok(mut response) = agent.get(format!("{service}{}", request.url())).call() else {
                    continue;
                };
                let mut body = Vec::new();
                if response.body_mut().as_reader().read_to_end(&mut body).is_err() {
                    continue;
                }
                let headers = response.headers().iter().filter_map(|(name, value)| {
                    let own = ["content-length", "transfer-encoding", "connection"].contains(&name.as_str());
                    let value = value.to_str().ok().filter(|_| !own)?;
                    Some((name.to_string(), value.to_owned()))
                });
                let mut answer = Answer {
                    headers: headers.collect(),
                    body,
                };
                if request.url().starts_with(path) {
                    change(&mut answer);
                }
                let mut changed =
                    Response::from_data(answer.body).with_status_code(StatusCode(response.status().as_u16()));
                for (name, value) in answer.headers {
                    if let Ok(header) = Header::from_bytes(name, value) {
                        changed.add_header(header);
                    }
                }
                // Whoever asked and went away needs no answer.
                let _ = request.respond(changed);
            }
        });
        Ok(Self {
            origin,
            server,
            thread: Some(thread),
        })
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
