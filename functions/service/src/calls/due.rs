//! What is due without anybody asking: calls that time has ended, and rows that nobody needs any more.
//!
//! Nothing depends on it: whoever renews presence moves the calls it takes part in on. A platform's scheduler calls it
//! every few minutes, so that what nobody comes back to ends and goes as well.

use uuid::Uuid;

use super::record::{self, Record};
use crate::{
    App, limits, messages,
    ports::{Database as _, Platform, Rows, Statement},
    presence,
    problem::Problem,
    time::DAY,
    trust,
    vault::record::DataKeys,
};

/// How long an ended call is kept, in milliseconds: long enough for every repeated request.
const KEPT: i64 = DAY;
/// How many organisations' calls are moved on at once, any of them; the others' turn comes.
const AT_ONCE: i64 = 20;

impl<P: Platform> App<P> {
    /// Deletes what is outdated, and moves calls on that are due. A call that cannot be moved keeps no other from it.
    pub(crate) async fn tick(&self) -> Result<(), Problem> {
        let now = self.now();
        let database = self.platform.database();
        let outdated = vec![
            record::delete_ended(now - KEPT),
            presence::delete_outdated(now),
            limits::delete_outdated(now),
            messages::delete_outdated(now),
            trust::delete_outdated_alarms(now),
            trust::delete_outdated_devices(now),
        ];
        let deleted = database.batch(outdated).await;
        let open = Statement {
            sql: "SELECT organisation FROM calls WHERE state IN ('ringing', 'answered') \
                  GROUP BY organisation ORDER BY random() LIMIT ?1",
            parameters: vec![AT_ONCE.into()],
        };
        let organisations = database.query(open).await?;
        let organisations = organisations
            .rows
            .iter()
            .filter_map(|row| row.first()?.text()?.parse::<Uuid>().ok());
        let mut settled = Ok(());
        for organisation in organisations {
            settled = settled.and(self.settle_due(organisation, now).await);
        }
        deleted?;
        settled
    }

    async fn settle_due(&self, organisation: Uuid, now: i64) -> Result<(), Problem> {
        let statements = vec![DataKeys::select(organisation), record::select_due(organisation, now)];
        let rows = self.platform.database().batch(statements).await?;
        let [keys, due] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        match DataKeys::unwrap(&self.config.vault, organisation, keys)? {
            Some(keys) => self.settle_each(&keys, due).await,
            None => Ok(()),
        }
    }

    /// Moves the calls on that an expert takes part in who has just lost the lease.
    pub(crate) async fn settle_calls_of(
        &self,
        keys: &DataKeys,
        organisation: Uuid,
        expert: Uuid,
    ) -> Result<(), Problem> {
        let select = record::select_for_expert(organisation, expert, false);
        let calls = self.platform.database().query(select).await?;
        self.settle_each(keys, &calls).await
    }

    /// Moves each of the calls in the rows on; the error is the first.
    async fn settle_each(&self, keys: &DataKeys, calls: &Rows) -> Result<(), Problem> {
        let mut settled = Ok(());
        for row in &calls.rows {
            let row = Rows {
                rows: vec![row.clone()],
                changes: 0,
            };
            let moved = match Record::first(keys, &row) {
                Ok(Some(record)) => self.settle(keys, record).await.map(drop),
                Ok(None) => Ok(()),
                Err(error) => Err(error.into()),
            };
            settled = settled.and(moved);
        }
        settled
    }
}
