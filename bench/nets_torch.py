"""The same networks in PyTorch, as its users write them: modules, weight decay and fused updates in the optimizer, sparse embeddings.

A variant is "eager" or "compile", and with "_last" channels last.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from works import DECAY, WORKS

__all__ = ["Net"]


class Net:
    """A work, built: `begin` makes the parameters, `step` runs one step. L2 is in the optimizer, so a loss is without it."""

    def __init__(self, name, variant, keep=True):
        self.work = work = WORKS[name]
        self.last = variant.endswith("_last")
        self.arrays = [np.ascontiguousarray(a.transpose(0, 3, 1, 2)) if a.ndim == 4 else a for a in work.feed()]
        if self.last and self.arrays[0].ndim != 4:
            raise ValueError(f"{name} has no channels")
        options = {"keep": keep} if work.net in ("tfnet", "vishnet", "word2vec") else {}
        self.model = NETS[work.net](**options)
        self.loss = LOSSES.get(work.net, _classified)
        self.compiled = variant.startswith("compile")

    def begin(self):
        """Makes the parameters, the optimizer, and what is compiled."""
        self.load(self.work.weights())
        if self.last:
            self.model.to(memory_format=torch.channels_last)
        self.optimizer = self._optimizer() if self.work.optimizer else self.model.eval() and None
        self.forward = lambda *args: self.loss(self.model, *args)
        if self.optimizer is None:
            self.forward = self.model
        if self.compiled:
            self.forward = torch.compile(self.forward)

    def _optimizer(self):
        decay = DECAY.get(self.work.net, 0.0)
        weights = [p for p in self.model.parameters() if p.ndim > 1 and p.requires_grad]
        others = [p for p in self.model.parameters() if p.ndim <= 1 and p.requires_grad]
        if self.work.net == "word2vec":
            return torch.optim.SGD([*weights, *others], lr=1.0)
        groups = [{"params": weights, "weight_decay": decay}, {"params": others}]
        if self.work.optimizer == "adam":
            return torch.optim.Adam(groups, lr=1e-3, fused=True)
        rate, momentum = (0.1, 0.9) if self.work.optimizer == "momentum" else (1.0, 0.0)
        return torch.optim.SGD(groups, lr=rate, momentum=momentum, fused=True)

    def step(self):
        """One step; gives the loss, or the logits."""
        x, *rest = map(torch.from_numpy, self.arrays)
        x = x.contiguous(memory_format=torch.channels_last) if self.last else x
        if self.optimizer is None:
            with torch.inference_mode():
                return self.forward(x).numpy()
        loss = self.forward(x, *rest)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.work.net == "lstm":
            nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss.item()

    def parameters(self):
        """How many numbers are trained."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def penalty(self):
        """The L2 that the optimizer takes care of."""
        weights = [p for p in self.model.parameters() if p.ndim > 1]
        return DECAY.get(self.work.net, 0.0) * sum(0.5 * float((p.detach() ** 2).sum()) for p in weights)

    def load(self, weights):
        """Gives the parameters these values, in the order and the layout of works.py."""
        with torch.no_grad():
            if hasattr(self.model, "take"):
                return self.model.take([torch.from_numpy(w) for w in weights])
            own = [(m, p) for m in self.model.modules() for p in m.parameters(recurse=False)]
            for (module, parameter), value in zip(own, weights, strict=True):
                parameter.copy_(_turned(module, torch.from_numpy(value)))
        return None


def _turned(module, value):
    """A parameter of TF's layout in PyTorch's."""
    if isinstance(module, nn.Conv2d) and value.ndim == 4:
        return value.permute(3, 2, 0, 1)
    if isinstance(module, nn.Linear) and value.ndim == 2:
        side, channels = getattr(module, "image", (1, value.shape[0]))
        return value.reshape(side, side, channels, -1).permute(3, 2, 0, 1).reshape(value.shape[1], -1)
    return value


def _classified(model, x, y):
    return F.cross_entropy(model(x), y)


# --- networks -------------------------------------------------------------------------------------------


def _after(side, channels, outputs):
    """A dense layer of an image, whose weights TF has rows first."""
    made = nn.Linear(side * side * channels, outputs)
    made.image = side, channels
    return made


def _conv(size, inputs, outputs, padding="same"):
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=padding), nn.ReLU())


def iris():
    """The multilayer perceptron of the Iris study."""
    return nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 3))


def lenet():
    """LeNet-5."""
    convs = _conv(5, 1, 6), nn.MaxPool2d(2), _conv(5, 6, 16, "valid"), nn.MaxPool2d(2), nn.Flatten()
    return nn.Sequential(*convs, _after(5, 16, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def _dropped(keep, probability):
    return nn.Dropout(1 - probability) if keep else nn.Identity()


def tfnet(keep):
    """The tutorial's network."""
    convs = _conv(5, 1, 32), nn.MaxPool2d(2), _conv(5, 32, 64), nn.MaxPool2d(2), nn.Flatten()
    return nn.Sequential(*convs, _after(7, 64, 1024), nn.ReLU(), _dropped(keep, 0.75), nn.Linear(1024, 10))


def vishnet(keep):
    """Three wide convolutions."""
    convs = _conv(5, 1, 64), nn.MaxPool2d(3, 2), _conv(5, 64, 128), nn.MaxPool2d(3, 2), _conv(5, 128, 256)
    return nn.Sequential(*convs, nn.Flatten(), _dropped(keep, 0.4), _after(6, 256, 10))


def deep():
    """Many small dense layers."""
    return nn.Sequential(*(layer for _ in range(34) for layer in (nn.Linear(16, 16), nn.Tanh())))


class _Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.stride = stride
        self.a, self.norm_a = nn.Conv2d(inputs, outputs, 3, stride, 1 if stride == 1 else 0, bias=False), nn.BatchNorm2d(outputs)
        self.b, self.norm_b = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.short = nn.Conv2d(inputs, outputs, 1, 2, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x):
        padded = F.pad(x, (0, 1, 0, 1)) if self.stride > 1 else x  # TF's SAME pads at the end
        y = self.norm_b(self.b(F.relu(self.norm_a(self.a(padded)))))
        return F.relu(self.short(x) + y)


def resnet20():
    """Three stages of three blocks."""
    sizes = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    head = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
    blocks = [_Block(a, b) for a, b in zip(sizes, sizes[1:], strict=False)]
    return nn.Sequential(*head, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class _Language(nn.Module):
    """Two LSTM layers by `nn.LSTM`; its second bias holds the forget gate's 1 and isn't trained."""

    def __init__(self, words=2000, units=200):
        super().__init__()
        self.embedding, self.out = nn.Embedding(words, units), nn.Linear(units, words)
        self.lstm, self.units = nn.LSTM(units, units, 2, batch_first=True), units
        for k in range(2):
            bias = getattr(self.lstm, f"bias_hh_l{k}").requires_grad_(False)
            bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(units))

    def take(self, weights):
        """The values of works.py: a kernel for inputs and state together, gates in TF's order i, j, f, o."""
        embedding, *layers, out, bias = weights
        self.embedding.weight.copy_(embedding)
        self.out.weight.copy_(out.T)
        self.out.bias.copy_(bias)
        for k in range(2):
            kernel, biases = (torch.cat([t.chunk(4, -1)[g] for g in (0, 2, 1, 3)], -1) for t in layers[2 * k : 2 * k + 2])
            getattr(self.lstm, f"weight_ih_l{k}").copy_(kernel[: self.units].T)
            getattr(self.lstm, f"weight_hh_l{k}").copy_(kernel[self.units :].T)
            getattr(self.lstm, f"bias_ih_l{k}").copy_(biases)

    def forward(self, x):
        return self.out(self.lstm(self.embedding(x))[0].reshape(-1, self.units))


def lstm():
    """The language model."""
    with torch.no_grad():
        return _Language()


class _Skipgram(nn.Module):
    """Embeddings with sparse slopes; without `keep` the noise is always the same."""

    def __init__(self, keep, words=50_000, units=128, sampled=64):
        super().__init__()
        self.embedding = nn.Embedding(words, units, sparse=True)
        self.w, self.b = nn.Embedding(words, units, sparse=True), nn.Embedding(words, 1, sparse=True)
        self.keep, self.words, self.sampled = keep, words, sampled

    def take(self, weights):
        """The values of works.py."""
        for layer, value in zip((self.embedding, self.w, self.b), weights, strict=True):
            layer.weight.copy_(value.reshape(self.words, -1))

    def noise(self):
        """Words drawn log-uniformly, as TF draws them but for their being distinct."""
        if not self.keep:
            return torch.arange(self.sampled) * 7
        drawn = torch.exp(torch.rand(self.sampled) * math.log(self.words + 1)).long() - 1
        return drawn.clamp(0, self.words - 1)

    def expected(self, rows):
        """How often each of some words is drawn."""
        p = torch.log((rows + 2.0) / (rows + 1.0)) / math.log(self.words + 1)
        return -torch.expm1(self.sampled * torch.log1p(-p))

    def forward(self, x, y):
        rows = torch.cat([y[:, 0], self.noise()])
        x, w, b, n = self.embedding(x), self.w(rows), self.b(rows)[:, 0], x.shape[0]
        true, noise = (x * w[:n]).sum(1) + b[:n], torch.addmm(b[n:], x, w[n:].T)
        if self.keep:
            logs = torch.log(self.expected(rows))
            true, noise = true - logs[:n], noise - logs[n:]
        return (F.softplus(-true) + F.softplus(noise).sum(1)).mean()


NETS = {f.__name__: f for f in (iris, lenet, tfnet, vishnet, deep, resnet20, lstm)} | {"word2vec": _Skipgram}
LOSSES = {
    "lstm": lambda model, x, y: F.cross_entropy(model(x), y.reshape(-1)),
    "word2vec": lambda model, x, y: model(x, y),
}
