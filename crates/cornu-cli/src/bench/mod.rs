//! `cornu bench`.

mod arrays;
mod convolutions;
mod measure;
mod models;
mod process;
mod report;

use clap::{Args, ValueEnum};

use crate::Failure;
use crate::arguments::RunArgs;
use measure::Stopwatch;

/// Time a workload: training steps, predictions, matrix products, convolutions, element-wise functions
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu bench W1\n  cornu bench W4 --batch-size 32 --repeat 50 --json\n\nEvery \
                  call is warmed up, then repeated; the table shows the median, the fastest and the 90th \
                  percentile.\n`bench/compare` in the repository times the same workloads of other libraries."
)]
pub struct Bench {
    /// What to time
    #[arg(value_enum, ignore_case = true)]
    workload: Workload,

    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,

    /// Rows at once, instead of the workload's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,

    /// How many calls to time [default: two seconds' worth, from 5 to 200]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: Option<u32>,

    /// Time only the metrics whose name has this in it
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,

    #[command(flatten)]
    run: RunArgs,
}

/// What can be timed. Data are synthetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// A training step of the variational autoencoder of `train vae`, with 16 and with 128 pictures
    #[value(name = "W1")]
    W1,
    /// Decoding 225 points of its latent space
    #[value(name = "W1d")]
    W1d,
    /// A step of `train gan`, with 20 pictures
    #[value(name = "W2")]
    W2,
    /// A training step of a perceptron 784-512-512-10 with dropout and Adam, with 128 rows
    #[value(name = "W3")]
    W3,
    /// An epoch of it over 60,000 rows
    #[value(name = "W3e")]
    W3e,
    /// A training step of the convolutional network of `train classifier`, with 128 pictures
    #[value(name = "W4")]
    W4,
    /// Products of square matrices from 256 to 4096
    #[value(name = "W5")]
    W5,
    /// Element-wise functions and reductions of ten million values
    #[value(name = "W6")]
    W6,
    /// One picture through the network of W4
    #[value(name = "W7")]
    W7,
    /// From the start of a process to its first prediction from a saved model
    #[value(name = "W9")]
    W9,
    /// Every convolution of W1, W2 and W4 alone: forward, backward for the data, backward for the weights
    #[value(name = "conv")]
    Conv,
}

impl Bench {
    pub fn run(self) -> Result<(), Failure> {
        self.run.apply()?;
        let threads = self.run.threads()?;
        let batch = self.batch_size.map(|n| n as usize);
        if batch.is_some() && matches!(self.workload, Workload::W5 | Workload::W6) {
            let message = format!("--batch-size means nothing for {:?}", self.workload);
            return Err(Failure::input(message));
        }
        let mut watch = Stopwatch::new(self.repeat.map(|n| n as usize), self.only);
        match self.workload {
            Workload::W1 => models::autoencoder_step(&mut watch, batch),
            Workload::W1d => models::decode(&mut watch, batch),
            Workload::W2 => models::gan_step(&mut watch, batch, self.run.seed),
            Workload::W3 => models::perceptron_step(&mut watch, batch),
            Workload::W3e => models::perceptron_epoch(&mut watch, batch),
            Workload::W4 => models::convnet_step(&mut watch, batch),
            Workload::W5 => arrays::products(&mut watch),
            Workload::W6 => arrays::functions(&mut watch),
            Workload::W7 => models::convnet_latency(&mut watch, batch),
            Workload::W9 => process::first_prediction(&mut watch, batch, threads),
            Workload::Conv => convolutions::directions(&mut watch, batch, threads),
        }?;
        if watch.rows.is_empty() {
            return Err(Failure::input("--only must be in the name of a metric of the workload"));
        }
        report::print(self.workload, threads, &watch.rows, self.json)
    }
}
