#!/usr/bin/env python3
"""Makes docs/notes.md: which page and which test stand for each row of the study notes, with the row's numbers.

    python3 tools/notes/table.py study-notes.txt

The notes themselves are somebody's text and stay outside the repository: the table has their headings, shortened,
and every number in them, once per row. `book::tests` of the notes' example holds the numbers against the pages.
"""

import pathlib
import re
import sys

# First line, heading, page, test. A row ends where the next one starts.
ROWS = [
    (1, "矩阵乘法", "matrix-product", "products_are_right"),
    (2, "1. exp", "exponentials", "numbers_are_those_of_the_notes"),
    (14, "2. log10, log2", "exponentials", "numbers_are_those_of_the_notes"),
    (42, "3. log", "exponentials", "numbers_are_those_of_the_notes"),
    (55, "4. math.log, math.log2, math.log10", "exponentials", "numbers_are_those_of_the_notes"),
    (81, "5. math.log(m, n)", "exponentials", "numbers_are_those_of_the_notes"),
    (101, "1. 向上取整、向下取整、四舍五入", "rounding", "numbers_are_those_of_the_notes"),
    (106, "2. 例子1", "rounding", "numbers_are_those_of_the_notes"),
    (113, "3. 例子2", "rounding", "numbers_are_those_of_the_notes"),
    (116, "EWMA 1–4", "ewma", "windows_are_those_of_the_notes"),
    (121, "EWMA 5–6, momentum", "momentum", "momentum_is_descent_with_averages_of_larger_gradients"),
    (125, "again: momentum", "momentum", "momentum_is_descent_with_averages_of_larger_gradients"),
    (129, "EWMA的偏差修正 1–7", "bias-correction", "numbers_are_those_of_the_notes"),
    (143, "MA、WMA、EMA", "moving-averages", "numbers_are_pandas"),
    (145, "again: EWMA 1–4", "ewma", "windows_are_those_of_the_notes"),
    (149, "again: EWMA 5–6, momentum", "momentum", "momentum_is_descent_with_averages_of_larger_gradients"),
    (153, "批标准化(BatchNormalization)", "batch-normalization", "averages_move_as_keras_moves_them"),
    (154, "加权平均 1–4", "weighted-average", "numbers_are_those_of_the_notes"),
    (164, "例子 2, 成绩", "weighted-average", "numbers_are_those_of_the_notes"),
    (166, "例子 2, 未知权重", "weighted-average", "numbers_are_those_of_the_notes"),
    (167, "例子 3, 专家、老师、学生", "weighted-average", "numbers_are_those_of_the_notes"),
    (170, "例子 4, 小测、期末考", "weighted-average", "numbers_are_those_of_the_notes"),
    (171, "例子 5, 食堂", "weighted-average", "numbers_are_those_of_the_notes"),
    (173, "例子 6, f1 = f2 = … = fn", "weighted-average", "numbers_are_those_of_the_notes"),
    (176, "例子 7, 射击", "weighted-average", "numbers_are_those_of_the_notes"),
    (180, "例子 8, 权重的含义", "weighted-average", "numbers_are_those_of_the_notes"),
    (185, "例子 9, 一学期的成绩", "weighted-average", "numbers_are_those_of_the_notes"),
    (189, "例子 10, 股票", "weighted-average", "numbers_are_those_of_the_notes"),
    (194, "模型集成", "ensembling", "found_weights_beat_every_model_and_the_plain_average"),
    (195, "Jaccard系数/交并比", "jaccard", "shares_are_right"),
    (196, "1. MAE", "errors", "errors_are_the_same_in_either_unit"),
    (198, "2. loss='mse', metrics=['mae']", "errors", "errors_are_the_same_in_either_unit"),
    (203, "3. 反标准化", "errors", "errors_are_the_same_in_either_unit"),
    (208, "数据标准化", "errors", "errors_are_the_same_in_either_unit"),
    (215, "采样策略之softmax温度", "temperature", "temperature_sharpens_and_flattens"),
    (216, "二项分布", "draws", "draws_are_numpys"),
    (242, "多项分布", "draws", "draws_are_numpys"),
    (273, "1. std, 方差, 平均方差", "spread", "numbers_are_numpys"),
    (293, "2. mean", "spread", "numbers_are_numpys"),
    (295, "mean 和 variance 在VAE中的应用", "vae", "numbers_are_those_of_the_formulas"),
    (296, "1. Model(input, output)", "model", "models_nest_and_freezing_holds_for_the_gan_alone"),
    (306, "2. 1. output = model(input)", "model", "fit_learns_and_validates"),
    (310, "2. 2. model.fit", "model", "fit_learns_and_validates"),
    (312, "2. 3. 嵌套", "model", "models_nest_and_freezing_holds_for_the_gan_alone"),
    (315, "3. 自定义Layer层", "custom-layer", "custom_layers_compute_learn_and_add_losses"),
    (322, "4. 1. GAN 生成器网络", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (333, "4. 2. GAN 判别器网络", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (345, "4. 3. 完整的GAN", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (360, "转置卷积 1–3, 双线性插值", "transposed-convolution", "shapes_double_and_the_layer_interpolates"),
    (365, "Conv2DTranspose 例子1", "transposed-convolution", "shapes_double_and_the_layer_interpolates"),
    (369, "Conv2DTranspose 例子2", "transposed-convolution", "shapes_double_and_the_layer_interpolates"),
    (372, "1. 重构损失", "vae", "numbers_are_those_of_the_formulas"),
    (376, "2. 正则化损失", "vae", "numbers_are_those_of_the_formulas"),
    (379, "3. 合并", "vae", "numbers_are_those_of_the_formulas"),
    (381, "again: 1. Model(input, output)", "model", "models_nest_and_freezing_holds_for_the_gan_alone"),
    (391, "again: 2. 1. output = model(input)", "model", "fit_learns_and_validates"),
    (395, "again: 2. 2. model.fit", "model", "fit_learns_and_validates"),
    (397, "again: 2. 3. 嵌套", "model", "models_nest_and_freezing_holds_for_the_gan_alone"),
    (400, "again: 3. 自定义Layer层", "custom-layer", "custom_layers_compute_learn_and_add_losses"),
    (407, "again: 4. 1. GAN 生成器网络", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (418, "again: 4. 2. GAN 判别器网络", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (430, "again: 4. 3. 完整的GAN", "gan", "shapes_and_optimizers_are_those_of_the_notes"),
    (445, "1.–2. decoder", "painting", "numbers_are_those_of_the_notes"),
    (447, "1. 编码器输入和输出", "vae", "shapes_are_those_of_the_notes"),
    (452, "2. 解码器输入和输出", "vae", "shapes_are_those_of_the_notes"),
    (459, "3. 流程: z, decoder_input, z_decoded", "vae", "shapes_are_those_of_the_notes"),
    (468, "3. predict, digit", "painting", "numbers_are_those_of_the_notes"),
    (473, "np.linspace(0.05, 0.95, n)", "painting", "numbers_are_those_of_the_notes"),
    (479, "figure", "painting", "numbers_are_those_of_the_notes"),
    (481, "grid_x, grid_y", "painting", "numbers_are_those_of_the_notes"),
    (504, "每行、每列图像的循环", "painting", "numbers_are_those_of_the_notes"),
    (516, "正态分布", "normal", "numbers_are_scipys"),
    (517, None, None, None),  # The foot of the web page.
]

# Addresses of web pages.
LINKS = range(131, 136), range(144, 145)

CANNOT = [
    ("二项分布", "7.4 1.35", "means of draws without a seed, which the notes do not print"),
    ("多项分布", "1.927 3.985 4.088", "means of a thousand draws without a seed, of which the notes print six"),
    ("多项分布", "2.027 4.015 3.958", "means of another thousand, of which they print none"),
]

NUMBER = re.compile(r"(?<![A-Za-z_0-9.])(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.A)


def main():
    lines = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    out = [
        "# The study notes, row by row",
        "",
        "Cornu grew from study notes on deep learning. `cornu notes PAGE` works each of their rows out, with their own numbers;",
        "a test holds these against what is printed on the page. `tools/notes/table.py` makes this table from the notes.",
        "",
        "| Row of the notes | Page | Test | Numbers |",
        "|---|---|---|---|",
    ]
    for (first, heading, page, test), (end, *_) in zip(ROWS, ROWS[1:]):
        numbers = []
        for number in range(first, end):
            if any(number in links for links in LINKS):
                continue
            # Without the number of the item, and without numbers that are part of a name.
            text = re.sub(r"^[#\s]*\d+\.(?=[^\d]|$)|(?<=对象)\d|(?<=模型)\d|(?<=例子)\d", "", lines[number - 1])
            numbers += NUMBER.findall(text)
        numbers = " ".join(dict.fromkeys(numbers))
        out.append(f"| {heading} | `{page}` | `{test}` | {numbers} |")
    out += [
        "",
        "## Numbers that cannot be had",
        "",
        "Everything else that the notes drew without a seed is on the page as it stands in the notes.",
        "",
        "| Row of the notes | Numbers | Why |",
        "|---|---|---|",
    ]
    out += [f"| {heading} | {numbers} | {why} |" for heading, numbers, why in CANNOT]
    path = pathlib.Path(__file__).parents[2] / "docs/notes.md"
    path.write_text("\n".join(out) + "\n", encoding="utf-8")
    print(f"{path}: {len(ROWS) - 1} rows")


main()
