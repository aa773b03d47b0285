//! Which instruction set this process uses.

#[cfg(target_arch = "aarch64")]
use super::Neon;
#[cfg(target_arch = "x86_64")]
use super::{Avx2, Avx512};
use super::{Isa, Kernel, Scalar};
use cornu_graph::{Error, Result};
use std::sync::OnceLock;

/// A token of any instruction set that this machine has.
#[derive(Debug, Clone, Copy)]
pub enum AnyIsa {
    /// AVX-512 (F, BW, DQ, VL).
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// Advanced SIMD of 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// Plain Rust.
    Scalar(Scalar),
}

impl AnyIsa {
    /// All that this machine has, the best first.
    pub fn available() -> Vec<AnyIsa> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(Avx512::new().map(AnyIsa::Avx512));
            found.extend(Avx2::new().map(AnyIsa::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        found.extend(Neon::new().map(AnyIsa::Neon));
        found.push(AnyIsa::Scalar(Scalar));
        found
    }

    /// The name that `CORNU_ISA` takes: `avx512`, `avx2`, `neon` or `scalar`.
    pub fn name(self) -> &'static str {
        struct Name;
        impl Kernel for Name {
            type Output = &'static str;
            #[inline(always)]
            fn run<S: Isa>(self, _: S) -> &'static str {
                S::NAME
            }
        }
        self.run(Name)
    }

    /// Runs the kernel with this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: the token proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            AnyIsa::Avx512(s) => unsafe { super::x86::avx512::run(kernel, s) },
            // SAFETY: the token proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            AnyIsa::Avx2(s) => unsafe { super::x86::avx2::run(kernel, s) },
            // SAFETY: the token proves that the processor has the feature.
            #[cfg(target_arch = "aarch64")]
            AnyIsa::Neon(s) => unsafe { super::neon::run(kernel, s) },
            AnyIsa::Scalar(s) => kernel.run(s),
        }
    }
}

/// The instruction set of this process: the best that the machine has, or the one that the environment
/// variable `CORNU_ISA` names when this is first called.
///
/// # Errors
/// If `CORNU_ISA` names none that this machine has.
pub fn isa() -> Result<AnyIsa> {
    static CHOSEN: OnceLock<Result<AnyIsa>> = OnceLock::new();
    CHOSEN.get_or_init(|| choose(std::env::var_os("CORNU_ISA"))).clone()
}

/// The name of [`isa`].
///
/// # Errors
/// If `CORNU_ISA` names none that this machine has.
pub fn isa_name() -> Result<&'static str> {
    isa().map(AnyIsa::name)
}

fn choose(wish: Option<std::ffi::OsString>) -> Result<AnyIsa> {
    let available = AnyIsa::available();
    let found = match &wish {
        None => available.first(),
        Some(wish) => available.iter().find(|isa| wish == isa.name()),
    };
    found.copied().ok_or_else(|| {
        let names: Vec<_> = available.iter().map(|isa| isa.name()).collect();
        Error::invalid(
            "environment",
            "CORNU_ISA",
            format!("must name an instruction set of this machine: {}", names.join(", ")),
            wish.unwrap_or_default().to_string_lossy(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_best_or_the_one_that_is_named() {
        assert_eq!(choose(None).unwrap().name(), AnyIsa::available()[0].name());
        for isa in AnyIsa::available() {
            assert_eq!(choose(Some(isa.name().into())).unwrap().name(), isa.name());
        }
        let error = choose(Some("mmx".into())).unwrap_err().to_string();
        assert!(error.contains("CORNU_ISA") && error.contains("mmx") && error.contains("scalar"));
    }
}
