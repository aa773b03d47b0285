//! Pooling over windows, and its gradients.

use crate::ops::{
    ConvParams, Operation, Vjp, arity, attribute, equal, isnan, logical_or, pad, place_of, slice,
    unravel, where_, zeros,
};
use crate::{Array, Error, Result, Spec, Tensor};

/// What is taken of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest value; padding never wins.
    Max,
    /// The sum.
    Sum,
}

/// Windows over the spatial axes of an image `(batch, spatial…, channels)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pool {
    /// What is taken of a window.
    pub kind: PoolKind,
    /// The window's size per spatial axis.
    pub window: Vec<usize>,
    /// Distance between two windows per spatial axis.
    pub strides: Vec<usize>,
    /// How far windows reach beyond the image, before and after, per spatial axis.
    pub padding: Vec<(usize, usize)>,
}

/// The gradient of [`Pool`] for its image: from the image and the result's gradient for a maximum (the first
/// maximum of a window takes all), from the result's gradient alone for a sum.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PoolGrad {
    /// The pooling.
    pub pool: Pool,
    /// The spatial sizes of the image.
    pub size: Vec<usize>,
}

impl Pool {
    fn output(&self, name: &str, x: &Spec) -> Result<Spec> {
        let rank = x.shape.len();
        if rank < 3 || !x.dtype.is_float() {
            return Err(Error::invalid(
                name,
                "x",
                "must be a floating-point image (batch, spatial…, channels)",
                x,
            ));
        }
        crate::element_count(name, &self.window)?;
        let dilation = vec![1; self.window.len()];
        let (strides, padding) = (self.strides.clone(), self.padding.clone());
        let params = ConvParams { strides, padding, dilation, groups: 1 };
        let mut shape = vec![x.shape[0]];
        shape.extend(params.output_size(name, &x.shape[1..rank - 1], &self.window)?);
        shape.push(x.shape[rank - 1]);
        Ok(Spec { shape, ..x.clone() })
    }

    /// Calls `visit(image position, result position)` for every cell of every window, windows in order. Windows are
    /// clipped to the image before their cells are counted: a window may be far larger.
    fn for_each_cell(&self, x: &[usize], y: &[usize], mut visit: impl FnMut(usize, usize)) {
        let rank = self.window.len();
        let (mut out, mut image) = (vec![0; y.len()], vec![0; x.len()]);
        let (mut from, mut size, mut cell) = (vec![0; rank], vec![0; rank], vec![0; rank]);
        for yp in 0..y.iter().product() {
            unravel(yp, y, &mut out);
            image[0] = out[0];
            image[rank + 1] = out[rank + 1];
            for i in 0..rank {
                // Where the window starts and ends, counted from the first place of the padding.
                let (start, pad) = (out[i + 1] * self.strides[i], self.padding[i].0);
                from[i] = start.saturating_sub(pad).min(x[i + 1]);
                let end = start.saturating_add(self.window[i]).saturating_sub(pad);
                size[i] = end.min(x[i + 1]).saturating_sub(from[i]);
            }
            for c in 0..size.iter().product() {
                unravel(c, &size, &mut cell);
                for i in 0..rank {
                    image[i + 1] = from[i] + cell[i];
                }
                visit(place_of(&image, x), yp);
            }
        }
    }

    /// The elements of `values` at the first maxima of the windows over `x`, of the same shape; `to` is the
    /// shape of the result.
    fn pick(&self, x: &Tensor, values: &Tensor, to: &[usize]) -> Tensor {
        if to.contains(&0) || x.shape().contains(&0) {
            return zeros(to, values.dtype());
        }
        let rank = self.window.len();
        let padding = [&[(0, 0)], &self.padding[..], &[(0, 0)]].concat();
        let x_padded = pad(x, &padding, f64::NEG_INFINITY);
        let values_padded = pad(values, &padding, 0.0);
        let step = [&[1], &self.strides[..], &[1]].concat();
        let largest = pool(x, PoolKind::Max, &self.window, &self.strides, &self.padding);
        let mut picked = zeros(to, values.dtype());
        let mut cell = vec![0; rank];
        // From the last cell to the first, which so has the last word.
        for c in (0..self.window.iter().product::<usize>()).rev() {
            unravel(c, &self.window, &mut cell);
            let start = [&[0], &cell[..], &[0]].concat();
            let stop: Vec<usize> = (0..to.len())
                .map(|i| start[i] + (to[i].max(1) - 1) * step[i] + to[i].min(1))
                .collect();
            let at = |t: &Tensor| slice(t, &start, &stop, &step);
            let candidate = at(&x_padded);
            let wins = logical_or(&equal(&candidate, &largest), &isnan(&candidate));
            picked = where_(&wins, &at(&values_padded), &picked);
        }
        picked
    }

    /// The position of the first maximum of every window; a NaN counts as one.
    fn winners(&self, x: &[f64], from: &[usize], to: &[usize]) -> Vec<Option<usize>> {
        let mut winners: Vec<Option<usize>> = vec![None; to.iter().product()];
        self.for_each_cell(from, to, |xp, yp| {
            let better = match winners[yp] {
                None => true,
                Some(w) => x[xp] > x[w] || (x[xp].is_nan() && !x[w].is_nan()),
            };
            if better {
                winners[yp] = Some(xp);
            }
        });
        winners
    }
}

impl Operation for Pool {
    fn name(&self) -> &'static str {
        match self.kind {
            PoolKind::Max => "max_pool",
            PoolKind::Sum => "sum_pool",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        self.output(self.name(), x)
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let x = &vjp.inputs[0];
        let op = PoolGrad { pool: self.clone(), size: x.shape()[1..x.ndim() - 1].to_vec() };
        Ok(vec![Some(match self.kind {
            PoolKind::Max => Tensor::apply(op, &[x, vjp.dy]),
            PoolKind::Sum => Tensor::apply(op, &[vjp.dy]),
        })])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut list = vec![attribute("window", &self.window), attribute("strides", &self.strides)];
        if self.padding.iter().any(|&p| p != (0, 0)) {
            list.push(attribute("padding", &self.padding));
        }
        list
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let (x, from) = (inputs[0].to_vec::<f64>(), inputs[0].shape());
        let values: Vec<f64> = match self.kind {
            PoolKind::Max => {
                let winners = self.winners(&x, from, &spec.shape);
                winners.into_iter().map(|w| w.map_or(f64::NEG_INFINITY, |p| x[p])).collect()
            }
            PoolKind::Sum => {
                let mut sums = vec![0.0; spec.count()];
                self.for_each_cell(from, &spec.shape, |xp, yp| sums[yp] += x[xp]);
                sums
            }
        };
        Ok(Array::new(&spec.shape, values)?.cast(spec.dtype))
    }
}

impl Operation for PoolGrad {
    fn name(&self) -> &'static str {
        match self.pool.kind {
            PoolKind::Max => "max_pool_grad",
            PoolKind::Sum => "sum_pool_grad",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let dy = match self.pool.kind {
            PoolKind::Max => arity::<2>(self.name(), inputs)?[1].clone(),
            PoolKind::Sum => arity::<1>(self.name(), inputs)?[0].clone(),
        };
        let mut x = dy.clone();
        let rank = x.shape.len();
        if rank >= 3 {
            x.shape.splice(1..rank - 1, self.size.iter().copied());
        }
        let expected = self.pool.output(self.name(), &x)?;
        if expected != dy || (self.pool.kind == PoolKind::Max && *inputs[0] != x) {
            return Err(Error::invalid(
                self.name(),
                "dy",
                format!("must be {expected}, as the pooling of {x} gives"),
                dy,
            ));
        }
        Ok(x)
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        match self.pool.kind {
            // The winners do not move with the image, so it has no slope.
            PoolKind::Max => Ok(vec![
                None,
                vjp.needs[1].then(|| self.pool.pick(&vjp.inputs[0], vjp.dy, vjp.inputs[1].shape())),
            ]),
            PoolKind::Sum => Ok(vec![Some(Tensor::apply(self.pool.clone(), &[vjp.dy]))]),
        }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        self.pool.attributes()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let dy = inputs[inputs.len() - 1];
        let values = dy.to_vec::<f64>();
        let mut sums = vec![0.0; spec.count()];
        match self.pool.kind {
            PoolKind::Max => {
                let x = inputs[0].to_vec::<f64>();
                let winners = self.pool.winners(&x, &spec.shape, dy.shape());
                for (winner, value) in winners.into_iter().zip(values) {
                    if let Some(p) = winner {
                        sums[p] += value;
                    }
                }
            }
            PoolKind::Sum => {
                let visit = |xp: usize, yp: usize| sums[xp] += values[yp];
                self.pool.for_each_cell(&spec.shape, dy.shape(), visit);
            }
        }
        Ok(Array::new(&spec.shape, sums)?.cast(spec.dtype))
    }
}

/// Pooling of an image `(batch, spatial…, channels)`.
pub fn pool(
    x: &Tensor,
    kind: PoolKind,
    window: &[usize],
    strides: &[usize],
    padding: &[(usize, usize)],
) -> Tensor {
    let op = Pool {
        kind,
        window: window.to_vec(),
        strides: strides.to_vec(),
        padding: padding.to_vec(),
    };
    Tensor::apply(op, &[x])
}
