//! `random::numpy`: the streams of both generators.

use cornu::random::numpy::{
    BitGenerator, Choice, Generator, RandomState, default_rng, random_state,
};
use cornu::{Array, DType, Eval, Result, Tensor};

use super::{Answer, Arguments};

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let (kind, name) = function.split_once('.')?;
    match kind {
        "default_rng" => {
            let integers = |rng: &mut Generator, size: usize| {
                rng.integers(given.get::<i64>("low")..given.get("high"), size, DType::I64)
            };
            Some(draw(&mut default_rng(given.get::<u64>("seed")), name, x, given, integers))
        }
        "RandomState" => {
            let randint = |rng: &mut RandomState, size: usize| {
                rng.randint(given.get::<i64>("low")..given.get("high"), size, DType::I64)
            };
            let mut rng = match random_state(given.get::<u32>("seed")) {
                Ok(rng) => rng,
                Err(error) => return Some(Err(error)),
            };
            Some(draw(&mut rng, name, x, given, randint))
        }
        _ => None,
    }
}

/// What one function draws: for distributions twice in a row, as what a call leaves behind counts, too.
fn draw<B: BitGenerator>(
    rng: &mut Generator<B>,
    name: &str,
    x: &[Tensor],
    given: &Arguments,
    integers: impl Fn(&mut Generator<B>, usize) -> Result<Array>,
) -> Result<Vec<Array>> {
    match name {
        "permutation" => return Ok(vec![rng.permutation(x[0].array()?)?]),
        "shuffle" => {
            let mut values = x[0].array()?;
            rng.shuffle(&mut values, 0)?;
            return Ok(vec![values]);
        }
        "choice" => {
            let mut how = Choice { p: given.find("p"), ..Choice::default() };
            how.replace = given.find("replace").unwrap_or(how.replace);
            return Ok(vec![rng.choice(
                given.get::<i64>("a"),
                given.get::<usize>("size"),
                &how,
            )?]);
        }
        _ => {}
    }
    let number = |name: &str| given.get::<f64>(name);
    let count = || given.get::<i64>("n");
    let mut one = |size: usize| match name {
        "random" | "random_sample" => rng.random(size),
        "standard_normal" => rng.standard_normal(size),
        "standard_exponential" => rng.standard_exponential(size),
        "uniform" => rng.uniform(number("low"), number("high"), size),
        "normal" => rng.normal(number("loc"), number("scale"), size),
        "exponential" => rng.exponential(number("scale"), size),
        "poisson" => rng.poisson(number("lam"), size),
        "binomial" => rng.binomial(count(), number("p"), size),
        "gamma" => rng.gamma(number("shape"), number("scale"), size),
        "beta" => rng.beta(number("a"), number("b"), size),
        "multinomial" => rng.multinomial(count(), given.get::<Vec<f64>>("pvals"), size),
        "integers" | "randint" => integers(rng, size),
        _ => panic!("no random function {name:?}"),
    };
    Ok(vec![one(given.get("size"))?, one(3)?])
}
