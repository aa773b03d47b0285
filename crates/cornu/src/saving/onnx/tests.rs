use cornu_graph::{Array, DType, Tensor, ops};
use prost::Message;

use super::proto;
use crate::layers::{
    self, Activation, BatchNormalization, Conv2D, Conv2DTranspose, Dense, Flatten, Input, LayerExt,
    MaxPooling2D,
};
use crate::models::{Model, Sequential};
use crate::{Error, Result};

/// The file's graph, read from its bytes.
fn exported(model: &Model) -> Result<proto::Graph> {
    let folder = crate::io::tests::Folder::new();
    let path = folder.0.join("m.onnx");
    model.export(&path)?;
    let bytes = std::fs::read(path).unwrap();
    let file = proto::Model::decode(&bytes[..]).unwrap();
    assert_eq!((file.ir_version, file.opset_import[0].version), (8, 18));
    Ok(file.graph.unwrap())
}

fn kinds(graph: &proto::Graph) -> Vec<&str> {
    graph.node.iter().map(|n| n.op_type.as_str()).collect()
}

fn shape(info: &proto::ValueInfo) -> (i32, Vec<String>) {
    let tensor = info.kind.clone().unwrap().tensor.unwrap();
    let size = |d: proto::Dimension| match d.size {
        Some(proto::Size::Value(n)) => n.to_string(),
        Some(proto::Size::Name(name)) => name,
        None => "?".into(),
    };
    (tensor.elem_type, tensor.shape.unwrap().dim.into_iter().map(size).collect())
}

#[test]
fn weights_inputs_and_outputs_keep_their_names_and_the_batch_stays_open() -> Result<()> {
    let x = Input([4]);
    let hidden = Dense::new(3).activation("relu").name("hidden").apply(&x)?;
    let model = Model::new(&x, Dense::new(2).name("scores").apply(&hidden)?)?;
    let graph = exported(&model)?;
    assert_eq!(graph.input[0].name, model.input_names()[0]);
    assert_eq!(shape(&graph.input[0]), (1, vec!["batch".into(), "4".into()]));
    assert_eq!(graph.output[0].name, "scores");
    assert_eq!(shape(&graph.output[0]), (1, vec!["batch".into(), "2".into()]));
    let weight = |name: &str| graph.initializer.iter().find(|t| t.name == name).unwrap();
    for (name, dims) in [
        ("hidden/kernel", vec![4, 3]),
        ("hidden/bias", vec![3]),
        ("scores/kernel", vec![3, 2]),
        ("scores/bias", vec![2]),
    ] {
        assert_eq!((&weight(name).dims, weight(name).data_type), (&dims, 1), "{name}");
    }
    let kernel = model.get_weights()[0].to_vec::<f32>();
    let bytes: Vec<u8> = kernel.iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(weight("hidden/kernel").raw_data, bytes);
    assert_eq!(kinds(&graph).iter().filter(|k| **k == "MatMul").count(), 2);
    assert!(graph.node.iter().any(|n| n.name == "hidden/MatMul"), "{:?}", kinds(&graph));
    Ok(())
}

#[test]
fn chains_of_convolutions_transpose_once_at_each_end() -> Result<()> {
    let model = Sequential::new()
        .input([8, 8, 3])
        .add(Conv2D::new(4, 3).padding("same").activation("relu"))
        .add(BatchNormalization::new())
        .add(MaxPooling2D::new(2))
        .add(Conv2DTranspose::new(5, 3).strides(2).padding("same"))
        .add(Flatten::new())
        .model()?;
    let graph = exported(&model)?;
    let count = |kind: &str| kinds(&graph).iter().filter(|k| **k == kind).count();
    assert_eq!(count("Transpose"), 2, "{:?}", kinds(&graph));
    // The biases are the operators' own.
    for (kind, kernel) in [("Conv", vec![4, 3, 3, 3]), ("ConvTranspose", vec![4, 5, 3, 3])] {
        let node = graph.node.iter().find(|n| n.op_type == kind).unwrap();
        assert_eq!(node.input.len(), 3);
        let weight = graph.initializer.iter().find(|t| t.name == node.input[1]).unwrap();
        assert_eq!(weight.dims, kernel);
        assert!(weight.name.ends_with("/kernel"), "{}", weight.name);
    }
    Ok(())
}

#[test]
fn kernels_have_the_filters_first() -> Result<()> {
    let model = Sequential::new().input([4, 1]).add(layers::Conv1D::new(2, 3)).model()?;
    model.set_weights(&[
        Array::new(&[3, 1, 2], vec![0f32, 1.0, 2.0, 3.0, 4.0, 5.0])?,
        Array::new(&[2], vec![6f32, 7.0])?,
    ])?;
    let graph = exported(&model)?;
    let kernel = graph.initializer.iter().find(|t| t.name.ends_with("kernel")).unwrap();
    let expected: Vec<u8> =
        [0f32, 2.0, 4.0, 1.0, 3.0, 5.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!((&kernel.dims, &kernel.raw_data), (&vec![2, 1, 3], &expected));
    Ok(())
}

#[test]
fn open_sizes_beside_the_batch_stay_open_where_they_can() -> Result<()> {
    let open = vec![None, None, Some(3)];
    let x = layers::input_from(layers::InputLayer::new(open, DType::F32).shared());
    let model = Model::new(&x, Dense::new(2).apply(&x)?)?;
    let (_, sizes) = shape(&exported(&model)?.output[0]);
    assert_eq!(sizes, ["batch", &format!("{}_1", model.input_names()[0]), "2"]);
    Ok(())
}

#[test]
fn windows_over_open_sizes_are_padded_by_the_operator() -> Result<()> {
    let node = |layer: layers::LayerRef, kind: &str| -> Result<super::proto::Node> {
        let open = vec![None, None, None, Some(3)];
        let x = layers::input_from(layers::InputLayer::new(open, DType::F32).shared());
        let graph = exported(&Model::new(&x, layer.apply(&x)?)?)?;
        Ok(graph.node.iter().find(|n| n.op_type == kind).unwrap().clone())
    };
    let has = |node: &super::proto::Node, name: &str| node.attribute.iter().any(|a| a.name == name);
    // Two windows beyond an odd size, one beyond an even one.
    let conv = node(Conv2D::new(4, 3).strides(2).padding("same").shared(), "Conv")?;
    assert!(has(&conv, "auto_pad") && !has(&conv, "pads"));
    let pool = node(MaxPooling2D::new(3).padding("same").shared(), "MaxPool")?;
    assert!(has(&pool, "auto_pad") && !has(&pool, "pads"));
    // Without padding it is the same for all sizes.
    let pool = node(MaxPooling2D::new(2).shared(), "MaxPool")?;
    assert!(has(&pool, "pads") && !has(&pool, "auto_pad"));
    let back =
        node(Conv2DTranspose::new(5, 3).strides(2).padding("same").shared(), "ConvTranspose")?;
    assert!(has(&back, "pads") && has(&back, "output_padding"));
    Ok(())
}

#[test]
fn an_input_that_is_an_output_and_one_output_twice_have_names() -> Result<()> {
    let x = Input([2]);
    let y = Activation::new("tanh").name("y").apply(&x)?;
    let model = Model::new(&x, [&y, &x, &y])?;
    let graph = exported(&model)?;
    let names: Vec<&str> = graph.output.iter().map(|o| o.name.as_str()).collect();
    let input = &graph.input[0].name;
    assert_eq!(names, ["y", &format!("{input}_output"), "y_1"]);
    assert_eq!(kinds(&graph), ["Tanh", "Identity", "Identity"]);
    Ok(())
}

#[test]
fn what_onnx_cannot_express_is_named() {
    let draw = |x: &Tensor| {
        let key = ops::iota(&[2], 0, DType::I64);
        x + ops::random(ops::Distribution::Normal, &key, x.shape(), DType::F32)
    };
    let error = |function: fn(&Tensor) -> Tensor| {
        let layer = layers::Lambda::map("of_its_own", function).name("own");
        let model = Sequential::new().input([3, 3]).add(layer).model().unwrap();
        exported(&model).unwrap_err().to_string()
    };
    for (function, name) in [
        (draw as fn(&Tensor) -> Tensor, "random"),
        (|x| crate::linalg::cholesky(x, false), "cholesky"),
    ] {
        let found = error(function);
        assert!(found.contains("\"own\"") && found.contains(name), "{found}");
    }
    let wrong: Error = Sequential::new()
        .input([3])
        .add(Dense::new(1))
        .model()
        .unwrap()
        .export("m.pb")
        .unwrap_err();
    assert!(wrong.to_string().contains(".onnx") && wrong.to_string().contains("m.pb"), "{wrong}");
}
