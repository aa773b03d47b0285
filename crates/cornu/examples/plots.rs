//! Draws one picture of every kind, from made-up numbers, into the folder named on the command line:
//! to look at after a change of `cornu::plot`.

use cornu::plot::{self, Points, Series};
use cornu::{Array, Result};

/// Made-up noise: roughly normal, the same in every run.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        // Knuth's linear congruential generator.
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as f64 / (1u64 << 31) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder for the pictures")?;
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let mut noise = Noise(1);
    curves(&folder, &mut noise)?;
    clouds(&folder, &mut noise)?;
    matrices(&folder, &mut noise)?;
    println!("{}", folder.display());
    Ok(())
}

fn curves(folder: &std::path::Path, noise: &mut Noise) -> Result<()> {
    let mut loss = |epochs: i32, floor: f64, spread: f64| -> Vec<f64> {
        (0..epochs).map(|e| floor + 40.0 * 0.6f64.powi(e) + spread * noise.normal()).collect()
    };
    let series = [
        Series::by_epoch("training", &loss(10, 148.0, 0.3)),
        Series::by_epoch("validation", &loss(10, 152.0, 0.6)),
    ];
    plot::lines("Learning curve", "epoch", "loss", &series)?.save(folder.join("lines.png"))?;
    let series = [Series::by_epoch("training", &loss(40, 0.01, 0.001))];
    plot::semilogy("Learning curve", "epoch", "loss", &series)?
        .save(folder.join("semilogy.png"))?;
    let steps: Vec<f64> = (0..10_000).map(f64::from).collect();
    let series = [
        Series::new("discriminator", &steps, &loss(10_000, 0.7, 0.08)),
        Series::new("generator", &steps, &loss(10_000, 1.0, 0.12)),
    ]
    .map(|mut s| {
        s.xs.drain(..20);
        s.ys.drain(..20);
        s
    });
    plot::lines("GAN", "step", "loss", &series)?.save(folder.join("crowded.png"))?;
    plot::curve("Swish", "x", "x sigmoid(x)", |x| x / (1.0 + (-x).exp()), -6.0, 6.0)?
        .save(folder.join("curve.png"))?;
    let weights: Vec<f64> = (0..20_000).map(|_| 0.05 * noise.normal()).collect();
    plot::histogram("Weights", "value", &weights, 50)?.save(folder.join("histogram.png"))?;
    let eyes: Vec<i64> = (0..1000).map(|_| 1 + (6.0 * noise.uniform()) as i64).collect();
    plot::counts("A thousand throws of a die", "eyes", &eyes)?.save(folder.join("counts.png"))
}

fn clouds(folder: &std::path::Path, noise: &mut Noise) -> Result<()> {
    let labels: Vec<i32> = (0..5000).map(|i| i % 10).collect();
    let angle = |label: i32| f64::from(label) * std::f64::consts::TAU / 10.0;
    let xs: Vec<f64> =
        labels.iter().map(|&l| 1.9 * angle(l).cos() + 0.45 * noise.normal()).collect();
    let ys: Vec<f64> =
        labels.iter().map(|&l| 1.9 * angle(l).sin() + 0.35 * noise.normal()).collect();
    let points = Points { xs: &xs, ys: &ys, labels: Some(&labels), class_names: &[] };
    plot::scatter("Latent space", "z[0]", "z[1]", &points)?.save(folder.join("scatter.png"))
}

fn matrices(folder: &std::path::Path, noise: &mut Noise) -> Result<()> {
    let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship"];
    let n = names.len();
    let counts = (0..n * n)
        .map(|i| if i / n == i % n { 900 } else { 0 } + (15.0 * noise.normal()).max(0.0) as i64)
        .collect();
    plot::confusion_matrix("Test set", &Array::new(&[n, n], counts)?, &names)?
        .save(folder.join("confusion_matrix.png"))?;
    // Long names, another script, a class without samples, a character that no font has.
    let names = ["横条", "一个很长的类别名称，长得放不进格子里去，第二个", "Größe", "😀"];
    let counts = Array::new(&[4, 4], vec![38i64, 2, 0, 0, 3, 36, 1, 0, 0, 0, 0, 0, 1, 0, 2, 37])?;
    plot::confusion_matrix("测试集", &counts, &names)?.save(folder.join("names.png"))?;
    let pixels = (0..24 * 16 * 16 * 3).map(|_| noise.uniform() as f32).collect();
    plot::image_grid(&Array::new(&[24, 16, 16, 3], pixels)?, 8, 2)?
        .enlarge(3)?
        .save(folder.join("image_grid.png"))
}
