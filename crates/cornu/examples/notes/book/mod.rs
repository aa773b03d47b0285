//! The notes as a book: one file a section, this list in the order of the text.

mod listing;
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
    /// The code, which the page shows.
    source: &'static str,
    /// Works the section out.
    write: fn(&mut Page) -> Result<()>,
}

impl Section {
    /// The worked section as text; its pictures are written into `folder`.
    pub fn page(&self, folder: &Path) -> Result<String> {
        let page = self.work(folder)?;
        let rule = "=".repeat(self.title.len());
        Ok(format!("{}\n{rule}\n{}\n\n{page}", self.title, self.heading))
    }

    fn work(&self, folder: &Path) -> Result<Page> {
        // As in a program of its own, automatic names start anew.
        cornu::clear_session();
        let mut page = Page::new(folder, self.source);
        (self.write)(&mut page)?;
        Ok(page)
    }
}

macro_rules! sections {
    ($($file:ident $name:literal $title:literal $heading:literal)*) => {
        $(mod $file;)*

        /// All sections, in the order of the notes.
        pub static SECTIONS: &[Section] = &[
            $(Section {
                name: $name,
                title: $title,
                heading: $heading,
                source: include_str!(concat!(stringify!($file), ".rs")),
                write: $file::write,
            }),*
        ];
    };
}

sections! {
    matrix_product "matrix-product" "The matrix product" "矩阵乘法"
    exponentials "exponentials" "Exponentials and logarithms in every base" "exp()、log()、log2()、log10()、ln、lg"
    rounding "rounding" "Floor, ceiling and rounding" "向上取整⌈⌉和向下取整⌊⌋符号"
    ewma "ewma" "The exponentially weighted moving average" "指数加权移动平均(EWMA)"
    momentum "momentum" "Momentum as mini-batch gradient descent" "动量法:特殊的小批量随机梯度下降"
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
    custom_layer "custom-layer" "A custom layer" "自定义keras.layers.Layer层"
    gan "gan" "Generator, discriminator, and both as one" "GAN 生成器网络 和 GAN 判别器网络 的组合"
    transposed_convolution "transposed-convolution" "Transposed convolution" "转置卷积 Conv2DTranspose"
    vae "vae" "The variational autoencoder" "平均值mean 和 方差variance 在变分自编码器(VAE)中的应用"
    painting "painting" "Painting the latent space, digit by digit" "使用decoder解码网络将潜在空间向量转换为图像"
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
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn names_are_distinct_and_typable() {
        for (i, section) in SECTIONS.iter().enumerate() {
            assert!(section.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert!(SECTIONS[..i].iter().all(|s| s.name != section.name), "{}", section.name);
            assert!(std::ptr::eq(find(section.name).expect("is listed"), section));
        }
    }

    #[test]
    fn pages_show_all_of_their_code() {
        for section in SECTIONS {
            let (page, _) = Page::of(section.name);
            // Panics where what ran is not what is listed.
            assert!(!page.values().is_empty());
            let text = page.to_string();
            let code = section.source.split("#[cfg(test)]").next().unwrap_or_default();
            // In calls of `page.text`, sentences stand in strings; calls that show or save are unwrapped.
            let ours = |line: &&str| {
                !line.starts_with(['"', '/'])
                    && !["page.", "pub fn write", "use super", "Ok(())\n}"]
                        .iter()
                        .any(|s| line.starts_with(s))
            };
            for line in code
                .lines()
                .map(str::trim)
                .filter(ours)
                .filter(|l| l.starts_with("let ") || l.starts_with("use "))
            {
                assert!(text.contains(line), "{}: {line:?} is missing", section.name);
            }
            assert!(!text.contains("page.") && !text.contains("show!"), "{}", section.name);
        }
    }

    /// Rows of a table in Markdown: the cells, without marks of code.
    fn rows(table: &str) -> Vec<Vec<String>> {
        let rows = table.lines().filter(|l| l.starts_with("| ")).skip(1);
        rows.map(|l| {
            l.trim_matches('|').split('|').map(|c| c.trim().trim_matches('`').to_string()).collect()
        })
        .collect()
    }

    /// Every number in a text, without its sign.
    fn numbers(text: &str) -> Vec<f64> {
        let mut found = Vec::new();
        let chars: Vec<char> = text.chars().collect();
        let mut i = 0;
        while i < chars.len() {
            let before = i.checked_sub(1).map(|i| chars[i]);
            let inside = before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            if !chars[i].is_ascii_digit() || inside {
                i += 1;
                continue;
            }
            let digits = |from: usize| {
                (from..)
                    .find(|&k| !chars.get(k).is_some_and(|c| c.is_ascii_digit() || *c == '_'))
                    .unwrap_or(from)
            };
            let mut end = digits(i);
            if chars.get(end) == Some(&'.') {
                end = digits(end + 1);
            }
            let sign = usize::from(chars.get(end + 1).is_some_and(|c| "+-".contains(*c)));
            if chars.get(end) == Some(&'e') && digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
            }
            let number: String = chars[i..end].iter().filter(|c| **c != '_').collect();
            found.extend(number.parse::<f64>());
            i = end;
        }
        found
    }

    #[test]
    fn numbers_are_found_in_text() {
        assert_eq!(
            numbers("0.9f64 x_1 v2 (59/60) 1e-8, 10_000 -5e-4 [2. 1.0e+00] 3x"),
            [0.9, 59.0, 60.0, 1e-8, 1e4, 5e-4, 2.0, 1.0, 3.0]
        );
    }

    #[test]
    fn every_number_of_the_notes_is_on_its_page() {
        let table = include_str!("../../../../../docs/notes.md");
        let (covered, cannot) =
            table.split_once("## Numbers that cannot be had").expect("two tables");
        let (covered, cannot) = (rows(covered), rows(cannot));
        assert!(covered.len() > 60, "{}", covered.len());
        let mut excused: Vec<(&str, f64)> = cannot
            .iter()
            .flat_map(|row| numbers(&row[1]).into_iter().map(|n| (row[0].as_str(), n)))
            .collect();
        let mut pages = HashMap::new();
        for row in &covered {
            let [heading, page, test, wanted] = &row[..] else { panic!("{row:?}") };
            let section = find(page).unwrap_or_else(|| panic!("{heading}: no page {page:?}"));
            assert!(
                section.source.contains(&format!("fn {test}(")),
                "{heading}: {page} has no test {test:?}"
            );
            let printed =
                pages.entry(page).or_insert_with(|| numbers(&Page::of(page).0.to_string()));
            for number in numbers(wanted) {
                let excuse = excused.iter().position(|(row, n)| row == heading && *n == number);
                match excuse {
                    Some(i) => drop(excused.remove(i)),
                    None => assert!(
                        printed.contains(&number),
                        "{heading}: {number:?} is not on the page {page:?}"
                    ),
                }
            }
        }
        assert!(excused.is_empty(), "these are no numbers of the notes: {excused:?}");
        for section in SECTIONS {
            assert!(
                covered.iter().any(|row| row[1] == section.name),
                "{} is no row of the notes",
                section.name
            );
        }
    }
}
