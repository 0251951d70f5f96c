//! What mailboxes must do: sequences, cursors, gaps, limits, listeners.

use futures_util::{
    StreamExt as _,
    future::{join, join_all},
};

use super::{Finding, Findings, expect, said, same, soon};
use crate::ports::{Clock, Delivery, Entropy, Entry, Mailboxes, Page, Platform, mailbox_limits};

pub(super) async fn checks<P: Platform>(platform: &P) -> Findings {
    let mailboxes = platform.mailboxes();
    let (clock, entropy) = (platform.clock(), platform.entropy());
    vec![
        (
            "a mailbox begins empty and counts from 1",
            sequences(mailboxes, entropy).await,
        ),
        (
            "a page holds what comes after the cursor, up to the limit",
            pages(mailboxes, entropy).await,
        ),
        ("the same id is appended once", idempotence(mailboxes, entropy).await),
        ("concurrent appends lose nothing", concurrency(mailboxes, entropy).await),
        ("mailboxes are apart", isolation(mailboxes, entropy).await),
        ("a cursor beyond the end is a gap", beyond(mailboxes, entropy).await),
        ("an envelope's size is bounded", envelope_size(mailboxes, entropy).await),
        (
            "a full mailbox drops its oldest and leaves a gap",
            full(mailboxes, entropy).await,
        ),
        (
            "tidying drops nothing that is not old",
            tidiness(mailboxes, entropy).await,
        ),
        (
            "a listener hears the old, then the new, in order",
            listening(mailboxes, clock, entropy).await,
        ),
        (
            "all listeners hear all of their mailbox, in order, and of no other",
            listening_to_all(mailboxes, clock, entropy).await,
        ),
        (
            "who comes back after a cursor misses and repeats nothing",
            catching_up(mailboxes, clock, entropy).await,
        ),
        (
            "a listener beyond the end hears of the gap",
            listening_beyond(mailboxes, clock, entropy).await,
        ),
        (
            "listeners at once are bounded, the oldest goes",
            listeners(mailboxes, clock, entropy).await,
        ),
    ]
}

/// A mailbox that nobody has used.
pub(super) fn fresh(entropy: &impl Entropy) -> Result<String, String> {
    let mut random = [0; 16];
    said(entropy.fill(&mut random), "entropy")?;
    Ok(format!("conformance/{:032x}", u128::from_be_bytes(random)))
}

async fn append(mailboxes: &impl Mailboxes, mailbox: &str, id: &str) -> Result<u64, String> {
    said(mailboxes.append(mailbox, id, format!("sealed-{id}")).await, "append")
}

async fn read(mailboxes: &impl Mailboxes, mailbox: &str, after: u64, limit: usize) -> Result<Page, String> {
    said(mailboxes.read(mailbox, after, limit).await, "read")
}

fn entry(sequence: u64, id: &str) -> Delivery {
    Delivery::Entry(Entry {
        sequence,
        sealed: format!("sealed-{id}"),
    })
}

async fn sequences(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    same(
        read(mailboxes, &mailbox, 0, 10).await?,
        Page::default(),
        "an unused mailbox",
    )?;
    for (sequence, id) in [(1, "a"), (2, "b"), (3, "c")] {
        same(
            append(mailboxes, &mailbox, id).await?,
            sequence,
            "sequence of an append",
        )?;
    }
    Ok(())
}

async fn pages(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for id in ["a", "b", "c"] {
        append(mailboxes, &mailbox, id).await?;
    }
    let page = |deliveries, more| Page { deliveries, more };
    let all = vec![entry(1, "a"), entry(2, "b"), entry(3, "c")];
    same(read(mailboxes, &mailbox, 0, 10).await?, page(all, false), "all")?;
    same(
        read(mailboxes, &mailbox, 0, 2).await?,
        page(vec![entry(1, "a"), entry(2, "b")], true),
        "the first two",
    )?;
    same(
        read(mailboxes, &mailbox, 2, 2).await?,
        page(vec![entry(3, "c")], false),
        "after the second",
    )?;
    same(
        read(mailboxes, &mailbox, 3, 2).await?,
        page(vec![], false),
        "after the last",
    )
}

async fn idempotence(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    append(mailboxes, &mailbox, "a").await?;
    append(mailboxes, &mailbox, "b").await?;
    let again = said(mailboxes.append(&mailbox, "a", "other".into()).await, "append again")?;
    same(again, 1, "sequence of a repeated append")?;
    let page = read(mailboxes, &mailbox, 0, 10).await?;
    same(
        page.deliveries,
        vec![entry(1, "a"), entry(2, "b")],
        "after a repeated append",
    )
}

async fn concurrency(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let ids: Vec<_> = (0..20).map(|number| format!("id-{number}")).collect();
    // Each id twice at once.
    let found = join_all(ids.iter().chain(&ids).map(|id| append(mailboxes, &mailbox, id))).await;
    let found: Vec<u64> = found.into_iter().collect::<Result<_, _>>()?;
    same(&found[..20], &found[20..], "sequences of repeated appends")?;
    let mut sequences = found[..20].to_vec();
    sequences.sort_unstable();
    same(sequences, (1..=20).collect(), "sequences of concurrent appends")?;
    same(read(mailboxes, &mailbox, 0, 100).await?.deliveries.len(), 20, "entries")
}

async fn isolation(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let (one, other) = (fresh(entropy)?, fresh(entropy)?);
    append(mailboxes, &one, "a").await?;
    same(
        append(mailboxes, &other, "a").await?,
        1,
        "the same id in another mailbox",
    )?;
    same(
        read(mailboxes, &one, 0, 10).await?.deliveries,
        vec![entry(1, "a")],
        "the first mailbox",
    )
}

async fn beyond(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    same(
        read(mailboxes, &mailbox, 5, 10).await?.deliveries,
        vec![Delivery::Gap(0)],
        "of an unused mailbox",
    )?;
    append(mailboxes, &mailbox, "a").await?;
    same(
        read(mailboxes, &mailbox, 5, 10).await?.deliveries,
        vec![Delivery::Gap(1)],
        "of a mailbox with one entry",
    )
}

async fn envelope_size(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let largest = "x".repeat(mailbox_limits::ENTRY_BYTES);
    said(
        mailboxes.append(&mailbox, "largest", largest.clone()).await,
        "the largest envelope",
    )?;
    let refused = mailboxes.append(&mailbox, "larger", format!("{largest}x")).await;
    expect(refused.is_err(), || "a larger envelope was taken".into())?;
    let page = read(mailboxes, &mailbox, 0, 10).await?;
    same(
        page.deliveries,
        vec![Delivery::Entry(Entry {
            sequence: 1,
            sealed: largest,
        })],
        "afterwards",
    )
}

async fn full(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for number in 0..mailbox_limits::ENTRIES {
        append(mailboxes, &mailbox, &number.to_string()).await?;
    }
    let last = mailbox_limits::ENTRIES - 1;
    same(
        append(mailboxes, &mailbox, &last.to_string()).await?,
        last + 1,
        "a repeated append to a full mailbox",
    )?;
    same(
        read(mailboxes, &mailbox, 0, 1).await?.deliveries,
        vec![entry(1, "0")],
        "the oldest while there is room",
    )?;
    for id in ["more", "still more"] {
        append(mailboxes, &mailbox, id).await?;
    }
    same(
        read(mailboxes, &mailbox, 0, 2).await?.deliveries,
        vec![Delivery::Gap(2), entry(3, "2")],
        "the oldest of a full mailbox",
    )?;
    let gap = Page {
        deliveries: vec![Delivery::Gap(2)],
        more: true,
    };
    same(read(mailboxes, &mailbox, 0, 1).await?, gap, "a gap alone, and more")?;
    let newest = read(mailboxes, &mailbox, last + 2, 10).await?;
    same(newest.deliveries, vec![entry(last + 3, "still more")], "the newest")?;
    same(append(mailboxes, &fresh(entropy)?, "a").await?, 1, "another mailbox")
}

async fn listening(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for id in ["a", "b", "c"] {
        append(mailboxes, &mailbox, id).await?;
    }
    let mut stream = Box::pin(said(mailboxes.listen(&mailbox, 1).await, "listen")?);
    for expected in [entry(2, "b"), entry(3, "c")] {
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(expected)),
            "an entry from before",
        )?;
    }
    for (sequence, id) in [(4, "d"), (5, "e")] {
        append(mailboxes, &mailbox, id).await?;
        append(mailboxes, &mailbox, id).await?;
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(entry(sequence, id))),
            "a new entry",
        )?;
    }
    Ok(())
}

async fn listeners(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let mut streams = Vec::new();
    for _ in 0..=mailbox_limits::LISTENERS {
        streams.push(Box::pin(said(mailboxes.listen(&mailbox, 0).await, "listen")?));
    }
    same(
        soon(clock, streams[0].next()).await?,
        None,
        "the oldest of too many listeners",
    )?;
    append(mailboxes, &mailbox, "a").await?;
    for stream in &mut streams[1..] {
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(entry(1, "a"))),
            "another listener",
        )?;
    }
    Ok(())
}

async fn catching_up(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for id in ["a", "b", "c", "d"] {
        append(mailboxes, &mailbox, id).await?;
    }
    // A connection that is cut after each delivery, and comes back after what it has handled.
    let mut heard = Vec::new();
    let mut after = 0;
    while heard.len() < 4 {
        let mut stream = Box::pin(said(mailboxes.listen(&mailbox, after).await, "listen")?);
        let delivery = soon(clock, stream.next()).await?.ok_or("the stream ended")?;
        let delivery = said(delivery, "a delivery")?;
        after = delivery.cursor();
        heard.push(delivery);
    }
    same(
        heard,
        vec![entry(1, "a"), entry(2, "b"), entry(3, "c"), entry(4, "d")],
        "what was heard",
    )
}

async fn listening_beyond(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let mut stream = Box::pin(said(mailboxes.listen(&mailbox, 5).await, "listen")?);
    same(
        soon(clock, stream.next()).await?,
        Some(Ok(Delivery::Gap(0))),
        "of an unused mailbox",
    )?;
    append(mailboxes, &mailbox, "a").await?;
    same(
        soon(clock, stream.next()).await?,
        Some(Ok(entry(1, "a"))),
        "after the gap",
    )
}

async fn listening_to_all(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let (mailbox, other) = (fresh(entropy)?, fresh(entropy)?);
    let mut one = Box::pin(said(mailboxes.listen(&mailbox, 0).await, "listen")?);
    let mut two = Box::pin(said(mailboxes.listen(&mailbox, 0).await, "listen")?);
    let ids: Vec<_> = (0..20).map(|number| format!("id-{number}")).collect();
    let appended = join_all(ids.iter().map(|id| append(mailboxes, &mailbox, id)));
    let elsewhere = join_all(ids.iter().map(|id| append(mailboxes, &other, id)));
    let (appended, elsewhere) = join(appended, elsewhere).await;
    let mut expected = Vec::new();
    for (result, id) in appended.into_iter().zip(&ids) {
        expected.push((result?, id));
    }
    expected.sort_unstable();
    for result in elsewhere {
        result?;
    }
    for (sequence, id) in expected {
        for stream in [&mut one, &mut two] {
            same(
                soon(clock, stream.next()).await?,
                Some(Ok(entry(sequence, id))),
                "an entry, in order, to each listener",
            )?;
        }
    }
    Ok(())
}

async fn tidiness(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    append(mailboxes, &mailbox, "a").await?;
    said(mailboxes.tidy().await, "tidy")?;
    same(append(mailboxes, &mailbox, "a").await?, 1, "the same again")?;
    same(append(mailboxes, &mailbox, "b").await?, 2, "the next")?;
    same(
        read(mailboxes, &mailbox, 0, 10).await?.deliveries,
        vec![entry(1, "a"), entry(2, "b")],
        "what is not old",
    )
}
