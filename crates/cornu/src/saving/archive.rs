//! What stands around a model: a zip archive, or the same files in a folder.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use cornu_graph::Array;
use serde_json::Value;
use zip::read::ZipFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive};

use super::store;
use crate::io::{Reader, Source, atomic_write, expansion_limit, hdf5, npz, open_zip, write_zip};
use crate::{Error, Result};

const CONFIG: &str = "config.json";
const METADATA: &str = "metadata.json";
const WEIGHTS: &str = "model.weights.h5";
const WEIGHTS_NPZ: &str = "model.weights.npz";

/// The largest `config.json` that is read: a model of 10,000 layers has about 10 MB.
const CONFIG_LIMIT: u64 = 64 << 20;

/// A model's parts as they stand in the archive.
pub(super) struct Contents {
    pub config: Value,
    pub weights: BTreeMap<String, Array>,
    /// How many bytes all may expand to.
    pub limit: u64,
}

pub(super) fn write(path: &Path, config: &Value, weights: &hdf5::Group) -> Result<()> {
    let bytes = hdf5::to_bytes(weights)?;
    let json = |value: &Value| serde_json::to_vec(value).map_err(std::io::Error::other);
    atomic_write(path, |file| {
        let large = bytes.len() as u64 > u64::from(u32::MAX) - 8192;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(large);
        write_zip(file, |zip| {
            for (name, content) in
                [(METADATA, json(&super::metadata())?), (CONFIG, json(config)?), (WEIGHTS, bytes)]
            {
                zip.start_file(name, options)?;
                zip.write_all(&content)?;
            }
            Ok(())
        })
    })
}

/// Reads an archive or a folder; `limit` is what its contents may expand to, if not what follows from its size.
pub(super) fn read(path: &Path, limit: Option<u64>) -> Result<Contents> {
    let what = path.display().to_string();
    if path.is_dir() {
        return contents(Container::folder(what, path)?, limit);
    }
    from_source(&what, Source::open(path)?, limit)
}

/// Reads an archive; `what` names it in errors.
pub(super) fn from_source(what: &str, source: Source, limit: Option<u64>) -> Result<Contents> {
    contents(Container::zip(what.into(), source)?, limit)
}

fn contents(mut container: Container, limit: Option<u64>) -> Result<Contents> {
    let what = container.what.clone();
    let has = |name: &str| container.names.iter().any(|n| n == name);
    if !has(CONFIG) {
        return Err(Error::format(what, format!("is not a .keras file: {CONFIG} is missing")));
    }
    let Some(weights) = [WEIGHTS, WEIGHTS_NPZ].into_iter().find(|name| has(name)) else {
        let reason = format!("is not a .keras file: {WEIGHTS} is missing");
        return Err(Error::format(what, reason));
    };
    let limit = limit.unwrap_or(expansion_limit(container.stored));
    let damaged = |name: &str, e| Error::format(&what, format!("{name} is damaged: {e}"));
    let config = container.entry(CONFIG, CONFIG_LIMIT.min(limit))?;
    let config = config.to_vec().map_err(|e| damaged(CONFIG, e))?;
    let config = serde_json::from_slice(&config)
        .map_err(|e| Error::format(&what, format!("{CONFIG} cannot be read as JSON: {e}")))?;
    let source = container.entry(weights, limit)?;
    let place = format!("{what}, {weights}");
    let weights = match weights {
        WEIGHTS => store::weights_of(hdf5::from_source(&place, source, limit)?),
        name => npz::from_bytes(&place, &source.to_vec().map_err(|e| damaged(name, e))?)?,
    };
    Ok(Contents { config, weights, limit })
}

/// Files by name.
struct Container {
    what: String,
    names: Vec<String>,
    /// How many bytes it takes on disk.
    stored: u64,
    files: Files,
}

enum Files {
    Zip(Source, ZipArchive<BufReader<Reader>>),
    Folder(PathBuf),
}

impl Container {
    fn folder(what: String, path: &Path) -> Result<Container> {
        let mut stored = 0;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| Error::io(path, e))? {
            let entry = entry.map_err(|e| Error::io(path, e))?;
            stored += entry.metadata().map_err(|e| Error::io(path, e))?.len();
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        Ok(Container { what, names, stored, files: Files::Folder(path.into()) })
    }

    fn zip(what: String, source: Source) -> Result<Container> {
        let failed = |e| Error::format(&what, format!("is not a .keras file: {e}"));
        let zip = open_zip(BufReader::new(source.reader())).map_err(failed)?;
        let names = zip.file_names().map(|name| name.map(String::from));
        let names = names.collect::<zip::result::ZipResult<Vec<_>>>().map_err(failed)?;
        let escapes = |name: &&String| {
            name.starts_with('/')
                || name.contains(['\\', ':'])
                || name.split('/').any(|p| p == "..")
        };
        if let Some(name) = names.iter().find(escapes) {
            return Err(Error::format(what, format!("holds {name:?}, a path out of the archive")));
        }
        Ok(Container { what, names, stored: source.len(), files: Files::Zip(source, zip) })
    }

    /// The contents of a file, whose checksum was compared.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Source> {
        let what = &self.what;
        let source = match &mut self.files {
            Files::Folder(path) => Source::open(&path.join(name))?,
            Files::Zip(source, zip) => {
                let file = zip.by_name(name);
                let file = file.map_err(|e| Error::format(what, format!("{name}: {e}")))?;
                let unpacked = unpacked(file, source, limit);
                unpacked.map_err(|e| Error::format(what, format!("{name} is damaged: {e}")))?
            }
        };
        if source.len() > limit {
            let reason =
                format!("{name} is larger than {limit} bytes; Load::max_bytes raises the limit");
            return Err(Error::format(what, reason));
        }
        Ok(source)
    }
}

/// The contents of a zip archive's entry, or more than `limit` of its bytes: where they stand in the archive, if they
/// are large and not compressed.
fn unpacked<R: Read>(file: ZipFile<R>, archive: &Source, limit: u64) -> io::Result<Source> {
    let (size, start) = (file.compressed_size(), file.data_start());
    let stays = file.compression() == CompressionMethod::Stored && size > PART;
    let place = start.filter(|_| stays).and_then(|start| archive.part(start, size));
    let mut file = file.take(limit.saturating_add(1));
    let Some(place) = place else {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        return Ok(Source::memory(bytes));
    };
    // At its end the reader compares the checksum.
    let mut buffer = vec![0; PART as usize];
    while file.read(&mut buffer)? > 0 {}
    Ok(place)
}

/// How much of an entry is read at once while its checksum is computed: what fits in the processor's cache.
const PART: u64 = 256 << 10;

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
