//! The database on D1.

use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use serde::Deserialize;
use visavis::ports::{Database, PortError, PortResult, Rows, Statement, Value};
use wasm_bindgen::{JsCast, JsValue};
use worker::{D1Database, D1PreparedStatement, D1Result, d1::serde_wasm_bindgen, send::SendFuture};

/// The binding `DB`.
#[derive(Debug)]
pub(crate) struct D1(pub(crate) D1Database);

impl D1 {
    fn prepare(&self, statement: Statement) -> PortResult<D1PreparedStatement> {
        let parameters = statement
            .parameters
            .into_iter()
            .map(to_js)
            .collect::<PortResult<Vec<_>>>()?;
        self.0
            .prepare(statement.sql)
            .bind(&parameters)
            .map_err(|error| port_error(&error))
    }
}

impl Database for D1 {
    fn batch(&self, statements: Vec<Statement>) -> impl Future<Output = PortResult<Vec<Rows>>> + Send {
        SendFuture::new(async move {
            let prepared = statements
                .into_iter()
                .map(|it| self.prepare(it))
                .collect::<PortResult<Vec<_>>>()?;
            let results = self.0.batch(prepared).await.map_err(|error| port_error(&error))?;
            results.iter().map(rows).collect()
        })
    }

    fn query(&self, statement: Statement) -> impl Future<Output = PortResult<Rows>> + Send {
        SendFuture::new(async move {
            let result = self
                .prepare(statement)?
                .all()
                .await
                .map_err(|error| port_error(&error))?;
            rows(&result)
        })
    }
}

/// The largest magnitude up to which a JavaScript number holds every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[allow(clippy::cast_precision_loss, reason = "checked to be within 2^53")]
fn to_js(value: Value) -> PortResult<JsValue> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Integer(value) => {
            let number = value as f64;
            if number.abs() > EXACT {
                return Err(PortError::Unsupported("an integer beyond 2^53"));
            }
            number.into()
        }
        Value::Real(value) => value.into(),
        Value::Text(value) => value.into(),
        Value::Blob(value) => Uint8Array::from(value.as_slice()).into(),
    })
}

/// D1 knows one kind of number; what is whole is an integer here.
#[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
fn from_js(value: &JsValue) -> PortResult<Value> {
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(number) = value.as_f64() {
        let whole = number.fract() == 0.0 && number.abs() <= EXACT;
        return Ok(if whole {
            Value::Integer(number as i64)
        } else {
            Value::Real(number)
        });
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    // Blobs come back as arrays of numbers; newer runtimes may hand over the buffer.
    if Array::is_array(value) || value.is_instance_of::<ArrayBuffer>() || value.is_instance_of::<Uint8Array>() {
        return Ok(Value::Blob(Uint8Array::new(value).to_vec()));
    }
    Err(PortError::Unavailable("D1 returned a value of an unknown kind".into()))
}

/// A row as D1 returns it: an object with a property for each column, in the order of the statement.
#[derive(Deserialize)]
struct Row(#[serde(with = "serde_wasm_bindgen::preserve")] Object);

fn rows(result: &D1Result) -> PortResult<Rows> {
    let rows = result.results::<Row>().map_err(|error| port_error(&error))?;
    let changes = result
        .meta()
        .map_err(|error| port_error(&error))?
        .and_then(|meta| meta.changes)
        .unwrap_or(0);
    Ok(Rows {
        rows: rows
            .iter()
            .map(|row| Object::values(&row.0).iter().map(|value| from_js(&value)).collect())
            .collect::<PortResult<_>>()?,
        changes: changes as u64,
    })
}

fn port_error(error: &worker::Error) -> PortError {
    let message = match error {
        worker::Error::D1(error) => error.cause(),
        error => error.to_string(),
    };
    // SQLite names the table and its columns here, never a value.
    if message.contains("constraint failed") || message.contains("SQLITE_CONSTRAINT") {
        PortError::Constraint(message)
    } else {
        PortError::Unavailable(format!("D1: {message}"))
    }
}
