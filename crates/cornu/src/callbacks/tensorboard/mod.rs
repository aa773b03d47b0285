//! Event files that TensorBoard reads.
//!
//! A file is a sequence of records (`record`), each of them a protocol-buffer message (`proto`);
//! [`EventWriter`] writes what the callbacks and the training commands have to say.

pub(super) mod projector;
mod proto;
mod record;
mod writer;

pub use writer::EventWriter;
#[cfg(test)]
pub(super) use writer::tests::tags;
