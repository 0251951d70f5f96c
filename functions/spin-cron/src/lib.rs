//! A timer for the service on Spin: whenever the cron trigger calls, it asks the service for its scheduled work, by the
//! same request that any other timer sends. What that work is, only the service knows.

use wasip2::http::{
    outgoing_handler::{self, RequestOptions},
    types::{ErrorCode, Headers, IncomingResponse, Method, OutgoingRequest, Scheme},
};

use bindings::{Error, Guest, Metadata, fermyon::spin::variables};

#[allow(missing_docs, unsafe_code, clippy::pedantic, reason = "generated")]
mod bindings {
    use super::Timer;

    wit_bindgen::generate!({
        path: "wit",
        world: "timer",
        generate_all,
    });

    export!(Timer);
}

/// The route of the service's scheduled work.
const ROUTE: &str = "/api/v1/operator/tick";

/// How long the service may take, in nanoseconds: less than the minute after which the next call comes.
const PATIENCE: u64 = 50_000_000_000;

struct Timer;

impl Guest for Timer {
    async fn handle_cron_event(_: Metadata) -> Result<(), Error> {
        // The trigger writes into its log why it failed, and calls again when it is time.
        ask().map_err(Error::Other)
    }
}

/// One request, without a body.
fn ask() -> Result<(), String> {
    let service = variable("service")?;
    let key = variable("tick_key")?;
    let (scheme, authority) = origin(&service).ok_or_else(|| format!("service is no origin: {service}"))?;
    let headers = Headers::new();
    headers
        .append("authorization", format!("Bearer {key}").as_bytes())
        // What it says may quote the key.
        .map_err(|_| "tick_key is no token".to_owned())?;
    let request = OutgoingRequest::new(headers);
    let described = request
        .set_method(&Method::Post)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(ROUTE)));
    described.map_err(|()| format!("service is no origin: {service}"))?;
    let options = RequestOptions::new();
    // Where it is not supported, the host has a limit of its own.
    let _ = options.set_connect_timeout(Some(PATIENCE));
    let _ = options.set_first_byte_timeout(Some(PATIENCE));
    let answer = send(request, options).map_err(|error| format!("{service} does not answer: {error}"))?;
    match answer.status() {
        204 => Ok(()),
        status => Err(format!("{service} answers {status}")),
    }
}

fn send(request: OutgoingRequest, options: RequestOptions) -> Result<IncomingResponse, ErrorCode> {
    let answer = outgoing_handler::handle(request, Some(options))?;
    loop {
        match answer.get() {
            Some(Ok(answer)) => return answer,
            // It is taken once only.
            Some(Err(())) => return Err(ErrorCode::InternalError(None)),
            None => answer.subscribe().block(),
        }
    }
}

fn variable(name: &str) -> Result<String, String> {
    // What a provider says may quote the value.
    variables::get(name).map_err(|_| format!("the variable {name} could not be read"))
}

/// The two parts of `http://127.0.0.1:3000`.
fn origin(service: &str) -> Option<(Scheme, &str)> {
    let (scheme, authority) = service.trim_end_matches('/').split_once("://")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return None,
    };
    (!authority.is_empty() && !authority.contains(['/', '?', '#', '@'])).then_some((scheme, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_an_authority() {
        for (service, authority) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://127.0.0.1:3000/", "127.0.0.1:3000"),
            ("https://visavis.example", "visavis.example"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            let (scheme, found) = origin(service).unwrap();
            assert_eq!(found, authority);
            assert_eq!(matches!(scheme, Scheme::Https), service.starts_with("https"));
        }
        for other in [
            "",
            "127.0.0.1:3000",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://user@a",
        ] {
            assert!(origin(other).is_none(), "{other}");
        }
    }
}
