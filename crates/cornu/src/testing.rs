//! The contract that every layer keeps, as one test; for layers of one's own too.

use std::io::Cursor;
use std::time::{Duration, Instant};

use cornu_graph::testing::check_gradient;
use cornu_graph::{Array, DType, Graph, Spec, Tensor, gradients, ops};

use crate::layers::{Context, KerasTensor, LayerRef, Shape, Weight, from_config, input_with_dtype};
use crate::models::Model;
use crate::optimizers::{SGD, State};
use crate::{Error, Result, backend, io::npz};

/// What `run` gives, and how long it kept a processor busy in this thread: on Linux without the time in which others
/// had the processor, elsewhere the time that passed.
///
/// ```
/// use std::time::Duration;
/// let (sum, took) = cornu::testing::processor_time(|| (0..1000u64).sum::<u64>());
/// assert_eq!(sum, 499_500);
/// assert!(took < Duration::from_secs(1));
/// ```
pub fn processor_time<R>(run: impl FnOnce() -> R) -> (R, Duration) {
    // The first number: nanoseconds on a processor, as of the last tick.
    let spent = || -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    };
    let (before, start) = (spent(), Instant::now());
    let result = run();
    let passed = start.elapsed();
    let busy = before.zip(spent()).map(|(before, after)| after.saturating_sub(before));
    (result, busy.unwrap_or(passed))
}

/// What [`check_layer`] expects of a layer beyond the rules that hold for all.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The number of values in all weights. Default: not checked.
    pub params: Option<usize>,
    /// How many of them gradients leave alone (moving statistics). Default 0.
    pub non_trainable_params: usize,
    /// Whether outputs differ between training and inference, as with dropout; if not, they must be equal.
    /// Default: false.
    pub training_differs: bool,
    /// Whether the layer can be made again from its config. Default: true; a layer around a closure cannot.
    pub config: bool,
    /// Whether the layer can be exported to ONNX. Default: true; a layer with an op that ONNX lacks cannot.
    pub onnx: bool,
    /// Whether the layer has gradients. Default: true.
    pub gradients: bool,
    /// The range of floating-point inputs. Default -1 to 1.
    pub range: (f64, f64),
    /// Integer inputs lie below it. Default 2.
    pub int_limit: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        CheckOptions {
            params: None,
            non_trainable_params: 0,
            training_differs: false,
            config: true,
            onnx: true,
            gradients: true,
            range: (-1.0, 1.0),
            int_limit: 2,
        }
    }
}

/// Checks that a layer keeps the contract of all layers.
///
/// - The shapes and dtypes that it promises for an unknown batch are those that it gives.
/// - It has as many weights as expected, and none that trains once it is frozen.
/// - Inference is repeatable, changes no state, treats each sample alone, and gives what the ops' reference
///   evaluation gives.
/// - A layer made from its config has the same config and, with the weights written to `.npz` and read back,
///   gives the same outputs.
/// - It can be exported to ONNX.
/// - Gradients for inputs and weights agree with central finite differences in double precision.
/// - Training differs from inference exactly if `options` say so, and steps of SGD lower a loss.
///
/// `make`: gives a new layer, the same each time. `inputs`: the shapes, batch included, and dtypes.
/// Keep them small: some checks run on the slow reference evaluation. A class of one's own must be
/// made known by [`crate::layers::register`], or `options.config` be false.
///
/// ```
/// use cornu::{DType, layers::Dense, testing::{CheckOptions, check_layer}};
/// let options = CheckOptions { params: Some(8), ..Default::default() };
/// check_layer(|| Dense::new(2).activation("tanh"), &[(&[4, 3], DType::F32)], options)?;
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// The first rule that the layer breaks, or the error that it gave.
pub fn check_layer<L: Into<LayerRef>>(
    make: impl Fn() -> L,
    inputs: &[(&[usize], DType)],
    options: CheckOptions,
) -> Result<()> {
    let layer: LayerRef = make().into();
    let scalar = inputs.iter().find(|(shape, _)| shape.first().is_none_or(|&n| n < 2));
    if let Some((shape, _)) = scalar {
        let rule = "must have batches of at least 2";
        return Err(Error::invalid("check_layer", "inputs", rule, format!("shape={shape:?}")));
    }
    let specs = inputs.iter().map(|(shape, dtype)| Spec::new(*shape, *dtype)).collect();
    let values = inputs.iter().enumerate().map(|(i, (shape, dtype))| {
        let (low, high) = match dtype {
            DType::F32 | DType::F64 => options.range,
            DType::Bool => (0.0, 2.0),
            _ => (0.0, options.int_limit as f64),
        };
        fill(shape, *dtype, low, high, i)
    });
    let values = values.collect::<Result<_>>()?;
    let check = Check { layer, specs, values, options };
    check.shapes()?;
    check.weights()?;
    check.inference()?;
    check.round_trip(&|| make().into())?;
    if check.options.onnx {
        check.export()?;
    }
    if check.options.gradients {
        check.gradients(false)?;
    }
    check.training()
}

/// Fixed values that fill `low..high` evenly and never repeat: multiples of the golden ratio, modulo 1.
fn fill(shape: &[usize], dtype: DType, low: f64, high: f64, seed: usize) -> Result<Array> {
    let count = cornu_graph::element_count("check_layer", shape)?;
    let unit = |i: usize| ((i + 1 + 17 * seed) as f64 * 0.618_033_988_749_894_9).fract();
    let value = |i| match low + (high - low) * unit(i) {
        v if dtype.is_float() => v,
        v => v.floor(),
    };
    let values: Vec<f64> = (0..count).map(value).collect();
    Ok(Array::new(shape, values)?.cast(dtype))
}

struct Check {
    layer: LayerRef,
    specs: Vec<Spec>,
    values: Vec<Array>,
    options: CheckOptions,
}

impl Check {
    fn broken(&self, what: &str, rule: impl Into<String>, got: impl std::fmt::Display) -> Error {
        Error::invalid(format!("check_layer({:?})", self.layer), what, rule, got)
    }

    /// Inputs of the graph for a batch of another size.
    fn arguments(&self, more: usize) -> Vec<Tensor> {
        let sized = |spec: &Spec| {
            let mut shape = spec.shape.clone();
            shape[0] += more;
            Tensor::input(&shape, spec.dtype)
        };
        self.specs.iter().map(sized).collect()
    }

    /// Outputs of a layer for the fixed inputs, on the engine in use.
    fn run(&self, layer: &LayerRef, training: bool) -> Result<Vec<Array>> {
        let arguments = self.arguments(0);
        let outputs = layer.trace(&arguments, &mut Context::new(training))?;
        let run = backend()?.compile(&Graph::trace(&arguments, &outputs, &[])?)?;
        Ok(run.run(&self.values.iter().collect::<Vec<_>>())?)
    }

    fn export(&self) -> Result<()> {
        let symbol = |spec: &Spec| input_with_dtype(&spec.shape[1..], spec.dtype);
        let symbols: Vec<KerasTensor> = self.specs.iter().map(symbol).collect();
        let outputs = self.layer.apply_all(symbols.clone())?;
        crate::saving::check_export(&Model::new(symbols, outputs)?)
    }

    fn shapes(&self) -> Result<()> {
        let symbol = |spec: &Spec| input_with_dtype(&spec.shape[1..], spec.dtype);
        let symbols: Vec<KerasTensor> = self.specs.iter().map(symbol).collect();
        let promised = self.layer.apply_all(symbols)?;
        for more in [0, 1] {
            let outputs = self.layer.trace(&self.arguments(more), &mut Context::new(false))?;
            let fits = |(p, y): (&KerasTensor, &Tensor)| {
                let same = |(p, y): (&Option<usize>, &usize)| p.is_none_or(|p| p == *y);
                p.dtype() == y.dtype()
                    && p.shape().len() == y.ndim()
                    && p.shape().iter().zip(y.shape()).all(same)
            };
            if outputs.len() != promised.len() || !promised.iter().zip(&outputs).all(fits) {
                let rule = format!("must have the promised specs {promised:?}");
                return Err(self.broken("outputs", rule, format!("{outputs:?}")));
            }
        }
        Ok(())
    }

    fn weights(&self) -> Result<()> {
        let count = |weights: Vec<Weight>| weights.iter().map(|w| w.variable.count()).sum();
        let (all, fixed): (usize, usize) =
            (self.layer.count_params(), count(self.layer.non_trainable_weights()));
        let expected = self.options.params.unwrap_or(all);
        if all != expected {
            return Err(self.broken("weights", format!("must hold {expected} values"), all));
        }
        let expected = self.options.non_trainable_params;
        if fixed != expected {
            let rule = format!("must hold {expected} values that do not train");
            return Err(self.broken("weights", rule, fixed));
        }
        let trainable = self.layer.trainable();
        self.layer.set_trainable(false);
        let left = self.layer.trainable_weights().len();
        self.layer.set_trainable(trainable);
        if left != 0 {
            return Err(self.broken("trainable_weights", "must be none in a frozen layer", left));
        }
        // Zeros and ones would hide what a weight does.
        for (i, weight) in self.layer.trainable_weights().iter().enumerate() {
            let v = &weight.variable;
            v.assign(fill(v.shape(), v.dtype(), -0.7, 0.9, i + 7)?)?;
        }
        Ok(())
    }

    fn inference(&self) -> Result<()> {
        let mut cx = Context::new(false);
        let arguments = self.arguments(0);
        let outputs = self.layer.trace(&arguments, &mut cx)?;
        if let Some((variable, _)) = cx.updates().first() {
            return Err(self.broken("updates", "must be none in inference", variable.name()));
        }
        let values: Vec<&Array> = self.values.iter().collect();
        let expected = Graph::trace(&arguments, &outputs, &[])?.evaluate(&values)?;
        let found = self.run(&self.layer, false)?;
        if found != self.run(&self.layer, false)? {
            return Err(self.broken("outputs", "must repeat in inference", "other values"));
        }
        for (found, expected) in found.iter().zip(&expected) {
            self.close("outputs", found, expected)?;
        }

        // The first two samples alone.
        let narrow = |a: &Array| a.rows(0, 2).map(|a| (Tensor::input(a.shape(), a.dtype()), a));
        let few = self.values.iter().map(narrow).collect::<Result<Vec<_>, _>>()?;
        let (arguments, values): (Vec<Tensor>, Vec<Array>) = few.into_iter().unzip();
        let outputs = self.layer.trace(&arguments, &mut Context::new(false))?;
        let run = backend()?.compile(&Graph::trace(&arguments, &outputs, &[])?)?;
        let alone = run.run(&values.iter().collect::<Vec<_>>())?;
        for (alone, all) in alone.iter().zip(&expected) {
            if all.shape().first() == self.specs.first().map(|s| &s.shape[0]) {
                self.close("outputs of the first samples alone", alone, &all.rows(0, 2)?)?;
            }
        }
        Ok(())
    }

    fn close(&self, what: &str, found: &Array, expected: &Array) -> Result<()> {
        let (a, b) = (found.to_vec::<f64>(), expected.to_vec::<f64>());
        let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 1e-4 * b.abs().max(1.0);
        if found.shape() == expected.shape() && a.iter().zip(&b).all(near) {
            return Ok(());
        }
        Err(self.broken(what, format!("must be {expected:?}"), format!("{found:?}")))
    }

    /// A second layer from the config, with the weights written and read back.
    fn round_trip(&self, make: &dyn Fn() -> LayerRef) -> Result<()> {
        let twin = if self.options.config {
            let (class, config) = (self.layer.class_name(), self.layer.config()?);
            let text = serde_json::to_string(&config).map_err(|e| Error::format(&class, e))?;
            let parsed = serde_json::from_str(&text).map_err(|e| Error::format(&class, e))?;
            let twin = from_config(&class, parsed)?;
            let again = twin.config()?;
            if again != config {
                let rule = format!("must be the same after a round trip: {config:?}");
                return Err(self.broken("config", rule, format!("{again:?}")));
            }
            twin
        } else {
            make()
        };
        let open = |spec: &Spec| -> Shape {
            let known = spec.shape.iter().skip(1).map(|&d| Some(d));
            std::iter::once(None).chain(known).collect()
        };
        twin.build(&self.specs.iter().map(open).collect::<Vec<_>>())?;

        let weights: Vec<(String, Array)> = (self.layer.weights().iter().enumerate())
            .map(|(i, w)| (i.to_string(), w.variable.value()))
            .collect();
        let mut file = Cursor::new(Vec::new());
        npz::write_to(&mut file, weights.iter().map(|(name, a)| (name.as_str(), a)))
            .map_err(|e| Error::format("check_layer", e))?;
        let mut read = npz::from_bytes("check_layer", file.get_ref())?;
        let targets = twin.weights();
        if targets.len() != read.len() {
            let rule = format!("must be {} in a layer made from the config", read.len());
            return Err(self.broken("weights", rule, targets.len()));
        }
        for (i, weight) in targets.iter().enumerate() {
            if let Some(value) = read.remove(&i.to_string()) {
                weight.variable.assign(value)?;
            }
        }
        if self.run(&twin, false)? != self.run(&self.layer, false)? {
            let rule = "must repeat in a layer with the same config and weights";
            return Err(self.broken("outputs", rule, "other values"));
        }
        Ok(())
    }

    /// Gradients for every element of the inputs and of the trainable weights, all in double precision.
    fn gradients(&self, training: bool) -> Result<()> {
        let weights = self.layer.trainable_weights();
        let double = |a: &Array| if a.dtype().is_float() { a.cast(DType::F64) } else { a.clone() };
        let mut values: Vec<Array> = self.values.iter().map(double).collect();
        values.extend(weights.iter().map(|w| double(&w.variable.value())));
        let float = self.values.iter().any(|v| v.dtype().is_float());
        let outputs = |arguments: &[Tensor]| -> Result<Tensor> {
            let mut cx = Context::new(training);
            let (inputs, bound) = arguments.split_at(self.values.len());
            for (weight, argument) in weights.iter().zip(bound) {
                cx.bind(&weight.variable, argument.clone());
            }
            let mut flat = Vec::new();
            for y in self.layer.trace(inputs, &mut cx)?.iter().filter(|y| y.dtype().is_float()) {
                if float && y.dtype() != DType::F64 {
                    let rule = "must have the dtype of the computation: float64 for float64 inputs";
                    return Err(self.broken("outputs", rule, y.dtype()));
                }
                flat.push(ops::reshape(&ops::cast(y, DType::F64), &[y.count()]));
            }
            Ok(ops::concatenate(&flat, 0))
        };
        let carried = |e: Error| Tensor::error(cornu_graph::Error::Backend(e.to_string()));
        check_gradient(|x| outputs(x).unwrap_or_else(carried), &values).map_err(|e| {
            let mode = if training { "training" } else { "inference" };
            let rule = "must be those of finite differences (inputs, then trainable weights)";
            self.broken(&format!("gradients in {mode}"), rule, e)
        })
    }

    fn training(&self) -> Result<()> {
        let (infers, trains) = (self.run(&self.layer, false)?, self.run(&self.layer, true)?);
        if trains != self.run(&self.layer, true)? {
            let rule = "must repeat in training while no seed moves";
            return Err(self.broken("outputs", rule, "other values"));
        }
        if (infers != trains) != self.options.training_differs {
            let rule = match self.options.training_differs {
                true => "must differ between training and inference",
                false => "must be the same in training and inference",
            };
            return Err(self.broken("outputs", rule, format!("{trains:?}")));
        }
        if self.options.gradients {
            if self.options.training_differs {
                self.gradients(true)?;
            }
            self.descend()?;
        }
        Ok(())
    }

    /// Three steps of SGD on the distance of the outputs from fixed targets. The first one also brings the
    /// weights to where their constraints want them; the third must find a lower loss than the second.
    fn descend(&self) -> Result<()> {
        let weights = self.layer.trainable_weights();
        let mut cx = Context::new(true);
        let arguments = self.arguments(0);
        let outputs = self.layer.trace(&arguments, &mut cx)?;
        let mut loss = cx.losses().iter().fold(Tensor::scalar(0f32), |sum, l| sum + l);
        for (i, y) in outputs.iter().enumerate().filter(|(_, y)| y.dtype().is_float()) {
            let target = Tensor::from(fill(y.shape(), y.dtype(), -1.0, 1.0, i + 53)?);
            loss = loss + ops::mean(&ops::square(&(y - target)), &[], false);
        }
        let reads: Vec<Tensor> = weights.iter().map(|w| cx.read(&w.variable)).collect();
        let slopes = gradients(&loss, &reads)?;
        let state = State::new(std::sync::Arc::new(SGD::new(0.01)), weights.clone())?;
        state.apply(&slopes, &mut cx)?;
        let run = backend()?.compile(&Graph::trace(&arguments, &[loss], cx.updates())?)?;
        let seeds: Vec<_> = self.layer.seed_states().into_iter().map(|s| (s.value(), s)).collect();
        let step = || -> Result<(f64, Vec<Array>)> {
            let loss = run.run(&self.values.iter().collect::<Vec<_>>())?;
            for (value, state) in &seeds {
                state.assign(value.clone())?;
            }
            let weights = weights.iter().map(|w| w.variable.value()).collect();
            Ok((loss.first().map_or(Ok(f64::NAN), Array::item)?, weights))
        };
        let (_, first) = step()?;
        let (before, second) = step()?;
        let (after, _) = step()?;
        if weights.is_empty() {
            return Ok(());
        }
        if let Some(i) = (0..weights.len()).find(|&i| first[i] == second[i]) {
            let name = weights[i].variable.name();
            return Err(self.broken(name, "must change in a step of training", "the same values"));
        }
        let lower = after < before;
        if !lower {
            let rule = format!("must fall below {before} after a step of training");
            return Err(self.broken("loss", rule, after));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::layers::{Layer, LayerExt, WeightArgs, Weights, one};
    use cornu_graph::Variable;

    /// A layer that breaks one rule.
    #[derive(Default)]
    struct Faulty {
        rule: &'static str,
        weight: Option<Variable>,
    }

    impl Layer for Faulty {
        fn class_name(&self) -> &str {
            "Faulty"
        }
        fn config(&self) -> Result<Config> {
            Ok(Config::new())
        }
        fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
            self.weight = Some(weights.add("weight", &[], WeightArgs::new("ones"))?);
            Ok(())
        }
        fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
            let (x, w) = (one("Faulty", inputs)?, cx.weight(&self.weight)?);
            let y = x * &w;
            let y = match self.rule {
                "must be 3" => ops::square(&y) + ops::stop_gradient(&y) * 3.0,
                "must be none in inference" => {
                    if let Some(v) = &self.weight {
                        cx.update(v, w + 1.0);
                    }
                    y
                }
                "of the first samples alone" => &y - ops::mean(&y, &[0], true),
                "must have the promised specs" if x.shape()[0] == 3 => ops::expand_dims(&y, 1),
                "must be the same in training" if cx.training() => y + 1.0,
                "must change in a step" => x * 2.0,
                "must hold only what ONNX can express" => {
                    let sum = ops::CumSum { axis: 1, reverse: false };
                    ops::custom(std::sync::Arc::new(sum), &[&y])
                }
                _ => y,
            };
            Ok(vec![y])
        }
    }

    fn check(rule: &'static str, options: CheckOptions) -> Result<()> {
        let make = || Faulty { rule, weight: None }.trainable(true);
        check_layer(make, &[(&[3, 2], DType::F32)], CheckOptions { config: false, ..options })
    }

    #[test]
    fn faults_are_found() {
        check("", CheckOptions::default()).unwrap();
        for rule in [
            "must be none in inference",
            "of the first samples alone",
            "must have the promised specs",
            "must be the same in training",
            "must change in a step",
            "must hold only what ONNX can express",
        ] {
            let error = check(rule, CheckOptions::default()).unwrap_err().to_string();
            assert!(error.contains(rule), "{rule}: {error}");
        }
        let error = check("must be 3", CheckOptions::default()).unwrap_err().to_string();
        assert!(error.contains("gradients in inference"), "{error}");
        let expected = CheckOptions { params: Some(2), ..Default::default() };
        let error = check("", expected).unwrap_err().to_string();
        assert!(error.contains("must hold 2 values. Received: 1"), "{error}");
        let without = CheckOptions { onnx: false, ..Default::default() };
        check("must hold only what ONNX can express", without).unwrap();
        let expected = CheckOptions { training_differs: true, ..Default::default() };
        let error = check("", expected).unwrap_err().to_string();
        assert!(error.contains("must differ between training"), "{error}");
    }
}
