//! A run whose process is killed at any moment, or asked to end.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use cornu::Result;
use cornu::callbacks::Position;
use cornu::io::npz;

use crate::backup::{End, Kind, place, run};

/// Set in a process of its own: the folder of the run.
const FOLDER: &str = "CORNU_TEST_RUN";

/// The test of this name, in a process of its own.
fn child(test: &str, at: &Path, signal: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args([&format!("kill::{test}"), "--exact"]).env(FOLDER, at);
    child.env("CORNU_TEST_SIGNAL", signal).spawn().unwrap()
}

/// A run in such a process, which writes what it left.
fn in_child(at: &Path, seed: u64, freq: Option<usize>, end: End) -> Result<()> {
    let left = run(at, Kind::Schedule, seed, freq, end)?;
    npz::write(at.join("left.npz"), left.state.iter().map(|(n, a)| (n.as_str(), a)))?;
    std::fs::write(at.join("left.txt"), format!("{:?} {:?}", left.history, left.random)).unwrap();
    Ok(())
}

#[cfg(unix)]
#[test]
fn signals_leave_an_epoch_in_its_middle() -> Result<()> {
    let at_step = Position { epoch: 1, step: 3 };
    if let Some(at) = std::env::var_os(FOLDER) {
        let signal = match &*std::env::var("CORNU_TEST_SIGNAL").unwrap() {
            "INT" => "INT",
            "TERM" => "TERM",
            _ => "HUP",
        };
        return in_child(Path::new(&at), 1, None, End::Signal(at_step, signal));
    }
    let at = place("backup-signal");
    let whole = run(&at, Kind::Schedule, 1, None, End::None)?;
    std::fs::remove_file(at.join("log.csv")).unwrap();
    for signal in ["INT", "TERM", "HUP"] {
        let mut process = child("signals_leave_an_epoch_in_its_middle", &at, signal);
        assert!(process.wait().unwrap().success(), "SIG{signal}");
        let left = std::fs::read_to_string(at.join("left.txt")).unwrap();
        assert!(left.contains(&format!("interrupted: Some({at_step:?})")), "SIG{signal}: {left}");
        assert!(left.contains("epochs: [0],"), "SIG{signal}: {left}");
        assert_eq!(run(&at, Kind::Schedule, 9, None, End::None)?, whole, "SIG{signal}");
    }
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_run_that_is_killed_again_and_again_gives_what_it_gives_undisturbed() -> Result<()> {
    if let Some(at) = std::env::var_os(FOLDER) {
        let at = Path::new(&at);
        // Another seed in each process that goes on.
        let goes_on = at.join("backup/latest.npz").exists();
        let seed = if goes_on { u64::from(std::process::id()) } else { 1 };
        return in_child(at, seed, Some(1), End::None);
    }
    let undisturbed = place("backup-whole");
    let whole = run(&undisturbed, Kind::Schedule, 1, None, End::None)?;
    std::fs::remove_dir_all(&undisturbed).unwrap();
    let at = place("backup-killed");
    let (mut killed, mut wait) = (0, 20);
    loop {
        let name = "a_run_that_is_killed_again_and_again_gives_what_it_gives_undisturbed";
        let mut child = child(name, &at, "");
        std::thread::sleep(Duration::from_millis(wait));
        // Steps of other lengths meet other moments; on a slow machine the last ones wait long enough.
        wait = if killed < 20 { 20 + (wait * 7 + 13) % 90 } else { wait * 2 };
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "after {killed} kills");
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
    }
    assert!(killed > 0);
    assert_eq!(npz::read(at.join("left.npz"))?, whole.state);
    let left = std::fs::read_to_string(at.join("left.txt")).unwrap();
    assert_eq!(left, format!("{:?} {:?}", whole.history, whole.random));
    assert_eq!(std::fs::read_to_string(at.join("log.csv")).unwrap(), whole.log);
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}
