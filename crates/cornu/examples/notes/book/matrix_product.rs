//! The matrix product: rows times columns.

use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "Row i of the first matrix times column j of the second, summed, is element (i, j) of the product. So the\n\
         inner sizes must agree, and the outer ones are the result's shape.",
    );
    show!(page, let a = Tensor::from([[1., 2., 3.], [4., 5., 6.]]));
    show!(page, let b = Tensor::from([[7., 8.], [9., 10.], [11., 12.]]));
    show!(page, ops::matmul(&a, &b));
    show!(page, ops::matmul(&b, &a));
    page.text("The order matters. Element by element is another product, and needs equal shapes:");
    show!(page, &a * &a);
    page.text("A matrix times a vector, and a vector times a vector:");
    show!(page, let v = Tensor::from([1., 0., -1.]));
    show!(page, ops::matmul(&a, &v));
    show!(page, ops::matmul(&v, &v));
    page.text("Shapes that do not fit are an error, which says what was given:");
    show!(page, ops::matmul(&a, &a).check().map_err(|e| e.to_string()).unwrap_err());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_right() {
        let (page, _) = Page::of("matrix-product");
        page.assert("ops::matmul(&a, &b)", &[58., 64., 139., 154.], 0.0);
        page.assert("ops::matmul(&b, &a)", &[39., 54., 69., 49., 68., 87., 59., 82., 105.], 0.0);
        page.assert("&a * &a", &[1., 4., 9., 16., 25., 36.], 0.0);
        page.assert("ops::matmul(&a, &v)", &[-2., -2.], 0.0);
        page.assert("ops::matmul(&v, &v)", &[2.], 0.0);
        let error = page.printed("ops::matmul(&a, &a).check().map_err(|e| e.to_string()).unwrap_err()");
        assert!(error.contains("matmul") && error.contains("[2, 3]"), "{error}");
    }
}
