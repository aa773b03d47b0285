//! Every layer against the shared contract.

mod contract;
