//! What becomes of a mailbox while hours pass.

use std::time::Duration;

use super::{Finding, Findings, Passing, mailboxes::fresh, said, same};
use crate::ports::{Delivery, Entry, Mailboxes, Page, Platform, mailbox_limits};

const MINUTE: Duration = Duration::from_mins(1);

pub(super) async fn checks<P: Platform>(platform: &P, time: &impl Passing) -> Findings {
    let mailbox = match fresh(platform.entropy()) {
        Ok(mailbox) => mailbox,
        Err(complaint) => return vec![("a mailbox can be named", Err(complaint))],
    };
    let of = Ageing {
        mailboxes: platform.mailboxes(),
        time,
        mailbox,
    };
    vec![
        ("old entries leave a gap", of.entries_go().await),
        ("a mailbox that nobody uses is forgotten", of.a_mailbox_goes().await),
    ]
}

/// One mailbox that grows old.
struct Ageing<'a, M, T> {
    mailboxes: &'a M,
    time: &'a T,
    mailbox: String,
}

impl<M: Mailboxes, T: Passing> Ageing<'_, M, T> {
    async fn entries_go(&self) -> Finding {
        self.append("a", 1).await?;
        self.append("b", 2).await?;
        self.pass(mailbox_limits::AGE.saturating_sub(MINUTE)).await?;
        self.append("c", 3).await?;
        let all = [entry(1), entry(2), entry(3)];
        self.expect(0, &all, "just before the hour").await?;
        self.pass(MINUTE).await?;
        for when in ["after the hour", "after tidying"] {
            self.expect(0, &[Delivery::Gap(2), entry(3)], when).await?;
            self.expect(2, &[entry(3)], when).await?;
            said(self.mailboxes.tidy().await, "tidy")?;
        }
        self.pass(mailbox_limits::AGE).await?;
        for when in ["after two hours", "after tidying again"] {
            self.expect(1, &[Delivery::Gap(3)], when).await?;
            self.expect(3, &[], when).await?;
            said(self.mailboxes.tidy().await, "tidy")?;
        }
        self.append("d", 4).await
    }

    /// Whoever reads keeps an empty mailbox from being forgotten, and nobody else does.
    async fn a_mailbox_goes(&self) -> Finding {
        self.pass(mailbox_limits::FORGOTTEN_AFTER.saturating_sub(MINUTE))
            .await?;
        self.expect(4, &[], "after almost a day").await?;
        self.pass(MINUTE).await?;
        said(self.mailboxes.tidy().await, "tidy")?;
        self.expect(4, &[], "after a day with a reader").await?;
        self.pass(mailbox_limits::FORGOTTEN_AFTER).await?;
        said(self.mailboxes.tidy().await, "tidy")?;
        self.expect(4, &[Delivery::Gap(0)], "after a day alone").await?;
        self.append("e", 1).await
    }

    async fn pass(&self, time: Duration) -> Finding {
        said(self.time.pass(&self.mailbox, time).await, "time passes")
    }

    async fn append(&self, id: &str, expected: u64) -> Finding {
        let appended = self.mailboxes.append(&self.mailbox, id, "sealed".into()).await;
        same(said(appended, "append")?, expected, &format!("sequence of {id}"))
    }

    async fn expect(&self, after: u64, expected: &[Delivery], when: &str) -> Finding {
        let page = said(self.mailboxes.read(&self.mailbox, after, 10).await, when)?;
        let expected = Page {
            deliveries: expected.to_vec(),
            more: false,
        };
        same(page, expected, when)
    }
}

fn entry(sequence: u64) -> Delivery {
    Delivery::Entry(Entry {
        sequence,
        sealed: "sealed".into(),
    })
}
