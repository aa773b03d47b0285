//! All that training changes in a model, as arrays by name.

use std::collections::BTreeMap;

use cornu_graph::Array;

use super::weights;
use crate::models::Model;
use crate::{Error, Result};

const SEEDS: &str = "seeds/";
const METRICS: &str = "metrics/";

impl Model {
    /// All that training changes, by name: the weights and the optimizer's state by Keras's paths
    /// (`layers/dense/vars/0`, `optimizer/vars/0`), the states of the random generators (`seeds/0`), the running
    /// means of loss and metrics (`metrics/loss/0`).
    ///
    /// With [`random_state`](crate::random_state) it is what a loop of one's own needs to go on as if it had never
    /// stopped. [`BackupAndRestore`](crate::callbacks::BackupAndRestore) does this for `fit`.
    ///
    /// # Errors
    /// When the optimizer has no state because an argument of it is out of range.
    pub fn training_state(&self) -> Result<BTreeMap<String, Array>> {
        let mut state = weights::collect(self)?.into_arrays();
        let seeds = self.as_layer().seed_states().into_iter().enumerate();
        state.extend(seeds.map(|(i, seed)| (format!("{SEEDS}{i}"), seed.value())));
        for (name, arrays) in self.metric_states() {
            let arrays = arrays.into_iter().enumerate();
            state.extend(arrays.map(|(i, array)| (format!("{METRICS}{name}/{i}"), array)));
        }
        Ok(state)
    }

    /// Gives the model the state that [`Model::training_state`] gave; it must be built and compiled as that one was.
    ///
    /// # Errors
    /// When an array is missing, superfluous or of another shape.
    pub fn set_training_state(&self, state: BTreeMap<String, Array>) -> Result<()> {
        self.restore_training_state("training state", state)
    }

    /// As [`Model::set_training_state`]; `what` names the state in errors.
    pub(crate) fn restore_training_state(
        &self,
        what: &str,
        state: BTreeMap<String, Array>,
    ) -> Result<()> {
        let mut weights = BTreeMap::new();
        let (mut seeds, mut metrics) = (BTreeMap::new(), BTreeMap::<String, Vec<_>>::new());
        for (path, array) in state {
            if path.starts_with(SEEDS) {
                seeds.insert(path, array);
            } else if let Some((name, place)) =
                path.strip_prefix(METRICS).and_then(|rest| rest.rsplit_once('/'))
            {
                metrics.entry(name.to_string()).or_default().push((place.to_string(), array));
            } else {
                weights.insert(path, array);
            }
        }
        let generators = self.as_layer().seed_states();
        let names = (0..generators.len()).map(|i| format!("{SEEDS}{i}"));
        let seeds = weights::pairs(what, names.zip(&generators), seeds)?;
        weights::restore(what, self, weights)?;
        weights::assign(seeds)?;
        let metrics = metrics.into_iter().map(|(name, arrays)| {
            let count = arrays.len();
            let mut places: BTreeMap<_, _> = arrays.into_iter().collect();
            let take = |i: usize| {
                let missing = || Error::format(what, format!("{METRICS}{name}/{i} is missing"));
                places.remove(&i.to_string()).ok_or_else(missing)
            };
            let arrays = (0..count).map(take).collect::<Result<Vec<_>>>()?;
            Ok((name, arrays))
        });
        self.set_metric_states(metrics.collect::<Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::Array;

    use crate::layers::{Dense, Dropout};
    use crate::models::{Compile, Model, Sequential};
    use crate::{Result, random_state, set_random_seed, set_random_state};

    fn model() -> Result<Model> {
        let model = Sequential::new().input([3]).add(Dense::new(4)).add(Dropout::new(0.5));
        let model = model.add(Dense::new(1)).model()?;
        model.compile(Compile::new("adam").loss("mse").metrics(["mae"]))?;
        Ok(model)
    }

    #[test]
    fn a_loop_goes_on_in_another_model() -> Result<()> {
        set_random_seed(3);
        let x = Array::new(&[8, 3], (0..24).map(|i| (i % 7) as f32).collect())?;
        let y = Array::new(&[8, 1], (0..8).map(|i| i as f32 / 8.0).collect())?;
        let first = model()?;
        first.train_on_batch(&x, &y)?;
        let (state, random) = (first.training_state()?, random_state());
        let names: Vec<&str> = state.keys().map(String::as_str).collect();
        assert_eq!(names.iter().filter(|name| name.starts_with("seeds/")).count(), 1);
        assert!(names.contains(&"metrics/mae/1") && names.contains(&"optimizer/vars/0"));
        let logs = [first.train_on_batch(&x, &y)?, first.train_on_batch(&x, &y)?];

        set_random_seed(99);
        let second = model()?;
        second.set_training_state(state)?;
        set_random_state(random);
        assert_eq!([second.train_on_batch(&x, &y)?, second.train_on_batch(&x, &y)?], logs);
        assert_eq!(second.training_state()?, first.training_state()?);
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_named_and_changes_nothing() -> Result<()> {
        let model = model()?;
        let before = model.training_state()?;
        for (name, said) in [
            ("seeds/0", "seeds/0 is missing"),
            ("layers/dense/vars/1", "layers/dense/vars/1 is missing"),
        ] {
            let mut state = before.clone();
            state.remove(name);
            let error = model.set_training_state(state).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(model.training_state()?, before);
        }
        Ok(())
    }
}
