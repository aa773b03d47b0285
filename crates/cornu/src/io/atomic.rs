//! Files that are written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zip::ZipWriter;

use crate::{Error, Result};

/// How many may write one file at once, with what killed writers left.
const SLOTS: usize = 1000;

/// How long a temporary file must have been still before it can count as left by a killed process: longer than
/// from making one to locking it.
const STILL: Duration = Duration::from_secs(60);

/// Writes a file whole or not at all.
///
/// `write` fills a temporary file beside `path`, which then replaces `path` in one step. After an
/// error or a crash, `path` is what it was before.
///
/// - A symbolic link stays one: the file to which it leads is replaced.
/// - On Unix, a file that is replaced keeps its mode: what only its owner may read stays so. A new file gets the
///   process's default.
/// - The contents are on the disk (`fsync`) before they replace the file, so a power cut leaves the old file or the
///   new one. The folder is not synchronised: which of the two is left to the file system.
/// - A killed process leaves its temporary file, `.cornu-….tmp`. It is never in the way, and removed when the same
///   file is written a minute later or more. Where a limit on the size of files is set (`ulimit -f`), the system
///   kills a process that goes beyond, unless the program ignores the signal `SIGXFSZ`.
///
/// # Errors
/// What `write` returns, or [`Error::Io`] when the file cannot be made or replaced.
///
/// ```
/// use std::io::Write;
/// let path = std::env::temp_dir().join("cornu-atomic-write.txt");
/// cornu::io::atomic_write(&path, |file| file.write_all(b"whole"))?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"whole");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn atomic_write(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    if path.file_name().is_none() {
        return Err(Error::invalid("atomic_write", "path", "must name a file", path.display()));
    }
    let replace = || -> io::Result<()> {
        let target = followed(path)?;
        let (temporary, file) = temporary(&target)?;
        let fill = || -> io::Result<()> {
            #[cfg(unix)]
            if let Ok(old) = fs::metadata(&target) {
                file.set_permissions(old.permissions())?;
            }
            let mut buffered = BufWriter::new(file);
            write(&mut buffered)?;
            buffered.flush()?;
            // Without this, a power cut after the rename could leave an empty file under the final name.
            buffered.get_ref().sync_all()?;
            drop(buffered);
            fs::rename(&temporary, &target)
        };
        fill().inspect_err(|_| {
            // The error to report is the first one.
            let _ = fs::remove_file(&temporary);
        })
    };
    replace().map_err(|e| Error::io(path, e))
}

/// Where symbolic links lead, perhaps to a file that is yet to be made.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    // As many as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) if path.file_name().is_some() => return Ok(path),
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Makes a locked temporary file beside `target`. Its name is short, however long the target's is.
fn temporary(target: &Path) -> io::Result<(PathBuf, File)> {
    let hash = crc32c::crc32c(target.file_name().unwrap_or_default().as_encoded_bytes());
    for slot in 0..SLOTS {
        let path = target.with_file_name(format!(".cornu-{hash:08x}-{slot}.tmp"));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                // The lock only tells others that this file is in use: some file systems have none, and then nothing
                // is removed there.
                let _ = file.try_lock();
                return Ok((path, file));
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                if is_left(&path) {
                    let _ = fs::remove_file(&path);
                }
            }
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other(format!("its folder holds {SLOTS} temporary files of it (.cornu-*.tmp)")))
}

/// Whether a temporary file's writer is gone. Asked of its lock, not of a process's number: containers that share a
/// folder count their processes each for itself.
fn is_left(path: &Path) -> bool {
    let unlocked =
        OpenOptions::new().write(true).open(path).is_ok_and(|file| file.try_lock().is_ok());
    // Asked once it is locked, as somebody may have removed it and made a new one meanwhile.
    let still = || fs::symlink_metadata(path).ok()?.modified().ok()?.elapsed().ok();
    unlocked && still().is_some_and(|time| time > STILL)
}

/// Writes a zip archive.
pub(crate) fn write_zip<W: Write + Seek>(
    writer: W,
    fill: impl FnOnce(&mut ZipWriter<Silenced<W>>) -> io::Result<()>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new(Silenced::new(writer));
    fill(&mut zip)?;
    zip.finish()?;
    Ok(())
}

/// A writer that fails once. A `ZipWriter` that is dropped after an error writes again, and prints a second message
/// where that fails, too.
pub(crate) struct Silenced<W> {
    inner: W,
    /// Where writing is, or would be after the failure: a `ZipWriter` computes sizes from it.
    at: u64,
    failed: bool,
}

impl<W> Silenced<W> {
    fn new(inner: W) -> Silenced<W> {
        Silenced { inner, at: 0, failed: false }
    }

    fn tell<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.failed = result.as_ref().is_err_and(|e| e.kind() != io::ErrorKind::Interrupted);
        result
    }
}

impl<W: Write> Write for Silenced<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            self.at += bytes.len() as u64;
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.at += *written.as_ref().unwrap_or(&0) as u64;
        self.tell(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.tell(flushed)
    }
}

impl<W: Seek> Seek for Silenced<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.failed {
            self.at = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::Current(by) | SeekFrom::End(by) => self.at.saturating_add_signed(by),
            };
            return Ok(self.at);
        }
        let found = self.inner.seek(to);
        self.at = *found.as_ref().unwrap_or(&self.at);
        self.tell(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(&folder.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = Folder::new();
        let path = folder.file("a.bin", b"old");
        let failed = atomic_write(&path, |f| {
            f.write_all(b"half of the new")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.unwrap_err().to_string().contains("disk full"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(&folder), ["a.bin"]);

        atomic_write(&path, |f| f.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(&folder), ["a.bin"]);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_path() {
        let folder = Folder::new();
        let path = folder.0.join("no/such/a.bin");
        let e = atomic_write(&path, |f| f.write_all(b"x")).unwrap_err();
        assert!(matches!(&e, Error::Io { path: p, .. } if *p == path), "{e}");
    }

    #[test]
    fn temporary_files_of_killed_processes_go_and_those_in_use_stay() {
        let folder = Folder::new();
        let path = folder.0.join("a.bin");
        let (left, file) = temporary(&path).unwrap();
        let old = std::time::SystemTime::now() - 2 * STILL;
        file.set_modified(old).unwrap();
        // In use, for all its age: another name is taken.
        atomic_write(&path, |f| f.write_all(b"1")).unwrap();
        assert!(left.exists());
        // Its process is gone.
        drop(file);
        atomic_write(&path, |f| f.write_all(b"2")).unwrap();
        assert_eq!(names(&folder), ["a.bin"]);
        // Perhaps about to be locked.
        drop(temporary(&path).unwrap());
        atomic_write(&path, |f| f.write_all(b"3")).unwrap();
        assert!(left.exists());
        assert_eq!(fs::read(&path).unwrap(), b"3");
    }

    #[test]
    fn the_longest_names_can_be_written() {
        let folder = Folder::new();
        let path = folder.0.join("n".repeat(255));
        atomic_write(&path, |f| f.write_all(b"x")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_symbolic_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new();
        let path = folder.file("sub/a.bin", b"old");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let link = folder.0.join("link");
        symlink("sub/a.bin", &link).unwrap();
        atomic_write(&link, |f| f.write_all(b"new")).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("sub/a.bin"));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let dangling = folder.0.join("dangling");
        symlink("sub/b.bin", &dangling).unwrap();
        atomic_write(&dangling, |f| f.write_all(b"b")).unwrap();
        assert_eq!(fs::read(folder.0.join("sub/b.bin")).unwrap(), b"b");
        let ring = folder.0.join("ring");
        symlink("ring", &ring).unwrap();
        assert!(atomic_write(&ring, |f| f.write_all(b"b")).is_err());
        assert!(ring.is_symlink());
    }

    #[test]
    fn a_writer_that_failed_takes_the_rest_in_silence() {
        /// A disk, and how many bytes it takes.
        struct Small(io::Cursor<Vec<u8>>, u64);
        impl Write for Small {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let full = self.0.position() + bytes.len() as u64 > self.1;
                if full { Err(io::Error::other("disk full")) } else { self.0.write(bytes) }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        impl Seek for Small {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let mut disk = Silenced::new(Small(io::Cursor::new(vec![]), 40));
        disk.write_all(&[1; 30]).unwrap();
        assert_eq!(disk.write_all(&[2; 30]).unwrap_err().to_string(), "disk full");
        disk.write_all(&[3; 30]).unwrap();
        assert_eq!(disk.stream_position().unwrap(), 60);
        disk.seek(SeekFrom::Start(7)).unwrap();
        assert_eq!(disk.stream_position().unwrap(), 7);
        assert_eq!(disk.inner.0.into_inner(), [1; 30]);

        // An archive that fails at any of its bytes is one error; the ZipWriter asserts that positions grow.
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            let write = |size| {
                write_zip(Small(io::Cursor::new(vec![]), size), |zip| {
                    let options =
                        zip::write::SimpleFileOptions::default().compression_method(method);
                    for name in ["a", "b"] {
                        zip.start_file(name, options)?;
                        zip.write_all(name.repeat(100).as_bytes())?;
                    }
                    Ok(())
                })
            };
            let whole = (0..1000).find(|&size| write(size).is_ok()).unwrap();
            for size in 0..whole {
                let e = write(size).unwrap_err();
                assert!(e.to_string().contains("disk full"), "{size}: {e}");
            }
        }
    }
}
