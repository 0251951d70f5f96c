//! Routes for tests: one runs the conformance suite of the ports on this platform and what only this platform can show,
//! one brings its instance down.

use axum::{Json, Router, routing::post};
use visavis::{
    ports::{
        Database as _, Delivery, Entropy as _, Entry, Mailboxes as _, Page, Platform as _, PortError, Statement,
        mailbox_limits, milliseconds,
    },
    testing::conformance::{self, Finding},
};

use crate::Spin;

/// `POST /conformance`: what each check found, `null` where all is well.
pub(crate) fn route(platform: Spin) -> Router {
    let run = move || {
        let platform = platform.clone();
        async move {
            let mut findings = conformance::run(&platform).await;
            findings.push((
                "old entries leave a gap, an idle mailbox nothing",
                ageing(&platform).await,
            ));
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

/// Lets time pass for one mailbox.
async fn pass(platform: &Spin, mailbox: &str, milliseconds: i64) -> Result<(), PortError> {
    let parameters = vec![mailbox.into(), milliseconds.into()];
    let entries = Statement {
        sql: "UPDATE mailbox_entries SET at = at - ?2 WHERE mailbox = ?1",
        parameters: parameters.clone(),
    };
    let used = Statement {
        sql: "UPDATE mailboxes SET used_at = used_at - ?2 WHERE name = ?1",
        parameters,
    };
    platform.database().batch(vec![entries, used]).await.map(drop)
}

/// What a mailbox's reader finds.
async fn expect(platform: &Spin, mailbox: &str, after: u64, expected: &[Delivery], when: &str) -> Finding {
    let page = platform.mailboxes().read(mailbox, after, 10).await;
    let expected = Page {
        deliveries: expected.to_vec(),
        more: false,
    };
    match page {
        Ok(page) if page == expected => Ok(()),
        other => Err(format!("{when}: {other:?} instead of {expected:?}")),
    }
}

async fn append(platform: &Spin, mailbox: &str, id: &str, expected: u64) -> Finding {
    match platform.mailboxes().append(mailbox, id, "sealed".into()).await {
        Ok(sequence) if sequence == expected => Ok(()),
        other => Err(format!("{id} came to {other:?} instead of {expected}")),
    }
}

/// Hour by hour, before and after tidying.
async fn ageing(platform: &Spin) -> Finding {
    let said = |result: Result<(), PortError>| result.map_err(|error| error.to_string());
    let mut random = [0; 16];
    said(platform.entropy().fill(&mut random))?;
    let mailbox = &format!("conformance/{:032x}", u128::from_be_bytes(random));
    let age = milliseconds(mailbox_limits::AGE);
    let entry = |sequence| {
        Delivery::Entry(Entry {
            sequence,
            sealed: "sealed".into(),
        })
    };

    append(platform, mailbox, "a", 1).await?;
    append(platform, mailbox, "b", 2).await?;
    said(pass(platform, mailbox, age - 60_000).await)?;
    append(platform, mailbox, "c", 3).await?;
    let all = [entry(1), entry(2), entry(3)];
    expect(platform, mailbox, 0, &all, "just before the hour").await?;
    said(pass(platform, mailbox, 60_000).await)?;
    for when in ["after the hour", "after tidying"] {
        expect(platform, mailbox, 0, &[Delivery::Gap(2), entry(3)], when).await?;
        expect(platform, mailbox, 2, &[entry(3)], when).await?;
        said(platform.mailboxes().tidy().await)?;
    }
    said(pass(platform, mailbox, age).await)?;
    for when in ["after two hours", "after tidying again"] {
        expect(platform, mailbox, 1, &[Delivery::Gap(3)], when).await?;
        expect(platform, mailbox, 3, &[], when).await?;
        said(platform.mailboxes().tidy().await)?;
    }
    append(platform, mailbox, "d", 4).await?;

    // Whoever reads keeps an empty mailbox from being forgotten, and nobody else does.
    let idle = milliseconds(mailbox_limits::FORGOTTEN_AFTER);
    said(pass(platform, mailbox, idle - 60_000).await)?;
    expect(platform, mailbox, 4, &[], "after almost a day").await?;
    said(pass(platform, mailbox, 60_000).await)?;
    said(platform.mailboxes().tidy().await)?;
    expect(platform, mailbox, 4, &[], "after a day with a reader").await?;
    said(pass(platform, mailbox, idle).await)?;
    said(platform.mailboxes().tidy().await)?;
    expect(platform, mailbox, 4, &[Delivery::Gap(0)], "after a day alone").await?;
    append(platform, mailbox, "e", 1).await
}
