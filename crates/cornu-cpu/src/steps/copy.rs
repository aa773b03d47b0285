//! The same elements in another place.

use cornu_graph::{Result, Spec};

use crate::plan::{Args, Kernel};
use crate::runtime::Pool;

/// A plain copy.
pub(crate) struct Copy(pub Spec);

impl Kernel for Copy {
    fn label(&self) -> String {
        "copy".into()
    }

    fn run(&self, _: &Pool, args: &mut Args) -> Result<()> {
        let (from, to) = (args.input_slot(0), args.output_slot(0));
        debug_assert_eq!(from.bytes(), to.bytes());
        debug_assert_eq!(to.count, self.0.count());
        // SAFETY: lowering gives both operands one spec, so both are valid for as many bytes, and they do
        // not overlap because this kernel does not work in place.
        unsafe { std::ptr::copy_nonoverlapping(from.start, to.start, to.bytes()) };
        Ok(())
    }
}
