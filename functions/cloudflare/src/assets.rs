//! The built pages, read through the assets binding.

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use visavis::ports::{Assets, PortError, PortResult};
use worker::{Fetcher, send::SendFuture};

/// The binding `ASSETS`. What it says in headers is dropped: the service decides on every header.
#[derive(Debug, Clone)]
pub(crate) struct BoundAssets(pub(crate) Fetcher);

impl Assets for BoundAssets {
    fn read(&self, path: &str) -> impl Future<Output = PortResult<Option<Bytes>>> + Send {
        // The binding looks at the path alone; a URL needs some host.
        let url = format!("https://assets.invalid/{path}");
        SendFuture::new(async move {
            let response = self.0.fetch(url, None).await.map_err(|error| unavailable(&error))?;
            match response.status() {
                StatusCode::OK => {
                    let body = response
                        .into_body()
                        .collect()
                        .await
                        .map_err(|error| unavailable(&error))?;
                    Ok(Some(body.to_bytes()))
                }
                StatusCode::NOT_FOUND => Ok(None),
                status => Err(PortError::Unavailable(format!("assets: {status}"))),
            }
        })
    }
}

fn unavailable(error: &worker::Error) -> PortError {
    PortError::Unavailable(format!("assets: {error}"))
}
