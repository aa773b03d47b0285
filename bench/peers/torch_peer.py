"""PyTorch, images channels_last: eager, and with torch.compile (variant compile).

Single convolutions are oneDNN's; these also with contiguous images (variant contiguous)."""
from common import CONVOLUTIONS, serve, set_threads

threads = set_threads()

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)
# All functions of W6 are compiled from one piece of Python code.
torch._dynamo.config.recompile_limit = 64


def last(module_or_image):
    return module_or_image.to(memory_format=torch.channels_last)


def compiled(variant, function):
    return torch.compile(function) if variant == "compile" else function


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        convolutions = []
        for channels, filters, stride in ((1, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1)):
            convolutions += [nn.Conv2d(channels, filters, 3, stride, 1), nn.ReLU()]
        self.encoder = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(12544, 32), nn.ReLU())
        self.mean, self.log_var = nn.Linear(32, 2), nn.Linear(32, 2)
        self.decoder = nn.Sequential(
            nn.Linear(2, 12544), nn.ReLU(), nn.Unflatten(1, (64, 14, 14)),
            nn.ConvTranspose2d(64, 32, 3, 2, 1, 1), nn.ReLU(), nn.Conv2d(32, 1, 3, 1, 1), nn.Sigmoid())

    def loss(self, x):
        h = self.encoder(x)
        mean, log_var = self.mean(h), self.log_var(h)
        point = mean + log_var.exp() * torch.randn_like(mean)
        divergence = (log_var + 1 - mean.square() - log_var.exp()).mean() * -5e-4
        return F.binary_cross_entropy(self.decoder(point), x) + divergence


def descend(optimizer, loss, clip=None):
    optimizer.zero_grad()
    loss.backward()
    if clip is not None:
        nn.utils.clip_grad_value_(clip, 1.0)
    optimizer.step()
    loss.item()


def autoencoder_step(variant, batch):
    model, x = last(Autoencoder()), last(torch.rand(batch, 1, 28, 28))
    optimizer = torch.optim.RMSprop(model.parameters(), 1e-3, alpha=0.9)
    loss = compiled(variant, model.loss)
    return {"train_step": lambda: descend(optimizer, loss(x))}


def without_gradients(metric, call):
    def run():
        with torch.no_grad():
            call()
    return {metric: run}


def gan(batch):
    leaky = lambda: nn.LeakyReLU(0.3)
    conv = nn.Conv2d
    generator = last(nn.Sequential(
        nn.Linear(32, 32768), leaky(), nn.Unflatten(1, (128, 16, 16)), conv(128, 256, 5, 1, 2), leaky(),
        nn.ConvTranspose2d(256, 256, 4, 2, 1), leaky(), conv(256, 256, 5, 1, 2), leaky(),
        conv(256, 256, 5, 1, 2), leaky(), conv(256, 3, 7, 1, 3), nn.Tanh()))
    stack = [conv(3, 128, 3), leaky()]
    for _ in range(3):
        stack += [conv(128, 128, 4, 2), leaky()]
    discriminator = last(nn.Sequential(*stack, nn.Flatten(), nn.Dropout(0.4), nn.Linear(512, 1)))
    g_rule = torch.optim.RMSprop(generator.parameters(), 4e-4, alpha=0.9)
    d_rule = torch.optim.RMSprop(discriminator.parameters(), 8e-4, alpha=0.9)
    real, ones = last(torch.rand(batch, 3, 32, 32)), torch.ones(batch, 1)
    labels, entropy = torch.cat([ones, 0 * ones]), F.binary_cross_entropy_with_logits

    def step():
        with torch.no_grad():
            fakes = generator(torch.randn(batch, 32))
        discriminator.requires_grad_(True)
        both = torch.cat([fakes, real * 2 - 1])
        descend(d_rule, entropy(discriminator(both), labels), discriminator.parameters())
        discriminator.requires_grad_(False)
        made = discriminator(generator(torch.randn(batch, 32)))
        descend(g_rule, entropy(made, 0 * ones), generator.parameters())

    return {"gan_step": step}


def convnet():
    return last(nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)))


def classifier(variant, model):
    """A training step of a classifier on a batch."""
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    loss = compiled(variant, lambda x, y: F.cross_entropy(model(x), y))
    return lambda x, y: descend(optimizer, loss(x, y))


def perceptron():
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(512, 10))


def epoch(variant):
    step, x, y = classifier(variant, perceptron()), torch.rand(60_000, 784), torch.randint(0, 10, (60_000,))

    def run():
        for rows in torch.randperm(60_000).split(128):
            step(x[rows], y[rows])

    return {"epoch": run}


def convolution(layer, batch, layout):
    """One layer alone, in each direction; the gradients through the function that autograd calls."""
    (height, width, channels), filters = layer["input"], layer["filters"]
    size, stride, transposed = layer["kernel"], layer["stride"], layer["transposed"]
    pad = (size - 1) // 2 if layer["padding"] == "same" else 0
    more = stride + 2 * pad - size if transposed else 0
    x = torch.rand(batch, channels, height, width) - 0.5
    sizes = (channels, filters) if transposed else (filters, channels)
    w = torch.rand(*sizes, size, size) - 0.5
    x, w = (t.to(memory_format=layout) for t in (x, w))
    rest = [[stride] * 2, [pad] * 2, [1, 1], transposed, [more] * 2, 1]
    forward = torch.ops.aten.convolution.default
    gradient = torch.ops.aten.convolution_backward.default
    dy = torch.rand_like(forward(x, w, None, *rest))

    def backward(data, weights):
        gradient(dy, x, w, None, *rest, [data, weights, False])

    calls = {"forward": lambda: forward(x, w, None, *rest) is None or None,
             "backward-data": lambda: backward(True, False), "backward-weights": lambda: backward(False, True)}
    return {name: without_gradients(name, call)[name] for name, call in calls.items()}


def products():
    calls = {}
    for n in (256, 512, 1024, 2048, 4096):
        a, b, out = torch.rand(n, n), torch.rand(n, n), torch.empty(n, n)
        calls[f"matmul_{n}"] = lambda a=a, b=b, out=out: torch.mm(a, b, out=out) is None or None
    return calls


def functions(variant):
    x = torch.rand(10_000, 1_000) + 0.5
    out = torch.empty_like(x)
    unary = [torch.exp, torch.log, torch.log2, torch.log10, torch.tanh, torch.sigmoid, torch.floor]
    cases = {f.__name__: f for f in unary}
    cases["chain"] = lambda x: torch.exp(-x.square() / 2) * 0.3989
    cases["sum"] = torch.sum
    cases["mean_axis0"] = lambda x: x.mean(0)
    cases["std_axis0"] = lambda x: x.std(0, correction=0)
    calls = {}
    for name, case in cases.items():
        function = compiled(variant, lambda x, case=case: case(x))
        calls[name] = lambda function=function: function(x) is None or None
    if variant != "compile":
        for f in unary:
            calls[f.__name__ + "_out"] = lambda f=f: f(x, out=out) is None or None

        def chain():
            torch.mul(x, x, out=out)
            out.mul_(-0.5).exp_().mul_(0.3989)

        calls["chain_out"] = chain
    return calls


def prepare(variant, workload, batch):
    if workload in CONVOLUTIONS:
        layout = torch.contiguous_format if variant == "contiguous" else torch.channels_last
        return convolution(CONVOLUTIONS[workload], batch, layout)
    if workload == "W1":
        return autoencoder_step(variant, batch)
    if workload == "W1d":
        decode, z = compiled(variant, last(Autoencoder()).eval().decoder), torch.randn(batch, 2)
        return without_gradients("decode", lambda: decode(z))
    if workload == "W2":
        return gan(batch)
    if workload in ("W3", "W4"):
        model = perceptron() if workload == "W3" else convnet()
        x = torch.rand(batch, 784) if workload == "W3" else last(torch.rand(batch, 1, 28, 28))
        step, y = classifier(variant, model), torch.randint(0, 10, (batch,))
        return {"train_step": lambda: step(x, y)}
    if workload == "W3e":
        return epoch(variant)
    if workload == "W5":
        return products()
    if workload == "W6":
        return functions(variant)
    model, x = convnet().eval(), last(torch.rand(batch, 1, 28, 28))
    predict = compiled(variant, lambda x: F.softmax(model(x), 1))
    return without_gradients("latency", lambda: predict(x).numpy())


serve(prepare, {"PyTorch": torch.__version__}, torch._dynamo.reset)
