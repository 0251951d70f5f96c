//! The database on SQLite. What is more than one statement is one transaction, and nothing of it is done in part.

use spin_sdk::time::sleep;
use visavis::ports::{Database, PortError, PortResult, Rows, Statement};

use crate::{
    connection::{Connections, Durability, Failure},
    retry::Retry,
};

/// The database `default` of `spin.toml`.
#[derive(Clone)]
pub(crate) struct SpinDatabase {
    synced: Connections,
    unsynced: Connections,
}

impl Database for SpinDatabase {
    async fn batch(&self, statements: Vec<Statement>) -> PortResult<Vec<Rows>> {
        self.run(&self.synced, statements).await
    }

    async fn batch_unsynced(&self, statements: Vec<Statement>) -> PortResult<Vec<Rows>> {
        self.run(&self.unsynced, statements).await
    }

    async fn query(&self, statement: Statement) -> PortResult<Rows> {
        let rows = self.batch(vec![statement]).await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }
}

impl SpinDatabase {
    /// Over connections whose commits are synced.
    pub(crate) fn new(synced: Connections) -> Self {
        Self {
            synced,
            unsynced: Connections::new(Durability::Unsynced),
        }
    }

    /// Does what no other writer can mix with, and does it again when others hold the database.
    async fn run(&self, connections: &Connections, statements: Vec<Statement>) -> PortResult<Vec<Rows>> {
        let mut retry = Retry::new();
        loop {
            match self.attempt(connections, &statements).await {
                Ok(rows) => return Ok(rows),
                Err(Failure::Busy) => pause(&mut retry).await?,
                Err(Failure::Port(error)) => {
                    // What is not a race is for the operator to know.
                    if let PortError::Unavailable(message) = &error {
                        eprintln!("{message}");
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn attempt(&self, connections: &Connections, statements: &[Statement]) -> Result<Vec<Rows>, Failure> {
        let connection = connections.lend().await?;
        let begin = begin(statements);
        if let Some(begin) = begin
            && let Err(failure) = connection.run(begin, Vec::new()).await
        {
            // Nothing has begun.
            connection.give_back();
            return Err(failure);
        }
        let mut results = Vec::with_capacity(statements.len());
        for statement in statements {
            match connection.run(statement.sql, statement.parameters.clone()).await {
                Ok(rows) => results.push(rows),
                Err(Failure::Busy) if begin.is_none() => {
                    connection.give_back();
                    return Err(Failure::Busy);
                }
                Err(failure) => return Err(connection.roll_back(failure).await),
            }
        }
        if begin.is_some()
            && let Err(failure) = connection.run("COMMIT", Vec::new()).await
        {
            return Err(connection.roll_back(failure).await);
        }
        connection.give_back();
        Ok(results)
    }
}

/// Waits before the next attempt at a locked database, or gives up.
pub(crate) async fn pause(retry: &mut Retry) -> PortResult<()> {
    // Without randomness all wait equally long, which is no reason to give up.
    let Some(pause) = retry.pause(getrandom::u32().unwrap_or_default()) else {
        eprintln!("SQLite: the database stayed locked");
        return Err(PortError::from(Failure::Busy));
    };
    sleep(pause).await;
    Ok(())
}

/// How a batch begins. Taking the lock of writers first means that none of its statements can meet another writer; who
/// only reads needs none.
fn begin(statements: &[Statement]) -> Option<&'static str> {
    let reads = |statement: &Statement| statement.sql.starts_with("SELECT");
    match statements {
        // One statement is atomic by itself.
        [] | [_] => None,
        statements if statements.iter().all(reads) => Some("BEGIN"),
        _ => Some("BEGIN IMMEDIATE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_batch_that_writes_takes_the_lock_of_writers() {
        let of = |sql: &[&'static str]| {
            let statements = sql.iter().map(|sql| Statement {
                sql,
                parameters: Vec::new(),
            });
            begin(&statements.collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["DELETE FROM a"]), None);
        assert_eq!(of(&["SELECT 1", "SELECT 2"]), Some("BEGIN"));
        assert_eq!(of(&["SELECT 1", "DELETE FROM a"]), Some("BEGIN IMMEDIATE"));
    }
}
