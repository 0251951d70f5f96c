//! What is due without anybody asking: calls that time has ended, and rows that nobody needs any more.
//!
//! Nothing depends on it: whoever renews presence moves the calls it takes part in on. A platform's scheduler calls it
//! every few minutes, so that what nobody comes back to ends and goes as well.

use uuid::Uuid;

use super::record::{self, Record};
use crate::{
    App, limits,
    ports::{Database as _, Platform, Statement},
    presence,
    problem::Problem,
    time::DAY,
    vault::record::DataKeys,
};

/// How long an ended call is kept, in milliseconds: long enough for every repeated request.
const KEPT: i64 = DAY;

impl<P: Platform> App<P> {
    /// Moves calls on that are due, and deletes what is outdated.
    pub(crate) async fn tick(&self) -> Result<(), Problem> {
        let now = self.now();
        let database = self.platform.database();
        let open = Statement {
            sql: "SELECT DISTINCT organisation FROM calls WHERE state IN ('ringing', 'answered')",
            parameters: Vec::new(),
        };
        let organisations = database.query(open).await?;
        let organisations = organisations
            .rows
            .iter()
            .filter_map(|row| row.first()?.text()?.parse::<Uuid>().ok());
        for organisation in organisations {
            let statements = vec![DataKeys::select(organisation), record::select_due(organisation, now)];
            let rows = database.batch(statements).await?;
            let [keys, due] = rows.as_slice() else {
                return Err(Problem::unavailable());
            };
            let Some(keys) = DataKeys::unwrap(&self.config.vault, organisation, keys)? else {
                continue;
            };
            for record in Record::read(&keys, due)? {
                self.settle(&keys, record).await?;
            }
        }
        let outdated = vec![
            record::delete_ended(now - KEPT),
            presence::delete_outdated(now),
            limits::delete_outdated(now),
        ];
        database.batch(outdated).await?;
        Ok(())
    }
}
