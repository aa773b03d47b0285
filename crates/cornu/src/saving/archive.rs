//! The zip archive around a model.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use cornu_graph::Array;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::io::{atomic_write, expansion_limit, npz};
use crate::{Error, Result};

const CONFIG: &str = "config.json";
const METADATA: &str = "metadata.json";
const WEIGHTS: &str = "model.weights.npz";

/// The largest `config.json` that is read: a model of 10,000 layers has about 10 MB.
const CONFIG_LIMIT: u64 = 64 << 20;

/// A model's parts as they stand in the archive.
pub(super) struct Contents {
    pub config: Value,
    pub weights: BTreeMap<String, Array>,
}

pub(super) fn write(path: &Path, config: &Value, weights: &[(String, Array)]) -> Result<()> {
    let mut bytes = Cursor::new(Vec::new());
    npz::write_to(&mut bytes, weights.iter().map(|(name, array)| (name.as_str(), array)))
        .map_err(|e| Error::io(path, e))?;
    let bytes = bytes.into_inner();
    let json = |value: &Value| serde_json::to_vec(value).map_err(std::io::Error::other);
    atomic_write(path, |file| {
        let mut zip = ZipWriter::new(file);
        let large = bytes.len() as u64 > u64::from(u32::MAX) - 8192;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(large);
        for (name, content) in
            [(METADATA, json(&super::metadata())?), (CONFIG, json(config)?), (WEIGHTS, bytes)]
        {
            zip.start_file(name, options)?;
            zip.write_all(&content)?;
        }
        zip.finish()?;
        Ok(())
    })
}

pub(super) fn read(path: &Path) -> Result<Contents> {
    let what = path.display().to_string();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let stored = file.metadata().map_err(|e| Error::io(path, e))?.len();
    let failed = |e| Error::format(&what, format!("is not a .keras file: {e}"));
    let mut zip = ZipArchive::new(std::io::BufReader::new(file)).map_err(failed)?;
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.map(String::from))
        .collect::<zip::result::ZipResult<_>>()
        .map_err(failed)?;
    if !names.iter().any(|n| n == CONFIG) {
        return Err(Error::format(&what, format!("is not a .keras file: {CONFIG} is missing")));
    }
    if !names.iter().any(|n| n == WEIGHTS) {
        let found = names.iter().find(|n| n.starts_with("model.weights"));
        let reason = match found {
            Some(name) => format!("holds its weights as {name}; this version reads {WEIGHTS}"),
            None => format!("{WEIGHTS} is missing"),
        };
        return Err(Error::format(&what, reason));
    }
    let mut entry = |name: &str, limit: u64| -> Result<Vec<u8>> {
        let file = zip.by_name(name).map_err(|e| Error::format(&what, format!("{name}: {e}")))?;
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::format(&what, format!("{name}: {e}")))?;
        if bytes.len() as u64 > limit {
            return Err(Error::format(&what, format!("{name} is larger than {limit} bytes")));
        }
        Ok(bytes)
    };
    let config = entry(CONFIG, CONFIG_LIMIT.min(expansion_limit(stored)))?;
    let config = serde_json::from_slice(&config)
        .map_err(|e| Error::format(&what, format!("{CONFIG} is not JSON: {e}")))?;
    let weights = entry(WEIGHTS, expansion_limit(stored))?;
    let weights = npz::from_bytes(&format!("{what}, {WEIGHTS}"), &weights)?;
    Ok(Contents { config, weights })
}

/// Seconds since 1970 as Keras writes a date, in UTC: `2026-01-31@23:59:59`.
///
/// Days to a date: Howard Hinnant, *chrono-compatible low-level date algorithms*.
pub(super) fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}@{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01@00:00:00");
        assert_eq!(date(951_782_400), "2000-02-29@00:00:00");
        assert_eq!(date(1_798_761_599), "2026-12-31@23:59:59");
    }
}
