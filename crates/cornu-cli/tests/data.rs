//! Tables, pictures and data sets as a user gives them to `cornu predict`, `cornu evaluate` and `cornu train`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cornu::io::{image, npy, npz};
use cornu::layers::{Concatenate, Dense, Flatten, Input, LayerExt, Rescaling};
use cornu::models::{Compile, Model};
use cornu::{Array, datasets};
use serde_json::Value;

/// A folder that is removed when the test ends; commands run in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("cornu-data-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn run(&self, line: &str) -> Output {
        let args = line.split_whitespace();
        Command::new(env!("CARGO_BIN_EXE_cornu")).args(args).current_dir(&self.0).output().unwrap()
    }

    /// Standard output and standard error of a command that must be done.
    fn done(&self, line: &str) -> (String, String) {
        let output = self.run(line);
        let texts =
            [&output.stdout, &output.stderr].map(|t| String::from_utf8_lossy(t).into_owned());
        assert!(output.status.success(), "{line}: {}", texts[1]);
        let [out, error] = texts;
        (out, error)
    }

    /// Standard error of a command that cannot be done: a line, and perhaps a hint.
    fn refused(&self, line: &str) -> String {
        let output = self.run(line);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        let lines: Vec<&str> = error.lines().filter(|l| !l.starts_with("note: ")).collect();
        assert!(lines[0].starts_with("error: ") && lines.len() <= 2, "{line}: {error}");
        assert!(lines[0].len() <= 500, "{line}: {error}");
        error
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A model whose output is its weighted input, so that the right results are known.
fn weighted(inputs: usize, weights: &[f32]) -> Model {
    let outputs = weights.len() / inputs;
    let x = Input([inputs]);
    let model = Model::new(&x, Dense::new(outputs).name("y").apply(&x).unwrap()).unwrap();
    let kernel = Array::new(&[inputs, outputs], weights.to_vec()).unwrap();
    let bias = Array::full(&[outputs], 0f32).unwrap();
    model.set_weights(&[kernel, bias]).unwrap();
    model
}

fn pixels(height: usize, width: usize, value: u8) -> Vec<u8> {
    image::png_bytes(&Array::full(&[height, width], value).unwrap()).unwrap()
}

fn csv_values(path: &Path) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().skip(1).map(row).collect()
}

#[test]
fn tables_are_predicted_from_and_into() {
    let folder = Folder::new("tables");
    weighted(2, &[1.0, 10.0]).save(folder.at("m.keras")).unwrap();
    folder.file("a.csv", "\u{feff}id;u;v\nx;1,5;2\ny;3;-4\n");
    folder.done("predict m.keras --input a.csv --drop id --output out.csv --threads 1");
    assert_eq!(csv_values(&folder.at("out.csv")), [[21.5], [-37.0]]);
    let (shown, _) = folder.done("predict m.keras --input a.csv --drop id");
    assert!(shown.contains("21.5000") && shown.contains("-37.0000"), "{shown}");
    folder.done("predict m.keras --input a.csv --target id --output out.npz");
    let output = &npz::read(folder.at("out.npz")).unwrap()["y"];
    assert_eq!(output.to_vec::<f32>(), [21.5, -37.0]);
    folder.done("predict m.keras --input a.csv --drop id --output out.npy");
    assert_eq!(&npy::read(folder.at("out.npy")).unwrap(), output);
}

#[test]
fn documents_are_the_same_on_screen_and_in_files() {
    let folder = Folder::new("documents");
    weighted(2, &[1.0, 10.0]).save(folder.at("m.keras")).unwrap();
    folder.file("a.csv", "1,2\n3,4\n");
    let (shown, _) = folder.done("predict m.keras --input a.csv --json");
    folder.done("predict m.keras --input a.csv --output out.json");
    let read: Value =
        serde_json::from_slice(&std::fs::read(folder.at("out.json")).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), read);
    assert_eq!(read["outputs"]["y"], serde_json::json!([[21], [43]]));
    assert_eq!((&read["rows"], &read["model"]), (&Value::from(2), &Value::from("m.keras")));
}

#[test]
fn gaps_and_wrong_columns_are_said() {
    let folder = Folder::new("gaps");
    let model = weighted(2, &[1.0, 0.0]);
    model.compile(Compile::new("sgd").loss("mse")).unwrap();
    model.save(folder.at("m.keras")).unwrap();
    folder.file("gap.csv", "u,v,w\n1,2,2\n3,,4\n5,6,7\n");
    let said = folder.refused("evaluate m.keras --data gap.csv");
    assert!(said.contains("gap.csv: line 3, column 2 (\"v\") is missing"), "{said}");
    assert!(said.contains("--missing drop"), "{said}");
    let (out, said) = folder.done("evaluate m.keras --data gap.csv --missing drop --json");
    assert!(said.contains("1 rows with missing cells are left out, 2 stay"), "{said}");
    let document: Value = serde_json::from_str(&out).unwrap();
    // ((1 - 2)² + (5 - 7)²) / 2
    assert_eq!((&document["results"]["loss"], &document["rows"]), (&2.5.into(), &2.into()));
    // ((1 - 2)² + (3 - 4)² + (5 - 7)²) / 3
    let (out, _) = folder.done("evaluate m.keras --data gap.csv --missing 0");
    assert!(out.contains("loss: 2.000000"), "{out}");
    let said = folder.refused("evaluate m.keras --data gap.csv --missing drop --target x");
    assert!(said.contains("has no column \"x\", but \"u\", \"v\", \"w\""), "{said}");
    let said = folder.refused("predict m.keras --input gap.csv --missing 0");
    assert!(said.contains("the model takes 2 numbers a row, the data has 3"), "{said}");
    assert!(said.contains("u, v, w"), "{said}");
    folder.file("words.csv", "u,v,w\n1,2,big\n3,4,small\n");
    let said = folder.refused("predict m.keras --input words.csv");
    assert!(
        said.contains("column 3 (\"w\") is no number, but \"big\"") && said.contains("--drop"),
        "{said}"
    );
}

#[test]
fn classes_of_tables_are_what_the_loss_wants() {
    let folder = Folder::new("classes");
    folder.file("pets.csv", "weight,kind\n1,cat\n2,dog\n3,cat\n");
    folder.file("three.csv", "weight,kind\n1,cat\n2,dog\n3,owl\n");
    let model = weighted(1, &[0.0, 0.0]);
    for (loss, note) in [("sparse_categorical_crossentropy", false), ("mse", true)] {
        model.compile(Compile::new("sgd").loss(loss).metrics(["accuracy"])).unwrap();
        model.save(folder.at("m.keras")).unwrap();
        let (out, said) = folder.done("evaluate m.keras --data pets.csv");
        assert!(out.contains("accuracy: 0.666667"), "{loss}: {out}");
        assert_eq!(said.contains("one-hot"), note, "{loss}: {said}");
    }
    // Training goes on with the names, and keeps them.
    folder.done("train m.keras --data pets.csv --out run");
    assert_eq!(std::fs::read_to_string(folder.at("run/classes.txt")).unwrap(), "cat\ndog\n");
    let (out, _) = folder.done("evaluate run/model.keras --data pets.csv --json");
    assert!(out.contains("\"accuracy\""), "{out}");
    let said = folder.refused("evaluate m.keras --data three.csv");
    assert!(said.contains("tells 2 classes apart, the data has 3"), "{said}");
    assert!(said.contains("cat, dog, owl"), "{said}");
}

#[test]
fn a_loss_can_be_named() {
    let folder = Folder::new("losses");
    weighted(1, &[1.0]).save(folder.at("m.keras")).unwrap();
    folder.file("a.csv", "u,v\n1,3\n2,2\n");
    let said = folder.refused("evaluate m.keras --data a.csv");
    assert!(said.contains("without a loss") && said.contains("--loss mse"), "{said}");
    let (out, _) = folder.done("evaluate m.keras --data a.csv --loss mse --metrics mae");
    assert!(out.contains("loss: 2.000000") && out.contains("mae: 1.000000"), "{out}");
    let said = folder.refused("evaluate m.keras --data a.csv --loss msse");
    assert!(said.contains("msse"), "{said}");
}

#[test]
fn what_a_file_cannot_say_of_its_training_can_be_named() {
    // Keras wrote these: 3 numbers in, 2 out, with a loss, a metric or an optimizer that only its author has.
    let folder = Folder::new("unknown");
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../cornu/tests/fixtures/keras_files");
    folder.file("t.csv", "a,b,c,p,q\n1,2,3,0,1\n-1,0,2,1,1\n");
    let evaluate = |file: &str, more: &str| {
        format!("evaluate {fixtures}/{file} --data t.csv --target p --target q {more}")
    };
    let load = cornu::saving::Load::new().compile(false);
    let model = load.open(Path::new(fixtures).join("unknown_loss.keras")).unwrap();
    model.compile(Compile::new("sgd").loss("mse")).unwrap();
    let x = Array::new(&[2, 3], vec![1f32, 2.0, 3.0, -1.0, 0.0, 2.0]).unwrap();
    let y = Array::new(&[2, 2], vec![0f32, 1.0, 1.0, 1.0]).unwrap();
    let expected = model.evaluate(&x, &y, 32).unwrap().loss();
    for file in ["unknown_loss.keras", "unknown_loss.h5", "unknown_loss_lambda.keras"] {
        let said = folder.refused(&evaluate(file, ""));
        assert!(said.contains("the loss \"") && said.contains("--loss"), "{said}");
    }
    let (out, _) = folder.done(&evaluate("unknown_loss.keras", "--loss mse --metrics mae"));
    assert!(out.contains(&format!("loss: {expected:.6}")) && out.contains("mae: "), "{out}");
    let (_, said) = folder.done(&evaluate("unknown_optimizer.keras", ""));
    assert!(said.contains("the optimizer \"Muon\" is not known"), "{said}");
    let (out, said) = folder.done(&evaluate("unknown_metric.keras", "--metrics mae"));
    assert!(
        out.contains("mae: ") && said.contains("the metric \"dice_loss\" is not known"),
        "{said}"
    );
}

#[test]
fn pictures_are_fitted_to_the_model() {
    let folder = Folder::new("pictures");
    let x = Input([2, 2, 1]);
    let y = Dense::new(1).name("y").apply(Flatten::new().apply(&x).unwrap()).unwrap();
    let model = Model::new(&x, &y).unwrap();
    let sum = |model: &Model| {
        let weights = [Array::full(&[4, 1], 1f32).unwrap(), Array::full(&[1], 0f32).unwrap()];
        model.set_weights(&weights).unwrap();
    };
    sum(&model);
    model.save(folder.at("m.keras")).unwrap();
    folder.file("图.png", pixels(2, 2, 51));
    let (out, said) = folder.done("predict m.keras --input 图.png --json");
    let value =
        |out: &str| serde_json::from_str::<Value>(out).unwrap()["outputs"]["y"][0][0].as_f64();
    assert!((value(&out).unwrap() - 0.8).abs() < 1e-6, "{out}");
    assert!(said.contains("pixels go in as 0 to 1"), "{said}");
    let (out, _) = folder.done("predict m.keras --input 图.png --json --scale 0:255");
    assert_eq!(value(&out), Some(204.0));

    // Classes and sizes that differ, a JPEG (by Pillow, all of one grey level) among them.
    folder.file("set/横条/1.png", pixels(2, 2, 255));
    folder.file("set/横条/2.png", pixels(6, 4, 0));
    folder.file("set/十字/1.jpg", include_bytes!("../../cornu/tests/fixtures/images/grey.jpg"));
    folder.file("set/十字/.DS_Store", b"\0");
    let (_, said) = folder.done("predict m.keras --input set --output out.csv");
    assert!(said.contains("resized to 2x2 pixels"), "{said}");
    let text = std::fs::read_to_string(folder.at("out.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "file,y");
    assert!(
        lines[1].starts_with("十字/1.jpg,")
            && lines[2] == "横条/1.png,4"
            && lines[3] == "横条/2.png,0"
    );

    // A model that rescales by itself sees all 256 levels.
    let h = Flatten::new().apply(Rescaling::new(2.0).apply(&x).unwrap()).unwrap();
    let own = Model::new(&x, Dense::new(1).name("y").apply(&h).unwrap()).unwrap();
    sum(&own);
    own.save(folder.at("own.keras")).unwrap();
    let (out, said) = folder.done("predict own.keras --input 图.png --json");
    assert_eq!(value(&out), Some(408.0));
    assert!(said.contains("the model begins by scaling"), "{said}");
}

#[test]
fn several_inputs_come_from_one_file_or_from_several() {
    let folder = Folder::new("several");
    let (picture, number) = (Input([2, 1, 1]), Input([1]));
    let seen = Flatten::new().name("pic").apply(&picture).unwrap();
    let both = Concatenate::new().apply([seen, number.clone()]).unwrap();
    let y = Dense::new(1).name("y").apply(&both).unwrap();
    let model = Model::new([picture, number], &y).unwrap();
    let kernel = Array::new(&[3, 1], vec![1f32, 1.0, 100.0]).unwrap();
    model.set_weights(&[kernel, Array::full(&[1], 0f32).unwrap()]).unwrap();
    model.save(folder.at("m.keras")).unwrap();
    let names = model.input_names();
    folder
        .file("a=b.png", image::png_bytes(&Array::new(&[2, 1], vec![255u8, 0]).unwrap()).unwrap());
    folder.file("n.csv", "7\n");
    let line = |first: &str, second: &str| {
        format!("predict m.keras --json --input {first} --input {second}")
    };
    let read = |out: &str| serde_json::from_str::<Value>(out).unwrap()["outputs"]["y"].clone();
    for line in [
        line("a=b.png", "n.csv"),
        line(&format!("{}=n.csv", names[1]), &format!("{}=a=b.png", names[0])),
    ] {
        assert_eq!(read(&folder.done(&line).0), serde_json::json!([[701]]), "{line}");
    }
    let x =
        [Array::new(&[1, 2, 1, 1], vec![1f32, 0.0]).unwrap(), Array::full(&[1, 1], 7f32).unwrap()];
    let pairs = names.iter().map(String::as_str).zip(&x);
    npz::write(folder.at("both.npz"), pairs).unwrap();
    assert_eq!(
        read(&folder.done("predict m.keras --json --input both.npz").0),
        serde_json::json!([[701]])
    );
    let said = folder.refused("predict m.keras --input n.csv --input n.csv --input n.csv");
    assert!(said.contains("no such input") && said.contains(&names.join(", ")), "{said}");
    let said = folder.refused(&format!("predict m.keras --input n.csv --input {}=n.csv", names[0]));
    assert!(said.contains("given twice"), "{said}");
    // A table whose columns are called like the inputs, in another order.
    let inputs = [Input([1]), Input([1])];
    let both = Concatenate::new().apply(&inputs[..]).unwrap();
    let two = Model::new(&inputs[..], Dense::new(1).name("y").apply(&both).unwrap()).unwrap();
    let kernel = Array::new(&[2, 1], vec![1f32, 10.0]).unwrap();
    two.set_weights(&[kernel, Array::full(&[1], 0f32).unwrap()]).unwrap();
    two.save(folder.at("two.keras")).unwrap();
    let names = two.input_names();
    folder.file("t.csv", format!("{},{}\n5,2\n", names[1], names[0]));
    let (out, said) = folder.done("predict two.keras --json --input t.csv");
    assert_eq!(read(&out), serde_json::json!([[52]]), "{said}");
}

#[test]
fn classes_are_matched_by_the_names_beside_a_model() {
    let folder = Folder::new("names");
    let x = Input([1, 1, 1]);
    let y = Dense::new(3).activation("softmax").apply(Flatten::new().apply(&x).unwrap()).unwrap();
    let model = Model::new(&x, &y).unwrap();
    // Everything is the third class.
    let weights =
        [Array::full(&[1, 3], 0f32).unwrap(), Array::new(&[3], vec![0f32, 0.0, 9.0]).unwrap()];
    model.set_weights(&weights).unwrap();
    let loss = "sparse_categorical_crossentropy";
    model.compile(Compile::new("sgd").loss(loss).metrics(["accuracy"])).unwrap();
    model.save(folder.at("m.keras")).unwrap();
    folder.file("classes.txt", "十字\n方块\n横条\n");
    folder.file("new/横条/1.png", pixels(1, 1, 9));
    folder.file("new/横条/2.png", pixels(1, 1, 9));
    let (out, _) = folder.done("evaluate m.keras --data new");
    assert!(out.contains("accuracy: 1.000000"), "{out}");
    let (out, _) = folder.done("predict m.keras --input new");
    assert!(out.contains("横条/1.png  横条"), "{out}");
    folder.file("new/圆/1.png", pixels(1, 1, 9));
    let said = folder.refused("evaluate m.keras --data new");
    assert!(
        said.contains("the model has no class \"圆\"") && said.contains("十字, 方块, 横条"),
        "{said}"
    );
}

#[test]
fn shipped_data_is_known_by_name_everywhere() {
    let folder = Folder::new("shipped");
    let x = Input([28, 28, 1]);
    let y = Dense::new(10).activation("softmax").apply(Flatten::new().apply(&x).unwrap()).unwrap();
    let model = Model::new(&x, &y).unwrap();
    let loss = "sparse_categorical_crossentropy";
    model.compile(Compile::new("adam").loss(loss).metrics(["accuracy"])).unwrap();
    model.save(folder.at("m.keras")).unwrap();
    let (out, said) =
        folder.done("train m.keras --data digits --epochs 1 --batch-size 300 --out run");
    assert!(out.contains("val_accuracy") && said.contains("0 to 1"), "{out} {said}");
    let (out, _) = folder.done("evaluate run/model.keras --data mnist --json");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["rows"], 1000);
    // The same by hand.
    let trained = cornu::saving::load_model(folder.at("run/model.keras")).unwrap();
    let digits = datasets::digits().unwrap();
    let tests: Vec<f32> = digits.x_test.to_vec::<f32>().iter().map(|v| v / 255.0).collect();
    let tests = Array::new(&[1000, 28, 28, 1], tests).unwrap();
    let logs = trained.evaluate(&tests, digits.y_test.unwrap(), 32).unwrap();
    let accuracy = document["results"]["accuracy"].as_f64().unwrap();
    assert!((accuracy - logs.get("accuracy").unwrap()).abs() < 1e-9 && accuracy > 0.5);
    let (out, _) = folder.done("predict run/model.keras --input digits");
    assert!(out.contains("[1000, 10]") && out.contains("980 more rows"), "{out}");
    let said = folder.refused("evaluate run/model.keras --data digit");
    assert!(said.contains("Did you mean \"digits\"?"), "{said}");
}

#[test]
fn what_is_no_data_is_named_by_its_contents() {
    let folder = Folder::new("wrong");
    weighted(2, &[1.0, 1.0]).save(folder.at("m.keras")).unwrap();
    folder.file("digit.txt", "hello\n");
    folder.file("cut.png", &pixels(5, 5, 9)[..40]);
    folder.file("cut.jpg", &include_bytes!("../../cornu/tests/fixtures/images/colour.jpg")[..300]);
    folder.file("a.csv", "\u{fffd}1,2\n\"3,4\n");
    folder.file("b.csv", b"1,2\n\xff,4\n");
    folder.file("c.csv", "1,2\n3\n");
    folder.file("zeros.npz", b"PK\x03\x04 and no more");
    folder.file("short.npy", b"\x93NUMPY\x01\0");
    folder.file("gif.png", b"GIF89a and so on");
    for (input, part) in [
        ("digit.txt", "digit.txt: is text, not a data set"),
        ("cut.png", "ends too early"),
        ("cut.jpg", "is not a readable JPEG"),
        ("a.csv", "a.csv"),
        ("b.csv", "line 2 is not UTF-8"),
        ("c.csv", "line 2 has 1 cells, but the first row has 2"),
        ("zeros.npz", "is not a readable .npz file"),
        ("short.npy", "short.npy"),
        ("gif.png", "is a GIF image, not a data set"),
        ("missing.csv", "no file or folder"),
    ] {
        let said = folder.refused(&format!("predict m.keras --input {input}"));
        assert!(said.contains(part), "{input}: {said}");
    }
    let said = folder.refused("predict m.keras --input digits --output a.xlsx");
    assert!(said.contains(".csv, .json, .npy or .npz. Received: a.xlsx"), "{said}");
    assert!(!folder.at("a.xlsx").exists());
}
