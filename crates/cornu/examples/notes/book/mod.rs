//! The notes as a book: one file a section, this list in the order of the text.

mod page;

use std::path::Path;

use cornu::Result;

use page::{Page, show};

/// A section of the notes.
pub struct Section {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is about, in one line.
    pub title: &'static str,
    /// The heading in the notes.
    pub heading: &'static str,
    /// Works the section out.
    write: fn(&mut Page) -> Result<()>,
}

impl Section {
    /// The worked section as text; its pictures are written into `folder`.
    pub fn page(&self, folder: &Path) -> Result<String> {
        let mut page = Page::new(folder);
        (self.write)(&mut page)?;
        let rule = "=".repeat(self.title.len());
        Ok(format!("{}\n{rule}\n{}\n\n{page}", self.title, self.heading))
    }
}

macro_rules! sections {
    ($($file:ident $name:literal $title:literal $heading:literal)*) => {
        $(mod $file;)*

        /// All sections, in the order of the notes.
        pub static SECTIONS: &[Section] = &[
            $(Section { name: $name, title: $title, heading: $heading, write: $file::write }),*
        ];
    };
}

sections! {
    matrix_product "matrix-product" "The matrix product" "矩阵乘法"
    exponentials "exponentials" "Exponentials and logarithms in every base" "exp()、log()、log2()、log10()、ln、lg"
    rounding "rounding" "Floor, ceiling and rounding" "向上取整⌈⌉和向下取整⌊⌋符号"
    ewma "ewma" "The exponentially weighted moving average" "指数加权移动平均(EWMA)"
    bias_correction "bias-correction" "The correction of its bias" "指数加权移动平均(EWMA)的偏差修正"
    moving_averages "moving-averages" "The moving averages" "移动平均(MA)、加权移动平均(WMA)、指数移动平均(EMA或EXMA)"
    batch_normalization "batch-normalization" "Moving averages in batch normalization" "指数移动平均值在批标准化(BatchNormalization)中的应用"
    weighted_average "weighted-average" "The weighted average" "加权平均"
    ensembling "ensembling" "Weighted averages of models" "加权平均在模型集成中的应用"
    jaccard "jaccard" "Jaccard's index: intersection over union" "Jaccard系数/交并比"
    errors "errors" "Mean squared and mean absolute error" "均方误差(MSE)、平均绝对误差(MAE)"
    draws "draws" "Draws from the binomial and the multinomial distribution" "概率分布之二项分布与多项分布"
    temperature "temperature" "Sampling with a temperature" "采样策略之softmax温度"
    spread "spread" "Standard deviation, variance and mean" "std标准差(均方差)、平均方差、方差、mean均值"
    model "model" "Models from layers, and models from models" "构建Model模型的实例对象model"
    transposed_convolution "transposed-convolution" "Transposed convolution" "转置卷积 Conv2DTranspose"
    vae "vae" "The variational autoencoder" "平均值mean 和 方差variance 在变分自编码器(VAE)中的应用"
    normal "normal" "The normal distribution" "正态分布"
}

/// The section of this name.
pub fn find(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|s| s.name == name)
}

/// The names of all sections, for messages.
pub fn names() -> String {
    SECTIONS.iter().map(|s| s.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_typable() {
        for (i, section) in SECTIONS.iter().enumerate() {
            assert!(section.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert!(SECTIONS[..i].iter().all(|s| s.name != section.name), "{}", section.name);
            assert!(std::ptr::eq(find(section.name).expect("is listed"), section));
        }
    }
}
