//! HTTP/1.1 in front of the component.

use std::{convert::Infallible, net::SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header, uri::Scheme};
use http_body_util::{BodyExt as _, Empty};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    signal::unix::{SignalKind, signal},
    spawn,
};
use wasmtime::{error::Context as _, format_err};
use wasmtime_wasi_http::{Error, WasiBody, handler::ProxyHandler};

use crate::{Result, instance::Factory, options::Options};

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn until_stopped(options: &Options, handler: ProxyHandler<Factory>) -> Result<()> {
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("Serving http://{}", listener.local_addr()?);
    loop {
        select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            // A client that is gone before it is accepted is nobody's failure.
            Ok((stream, client)) = listener.accept() => {
                spawn(connection(stream, client, handler.clone()));
            }
        }
    }
}

async fn connection(stream: TcpStream, client: SocketAddr, handler: ProxyHandler<Factory>) {
    let service = service_fn(move |request| answer(request, client, handler.clone()));
    let _ = stream.set_nodelay(true);
    // How a connection ends is the client's affair; dropping it drops the component's streams.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    client: SocketAddr,
    handler: ProxyHandler<Factory>,
) -> std::result::Result<Response<WasiBody>, Infallible> {
    let answered = match prepare(request, client) {
        Ok(request) => handler.handle((), request).await,
        Err(error) => Err(error),
    };
    Ok(answered.unwrap_or_else(|error| {
        eprintln!("a request failed: {error:?}");
        let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

/// Makes the request what a component gets from Spin.
fn prepare(request: Request<Incoming>, client: SocketAddr) -> Result<Request<WasiBody>> {
    let (mut parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).cloned();
    let host = host.ok_or_else(|| format_err!("a request without a host"))?;
    let mut uri = parts.uri.into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(host.to_str()?.parse()?);
    parts.uri = Uri::from_parts(uri)?;
    parts.headers = headers(parts.headers, &parts.uri, client)?;
    let body = body.map_err(Error::Hyper).boxed_unsync();
    Ok(Request::from_parts(parts, body))
}

/// What the client sent, and then what Spin says of it: under the same names, after what the client said there.
fn headers(mut headers: HeaderMap, uri: &Uri, client: SocketAddr) -> Result<HeaderMap> {
    headers.remove(header::CONNECTION);
    let own = [
        ("spin-full-url", uri.to_string()),
        ("spin-path-info", uri.path().to_owned()),
        ("spin-matched-route", "/...".to_owned()),
        ("spin-raw-component-route", "/...".to_owned()),
        ("spin-component-route", String::new()),
        ("spin-base-path", "/".to_owned()),
        ("spin-client-addr", client.to_string()),
    ];
    for (name, value) in own {
        headers.append(HeaderName::from_static(name), HeaderValue::try_from(value)?);
    }
    Ok(headers)
}
