//! Routes for tests: one runs the conformance suite of the ports on this platform, one brings its instance down.

use axum::{Json, Router, routing::post};
use visavis::testing::conformance;

use crate::Spin;

/// `POST /conformance`: what each check found, `null` where all is well.
pub(crate) fn route(platform: Spin) -> Router {
    let run = move || {
        let platform = platform.clone();
        async move {
            let findings = conformance::run(&platform).await;
            Json(
                findings
                    .into_iter()
                    .map(|(check, finding)| (check, finding.err()))
                    .collect::<Vec<_>>(),
            )
        }
    };
    Router::new()
        .route("/conformance", post(run))
        .route("/conformance/trap", post(trap))
}

/// `POST /conformance/trap`: ends the instance, with every request and stream in it, as a defect would.
async fn trap() {
    std::process::abort();
}
