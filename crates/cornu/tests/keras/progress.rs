//! What `fit`, `evaluate` and `predict` print.

use cornu::callbacks::ProgbarLogger;
use cornu::layers::Dense;
use cornu::models::{Compile, Evaluate, Fit, Predict, Sequential, Verbose};
use cornu::optimizers::SGD;
use cornu::{Array, Result};

use crate::golden::text;

/// What was printed, without what depends on the clock: durations, drawings between the first and the last of
/// a bar, spaces that hide a longer line. Keras goes back by `\b` and by `\r`.
fn settled(printed: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in printed.lines() {
        let drawn: Vec<&str> = line.split('\r').collect();
        let first_and_last = [drawn.get(1), drawn.last()];
        let kept = if drawn.len() > 1 { &first_and_last[..] } else { &first_and_last[1..] };
        for part in kept.iter().copied().flatten() {
            lines.push(without_times(part.trim_end_matches(['\u{8}', ' '])));
        }
    }
    lines
}

/// The text with `12ms` as `<time>`.
fn without_times(text: &str) -> String {
    let word = |word: &str| {
        let number = word.trim_start_matches("\x1b[1m");
        let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
        let ends = ["s", "ms", "us", "s\x1b[0m", "s/step", "ms/step", "us/step"];
        if rest.len() < number.len() && ends.contains(&rest) {
            let unit = rest.trim_start_matches(['m', 'u']).trim_start_matches('s');
            format!("{}<time>{unit}", &word[..word.len() - number.len()])
        } else {
            word.to_string()
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn printed(verbose: Verbose) -> Result<String> {
    let model = Sequential::new()
        .input([4])
        .add(Dense::new(1).kernel_initializer("ones"))
        .name("line")
        .model()?;
    model.compile(Compile::new(SGD::new(0.01)).loss("mse").metrics(["mae"]))?;
    let x: Vec<f32> = (0..40).map(|i| (-1.0 + 2.0 * f64::from(i) / 39.0) as f32).collect();
    let y: Vec<f32> = x.chunks(4).map(|row| row.iter().sum::<f32>() * 0.5).collect();
    let (x, y) = (Array::new(&[10, 4], x)?, Array::new(&[10, 1], y)?);
    let mut out = Vec::new();
    let fit = Fit::new().batch_size(4).epochs(2).shuffle(false).verbose(0);
    let fit = fit.validation_data(x.rows(0, 4)?, y.rows(0, 4)?);
    model.fit(&x, &y, fit.callback(ProgbarLogger::to(&mut out, verbose)))?;
    let evaluate = Evaluate::new().batch_size(4).verbose(0);
    model.evaluate(&x, &y, evaluate.callback(ProgbarLogger::to(&mut out, verbose)))?;
    let predict = Predict::new().batch_size(4).verbose(0);
    model.predict(&x, predict.callback(ProgbarLogger::to(&mut out, verbose)))?;
    Ok(String::from_utf8(out).expect("text"))
}

#[test]
fn progress() -> Result<()> {
    for (verbose, file) in [(Verbose::Bar, "1"), (Verbose::Line, "2")] {
        let want = text(&format!("progress_verbose_{file}.txt"));
        assert_eq!(settled(&printed(verbose)?), settled(&want));
    }
    assert_eq!(printed(Verbose::Silent)?, "");
    Ok(())
}
