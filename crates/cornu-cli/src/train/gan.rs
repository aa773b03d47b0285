//! `cornu train gan`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use cornu::callbacks::Interrupt;
use cornu::io::{npz, table};
use cornu::models::Model;
use cornu::plot::{self, Series};
use cornu::{Array, DType, Eval, random};

use super::gan_models::{Draw, Models};
use super::run::{FolderArgs, Run};
use crate::arguments::{RunArgs, images};
use crate::data::load;
use crate::{Failure, output};
use cornu::datasets::Options;

/// Train a generator of 32x32 colour pictures against a discriminator
///
/// The discriminator learns to tell real pictures from generated ones; the generator learns to deceive it.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu train gan\n  cornu train gan --resume --steps 10000    go on to step 10000, as in \
                        the notes: hours\n\nA step takes one to three seconds on two cores; after the first ones the \
                        command says how long the rest will take.\n\nWrites into the folder --out: samples-STEP.png, \
                        losses.csv, losses.png, generator.keras, discriminator.keras, and\nthe checkpoint from which \
                        --resume goes on. Ctrl-C saves and ends."
)]
pub struct Gan {
    /// The pictures, in colour: emoji (ship with the program), or a path (see `cornu datasets`); those of a folder
    /// are resized to 32x32 pixels
    #[arg(long, default_value = "emoji", value_name = "NAME|PATH")]
    data: String,

    /// The number of the last step
    #[arg(long, default_value_t = 300)]
    steps: usize,

    /// Real pictures per step
    #[arg(long, default_value_t = 20)]
    batch_size: usize,

    /// The number of random numbers from which a picture is made
    #[arg(long, default_value_t = 32)]
    latent_dim: usize,

    /// Every how many steps to paint a sheet of samples
    #[arg(long, default_value_t = 50, value_name = "STEPS")]
    sample_every: usize,

    /// Every how many steps to save what --resume needs
    #[arg(long, default_value_t = 100, value_name = "STEPS")]
    checkpoint_every: usize,

    /// The folder to write into
    #[arg(long, default_value = "runs/gan", value_name = "FOLDER")]
    out: PathBuf,

    #[command(flatten)]
    folder: FolderArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// What a run writes beside its samples.
const FILES: &[&str] =
    &["checkpoint.npz", "discriminator.keras", "generator.keras", "losses.csv", "losses.png"];

/// Losses by step: step, discriminator, generator.
type Losses = Vec<[f64; 3]>;

impl Gan {
    pub fn run(self) -> Result<(), Failure> {
        let counts = [self.batch_size, self.latent_dim, self.sample_every, self.checkpoint_every];
        if counts.contains(&0) {
            let message = "--batch-size, --latent-dim, --sample-every and --checkpoint-every must be at least 1";
            return Err(Failure::input(message));
        }
        self.run.apply()?;
        let data = load(&self.data, &Options { image_size: Some((32, 32)), ..Options::default() })?;
        let all = data.all().map_err(Failure::input)?;
        let real = images(&all.0, &data.name)?;
        if real.shape()[1..] != [32, 32, 3] {
            let message = format!(
                "{}: pictures of 32x32x3 are needed, not {:?}",
                data.name,
                &real.shape()[1..]
            );
            return Err(Failure::input(message));
        }
        if real.shape()[0] < self.batch_size {
            let message =
                format!("{}: {} pictures are fewer than a batch", data.name, real.shape()[0]);
            return Err(Failure::input(message));
        }
        let run = Run::open(&self.out, &self.folder, FILES, "checkpoint.npz")?;
        let models = Models::build(self.latent_dim)?;
        let (mut losses, done) =
            if self.folder.resume { self.restore(&models)? } else { (Losses::new(), 0) };
        if self.steps <= done {
            output::line(format!(
                "Nothing to do: {done} steps are done; --steps says where to stop."
            ));
            return Ok(());
        }
        output::line(format!(
            "Training on {} pictures of {}: generator {} parameters, discriminator {}.",
            real.shape()[0],
            data.name,
            models.generator.count_params(),
            models.discriminator.count_params()
        ));
        let interrupt = Interrupt::new();
        interrupt?;
        let start = Instant::now();
        for step in done + 1..=self.steps {
            losses.push(self.step(&models, &real, step)?);
            if let Some([_, d, g]) = losses.last().filter(|row| row.iter().any(|v| !v.is_finite()))
            {
                let message = format!("the losses are {d} and {g} after step {step}");
                let hint = "the training has diverged: --resume starts again at the last checkpoint, another --seed elsewhere";
                return Err(Failure::run(message).hint(hint));
            }
            let interrupted = Interrupt::happened() && step < self.steps;
            let stop = interrupted || step == self.steps;
            // Whoever interrupts is not kept waiting for a picture.
            if step.is_multiple_of(self.sample_every) || step == self.steps {
                self.sample(&models.generator, step)?;
            }
            if step - done <= 3 || step.is_multiple_of(10) || stop {
                self.say(step, &losses, start.elapsed() / (step - done) as u32);
            }
            if step.is_multiple_of(self.checkpoint_every) || stop {
                self.checkpoint(&models, &losses, step)?;
            }
            if interrupted {
                let message = format!("interrupted after step {step} of {}", self.steps);
                return Err(Failure::run(message).hint("--resume goes on from there"));
            }
        }
        run.wrote(&format!("samples, losses and models of step {}", self.steps));
        Ok(())
    }

    /// One step with the next pictures: its number and the losses.
    fn step(&self, models: &Models, real: &Array, step: usize) -> Result<[f64; 3], Failure> {
        let n = self.batch_size;
        let start = (step - 1) * n % (real.shape()[0] - n + 1);
        let batch = real.rows(start, start + n).map_err(Failure::run)?;
        let [d, g] = models.step(&batch, &self.draw(step))?;
        Ok([step as f64, d, g])
    }

    fn draw(&self, step: usize) -> Draw {
        Draw { seed: self.run.seed, step, shape: [self.batch_size, self.latent_dim] }
    }

    /// Sixty-four pictures from points that stay the same over the run.
    fn sample(&self, generator: &Model, step: usize) -> Result<(), Failure> {
        let points =
            random::normal(&[64, self.latent_dim], 0.0, 1.0, DType::F32, self.draw(0).seed(3))
                .array()?;
        let made = generator.predict(&points, 16)?.swap_remove(0);
        let values = made.to_vec::<f32>().into_iter().map(|v| (v + 1.0) / 2.0).collect();
        let made = Array::new::<f32>(made.shape(), values).map_err(Failure::run)?;
        let path = self.out.join(format!("samples-{step:05}.png"));
        Ok(plot::image_grid(&made, 8, 2)?.enlarge(2)?.save(path)?)
    }

    fn say(&self, step: usize, losses: &Losses, per_step: Duration) {
        let Some([_, d, g]) = losses.last() else { return };
        let left = (per_step * (self.steps - step) as u32).as_secs();
        let each = match per_step.as_secs_f64() {
            seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
            seconds => format!("{seconds:.1} s"),
        };
        output::line(format!(
            "step {step}/{} - {each} a step - {}:{:02}:{:02} left - discriminator_loss: {d:.4} - gan_loss: {g:.4}",
            self.steps,
            left / 3600,
            left % 3600 / 60,
            left % 60
        ));
    }

    fn checkpoint(&self, models: &Models, losses: &Losses, step: usize) -> Result<(), Failure> {
        models.generator.save(self.out.join("generator.keras"))?;
        models.discriminator.save(self.out.join("discriminator.keras"))?;
        let mut state = Vec::new();
        for (name, model) in self.parts(models) {
            let variables = model.with_optimizer(|o| Ok(o.variables()))?;
            let values = model.get_weights().into_iter().chain(variables.iter().map(|v| v.value()));
            state.extend(values.enumerate().map(|(i, value)| (format!("{name}/{i}"), value)));
        }
        state.push(("seeds".into(), self.seeds(models)?));
        state.push(("step".into(), Array::scalar(step as i64)));
        let arrays = state.iter().map(|(name, value)| (name.as_str(), value));
        let rows: Vec<String> = losses.iter().map(|[s, d, g]| format!("{s},{d},{g}\n")).collect();
        let text = format!("step,discriminator_loss,gan_loss\n{}", rows.concat());
        cornu::io::atomic_write(self.out.join("losses.csv"), |file| {
            std::io::Write::write_all(file, text.as_bytes())
        })?;
        // The checkpoint comes last: it vouches for the rest.
        npz::write(self.out.join("checkpoint.npz"), arrays)?;
        let column = |i: usize| losses.iter().map(|row| row[i]).collect::<Vec<f64>>();
        let steps = column(0);
        let series = [
            Series::new("discriminator", &steps, &column(1)),
            Series::new("generator", &steps, &column(2)),
        ];
        Ok(plot::lines("Losses of the two networks", "step", "loss", &series)?
            .save(self.out.join("losses.png"))?)
    }

    /// The models whose weights and optimizers make up the state of a run.
    fn parts<'a>(&self, models: &'a Models) -> [(&'static str, &'a Model); 2] {
        [("discriminator", &models.discriminator), ("gan", &models.gan)]
    }

    /// The states of all random generators, one after another.
    fn seeds(&self, models: &Models) -> Result<Array, Failure> {
        let states = models.gan.as_layer().seed_states();
        let words: Vec<i64> = states.iter().flat_map(|s| s.value().to_vec::<i64>()).collect();
        Array::new(&[words.len()], words).map_err(Failure::run)
    }

    fn restore(&self, models: &Models) -> Result<(Losses, usize), Failure> {
        let path = self.out.join("checkpoint.npz");
        let lost = |e: &dyn std::fmt::Display| {
            Failure::input(e)
                .hint("--resume goes on with a run that --out holds, with the same --latent-dim")
        };
        let mut state = npz::read(&path).map_err(|e| lost(&e))?;
        let mut take = |name: &str| {
            state
                .remove(name)
                .ok_or_else(|| lost(&format!("{}: {name} is missing", path.display())))
        };
        let step = take("step")?.item().map_err(|e| lost(&e))? as usize;
        for (name, model) in self.parts(models) {
            let count = model.get_weights().len();
            let weights =
                (0..count).map(|i| take(&format!("{name}/{i}"))).collect::<Result<Vec<_>, _>>()?;
            model.set_weights(&weights).map_err(|e| lost(&e))?;
            let variables = model.with_optimizer(|o| Ok(o.variables()))?;
            for (i, variable) in variables.iter().enumerate() {
                variable.assign(take(&format!("{name}/{}", count + i))?).map_err(|e| lost(&e))?;
            }
        }
        let seeds = take("seeds")?.to_vec::<i64>();
        let states = models.gan.as_layer().seed_states();
        for (state, words) in states.iter().zip(seeds.chunks(2)) {
            state
                .assign(Array::new(&[2], words.to_vec()).map_err(|e| lost(&e))?)
                .map_err(|e| lost(&e))?;
        }
        let table = table::read(self.out.join("losses.csv")).map_err(|e| lost(&e))?;
        let rows = table.values.to_vec::<f64>();
        let losses = rows.chunks(3).take(step).map(|r| [r[0], r[1], r[2]]).collect();
        Ok((losses, step))
    }
}
