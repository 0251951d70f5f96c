//! Answers http-01 (RFC 8555 section 8.3), and nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::challenges::Challenges;

/// Where authorities look.
const PREFIX: &str = "/.well-known/acme-challenge/";
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many requests are answered at once.
const MOST: usize = 64;

pub(super) async fn serve(listener: TcpListener, challenges: Arc<Challenges>) {
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely.
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let challenges = Arc::clone(&challenges);
        tokio::spawn(async move {
            // A client that goes away in the middle is its own affair.
            let _ = tokio::time::timeout(PATIENCE, answer(stream, &challenges)).await;
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, challenges: &Challenges) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 8192 {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Ok(());
        }
        request.extend_from_slice(&part[..count]);
    }
    let request = String::from_utf8_lossy(&request);
    let mut words = request.split_whitespace();
    let file = match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => path.strip_prefix(PREFIX).and_then(|token| challenges.file(token)),
        _ => None,
    };
    let (status, kind, body) = match file {
        Some(authorization) => ("200 OK", "application/octet-stream", authorization),
        None => ("404 Not Found", "text/plain", "not found\n".to_owned()),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
