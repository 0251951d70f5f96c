//! Rotation of the master key: what the previous key protects is moved under the current one in the background, after
//! which the previous key can be forgotten.

use uuid::Uuid;

use super::people;
use crate::{
    App,
    ports::{Database as _, Platform, PortResult, Statement},
    vault::record::DataKeys,
};

/// How many organisations are moved at once.
const AT_ONCE: i64 = 20;

impl<P: Platform> App<P> {
    /// Moves the data keys and the keyed hashes of some organisations under the current master key, each organisation
    /// all or nothing.
    pub(crate) async fn rotate(&self) -> PortResult<()> {
        let select = Statement {
            sql: "SELECT DISTINCT organisation FROM data_keys WHERE master_key <> ?1 LIMIT ?2",
            parameters: vec![self.config.vault.current_id().into(), AT_ONCE.into()],
        };
        let rows = self.platform.database().query(select).await?;
        let organisations = rows.rows.iter().filter_map(|row| row.first()?.text()?.parse().ok());
        for organisation in organisations.collect::<Vec<Uuid>>() {
            self.rotate_organisation(organisation).await?;
        }
        Ok(())
    }

    async fn rotate_organisation(&self, organisation: Uuid) -> PortResult<()> {
        let statements = vec![DataKeys::select(organisation), people::select_emails(organisation)];
        let rows = self.platform.database().batch(statements).await?;
        let [keys, emails] = rows.as_slice() else { return Ok(()) };
        let Some(keys) = DataKeys::unwrap(&self.config.vault, organisation, keys)? else {
            return Ok(());
        };
        let mut statements = keys.rewrap(&self.config.vault, self.platform.entropy())?;
        statements.extend(people::rehash_emails(&self.config.vault, &keys, organisation, emails)?);
        self.platform.database().batch(statements).await.map(drop)
    }
}
