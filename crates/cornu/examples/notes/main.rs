//! The sections of the study notes from which Cornu grew, worked out: every expression beside its value.
//!
//! `cargo run -p cornu --example notes` runs all sections, `... -- weighted-average` one of them; pictures go into
//! `runs/notes`. The same sections are the command `cornu notes`.

mod book;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::Path::new("runs/notes");
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    for name in &chosen {
        if book::find(name).is_none() {
            return Err(format!("no section {name:?}; there are {}", book::names()).into());
        }
    }
    for section in book::SECTIONS {
        if chosen.is_empty() || chosen.iter().any(|name| name == section.name) {
            println!("{}", section.page(folder)?);
        }
    }
    Ok(())
}
