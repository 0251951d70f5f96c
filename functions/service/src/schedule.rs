//! What a platform's scheduler does every few minutes.

use crate::{
    App,
    ports::{Mailboxes as _, Platform},
    problem::Problem,
};

impl<P: Platform> App<P> {
    /// Moves calls on that time has ended, deletes what is outdated, and moves what a previous master key protects under
    /// the current one. What fails keeps nothing else from being done.
    pub(crate) async fn scheduled_work(&self) -> Result<(), Problem> {
        let ticked = self.tick().await;
        let tidied = self.platform.mailboxes().tidy().await;
        self.rotate().await?;
        tidied?;
        ticked
    }
}
