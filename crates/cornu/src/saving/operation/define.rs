//! Entries of the lists of functions.

macro_rules! unary {
    ($name:literal, $function:path) => {
        ($name, |a| Ok(vec![$function(&a.tensor(0, "x")?)]))
    };
}

macro_rules! binary {
    ($name:literal, $function:path) => {
        ($name, |a| Ok(vec![$function(&a.tensor(0, "x1")?, &a.tensor(1, "x2")?)]))
    };
}

macro_rules! reduction {
    ($name:literal, $function:path) => {
        ($name, |a| {
            let axes = a.axes(1, "axis")?.unwrap_or_default();
            Ok(vec![$function(&a.tensor(0, "x")?, &axes, a.truth(2, "keepdims")?)])
        })
    };
}

macro_rules! with_number {
    ($name:literal, $function:path, $argument:literal, $default:literal) => {
        ($name, |a| Ok(vec![$function(&a.tensor(0, "x")?, a.number(1, $argument, $default)?)]))
    };
}

macro_rules! with_integer {
    ($name:literal, $function:path, $argument:literal, $default:literal) => {
        ($name, |a| Ok(vec![$function(&a.tensor(0, "x")?, a.axis(1, $argument, $default)?)]))
    };
}
