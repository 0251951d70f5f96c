//! One route that runs the conformance suite of the ports on this platform, and what only this platform can show.

use axum::{Json, Router, routing::post};
use futures_util::StreamExt;
use visavis::{
    ports::{Clock, Delivery, Entropy, Entry, Mailboxes, Page, Platform, PortResult, mailbox_limits, milliseconds},
    testing::conformance,
};
use worker::send::SendFuture;

use crate::Cloudflare;

/// `POST /conformance`: what each check found, `null` where all is well.
pub(crate) fn route(platform: Cloudflare) -> Router {
    let run = move || {
        let platform = platform.clone();
        SendFuture::new(async move {
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
        })
    };
    Router::new().route("/conformance", post(run))
}

/// What the mailbox's alarm does, hour by hour.
async fn ageing(platform: &Cloudflare) -> conformance::Finding {
    let mailboxes = platform.mailboxes();
    let said = |result: PortResult<u64>| result.map_err(|error| error.to_string());
    let mut random = [0; 16];
    platform
        .entropy()
        .fill(&mut random)
        .map_err(|error| error.to_string())?;
    let mailbox = format!("conformance/{:032x}", u128::from_be_bytes(random));
    let age = milliseconds(mailbox_limits::AGE);
    let forgotten_after = milliseconds(mailbox_limits::FORGOTTEN_AFTER);
    let pass = async |milliseconds| {
        mailboxes
            .age(&mailbox, milliseconds)
            .await
            .map_err(|error| error.to_string())
    };
    let expect = async |after, expected: Vec<Delivery>, when: &str| {
        let page = mailboxes
            .read(&mailbox, after, 10)
            .await
            .map_err(|error| error.to_string())?;
        let expected = Page {
            deliveries: expected,
            more: false,
        };
        if page == expected {
            Ok(())
        } else {
            Err(format!("{when}: {page:?} instead of {expected:?}"))
        }
    };
    let entry = |sequence| {
        Delivery::Entry(Entry {
            sequence,
            sealed: "sealed".into(),
        })
    };

    said(mailboxes.append(&mailbox, "a", "sealed".into()).await)?;
    said(mailboxes.append(&mailbox, "b", "sealed".into()).await)?;
    pass(age - 60_000).await?;
    said(mailboxes.append(&mailbox, "c", "sealed".into()).await)?;
    expect(0, vec![entry(1), entry(2), entry(3)], "just before the hour").await?;
    pass(60_000).await?;
    expect(0, vec![Delivery::Gap(2), entry(3)], "after the hour").await?;
    expect(2, vec![entry(3)], "for who has read the dropped ones").await?;
    pass(age).await?;
    expect(1, vec![Delivery::Gap(3)], "after two hours").await?;
    expect(3, vec![], "for who has read everything").await?;

    // A listener keeps an empty mailbox from being forgotten.
    let listener = mailboxes.listen(&mailbox, 3).await.map_err(|error| error.to_string())?;
    pass(forgotten_after).await?;
    expect(3, vec![], "after a day with a listener").await?;
    let mut listener = listener.boxed();
    if said(mailboxes.append(&mailbox, "d", "sealed".into()).await)? != 4 {
        return Err("the sequence was given out again although somebody listened".into());
    }
    if listener.next().await != Some(Ok(entry(4))) {
        return Err("the listener of a day did not hear the next entry".into());
    }
    drop(listener);
    pass(age).await?;
    // The object learns of the end of a stream a moment later.
    platform.clock().sleep(std::time::Duration::from_millis(200)).await;
    pass(forgotten_after).await?;
    expect(4, vec![Delivery::Gap(0)], "after a day alone").await?;
    if said(mailboxes.append(&mailbox, "e", "sealed".into()).await)? != 1 {
        return Err("a forgotten mailbox does not begin at 1".into());
    }
    Ok(())
}
