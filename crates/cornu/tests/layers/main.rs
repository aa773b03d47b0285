//! Every layer against the shared contract and against numbers from Keras.

mod contract;
mod golden;
