//! Writes event files.

use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use super::proto::{
    DataClass, DataType, Dim, Event, PluginData, Summary, SummaryMetadata, TensorProto,
    TensorShape, Value, What,
};
use super::record;
use crate::plot::{Image, buckets};
use crate::{Error, Result};

/// As many as TensorBoard draws unless told otherwise.
const BUCKETS: usize = 30;

/// The plugin that shows the layers of models.
const KERAS_MODEL: &str = "graph_keras_model";

/// Writes a file that TensorBoard shows: `events.out.tfevents.*` in a folder.
///
/// Curves of the same tag in sibling folders (`logs/train`, `logs/validation`) share one chart.
/// Entries reach the disk at [`EventWriter::flush`] and when the writer is dropped.
///
/// ```
/// use cornu::callbacks::tensorboard::EventWriter;
/// # let folder = std::env::temp_dir().join(format!("cornu-events-doc-{}", std::process::id()));
/// let mut events = EventWriter::new(folder.join("train"))?;
/// for (epoch, loss) in [0.9, 0.5, 0.3].into_iter().enumerate() {
///     events.scalar("epoch_loss", epoch as u64, loss)?;
/// }
/// events.flush()?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// Format: TensorFlow 2 summaries, a tensor value plus the name of the plugin that shows it.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventWriter {
    /// Opens a new event file in `folder`, which is made if need be.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn new(folder: impl AsRef<Path>) -> Result<EventWriter> {
        let folder = folder.as_ref();
        create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let now = wall_time();
        let mut version = 0;
        let (path, file) = loop {
            // TensorBoard wants "tfevents" in the name and reads a folder's files in name order;
            // the rest keeps writers of the same second apart.
            let process = std::process::id();
            let name =
                format!("events.out.tfevents.{:010}.cornu.{process}.{version}.v2", now as u64);
            let path = folder.join(name);
            match File::create_new(&path) {
                Ok(file) => break (path, file),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => version += 1,
                Err(e) => return Err(Error::io(path, e)),
            }
        };
        let mut writer = EventWriter { path, file: BufWriter::new(file) };
        let what = Some(What::FileVersion("brain.Event:2".into()));
        writer.write(&Event { wall_time: now, step: 0, what })?;
        writer.flush()?;
        Ok(writer)
    }

    /// The file that is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A point of the curve `tag`: `value` at `step`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<()> {
        let tensor = TensorProto { float_val: vec![value as f32], ..tensor(DataType::Float, &[]) };
        self.summary(tag, step, "scalars", DataClass::Scalar, tensor)
    }

    /// Pictures under one tag; all must have the same size.
    ///
    /// # Errors
    /// When there are no images, their sizes differ, or the file cannot be written.
    pub fn images(&mut self, tag: &str, step: u64, images: &[Image]) -> Result<()> {
        let invalid = |rule, received: String| {
            Err(Error::invalid("EventWriter::images", "images", rule, received))
        };
        let Some(first) = images.first() else {
            return invalid("must hold at least one image", "none".into());
        };
        if let Some(other) =
            images.iter().find(|i| (i.width, i.height) != (first.width, first.height))
        {
            let sizes =
                format!("{}x{}, {}x{}", first.width, first.height, other.width, other.height);
            return invalid("must have one size", sizes);
        }
        // The strings are the width, the height and one PNG file for each image.
        let mut strings =
            vec![first.width.to_string().into_bytes(), first.height.to_string().into_bytes()];
        for image in images {
            strings.push(image.to_png()?);
        }
        let shape = [strings.len()];
        let tensor = TensorProto { string_val: strings, ..tensor(DataType::String, &shape) };
        self.summary(tag, step, "images", DataClass::BlobSequence, tensor)
    }

    /// The distribution of `values` (a layer's weights, say) at `step`, in 30 buckets. Values that
    /// are not finite are left out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn histogram(&mut self, tag: &str, step: u64, values: &[f64]) -> Result<()> {
        let rows = buckets(values, BUCKETS);
        let tensor = TensorProto {
            double_val: rows.as_flattened().to_vec(),
            ..tensor(DataType::Double, &[rows.len(), 3])
        };
        self.summary(tag, step, "histograms", DataClass::Tensor, tensor)
    }

    /// A model as JSON ([`Model::to_config`](crate::models::Model::to_config)), of which TensorBoard shows the layers.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keras_model(&mut self, tag: &str, step: u64, json: &str) -> Result<()> {
        let string_val = vec![json.as_bytes().to_vec()];
        let tensor = TensorProto { string_val, ..tensor(DataType::String, &[]) };
        self.summary(tag, step, KERAS_MODEL, DataClass::Unknown, tensor)
    }

    /// Hands everything written so far to the operating system, so that TensorBoard sees it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush().map_err(|e| Error::io(&self.path, e))
    }

    fn summary(
        &mut self,
        tag: &str,
        step: u64,
        plugin: &str,
        class: DataClass,
        tensor: TensorProto,
    ) -> Result<()> {
        // A version, where a plugin asks for one.
        let content = if plugin == KERAS_MODEL { b"1".to_vec() } else { Vec::new() };
        let metadata = SummaryMetadata {
            plugin_data: Some(PluginData { plugin_name: plugin.into(), content }),
            data_class: class.into(),
        };
        let value = Value { tag: tag.into(), tensor: Some(tensor), metadata: Some(metadata) };
        let step = i64::try_from(step)
            .map_err(|_| Error::invalid("EventWriter", "step", "must be below 2^63", step))?;
        let what = Some(What::Summary(Summary { value: vec![value] }));
        self.write(&Event { wall_time: wall_time(), step, what })
    }

    fn write(&mut self, event: &Event) -> Result<()> {
        record::write(&mut self.file, &event.encode_to_vec()).map_err(|e| Error::io(&self.path, e))
    }
}

/// A tensor of this type and shape, still without its values.
fn tensor(dtype: DataType, shape: &[usize]) -> TensorProto {
    let dim = shape.iter().map(|&n| Dim { size: n as i64 }).collect();
    TensorProto {
        dtype: dtype.into(),
        tensor_shape: Some(TensorShape { dim }),
        ..Default::default()
    }
}

/// Seconds since 1970.
fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
pub(in crate::callbacks) mod tests {
    use super::*;

    /// The tags of all summaries of a folder's only file, with their plugins and steps.
    pub fn tags(folder: &Path) -> Vec<(String, String, i64)> {
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
        assert_eq!(files.len(), 1);
        let summaries = events(&files[0].as_ref().unwrap().path()).into_iter().skip(1);
        let tag = |event: Event| {
            let value = value(&event);
            let plugin = value.metadata.as_ref().unwrap().plugin_data.as_ref().unwrap();
            (value.tag.clone(), plugin.plugin_name.clone(), event.step)
        };
        summaries.map(tag).collect()
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("cornu-events-{name}-{}", std::process::id()))
    }

    fn events(path: &Path) -> Vec<Event> {
        let bytes = std::fs::read(path).unwrap();
        record::reader::records(&bytes)
            .unwrap()
            .into_iter()
            .map(|payload| Event::decode(payload).unwrap())
            .collect()
    }

    fn value(event: &Event) -> &Value {
        match &event.what {
            Some(What::Summary(summary)) => &summary.value[0],
            other => panic!("no summary: {other:?}"),
        }
    }

    #[test]
    fn what_was_written_can_be_read() {
        let folder = folder("all");
        let mut writer = EventWriter::new(&folder).unwrap();
        writer.scalar("loss", 7, 0.25).unwrap();
        let image = Image::new(2, 1, 3, vec![1, 2, 3, 4, 5, 6]).unwrap();
        writer.images("samples", 8, &[image.clone(), image.clone()]).unwrap();
        writer.histogram("weights", 9, &[1.0, 1.0]).unwrap();
        let path = writer.path().to_path_buf();
        drop(writer);

        let events = events(&path);
        assert_eq!(events.len(), 4);
        assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".into())));
        assert!(events.iter().all(|e| e.wall_time > 1.7e9));
        assert_eq!(events.iter().map(|e| e.step).collect::<Vec<_>>(), [0, 7, 8, 9]);

        let scalar = value(&events[1]);
        assert_eq!(scalar.tag, "loss");
        assert_eq!(scalar.tensor.as_ref().unwrap().float_val, [0.25]);
        let metadata = scalar.metadata.as_ref().unwrap();
        assert_eq!(metadata.plugin_data.as_ref().unwrap().plugin_name, "scalars");
        assert_eq!(metadata.data_class(), DataClass::Scalar);

        let strings = &value(&events[2]).tensor.as_ref().unwrap().string_val;
        assert_eq!(strings.len(), 4);
        assert_eq!((&strings[0][..], &strings[1][..]), (&b"2"[..], &b"1"[..]));
        assert_eq!(strings[2], image.to_png().unwrap());

        let histogram = value(&events[3]).tensor.as_ref().unwrap();
        assert_eq!(histogram.double_val, [0.5, 1.5, 2.0]);
        let sizes: Vec<_> =
            histogram.tensor_shape.as_ref().unwrap().dim.iter().map(|d| d.size).collect();
        assert_eq!(sizes, [1, 3]);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn two_writers_of_one_second_have_two_files() {
        let folder = folder("two");
        let (a, b) = (EventWriter::new(&folder).unwrap(), EventWriter::new(&folder).unwrap());
        assert_ne!(a.path(), b.path());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn bad_input_is_an_error() {
        let folder = folder("bad");
        let mut writer = EventWriter::new(&folder).unwrap();
        assert!(writer.scalar("x", u64::MAX, 0.0).is_err());
        assert!(writer.images("x", 0, &[]).is_err());
        let (a, b) = (vec![0], vec![0, 0]);
        let images = [Image::new(1, 1, 1, a).unwrap(), Image::new(2, 1, 1, b).unwrap()];
        let error = writer.images("x", 0, &images).unwrap_err().to_string();
        assert!(error.contains("1x1, 2x1"), "{error}");
        assert!(EventWriter::new(writer.path()).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
