//! Training, evaluating and predicting again and again takes no more memory than doing so once.

use std::cell::RefCell;

use cornu::callbacks::LambdaCallback;
use cornu::layers::{BatchNormalization, Conv2D, Dense, Dropout, Flatten};
use cornu::models::{Compile, Fit, Sequential};
use cornu::{Array, DType, Result};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The only test of this program: another one's memory would count here.
#[test]
fn memory_does_not_grow_from_epoch_to_epoch() -> Result<()> {
    let model = Sequential::new()
        .input([8, 8, 1])
        .add(Conv2D::new(4, 3).activation("relu"))
        .add(BatchNormalization::new())
        .add(Flatten::new())
        .add(Dropout::new(0.3))
        .add(Dense::new(3).activation("softmax"))
        .model()?;
    let loss = "sparse_categorical_crossentropy";
    model.compile(Compile::new("adam").loss(loss).metrics(["accuracy"]))?;
    let x = Array::zeros(&[50, 8, 8, 1], DType::F32)?;
    let y = Array::zeros(&[50], DType::I32)?;
    let used = RefCell::new(Vec::with_capacity(64));
    let measure = LambdaCallback::new().on_epoch_end(|_, _, session| {
        // Rows that fill no batch have plans of their own.
        session.model().predict(&x, 16)?;
        session.model().evaluate(&x, &y, 16)?;
        used.borrow_mut().push(MEMORY.current_usage());
        Ok(())
    });
    let fit = Fit::new().epochs(40).batch_size(16).validation_split(0.3).verbose(0);
    model.fit(&x, &y, fit.callback(measure))?;
    let used = used.into_inner();
    assert_eq!(used.len(), 40);
    // The first epochs compile. A batch has 4 KiB: one that stayed per epoch would be 140 KiB; the history of
    // 35 epochs is under 2 KiB. A thread that is kept from its first loop until later gets its working memory then,
    // 16 KiB and more.
    let (early, late) = (used[4], used[39]);
    assert!(late <= early + (64 << 10), "{early} bytes after 5 epochs, {late} after 40: {used:?}");
    Ok(())
}
