//! What `CORNU_LOG` asks to see, on standard error.

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::{Failure, output};

/// Starts logging: warnings always, plans or more on request.
pub fn init() -> Result<(), Failure> {
    let wanted = std::env::var("CORNU_LOG").unwrap_or_default();
    let quiet = Targets::new().with_default(Level::WARN);
    let targets = match wanted.as_str() {
        "" | "warn" => quiet,
        "plan" => quiet.with_target("plan", Level::DEBUG),
        "off" => quiet.with_default(LevelFilter::OFF),
        "debug" => quiet.with_default(Level::DEBUG),
        other => {
            let message =
                format!("CORNU_LOG must be plan, debug, warn or off. Received: {other:?}");
            return Err(Failure::input(message));
        }
    };
    let layer = tracing_subscriber::fmt::layer().without_time().with_writer(|| output::ErrOut);
    tracing_subscriber::registry().with(targets).with(layer).init();
    Ok(())
}
