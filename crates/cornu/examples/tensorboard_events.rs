//! Writes an event file with one entry of every kind into the folder named on the command line.
//! `tools/tensorboard/check.py` compares what TensorBoard reads from it with these values.

use cornu::callbacks::tensorboard::EventWriter;
use cornu::plot::Image;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder for the event file")?;
    let mut events = EventWriter::new(folder)?;
    for step in 0..100u64 {
        events.scalar("epoch_loss", step, 1.0 / (1 + step) as f64)?;
        events.scalar("epoch_accuracy", step, step as f64 / 100.0)?;
    }
    let gray = Image::new(3, 2, 1, vec![0, 50, 100, 150, 200, 250])?;
    let color = Image::new(3, 2, 3, (0..18).map(|i| i * 10).collect())?;
    events.images("samples", 5, &[gray, color])?;
    let weights: Vec<f64> = (0..=300).map(|i| f64::from(i) / 10.0).collect();
    events.histogram("dense/kernel", 5, &weights)?;
    events.histogram("dense/bias", 5, &[0.0; 8])?;
    events.flush()?;
    println!("{}", events.path().display());
    Ok(())
}
