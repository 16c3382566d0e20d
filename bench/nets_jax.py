"""The same networks in plain JAX: parameters in a list in the order of works.py, a jitted step that gives its buffers away."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from works import DECAY, WORKS

__all__ = ["Net"]


class Net:
    """A work, built: `begin` makes the parameters, `step` runs one step."""

    def __init__(self, name, keep=True):
        work = WORKS[name]
        self.work, self.key = work, jax.random.key(0) if keep else None
        self.arrays = [a.astype("i") if a.dtype.kind == "i" else a for a in work.feed()]
        if work.optimizer is None:
            self.run = jax.jit(lambda p, x: NETS[work.net](p, x, None))
            return
        loss = functools.partial(LOSSES.get(work.net, _classified), work)
        self.run = jax.jit(functools.partial(_STEPS[work.optimizer], loss), donate_argnums=(0, 1))

    def begin(self):
        """Makes the parameters and the optimizer's numbers."""
        self.load(self.work.weights())

    def load(self, weights):
        """Gives the parameters these values, in the order of works.py."""
        self.params = [jnp.asarray(w, jnp.float32) for w in weights]
        count = {"adam": 2, "momentum": 1}.get(self.work.optimizer, 0)
        self.state = [[jnp.zeros_like(p) for p in self.params] for _ in range(count)]
        self.count = 0

    def step(self):
        """One step; gives the loss, or the logits."""
        if self.work.optimizer is None:
            return np.asarray(self.run(self.params, self.arrays[0]))
        self.params, self.state, loss = self.run(self.params, self.state, self.count, self.key, *self.arrays)
        self.count += 1
        return float(loss)

    def parameters(self):
        """How many numbers are trained."""
        return sum(p.size for p in self.params)


# --- steps ----------------------------------------------------------------------------------------------


def _key(key, count):
    return None if key is None else jax.random.fold_in(key, count)


def _adam(loss, params, state, count, key, x, y, rate=1e-3, b1=0.9, b2=0.999):
    """Adam as optax writes it."""
    value, slopes = jax.value_and_grad(loss)(params, x, y, _key(key, count))
    m = [b1 * m + (1 - b1) * g for m, g in zip(state[0], slopes, strict=True)]
    v = [b2 * v + (1 - b2) * g * g for v, g in zip(state[1], slopes, strict=True)]
    t = jnp.float32(count + 1)
    c1, c2 = 1 - b1**t, 1 - b2**t
    params = [p - rate * (a / c1) / (jnp.sqrt(b / c2) + 1e-8) for p, a, b in zip(params, m, v, strict=True)]
    return params, [m, v], value


def _momentum(loss, params, state, count, key, x, y, rate=0.1):
    value, slopes = jax.value_and_grad(loss)(params, x, y, _key(key, count))
    sums = [0.9 * m + g for m, g in zip(state[0], slopes, strict=True)]
    return [p - rate * m for p, m in zip(params, sums, strict=True)], [sums], value


def _clipped(loss, params, state, count, key, x, y):
    value, slopes = jax.value_and_grad(loss)(params, x, y, None)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in slopes))
    scale = 5.0 / jnp.maximum(norm, 5.0)
    return [p - scale * g for p, g in zip(params, slopes, strict=True)], state, value


def _sparse(loss, params, state, count, key, x, y):
    """Takes the slopes of the rows that were read, and adds them there."""
    embedding, w, b = params
    rows = jnp.concatenate([y[:, 0], _noise(key, count)])
    parts = embedding[x], w[rows], b[rows]
    value, (dx, dw, db) = jax.value_and_grad(loss)(parts, rows, key)
    return [embedding.at[x].add(-dx), w.at[rows].add(-dw), b.at[rows].add(-db)], state, value


_STEPS = {"adam": _adam, "momentum": _momentum, "clipped": _clipped, "descent": _sparse}


# --- layers ---------------------------------------------------------------------------------------------


def _conv(x, w, padding="SAME", stride=1):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _pool(x, size=2):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, 2, 2, 1), "VALID")


def _dropped(x, key, probability):
    return x if key is None else jnp.where(jax.random.bernoulli(key, probability, x.shape), x / probability, 0)


def _flat(x):
    return x.reshape(x.shape[0], -1)


# --- networks -------------------------------------------------------------------------------------------


def iris(p, x, key):
    """The multilayer perceptron of the Iris study."""
    x = jax.nn.sigmoid(x @ p[0] + p[1])
    x = jax.nn.sigmoid(x @ p[2] + p[3])
    return x @ p[4] + p[5]


def lenet(p, x, key):
    """LeNet-5."""
    x = _pool(jax.nn.relu(_conv(x, p[0]) + p[1]))
    x = _pool(jax.nn.relu(_conv(x, p[2], "VALID") + p[3]))
    x = jax.nn.relu(_flat(x) @ p[4] + p[5])
    x = jax.nn.relu(x @ p[6] + p[7])
    return x @ p[8] + p[9]


def tfnet(p, x, key):
    """The tutorial's network."""
    x = _pool(jax.nn.relu(_conv(x, p[0]) + p[1]))
    x = _pool(jax.nn.relu(_conv(x, p[2]) + p[3]))
    x = jax.nn.relu(_flat(x) @ p[4] + p[5])
    return _dropped(x, key, 0.75) @ p[6] + p[7]


def vishnet(p, x, key):
    """Three wide convolutions."""
    x = _pool(jax.nn.relu(_conv(x, p[0]) + p[1]), 3)
    x = _pool(jax.nn.relu(_conv(x, p[2]) + p[3]), 3)
    x = jax.nn.relu(_conv(x, p[4]) + p[5])
    return _dropped(_flat(x), key, 0.4) @ p[6] + p[7]


def deep(p, x, key):
    """Many small dense layers."""
    for w, b in zip(p[::2], p[1::2], strict=True):
        x = jnp.tanh(x @ w + b)
    return x


def _normed(x, w, gamma, beta, stride=1):
    """A convolution and batch normalisation."""
    x = _conv(x, w, stride=stride)
    mean, variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
    return (x - mean) * (gamma * lax.rsqrt(variance + 1e-5)) + beta


def resnet20(p, x, key):
    """Three stages of three blocks. The moving averages, which training doesn't read, are left out."""
    p = iter(p)
    take = lambda n: [next(p) for _ in range(n)]
    x = jax.nn.relu(_normed(x, *take(3)))
    for stage in range(3):
        for block in range(3):
            stride = 2 if stage and not block else 1
            y = jax.nn.relu(_normed(x, *take(3), stride=stride))
            y = _normed(y, *take(3))
            x = _conv(x, next(p), stride=2) if stride > 1 else x
            x = jax.nn.relu(x + y)
    return jnp.mean(x, (1, 2)) @ next(p) + next(p)


NETS = {f.__name__: f for f in (iris, lenet, tfnet, vishnet, deep, resnet20)}


# --- losses -----------------------------------------------------------------------------------------------


def _entropy(logits, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))


def _classified(work, params, x, y, key):
    loss = _entropy(NETS[work.net](params, x, key), y)
    return loss + DECAY[work.net] * sum(0.5 * jnp.sum(p * p) for p in params if p.ndim > 1)


def _lstm(work, params, x, y, key, units=200):
    """Both layers in one scan over time."""
    embedding, w0, b0, w1, b1, out, bias = params

    def cell(state, x, w, b):
        c, h = state
        i, j, f, o = jnp.split(jnp.concatenate([x, h], 1) @ w + b, 4, 1)
        c = c * jax.nn.sigmoid(f + 1) + jax.nn.sigmoid(i) * jnp.tanh(j)
        return c, jnp.tanh(c) * jax.nn.sigmoid(o)

    def step(states, x):
        first = cell(states[0], x, w0, b0)
        second = cell(states[1], first[1], w1, b1)
        return (first, second), second[1]

    zeros = jnp.zeros((x.shape[0], units))
    _, hidden = lax.scan(step, ((zeros, zeros), (zeros, zeros)), embedding[x.T])
    return _entropy(hidden.reshape(-1, units) @ out + bias, y.T.reshape(-1))


def _noise(key, count, sampled=64, words=50_000):
    """Words drawn log-uniformly, as TF draws them but for their being distinct; always the same without a key."""
    if key is None:
        return jnp.arange(sampled) * 7
    draw = jax.random.uniform(_key(key, count), (sampled,))
    return jnp.clip(jnp.exp(draw * jnp.log(words + 1.0)).astype(int) - 1, 0, words - 1)


def _expected(rows, sampled=64, words=50_000):
    return -jnp.expm1(sampled * jnp.log1p(-jnp.log((rows + 2.0) / (rows + 1.0)) / jnp.log(words + 1.0)))


def _word2vec(work, parts, rows, key):
    """Noise-contrastive estimation, for rows that were read: of the true words, then of the noise."""
    x, w, b = parts
    n = x.shape[0]
    true = jnp.sum(x * w[:n], 1) + b[:n]
    noise = x @ w[n:].T + b[n:]
    if key is not None:
        true, noise = true - jnp.log(_expected(rows[:n])), noise - jnp.log(_expected(rows[n:]))
    return jnp.mean(jax.nn.softplus(-true) + jnp.sum(jax.nn.softplus(noise), 1))


LOSSES = {"lstm": _lstm, "word2vec": _word2vec}
