//! Values against NumPy 2.4 and, for short times, SciPy 1.17's windows; round trips, gradients, errors.

use cornu_graph::testing::{check_gradient, value};
use cornu_graph::{Array, DType, Result, Tensor};

use super::*;

const RE: [f64; 5] = [1.0, -2.0, 3.0, 0.5, 4.0];
const IM: [f64; 5] = [0.0, 1.0, -1.0, 2.0, 0.25];

#[track_caller]
fn close(t: &Tensor, expected: &[f64], tolerance: f64) {
    let found = value(t).unwrap().to_vec::<f64>();
    assert_eq!(found.len(), expected.len());
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    assert!(found.iter().zip(expected).all(near), "{found:?} is not {expected:?}");
}

#[track_caller]
fn both((real, imag): (Tensor, Tensor), expected: [&[f64]; 2]) {
    close(&real, expected[0], 1e-13);
    close(&imag, expected[1], 1e-13);
}

fn with(length: usize, norm: Norm) -> Transform {
    Transform { length: Some(length), norm, ..Transform::default() }
}

fn input() -> (Tensor, Tensor) {
    (RE.into(), IM.into())
}

#[test]
fn complex_transforms_of_any_length_and_norm() {
    let (re, im) = input();
    let real =
        [6.5, -2.2635888612184756, 3.7575339796672367, -2.8304829965423943, -0.16346212190636678];
    let imag = [2.25, 3.814130215633475, 5.202098555898986, -6.606607053086459, -4.659621718446002];
    let found = fft(&re, &im, &Transform::default());
    both(ifft(&found.0, &found.1, &Transform::default()), [&RE, &IM]);
    both(found, [&real, &imag]);
    let real = [2.0, -1.2320508075688772, 2.232050807568877];
    let imag = [0.0, -4.330127018922193, 4.330127018922193];
    both(ifft(&re, &im, &with(3, Norm::Forward)), [&real, &imag]);
    let (real, imag) = fft(&re, &im, &with(7, Norm::Ortho));
    close(
        &real,
        &[
            2.456769074559977,
            -1.6640650158588848,
            0.6003761286660183,
            2.49188273248122,
            0.28318000544517297,
            0.5696804568464394,
            -2.092072071075353,
        ],
        1e-13,
    );
    both(
        ifft(&real, &imag, &Transform { norm: Norm::Ortho, ..Transform::default() }),
        [&[&RE[..], &[0.0, 0.0]].concat(), &[&IM[..], &[0.0, 0.0]].concat()],
    );
}

#[test]
fn along_other_axes_and_two_axes() -> Result<()> {
    let m = Tensor::from([[0.0, 1.0, 4.0], [9.0, 16.0, 25.0]]);
    let zero = &m * 0.0;
    let first = Transform { axis: 0, ..Transform::default() };
    both(fft(&m, &zero, &first), [&[9.0, 17.0, 29.0, -9.0, -15.0, -21.0], &[0.0; 6]]);
    let a = 10.392304845413264;
    let found = fft2(&m, &zero, Norm::Backward);
    let back = ifft2(&found.0, &found.1, Norm::Backward);
    both(back, [&value(&m)?.to_vec::<f64>(), &[0.0; 6]]);
    both(found, [&[55.0, -14.0, -14.0, -45.0, 9.0, 9.0], &[0.0, a, -a, 0.0, -a / 2.0, a / 2.0]]);
    Ok(())
}

#[test]
fn real_transforms() {
    let (re, im) = input();
    let real = [6.5, -1.2135254915624212, 0.4635254915624212];
    let found = rfft(&re, &Transform::default());
    close(&irfft(&found.0, &found.1, &with(5, Norm::Backward)), &RE, 1e-13);
    both(found, [&real, &[0.0, 4.2368759670397385, 5.9043528044927225]]);
    both(rfft(&re, &with(4, Norm::Backward)), [&[2.5, -2.0, 5.5], &[0.0, 2.5, 0.0]]);
    let whole = [
        1.0,
        -1.097271824131503,
        0.125,
        -0.7133883476483184,
        1.75,
        0.8472718241315029,
        -0.375,
        -0.5366116523516816,
    ];
    close(&irfft(&re, &im, &Transform::default()), &whole, 1e-13);
    let odd = [
        12.0,
        -11.990901072910848,
        2.795527310176598,
        -6.897114317029974,
        5.302909318536878,
        15.185535807849009,
        0.8971143170299736,
        -2.2043130910392925,
        -6.088758272612344,
    ];
    close(&irfft(&re, &im, &with(9, Norm::Forward)), &odd, 1e-13);
    let cut = [
        0.6000000000000001,
        -1.1633424943509671,
        0.6024972813148444,
        1.8335706961849454,
        -0.8727254831488228,
    ];
    close(&irfft(&re, &im, &with(5, Norm::Backward)), &cut, 1e-13);
    assert_eq!(irfft(&re, &im, &with(12, Norm::Ortho)).shape(), [12]);
    let one = Tensor::from([3.0]);
    both(rfft(&one, &Transform::default()), [&[3.0], &[0.0]]);
    close(&irfft(&one, &one, &with(1, Norm::Backward)), &[3.0], 0.0);
}

fn signal() -> Tensor {
    let x: Vec<f32> = (0..10).map(|i| f64::from(i).powf(1.3).sin() as f32).collect();
    x.into()
}

#[test]
fn short_time_transforms() -> Result<()> {
    let frames = Frames::new(5, 2, 6);
    let (real, imag) = stft(&signal(), &frames);
    assert_eq!((real.shape(), real.dtype()), (&[6, 4][..], DType::F32));
    let row = |t: &Tensor, i: usize| Tensor::from(value(t).unwrap().rows(i, i + 1).unwrap());
    close(&row(&real, 0), &[1.268894, -0.417392, -0.634447, 0.834783], 2e-6);
    close(&row(&imag, 0), &[0.0, -0.595351, 0.2194, 0.0], 2e-6);
    close(&row(&real, 5), &[-0.025238, -0.062422, 0.966257, -1.782432], 2e-6);
    close(&row(&imag, 5), &[0.0, 0.562363, -0.982971, 0.0], 2e-6);
    let samples = value(&signal())?.to_vec::<f64>();
    close(&istft(&real, &imag, &frames, None), &samples, 1e-6);
    close(&istft(&real, &imag, &frames, Some(7)), &samples[..7], 1e-6);

    let hamming = Frames { window: Window::Hamming, center: false, ..frames.clone() };
    let (real, imag) = stft(&signal(), &hamming);
    assert_eq!(real.shape(), [3, 4]);
    close(&row(&real, 1), &[0.096072, -0.755611, 1.353277, -0.989843], 2e-6);
    close(&row(&imag, 2), &[0.0, 0.499574, -1.167371, 0.0], 2e-6);

    let plain = Frames { window: Window::Rectangular, ..frames.clone() };
    let (real, imag) = stft(&signal(), &plain);
    close(&row(&real, 5), &[-0.369277, -0.237712, 1.213695, -1.68373], 2e-6);
    close(&istft(&real, &imag, &plain, None), &samples, 1e-6);
    let weights = Frames { window: Window::Weights(vec![1.0; 6]), sequence_length: 6, ..frames };
    close(&stft(&signal(), &weights).0, &value(&real)?.to_vec::<f64>(), 0.0);
    Ok(())
}

#[test]
fn signals_are_mirrored_as_often_as_needed() {
    // numpy.pad([0, 1, 2], 4, "reflect") weighs nothing but each frame's first sample.
    let mut weights = vec![0.0; 8];
    weights[0] = 1.0;
    let frames = Frames { window: Window::Weights(weights), ..Frames::new(8, 1, 8) };
    let (real, _) = stft(&Tensor::from([0.0, 1.0, 2.0]), &frames);
    assert_eq!(real.shape(), [4, 5]);
    let first: Vec<f64> = value(&real).unwrap().to_vec::<f64>().into_iter().step_by(5).collect();
    assert_eq!(first, [0.0, 1.0, 2.0, 1.0]);
}

#[test]
fn gradients_are_the_adjoint_transforms() -> Result<()> {
    let inputs = [Array::from([RE, IM]), Array::from([IM, RE])];
    for (length, axis) in [(None, -1), (Some(7), -1), (Some(3), 0)] {
        let options = Transform { length, axis, norm: Norm::Ortho };
        check_gradient(|t| fft(&t[0], &t[1], &options).0, &inputs)?;
        check_gradient(|t| ifft(&t[0], &t[1], &options).1, &inputs)?;
        check_gradient(|t| rfft(&t[0], &options).1, &inputs[..1])?;
        check_gradient(|t| irfft(&t[0], &t[1], &options), &inputs)?;
    }
    let frames = Frames::new(3, 1, 4);
    check_gradient(|t| stft(&t[0], &frames).0, &inputs[..1])?;
    check_gradient(|t| istft(&t[0], &t[1], &Frames::new(6, 3, 8), None), &inputs)
}

#[test]
fn wrong_arguments_are_errors() {
    let (re, im) = input();
    let message = |t: Tensor| t.check().unwrap_err().to_string();
    assert!(message(fft(&re, &Tensor::from([1.0]), &Transform::default()).1).contains("shape [5]"));
    assert!(message(fft(&re, &im, &with(0, Norm::Backward)).0).contains("at least 1"));
    assert!(message(rfft(&Tensor::scalar(1.0), &Transform::default()).0).contains("axis"));
    assert!(
        message(irfft(&Tensor::from([1.0]), &Tensor::from([1.0]), &Transform::default()))
            .contains("at least 1")
    );
    assert!(message(stft(&re, &Frames::new(4, 0, 4)).0).contains("at least 1"));
    assert!(message(stft(&re, &Frames::new(4, 1, 3)).0).contains("fft_length"));
    assert!(
        message(stft(&re, &Frames { center: false, ..Frames::new(4, 1, 8) }).0)
            .contains("frame of 8")
    );
    let window = Window::Weights(vec![1.0; 3]);
    assert!(message(stft(&re, &Frames { window, ..Frames::new(4, 1, 4) }).0).contains("window"));
    assert!(message(istft(&re, &im, &Frames::new(4, 1, 4), None)).contains("frames"));
}
