//! Routes for tests: one runs the conformance suite of the ports on this platform, one brings its instance down.

use std::time::Duration;

use axum::{Router, routing::post};
use visavis::{
    ports::{Database as _, Platform as _, PortResult, Statement, milliseconds},
    testing::conformance::{self, Passing},
};

use crate::Spin;

/// `POST /conformance`: what each check found, `null` where all is well.
pub(crate) fn route(platform: Spin) -> Router {
    let run = move || {
        let platform = platform.clone();
        async move { conformance::report(conformance::run(&platform, &ByRows(&platform)).await) }
    };
    Router::new()
        .route("/conformance", post(run))
        .route("/conformance/trap", post(trap))
}

/// `POST /conformance/trap`: ends the instance, with every request and stream in it, as a defect would.
async fn trap() {
    std::process::abort();
}

/// Makes a mailbox older in the database, as if it had been written to earlier.
struct ByRows<'a>(&'a Spin);

impl Passing for ByRows<'_> {
    async fn pass(&self, mailbox: &str, time: Duration) -> PortResult<()> {
        let parameters = vec![mailbox.into(), milliseconds(time).into()];
        let entries = Statement {
            sql: "UPDATE mailbox_entries SET at = at - ?2 WHERE mailbox = ?1",
            parameters: parameters.clone(),
        };
        let used = Statement {
            sql: "UPDATE mailboxes SET used_at = used_at - ?2 WHERE name = ?1",
            parameters,
        };
        self.0.database().batch(vec![entries, used]).await.map(drop)
    }
}
