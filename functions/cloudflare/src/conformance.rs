//! One route that runs the conformance suite of the ports on this platform, and what only this platform can show.

use std::time::Duration;

use axum::{Router, routing::post};
use futures_util::StreamExt;
use visavis::{
    ports::{Clock, Delivery, Entropy, Entry, Mailboxes, Platform, PortResult, mailbox_limits, milliseconds},
    testing::conformance::{self, Finding, Passing},
};
use worker::send::SendFuture;

use crate::{Cloudflare, mailboxes::MailboxObjects};

/// `POST /conformance`: what each check found, `null` where all is well.
pub(crate) fn route(platform: Cloudflare) -> Router {
    let run = move || {
        let platform = platform.clone();
        SendFuture::new(async move {
            let mut findings = conformance::run(&platform, &ByObject(platform.mailboxes())).await;
            findings.push((
                "a listener keeps an empty mailbox from being forgotten",
                listened_to(&platform).await,
            ));
            conformance::report(findings)
        })
    };
    Router::new().route("/conformance", post(run))
}

/// Makes what an object holds older, and lets its alarm ring.
struct ByObject<'a>(&'a MailboxObjects);

impl Passing for ByObject<'_> {
    fn pass(&self, mailbox: &str, time: Duration) -> impl Future<Output = PortResult<()>> + Send {
        SendFuture::new(async move { self.0.age(mailbox, milliseconds(time)).await })
    }
}

/// An object knows who listens to it, and rings its alarm.
async fn listened_to(platform: &Cloudflare) -> Finding {
    let mailboxes = platform.mailboxes();
    let said = |error: visavis::ports::PortError| error.to_string();
    let mut random = [0; 16];
    platform.entropy().fill(&mut random).map_err(said)?;
    let mailbox = format!("conformance/{:032x}", u128::from_be_bytes(random));
    let append = async |id| mailboxes.append(&mailbox, id, "sealed".into()).await.map_err(said);
    let pass = async |time| ByObject(mailboxes).pass(&mailbox, time).await.map_err(said);

    append("a").await?;
    let mut listener = mailboxes.listen(&mailbox, 1).await.map_err(said)?.boxed();
    pass(mailbox_limits::AGE).await?;
    pass(mailbox_limits::FORGOTTEN_AFTER).await?;
    if append("b").await? != 2 {
        return Err("the sequence was given out again although somebody listened".into());
    }
    let heard = Delivery::Entry(Entry {
        sequence: 2,
        sealed: "sealed".into(),
    });
    if listener.next().await != Some(Ok(heard)) {
        return Err("the listener of a day did not hear the next entry".into());
    }
    drop(listener);
    pass(mailbox_limits::AGE).await?;
    // The object learns of the end of a stream a moment later.
    platform.clock().sleep(Duration::from_millis(200)).await;
    pass(mailbox_limits::FORGOTTEN_AFTER).await?;
    if append("c").await? != 1 {
        return Err("a forgotten mailbox does not begin at 1".into());
    }
    Ok(())
}
