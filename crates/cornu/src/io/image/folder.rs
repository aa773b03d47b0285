//! Folders of pictures.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use cornu_graph::Array;

use super::{read, resize};
use crate::{Error, Result};

/// The images of a folder, as [`read_folder`] gives them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ImageFolder {
    /// `uint8` of shape `[images, height, width, channels]`.
    pub images: Array,
    /// The class of each image, `int32`; `None` where the folder has no sub-folders.
    pub labels: Option<Array>,
    /// The sub-folders' names, sorted: label 0 is the first.
    pub class_names: Vec<String>,
    /// The file of each image.
    pub files: Vec<PathBuf>,
}

/// Reads all PNG and JPEG images of a folder, sorted by name.
///
/// Each sub-folder is a class, as in Keras's `image_dataset_from_directory`; images that stand directly in the
/// folder have no labels. Where some images are grey and some coloured, all get three channels.
/// `image_size` is the `(height, width)` to which images of another size are resized, see [`resize`]; without it
/// all images must have one size. Hidden files and files that are no images are passed over.
///
/// # Errors
/// When there is no PNG or JPEG, images stand both in the folder and in sub-folders, an image is of another format
/// or cannot be read (the error names the first few of these), or sizes differ and `image_size` is `None`.
pub fn read_folder(
    path: impl AsRef<Path>,
    image_size: Option<(usize, usize)>,
) -> Result<ImageFolder> {
    let path = path.as_ref();
    let what = path.display().to_string();
    let Listing { folders, images } = list(path)?;
    let mut class_names = Vec::new();
    let mut files: Vec<(PathBuf, i32)> = images.into_iter().map(|p| (p, -1)).collect();
    for folder in folders {
        let inside = list(&folder)?.images;
        if inside.is_empty() {
            continue;
        }
        let label = class_names.len() as i32;
        files.extend(inside.into_iter().map(|p| (p, label)));
        class_names.push(folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    let labelled = !class_names.is_empty();
    if labelled && files.iter().any(|&(_, label)| label < 0) {
        return Err(Error::format(what, "has images both directly inside and in sub-folders"));
    }
    if files.is_empty() {
        return Err(Error::format(what, "holds no PNG or JPEG image"));
    }

    let mut pixels = Pixels::default();
    let mut sizes: BTreeMap<(usize, usize), (usize, &Path)> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for (file, _) in &files {
        let image = read(file).and_then(|image| match image_size {
            Some(size) => resize(&image, size),
            None => Ok(image),
        });
        match image {
            Err(e) => unreadable.push(e),
            Ok(image) => {
                let size = (image.shape()[0], image.shape()[1]);
                sizes.entry(size).or_insert((0, file)).0 += 1;
                // What is wrong with the others is still to be said; their pixels are not needed any more.
                if sizes.len() == 1 && unreadable.is_empty() {
                    pixels.push(&what, &image)?;
                }
            }
        }
    }
    if let [first, more @ ..] = &unreadable[..] {
        let more = match more.len() {
            0 => String::new(),
            _ => format!("; and also {}", some(more.iter().map(short))),
        };
        let reason =
            format!("{} of {} images cannot be read: {first}{more}", unreadable.len(), files.len());
        return Err(Error::format(what, reason));
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|&(_, (count, _))| std::cmp::Reverse(count));
    let &[((height, width), _), ref others @ ..] = &sizes[..] else {
        return Err(Error::format(what, "holds no PNG or JPEG image"));
    };
    if !others.is_empty() {
        let name = |path: &Path| path.strip_prefix(&what).unwrap_or(path).display().to_string();
        let shown = sizes.iter().map(|((h, w), (count, file))| {
            format!("{w}x{h} pixels ({count}, such as {})", name(file))
        });
        let reason = format!(
            "images must have one size, or an image size be given to which all are resized; they have {} sizes: {}",
            sizes.len(),
            some(shown)
        );
        return Err(Error::format(what, reason));
    }
    let labels = if labelled {
        Some(Array::new(&[files.len()], files.iter().map(|&(_, label)| label).collect())?)
    } else {
        None
    };
    let shape = [files.len(), height, width, pixels.channels];
    Ok(ImageFolder {
        images: Array::new(&shape, pixels.values)?,
        labels,
        class_names,
        files: files.into_iter().map(|(file, _)| file).collect(),
    })
}

/// The first three, and how many more there are.
fn some(items: impl ExactSizeIterator<Item = impl Display>) -> String {
    let more = items.len().saturating_sub(3);
    let mut shown: Vec<String> = items.take(3).map(|item| item.to_string()).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// The file that an error is about.
fn short(e: &Error) -> String {
    match e {
        Error::Format { what, .. } => what.clone(),
        Error::Io { path, .. } => path.display().to_string(),
        e => e.to_string(),
    }
}

/// The pixels of images of one size.
#[derive(Default)]
struct Pixels {
    values: Vec<u8>,
    channels: usize,
}

impl Pixels {
    fn push(&mut self, what: &str, image: &Array) -> Result<()> {
        let from = image.as_slice::<u8>()?;
        let channels = image.shape()[2];
        if channels > self.channels && !self.values.is_empty() {
            // The first coloured image: the grey ones before it become coloured, too.
            let grey = std::mem::take(&mut self.values);
            self.reserve(what, 3 * grey.len())?;
            self.values.extend(grey.iter().flat_map(|&v| [v; 3]));
        }
        self.channels = self.channels.max(channels);
        if channels == self.channels {
            self.reserve(what, from.len())?;
            self.values.extend_from_slice(from);
        } else {
            self.reserve(what, 3 * from.len())?;
            self.values.extend(from.iter().flat_map(|&v| [v; 3]));
        }
        Ok(())
    }

    fn reserve(&mut self, what: &str, more: usize) -> Result<()> {
        self.values
            .try_reserve(more)
            .map_err(|_| Error::format(what, "holds more pixels than fit in memory"))
    }
}

struct Listing {
    folders: Vec<PathBuf>,
    images: Vec<PathBuf>,
}

/// The sub-folders and images of a folder, each sorted by name.
fn list(path: &Path) -> Result<Listing> {
    let failed = |e| Error::io(path, e);
    let (mut folders, mut images) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.')) {
            continue;
        }
        if entry.is_dir() {
            folders.push(entry);
            continue;
        }
        // Those that cannot be read, too: passing them over would leave a class without its pictures.
        let extension = entry.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match extension.as_str() {
            "png" | "jpg" | "jpeg" | "jpe" | "jfif" | "gif" | "bmp" | "webp" | "tif" | "tiff"
            | "heic" | "avif" => images.push(entry),
            _ => {}
        }
    }
    folders.sort();
    images.sort();
    Ok(Listing { folders, images })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::image::png_bytes;
    use crate::io::tests::Folder;

    fn grey(h: usize, w: usize, value: u8) -> Vec<u8> {
        png_bytes(&Array::full(&[h, w], value).unwrap()).unwrap()
    }

    #[test]
    fn subfolders_are_classes() {
        let folder = Folder::new();
        folder.file("dog/b.png", &grey(2, 2, 20));
        folder.file("dog/a.png", &grey(2, 2, 10));
        folder.file("cat/z.PNG", &grey(2, 2, 30));
        folder.file("cat/notes.txt", b"no image");
        folder.file("cat/._z.png", b"what a Mac leaves behind");
        folder.file(".cache/x.png", &grey(9, 9, 1));
        std::fs::create_dir(folder.0.join("empty")).unwrap();
        let read = read_folder(&folder.0, None).unwrap();
        assert_eq!(read.class_names, ["cat", "dog"]);
        assert_eq!(read.labels.unwrap().as_slice::<i32>().unwrap(), [0, 1, 1]);
        assert_eq!(read.images.shape(), [3, 2, 2, 1]);
        assert_eq!(
            read.images.as_slice::<u8>().unwrap()[..9],
            [30, 30, 30, 30, 10, 10, 10, 10, 20]
        );
        assert_eq!(read.files[1], folder.0.join("dog/a.png"));
        // Directly inside: no labels. One coloured image makes all coloured.
        let dog = folder.0.join("dog");
        folder.file("dog/aa.png", &png_bytes(&Array::full(&[2, 2, 3], 5u8).unwrap()).unwrap());
        let read = read_folder(&dog, None).unwrap();
        assert!(read.labels.is_none() && read.class_names.is_empty());
        let pixels: Vec<u8> = [10, 5, 20].into_iter().flat_map(|v| [v; 12]).collect();
        assert_eq!(read.images, Array::new(&[3, 2, 2, 3], pixels).unwrap());
    }

    #[test]
    fn class_names_are_in_any_script() {
        let folder = Folder::new();
        for (i, name) in ["方块", "横条", "十字", "Été"].into_iter().enumerate() {
            folder.file(&format!("{name}/图 1.png"), &grey(2, 2, i as u8));
        }
        let read = read_folder(&folder.0, None).unwrap();
        // By their code points, as Python sorts them.
        assert_eq!(read.class_names, ["Été", "十字", "方块", "横条"]);
        assert_eq!(read.images.as_slice::<u8>().unwrap()[..8], [3, 3, 3, 3, 2, 2, 2, 2]);
    }

    #[test]
    fn folders_that_do_not_fit_say_why() {
        let folder = Folder::new();
        let message = |size| read_folder(&folder.0, size).unwrap_err().to_string();
        assert!(message(None).contains("no PNG or JPEG image"));
        folder.file("a/1.png", &grey(2, 3, 1));
        folder.file("a/2.png", &grey(4, 4, 7));
        folder.file("a/3.png", &grey(4, 4, 7));
        let sizes =
            "they have 2 sizes: 4x4 pixels (2, such as a/2.png), 3x2 pixels (1, such as a/1.png)";
        assert!(message(None).ends_with(sizes), "{}", message(None));
        let resized = read_folder(&folder.0, Some((2, 2))).unwrap();
        assert_eq!(resized.images.as_slice::<u8>().unwrap()[..8], [1, 1, 1, 1, 7, 7, 7, 7]);
        folder.file("b.png", &grey(2, 2, 1));
        assert!(message(Some((2, 2))).contains("both directly"));
        std::fs::remove_file(folder.0.join("b.png")).unwrap();
        for i in 0..5 {
            folder.file(&format!("a/x{i}.jpg"), b"GIF89a");
        }
        let e = message(Some((2, 2)));
        assert!(e.contains("5 of 8 images cannot be read: "), "{e}");
        assert!(e.contains("x0.jpg: is a GIF image, not a PNG or JPEG image; and also "), "{e}");
        assert!(e.contains("x2.jpg, ") && e.ends_with("1 more"), "{e}");
    }
}
