//! A run whose process is killed at any moment.

use std::process::Command;
use std::time::Duration;

use cornu::Result;
use cornu::io::npz;

use crate::backup::{End, Kind, place, run};

/// Set in the process that is killed: the folder of the run.
const FOLDER: &str = "CORNU_TEST_KILLED_RUN";

#[test]
fn a_run_that_is_killed_again_and_again_gives_what_it_gives_undisturbed() -> Result<()> {
    if let Some(at) = std::env::var_os(FOLDER) {
        let at = std::path::PathBuf::from(at);
        // Another seed in each process; the first one is that of the whole run.
        let seed = if at.join("backup").exists() { u64::from(std::process::id()) } else { 1 };
        let left = run(&at, Kind::Schedule, seed, Some(1), End::None)?;
        npz::write(at.join("left.npz"), left.state.iter().map(|(n, a)| (n.as_str(), a)))?;
        std::fs::write(at.join("left.txt"), format!("{:?} {:?}", left.history, left.random))
            .unwrap();
        return Ok(());
    }
    let undisturbed = place("backup-whole");
    let whole = run(&undisturbed, Kind::Schedule, 1, None, End::None)?;
    std::fs::remove_dir_all(&undisturbed).unwrap();
    let at = place("backup-killed");
    let (mut killed, mut wait) = (0, 20);
    loop {
        // This very test, in a process of its own.
        let mut child = Command::new(std::env::current_exe().unwrap());
        let name = "kill::a_run_that_is_killed_again_and_again_gives_what_it_gives_undisturbed";
        let mut child = child.args([name, "--exact"]).env(FOLDER, &at).spawn().unwrap();
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
