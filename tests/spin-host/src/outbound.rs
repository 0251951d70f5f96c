//! Requests that a component sends: to whom its manifest allows, and to nobody else.

use std::future::Future;

use http::{Request, Response, Uri, uri::Scheme};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, spawn};
use wasmtime::format_err;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::Result;

/// The `allowed_outbound_hosts` of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outbound(Vec<Origin>);

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme()?.clone();
        let ordinary = if scheme == Scheme::HTTPS { 443 } else { 80 };
        Some(Self {
            scheme,
            host: uri.host()?.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(ordinary),
        })
    }
}

impl Outbound {
    /// Reads the manifest's list; what Spin knows beyond origins, such as wildcards, this host does not.
    pub(crate) fn parse(allowed: &[String]) -> Result<Self> {
        let origin = |allowed: &String| {
            let uri: Option<Uri> = allowed.parse().ok();
            let uri = uri.filter(|uri| uri.path() == "/" && uri.query().is_none() && !allowed.contains('*'));
            uri.as_ref()
                .and_then(Origin::of)
                .ok_or_else(|| format_err!("this host knows origins in allowed_outbound_hosts only, not {allowed}"))
        };
        Ok(Self(allowed.iter().map(origin).collect::<Result<_>>()?))
    }

    fn allows(&self, uri: &Uri) -> bool {
        Origin::of(uri).is_some_and(|origin| self.0.contains(&origin))
    }
}

type Sending<T> = Box<dyn Future<Output = std::result::Result<T, Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Sending<()>,
    ) -> Sending<(Response<WasiBody>, Sending<()>)> {
        if !self.allows(request.uri()) {
            eprintln!("allowed_outbound_hosts does not allow a request to {}", request.uri());
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        Box::new(send(request))
    }
}

/// Over a connection of its own, without TLS: tests stay on this machine.
async fn send(mut request: Request<WasiBody>) -> std::result::Result<(Response<WasiBody>, Sending<()>), Error> {
    let origin = Origin::of(request.uri()).ok_or(Error::HttpRequestUriInvalid)?;
    if origin.scheme != Scheme::HTTP {
        return Err(Error::HttpProtocolError);
    }
    let host = origin.host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, origin.port)).await.map_err(Error::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, or when the server closes it.
    spawn(async { connection.await.ok() });
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    let response = sender.send_request(request).await?;
    let response = response.map(|body| body.map_err(Error::Hyper).boxed_unsync());
    Ok((response, Box::new(async { Ok(()) })))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn outbound(allowed: &[&str]) -> Result<Outbound> {
        Outbound::parse(&allowed.iter().map(|allowed| (*allowed).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_origins_of_the_list_are_allowed() {
        let outbound = outbound(&["http://127.0.0.1:3000", "https://visavis.example"]).unwrap();
        let allows = |uri: &str| outbound.allows(&uri.parse().unwrap());
        assert!(allows("http://127.0.0.1:3000/api/v1/operator/tick?a=b"));
        assert!(allows("https://VISAVIS.example:443/"));
        for other in [
            "http://127.0.0.1:3001/",
            "http://127.0.0.1/",
            "http://127.0.0.10:3000/",
            "http://localhost:3000/",
            "https://127.0.0.1:3000/",
            "http://visavis.example/",
            "https://a.visavis.example/",
            "https://visavis.example.invalid/",
            "/api",
        ] {
            assert!(!allows(other), "{other}");
        }
        assert!(!Outbound::default().allows(&"http://127.0.0.1:3000/".parse().unwrap()));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for other in [
            "*",
            "*://127.0.0.1:*",
            "http://*.example",
            "127.0.0.1:3000",
            "http://a/b",
            "http://a?b",
        ] {
            assert!(outbound(&[other]).is_err(), "{other}");
        }
    }
}
