//! The kernel of a convolution as a sweep wants it.

use super::geometry::{Phase, Sweep};
use crate::gemm::{MAX_DOTS, Panels, SERIAL, View, pack_panel};
use crate::runtime::{Pool, SharedSlice};
use crate::simd::{AnyIsa, Real};

/// With fewer pixels, copying the weights for the kernel costs more than reading them where they are: a copy also
/// makes every other thread fetch them.
const FEW_PIXELS: usize = 1024;

/// How the weights of one group lie in the kernel: tap (row, col) is a matrix from source channels to target
/// channels, element (i, j) at `tap_start + i * row_step + j * col_step`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps {
    /// Taps in a row of the kernel.
    pub width: usize,
    /// Elements from one tap to the next.
    pub step: usize,
    pub row_step: usize,
    pub col_step: usize,
}

/// How the weights of one group are packed.
#[derive(Clone, Copy)]
pub(super) struct Packing<'a> {
    pub isa: AnyIsa,
    pub sweep: &'a Sweep,
    pub taps: Taps,
    /// Target channels of one group.
    pub n: usize,
}

impl Packing<'_> {
    /// Whether every result is a dot product, with a row of weights along `k` for each channel; else weights are
    /// packed panel by panel. That pays where there are few channels and every sum is long.
    pub fn is_rows(&self) -> bool {
        self.n <= MAX_DOTS && self.sweep.phases.iter().all(|phase| phase.k >= 32)
    }

    /// The packed values of one group.
    pub fn len<T: Real>(&self) -> usize {
        let width = if self.is_rows() { self.n } else { self.panels::<T>().width() };
        self.sweep.total_k() * width
    }

    pub fn panels<T: Real>(&self) -> Panels {
        Panels::new::<T>(self.isa, self.n)
    }

    /// Whether the weights are read where they lie, for so many target pixels.
    pub fn is_in_place<T: Real>(&self, pixels: usize) -> bool {
        pixels < FEW_PIXELS && !self.is_rows() && self.is_packed(self.panels::<T>())
    }

    /// Whether the weights lie in memory as [`Packing::pack`] would write them: one panel of whole vectors, and
    /// taps in the kernel's order.
    fn is_packed(&self, panels: Panels) -> bool {
        let Taps { width, step, row_step, col_step } = self.taps;
        let [phase] = &self.sweep.phases[..] else { return false };
        let in_order = |i: usize| {
            let (row, col) = phase.tap(i);
            row * width + col == i
        };
        panels.count() == 1
            && (self.n, col_step, row_step) == (panels.width(), 1, panels.width())
            && step == self.sweep.channels * row_step
            && (0..phase.k / self.sweep.channels).all(in_order)
    }

    /// Packs the weights of one group, whose first is that of `values`.
    pub fn pack<T: Real>(&self, pool: &Pool, values: &[T], packed: &mut [T]) {
        if self.is_rows() {
            self.pack_rows(values, packed);
        } else {
            self.pack_panels(pool, values, packed);
        }
    }

    /// Phase after phase, chunk after chunk, panel after panel.
    fn pack_panels<T: Real>(&self, pool: &Pool, values: &[T], packed: &mut [T]) {
        let (panels, channels) = (self.panels::<T>(), self.sweep.channels);
        let large = packed.len() >= SERIAL / 4;
        let packed = SharedSlice::new(packed);
        let pack_one = |index: usize| {
            let panel = panels.get(index);
            let width = panel.vectors * panels.lanes();
            for phase in &self.sweep.phases {
                for chunk in &phase.chunks {
                    let start = (phase.k_start + chunk.k0) * panels.width() + panel.col * chunk.k;
                    // SAFETY: panels of chunks lie one after another, and each is packed once.
                    let out = unsafe { packed.slice(start..start + chunk.k * width) };
                    let mut done = 0;
                    while done < chunk.k {
                        let (tap, first) =
                            ((chunk.k0 + done) / channels, (chunk.k0 + done) % channels);
                        let rows = (channels - first).min(chunk.k - done);
                        let out = &mut out[done * width..];
                        let matrix = self.tap(values, phase, tap);
                        pack_panel(panels, index, matrix, first, rows, out);
                        done += rows;
                    }
                }
            }
        };
        if large {
            pool.parallel_for(panels.count(), pack_one);
        } else {
            (0..panels.count()).for_each(pack_one);
        }
    }

    /// Phase after phase, a row along `k` for each channel.
    fn pack_rows<T: Real>(&self, values: &[T], packed: &mut [T]) {
        let channels = self.sweep.channels;
        for phase in &self.sweep.phases {
            for i in 0..phase.k {
                let matrix = self.tap(values, phase, i / channels);
                for j in 0..self.n {
                    packed[phase.k_start * self.n + j * phase.k + i] =
                        matrix.values[i % channels * matrix.row_step + j * matrix.col_step];
                }
            }
        }
    }

    /// The matrix of tap `i` of a phase.
    fn tap<'t, T>(&self, values: &'t [T], phase: &Phase, i: usize) -> View<'t, T> {
        let Taps { width, step, row_step, col_step } = self.taps;
        let (row, col) = phase.tap(i);
        View { values: &values[(row * width + col) * step..], row_step, col_step }
    }
}
