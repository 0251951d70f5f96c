//! Organisations and their people.

pub(crate) mod operator;
pub(crate) mod organisations;
pub(crate) mod people;
mod rotation;
