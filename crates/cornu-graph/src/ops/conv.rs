//! Convolution and its two adjoints; the three are closed under differentiation.
//!
//! Layout: images `(batch, spatial…, channels)`, kernels `(spatial…, channels / groups, filters)`, any
//! number of spatial axes. The transposed convolution of Keras is [`ConvInputGrad`].

use crate::ops::{Operation, Vjp, arity, attribute, place_of, unravel};
use crate::{Array, Element, Error, Result, Spec, Tensor};

/// How a kernel moves over an image; one entry per spatial axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvParams {
    /// Distance between two places of the kernel.
    pub strides: Vec<usize>,
    /// Zeros before and after the image.
    pub padding: Vec<(usize, usize)>,
    /// Distance between two taps of the kernel.
    pub dilation: Vec<usize>,
    /// Into how many independent parts the channels are split.
    pub groups: usize,
}

/// The convolution (in the sense of neural networks: no flipped kernel) of an image with a kernel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conv(pub ConvParams);

/// The gradient of [`Conv`] for its image, from the result's gradient and the kernel: the transposed convolution.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvInputGrad {
    /// The convolution's parameters.
    pub params: ConvParams,
    /// The spatial sizes of the image.
    pub size: Vec<usize>,
}

/// The gradient of [`Conv`] for its kernel, from the image and the result's gradient.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvFilterGrad {
    /// The convolution's parameters.
    pub params: ConvParams,
    /// The spatial sizes of the kernel.
    pub size: Vec<usize>,
}

impl ConvParams {
    /// What differs from the plainest convolution.
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut list = vec![attribute("strides", &self.strides)];
        if self.padding.iter().any(|&p| p != (0, 0)) {
            list.push(attribute("padding", &self.padding));
        }
        if self.dilation.iter().any(|&d| d != 1) {
            list.push(attribute("dilation", &self.dilation));
        }
        if self.groups != 1 {
            list.push(attribute("groups", &self.groups));
        }
        list
    }

    /// The spatial sizes of the result of a kernel of spatial sizes `kernel` over an image of `image`.
    ///
    /// # Errors
    /// When a parameter is 0 or of the wrong rank, or the dilated kernel is larger than the padded image.
    pub fn output_size(&self, name: &str, image: &[usize], kernel: &[usize]) -> Result<Vec<usize>> {
        let rank = image.len();
        let ranks = [kernel.len(), self.strides.len(), self.padding.len(), self.dilation.len()];
        if rank == 0 || ranks.iter().any(|&r| r != rank) {
            return Err(Error::invalid(
                name,
                "parameters",
                format!("must name each of the {rank} spatial axes"),
                format!("{self:?} for a kernel of {kernel:?}"),
            ));
        }
        let positive = |v: &[usize]| v.iter().all(|&x| x > 0);
        if !positive(&self.strides)
            || !positive(&self.dilation)
            || !positive(kernel)
            || self.groups == 0
        {
            return Err(Error::invalid(
                name,
                "parameters",
                "must be at least 1: strides, dilation, groups and kernel sizes",
                format!("{self:?} for a kernel of {kernel:?}"),
            ));
        }
        (0..rank)
            .map(|i| {
                let (before, after) = self.padding[i];
                let padded = image[i].checked_add(before).and_then(|n| n.checked_add(after));
                let padded = padded.filter(|&n| n <= isize::MAX as usize).ok_or_else(|| {
                    let received = format!("{image:?} with padding {:?}", self.padding);
                    Error::invalid(
                        name,
                        "padding",
                        "must give an image that fits in memory",
                        received,
                    )
                })?;
                let extent = (kernel[i] - 1).saturating_mul(self.dilation[i]).saturating_add(1);
                padded.checked_sub(extent).map(|room| room / self.strides[i] + 1).ok_or_else(|| {
                    Error::invalid(
                        name,
                        "kernel",
                        format!("must not exceed the padded image of {padded} on spatial axis {i}"),
                        format!("extent {extent}"),
                    )
                })
            })
            .collect()
    }

    /// Calls `visit` with the positions `(image, kernel, result)` of every product of the convolution.
    fn for_each_tap(
        &self,
        x: &[usize],
        w: &[usize],
        y: &[usize],
        mut visit: impl FnMut(usize, usize, usize),
    ) {
        let rank = x.len() - 2;
        let (channels, filters) = (w[rank], w[rank + 1]);
        let filters_per_group = filters / self.groups;
        let taps: usize = w[..rank].iter().product();
        let (mut out, mut tap, mut image) = (vec![0; y.len()], vec![0; rank], vec![0; x.len()]);
        for yp in 0..y.iter().product() {
            unravel(yp, y, &mut out);
            let filter = out[rank + 1];
            let first_channel = filter / filters_per_group * channels;
            'taps: for t in 0..taps {
                unravel(t, &w[..rank], &mut tap);
                image[0] = out[0];
                for i in 0..rank {
                    let at = out[i + 1] * self.strides[i] + tap[i] * self.dilation[i];
                    match at.checked_sub(self.padding[i].0) {
                        Some(at) if at < x[i + 1] => image[i + 1] = at,
                        _ => continue 'taps,
                    }
                }
                for c in 0..channels {
                    image[rank + 1] = first_channel + c;
                    visit(place_of(&image, x), (t * channels + c) * filters + filter, yp);
                }
            }
        }
    }
}

/// The shapes of image, kernel and result, checked against each other.
fn check(name: &str, p: &ConvParams, x: &Spec, w: &Spec) -> Result<Vec<usize>> {
    let rank = x.shape.len();
    let fits = rank >= 3
        && w.shape.len() == rank
        && x.dtype == w.dtype
        && x.dtype.is_float()
        && p.groups > 0
        && x.shape[rank - 1] == w.shape[rank - 2].saturating_mul(p.groups)
        && w.shape[rank - 1].is_multiple_of(p.groups);
    if !fits {
        return Err(Error::invalid(
            name,
            "inputs",
            format!(
                "must be an image (batch, spatial…, channels) and a kernel (spatial…, channels / {g}, \
                 filters divisible by {g}) of one floating-point type",
                g = p.groups
            ),
            format!("{x} and {w}"),
        ));
    }
    let mut shape = vec![x.shape[0]];
    shape.extend(p.output_size(name, &x.shape[1..rank - 1], &w.shape[..rank - 2])?);
    shape.push(w.shape[rank - 1]);
    Ok(shape)
}

fn mismatch(name: &str, expected: &[usize], received: &Spec) -> Error {
    Error::invalid(
        name,
        "dy",
        format!("must have the shape {expected:?} of the convolution's result"),
        received,
    )
}

/// Sums products into an array: `target` tells which of the three positions is written.
fn accumulate(
    params: &ConvParams,
    shapes: [&[usize]; 3],
    sources: [(&Array, usize); 2],
    target: usize,
    spec: &Spec,
) -> Result<Array> {
    let mut sums = vec![0f64; spec.count()];
    crate::with_dtype!(spec.dtype, T => {
        let (a, b) = (sources[0].0.as_slice::<T>()?, sources[1].0.as_slice::<T>()?);
        params.for_each_tap(shapes[0], shapes[1], shapes[2], |x, w, y| {
            let at = [x, w, y];
            sums[at[target]] += a[at[sources[0].1]].to_f64() * b[at[sources[1].1]].to_f64();
        });
        Array::new::<T>(&spec.shape, sums.into_iter().map(T::from_f64).collect())
    })
}

impl Operation for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x, w] = arity(self.name(), inputs)?;
        Ok(Spec { shape: check(self.name(), &self.0, x, w)?, dtype: x.dtype })
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, w, dy) = (&vjp.inputs[0], &vjp.inputs[1], vjp.dy);
        Ok(vec![
            vjp.needs[0].then(|| conv_input_grad(dy, w, &x.shape()[1..x.ndim() - 1], &self.0)),
            vjp.needs[1].then(|| conv_filter_grad(x, dy, &w.shape()[..w.ndim() - 2], &self.0)),
        ])
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        self.0.attributes()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let shapes = [inputs[0].shape(), inputs[1].shape(), &spec.shape];
        accumulate(&self.0, shapes, [(inputs[0], 0), (inputs[1], 1)], 2, spec)
    }
}

impl Operation for ConvInputGrad {
    fn name(&self) -> &'static str {
        "conv_input_grad"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [dy, w] = arity(self.name(), inputs)?;
        let rank = w.shape.len();
        if rank < 3 || dy.shape.len() != rank {
            return Err(mismatch(self.name(), &w.shape, dy));
        }
        let mut shape = vec![dy.shape[0]];
        shape.extend(&self.size);
        shape.push(w.shape[rank - 2].saturating_mul(self.params.groups));
        let x = Spec::new(shape, w.dtype);
        let expected = check(self.name(), &self.params, &x, w)?;
        if dy.shape != expected || dy.dtype != w.dtype {
            return Err(mismatch(self.name(), &expected, dy));
        }
        Ok(x)
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (dy, w, g) = (&vjp.inputs[0], &vjp.inputs[1], vjp.dy);
        Ok(vec![
            vjp.needs[0].then(|| conv(g, w, &self.params)),
            vjp.needs[1].then(|| conv_filter_grad(g, dy, &w.shape()[..w.ndim() - 2], &self.params)),
        ])
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        [self.params.attributes(), vec![attribute("size", &self.size)]].concat()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let shapes = [&spec.shape[..], inputs[1].shape(), inputs[0].shape()];
        accumulate(&self.params, shapes, [(inputs[0], 2), (inputs[1], 1)], 0, spec)
    }
}

impl Operation for ConvFilterGrad {
    fn name(&self) -> &'static str {
        "conv_filter_grad"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x, dy] = arity(self.name(), inputs)?;
        let rank = x.shape.len();
        if rank < 3 || dy.shape.len() != rank || self.params.groups == 0 {
            return Err(mismatch(self.name(), &x.shape, dy));
        }
        let mut shape = self.size.clone();
        shape.extend([x.shape[rank - 1] / self.params.groups, dy.shape[rank - 1]]);
        let w = Spec::new(shape, x.dtype);
        let expected = check(self.name(), &self.params, x, &w)?;
        if dy.shape != expected || dy.dtype != x.dtype {
            return Err(mismatch(self.name(), &expected, dy));
        }
        Ok(w)
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy, g) = (&vjp.inputs[0], &vjp.inputs[1], vjp.dy);
        Ok(vec![
            vjp.needs[0].then(|| conv_input_grad(dy, g, &x.shape()[1..x.ndim() - 1], &self.params)),
            vjp.needs[1].then(|| conv(x, g, &self.params)),
        ])
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        [self.params.attributes(), vec![attribute("size", &self.size)]].concat()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let shapes = [inputs[0].shape(), &spec.shape[..], inputs[1].shape()];
        accumulate(&self.params, shapes, [(inputs[0], 0), (inputs[1], 2)], 1, spec)
    }
}

/// The convolution of `x (batch, spatial…, channels)` with `w (spatial…, channels / groups, filters)`.
pub fn conv(x: &Tensor, w: &Tensor, params: &ConvParams) -> Tensor {
    Tensor::apply(Conv(params.clone()), &[x, w])
}

/// The transposed convolution: the gradient of [`conv`] for an image of spatial sizes `size`.
pub fn conv_input_grad(dy: &Tensor, w: &Tensor, size: &[usize], params: &ConvParams) -> Tensor {
    Tensor::apply(ConvInputGrad { params: params.clone(), size: size.to_vec() }, &[dy, w])
}

/// The gradient of [`conv`] for a kernel of spatial sizes `size`.
pub fn conv_filter_grad(x: &Tensor, dy: &Tensor, size: &[usize], params: &ConvParams) -> Tensor {
    Tensor::apply(ConvFilterGrad { params: params.clone(), size: size.to_vec() }, &[x, dy])
}
