//! The fuzz targets over their corpus, without a fuzzer: what was once found stays mended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test that cannot go on fails, and the targets are a library elsewhere"
)]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let survived = std::panic::catch_unwind(|| run(&input));
        assert!(survived.is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count > 10, "{} is nearly empty", corpus.display());
}

#[test]
fn messages() {
    replay("message", targets::message);
}

#[test]
fn frames() {
    replay("frames", targets::frames);
}

#[test]
fn server() {
    replay("server", targets::server);
}
