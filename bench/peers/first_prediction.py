"""A process that loads the network of W4 and predicts one picture: VARIANT FOLDER. `prepare` writes the files."""
import os
import sys

variant, folder = sys.argv[1:3]
at = lambda name: os.path.join(folder, name)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
if variant.startswith("keras-"):
    os.environ["KERAS_BACKEND"] = variant.removeprefix("keras-")
import numpy as np


def torch_network():
    from torch import nn
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 10), nn.Softmax(1))


if variant == "prepare":
    import keras
    from keras import layers
    import torch
    np.save(at("x.npy"), np.random.default_rng(1).random((1, 28, 28, 1), dtype=np.float32))
    keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ]).save(at("model.keras"))
    torch.save(torch_network().state_dict(), at("model.pt"))
elif variant == "torch":
    import torch
    model = torch_network().eval()
    model.load_state_dict(torch.load(at("model.pt"), weights_only=True))
    x = torch.from_numpy(np.load(at("x.npy"))).permute(0, 3, 1, 2)
    with torch.inference_mode():
        np.save(at("y.npy"), model(x).numpy())
else:
    import keras
    model = keras.saving.load_model(at("model.keras"))
    np.save(at("y.npy"), keras.ops.convert_to_numpy(model(np.load(at("x.npy")), training=False)))
