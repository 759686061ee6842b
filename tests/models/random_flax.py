# ruff: noqa: E501 (the texts of modules)
"""Random Flax modules, linen and NNX, each beside what real Flax makes of it.

`python tests/models/random_flax.py 200` prints how many texts agree, are refused, or are wrong.
"""

from __future__ import annotations

import random
import re
import sys
from typing import Any, NamedTuple

NUMBERS = {"batch": 3, "time": 5, "height": 12, "width": 14, "length": 12, "features": 6}
LINEN_CELLS = ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "MGUCell", "SimpleCell")
NNX_CELLS = ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "SimpleCell")


class Sample(NamedTuple):
    """A text, the shape of its input with letters, whether that is of words, and the family."""

    text: str
    shape: tuple[Any, ...]
    words: bool
    family: str
    style: str


def _linen_recurrent(draw: random.Random) -> Sample:
    """RNN or Bidirectional over a sequence, compact or in setup, and ways to take the end."""
    cell, units = draw.choice(LINEN_CELLS), draw.randint(3, 30)
    both, carry, compact = draw.random() < 0.4, draw.random() < 0.3, draw.random() < 0.6
    classes = draw.randint(2, 9)
    options = ", return_carry=True" if carry else ""
    one = (
        f"nn.RNN(nn.{cell}(units), name=None)"
        if draw.random() < 0.3
        else f"nn.RNN(nn.{cell}(features=units){options})"
    )
    if both:
        one = f"nn.Bidirectional(nn.RNN(nn.{cell}(units)), nn.RNN(nn.{cell}(units)){options})"
    carry = carry and options in one
    one = one.replace("units", "self.units")
    take = "_, x" if carry else "x"
    end = draw.choice(["x[:, -1]", "x[:, -1, :]", "x.mean(axis=1)", "jnp.max(x, axis=1)", "x",
                       "x.reshape((x.shape[0], -1))[:, :7]", "jnp.concatenate([x[:, 0], x[:, -1]], axis=-1)",
                       "jnp.swapaxes(x, 0, 1)", "jnp.expand_dims(x.sum(1), 1)"])  # fmt: skip
    if end.startswith("x.reshape"):
        end = "x.reshape(-1, x.shape[-1])"
    head = draw.choice([f"nn.Dense({classes})", f"nn.Dense(features={classes}, use_bias=False)"])
    if compact:
        text = (
            f"class Net(nn.Module):\n    units: int = {units}\n\n    @nn.compact\n"
            f"    def __call__(self, x, train: bool = False):\n        {take} = {one}(x)\n"
            f"        x = {end}\n        x = nn.Dropout(0.2, deterministic=not train)(x)\n"
            f"        return nn.relu({head}(x))\n"
        )
    else:
        text = (
            f"class Net(nn.Module):\n    units: int\n    classes: int = {classes}\n\n    def setup(self):\n"
            f"        self.rnn = {one}\n        self.head = {head}\n        self.unused = nn.Dense(99)\n\n"
            f"    def __call__(self, x):\n        {take} = self.rnn(x)\n        x = {end}\n"
            f"        return jax.nn.softmax(self.head(x), axis=-1)\n\n\nmodel = Net(units={units})\n"
        )
    return Sample(text, ("batch", "time", "features"), False, "linen", f"recurrent {end}")


def _linen_words(draw: random.Random) -> Sample:
    """Embed, several layers in a loop, attention or a pooled end."""
    words, width, depth = draw.randint(20, 99), draw.randint(3, 20), draw.randint(1, 3)
    cell = draw.choice(LINEN_CELLS)
    norm = draw.choice(["nn.LayerNorm()", "nn.LayerNorm(use_bias=False)", "nn.RMSNorm()"])
    end = draw.choice([
        "        w = jax.nn.softmax(nn.Dense(1)(jnp.tanh(nn.Dense(8)(x))), axis=1)\n        x = jnp.sum(w * x, axis=1)\n",
        "        x = nn.MultiHeadDotProductAttention(num_heads=2, qkv_features=8)(x, x)\n        x = x.mean(axis=1)\n",
        "        w = jnp.einsum('btd,bsd->bts', x, x)\n        x = jnp.matmul(nn.softmax(w), x).max(axis=1)\n",
        "        x = x.reshape((x.shape[0], -1, x.shape[-1]))[:, 0]\n",
    ])  # fmt: skip
    text = (
        "class Block(nn.Module):\n    units: int\n\n    @nn.compact\n    def __call__(self, x):\n"
        f"        y = nn.RNN(nn.{cell}(self.units))(x)\n        return {norm}(y) + nn.Dense(self.units)(x)\n\n\n"
        f"class Tagger(nn.Module):\n    sizes: Sequence[int] = ({', '.join(str(draw.randint(3, 20)) for _ in range(depth))},)\n\n"
        "    @nn.compact\n    def __call__(self, tokens, *, train):\n"
        f"        x = nn.Embed(num_embeddings={words}, features={width})(tokens)\n"
        "        for size in self.sizes:\n            x = Block(size)(x)\n            x = nn.Dropout(rate=0.1, deterministic=not train)(x)\n"
        f"{end}        return nn.Sequential([nn.Dense(7), nn.tanh, nn.Dense(3)])(x)\n"
    )
    return Sample(text, ("batch", "time"), True, "linen", "words")


def _linen_convolution(draw: random.Random) -> Sample:
    """Conv, pooling, BatchNorm, a flat end or a recurrent one."""
    filters, kernel, stride = draw.randint(2, 9), draw.choice([3, 5]), draw.choice([1, 2])
    padding = draw.choice(["'SAME'", "'VALID'", "1", "((1, 1), (2, 0))"])
    if draw.random() < 0.5:
        pad = padding if padding[0] == "'" else "'SAME'"
        text = (
            "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
            f"        x = nn.Conv({filters}, kernel_size=({kernel},), padding={pad})(x)\n"
            "        x = nn.relu(x)\n        x = nn.max_pool(x, window_shape=(2,), strides=(2,))\n"
            f"        x = nn.RNN(nn.GRUCell(features=9))(x)\n        return nn.Dense(4)(x[:, -1])\n"
        )
        return Sample(text, ("batch", "length", "features"), False, "linen", "conv1d")
    text = (
        "class Net(nn.Module):\n    train: bool = True\n\n    @nn.compact\n    def __call__(self, x):\n"
        f"        x = nn.Conv(features={filters}, kernel_size=({kernel}, 3), strides=({stride}, 1), padding={padding})(x)\n"
        "        x = nn.BatchNorm(use_running_average=not self.train)(x)\n"
        f"        x = nn.avg_pool(nn.gelu(x), (2, 2), strides=(2, 2), padding={draw.choice(['VALID', 'SAME'])!r})\n"
        "        x = x.reshape((x.shape[0], -1))\n        return nn.log_softmax(nn.Dense(5)(x))\n\n\n"
        "params = Net().init(jax.random.PRNGKey(0), jnp.ones((3, 12, 14, 6)))\n"
    )
    return Sample(text, (3, 12, 14, 6), False, "linen", "conv2d")


def _linen_scan(draw: random.Random) -> Sample:
    """nn.scan of a cell, or a cell in a loop, with initialize_carry; an encoder and a decoder."""
    cell, units = draw.choice(LINEN_CELLS), draw.randint(3, 20)
    if draw.random() < 0.5:
        text = (
            "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, xs):\n"
            f"        Scanned = nn.scan(nn.{cell}, variable_broadcast='params', split_rngs={{'params': False}}, in_axes=1, out_axes=1)\n"
            f"        cell = Scanned(features={units})\n"
            "        carry = cell.initialize_carry(jax.random.key(0), xs[:, 0].shape)\n"
            "        carry, ys = cell(carry, xs)\n        return nn.Dense(3)(ys), carry\n"
        )
        if "LSTM" not in cell:
            text = text.replace("ys), carry", "ys), carry * 2.0")
        return Sample(text, ("batch", "time", "features"), False, "linen", "scan")
    state = "(c, h)" if "LSTM" in cell else "h"
    text = (
        "class Encoder(nn.Module):\n    units: int\n\n    @nn.compact\n    def __call__(self, x):\n"
        f"        return nn.RNN(nn.{cell}(self.units), return_carry=True)(x)\n\n\n"
        "class Model(nn.Module):\n    def setup(self):\n"
        f"        self.encoder = Encoder({units})\n        self.cell = nn.{cell}({units})\n"
        "        self.layers = [nn.Dense(n) for n in (7, 4)]\n"
        f"        self.scale = self.param('scale', nn.initializers.ones, (4,))\n\n"
        "    def step(self, state, x):\n        state, y = self.cell(state, x)\n        for layer in self.layers:\n            y = layer(y)\n        return state, y * self.scale\n\n"
        f"    def __call__(self, x):\n        {state}, ys = self.encoder(x)\n        found = []\n"
        f"        for t in range(x.shape[1]):\n            {state}, y = self.step({state}, x[:, t])\n            found.append(y)\n"
        "        return jnp.stack(found, axis=1), h\n"
    )
    return Sample(text, ("batch", "time", "features"), False, "linen", "parts")


def _nnx(draw: random.Random) -> Sample:
    """An NNX model of recurrent layers, in lists or attributes."""
    cell, units, features = draw.choice(NNX_CELLS), draw.randint(3, 30), draw.randint(2, 12)
    both = draw.random() < 0.4
    sides = 2 if both else 1
    width = draw.randint(2, 12)
    words = draw.random() < 0.4
    start = (
        f"        self.embed = nnx.Embed(num_embeddings={draw.randint(20, 60)}, features=n_in, rngs=rngs)\n"
        if words
        else ""
    )
    made = f"nnx.RNN(nnx.{cell}(n_in, units, rngs=rngs))"
    if both:
        made = f"nnx.Bidirectional(nnx.RNN(nnx.{cell}(n_in, units, rngs=rngs)), nnx.RNN(nnx.{cell}(n_in, units, rngs=rngs)))"
    end = draw.choice(
        [
            "x[:, -1]",
            "x.mean(axis=1)",
            "x",
            "jnp.max(x, axis=1, keepdims=True)",
            "x.transpose(0, 2, 1).transpose(0, 2, 1)",
        ]
    )
    style = draw.choice(["list", "sequential", "loop"])
    hidden = draw.randint(3, 20)
    if style == "list":
        head = f"        self.layers = nnx.List([nnx.Linear(units * {sides}, {hidden}, rngs=rngs), nnx.Linear({hidden}, n_out, use_bias=False, rngs=rngs)])\n"
        use = "        for layer in self.layers:\n            x = nnx.relu(layer(x))\n"
    elif style == "sequential":
        head = f"        self.head = nnx.Sequential(nnx.LayerNorm(units * {sides}, rngs=rngs), nnx.Linear(units * {sides}, {hidden}, rngs=rngs), nnx.gelu, nnx.Linear({hidden}, n_out, rngs=rngs))\n"
        use = "        x = self.head(x)\n"
    else:
        head = f"        sizes = [units * {sides}, {hidden}, n_out]\n        self.dense = nnx.List([])\n        for a, b in zip(sizes[:-1], sizes[1:]):\n            self.dense.append(nnx.Linear(a, b, rngs=rngs))\n        self.gain = nnx.Param(jnp.ones((n_out,)))\n"
        use = "        for layer in self.dense:\n            x = jnp.tanh(layer(x))\n        x = x * self.gain[...]\n"
    text = (
        f"class Net(nnx.Module):\n    def __init__(self, n_in: int, units: int, n_out: int, *, rngs: nnx.Rngs):\n{start}"
        f"        self.rnn = {made}\n        self.drop = nnx.Dropout(0.1, rngs=rngs)\n{head}\n"
        f"    def __call__(self, x):\n{'        x = self.embed(x)' + chr(10) if words else ''}"
        f"        x = self.drop(self.rnn(x))\n        x = {end}\n{use}        return x\n\n\n"
        f"model = Net({features}, {units}, {width}, rngs=nnx.Rngs(0))\n"
    )
    shape = ("batch", "time") if words else ("batch", "time", features)
    return Sample(text, shape, words, "nnx", f"nnx {style}")


def _nnx_parts(draw: random.Random) -> Sample:
    """A convolution, norms, a cell of the text in a scan, attention."""
    features, units = draw.randint(2, 9), 2 * draw.randint(2, 9)
    if draw.random() < 0.5:
        text = (
            "class Net(nnx.Module):\n    def __init__(self, rngs):\n"
            f"        self.conv = nnx.Conv({features}, {units}, kernel_size=({draw.choice([3, 5])},), padding={draw.choice(['SAME', 'VALID'])!r}, rngs=rngs)\n"
            f"        self.norm = nnx.BatchNorm({units}, rngs=rngs)\n        self.rnn = nnx.RNN(nnx.GRUCell({units}, 7, rngs=rngs), return_carry=True)\n"
            f"        self.attention = nnx.MultiHeadAttention(num_heads=2, in_features={units}, qkv_features={units}, decode=False, rngs=rngs)\n"
            "        self.out = nnx.Linear(in_features=7, out_features=2, rngs=rngs)\n\n    def __call__(self, x):\n"
            "        x = nnx.relu(self.norm(self.conv(x)))\n        x = self.attention(x)\n        carry, y = self.rnn(x)\n        return self.out(y), carry\n\n\nmodel = Net(nnx.Rngs(0))\n"
        )
        return Sample(text, ("batch", "length", features), False, "nnx", "nnx conv")
    text = (
        f"class Encoder(nnx.Module):\n    def __init__(self, n, *, rngs):\n        self.cell = nnx.LSTMCell(n, {units}, rngs=rngs)\n"
        f"        self.rnn = nnx.RNN(self.cell, return_carry=True)\n\n    def __call__(self, x):\n        (c, h), y = self.rnn(x)\n        return c, h\n\n\n"
        f"class Net(nnx.Module):\n    def __init__(self, *, rngs):\n        self.encoder = Encoder({features}, rngs=rngs)\n"
        f"        self.decoder = nnx.GRUCell({units}, {units}, rngs=rngs)\n        self.out = nnx.Linear({units}, {features}, rngs=rngs)\n"
        "        self.bias = nnx.Param(jnp.zeros((3, 2)))\n\n    def __call__(self, x):\n        c, h = self.encoder(x)\n"
        "        found = []\n        y = jnp.concatenate([c], axis=-1)\n        for _ in range(x.shape[1]):\n            h, y = self.decoder(h, y)\n            found.append(self.out(y))\n"
        "        return jnp.stack(found, axis=1)\n\n\nmodel = Net(rngs=nnx.Rngs(0))\n"
    )
    return Sample(text, ("batch", "time", features), False, "nnx", "nnx parts")


STYLES = (_linen_recurrent, _linen_recurrent, _linen_words, _linen_convolution, _linen_scan, _nnx,
          _nnx, _nnx_parts)  # fmt: skip
HEADS = {
    "linen": ("import jax\nimport jax.numpy as jnp\nfrom flax import linen as nn\nfrom typing import Sequence\n\n\n",
              "import jax, jax.numpy as jnp\nimport flax.linen as nn\nfrom typing import Sequence\n\n\n"),
    "nnx": ("import jax\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n",),
}  # fmt: skip


def sample(seed: int) -> Sample:
    """The sample of this number."""
    draw = random.Random(seed)
    drawn = draw.choice(STYLES)(draw)
    return drawn._replace(text=draw.choice(HEADS[drawn.family]) + drawn.text)


def real(drawn: Sample) -> tuple[int, list[tuple[int, ...]]]:
    """The parameters and the shapes of the results in real Flax; nothing is computed."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(drawn.text, "sample", "exec", dont_inherit=True), names)
    last = list(re.findall(r"^class (\w+)", drawn.text, re.M))[-1]
    sizes = tuple(NUMBERS.get(each, each) for each in drawn.shape)
    given = jax.ShapeDtypeStruct(sizes, jnp.int32 if drawn.words else jnp.float32)
    module = names["model"] if "model" in names else names[last]()
    if drawn.family == "nnx":
        count = sum(each.size for each in jax.tree.leaves(nnx.state(module, nnx.Param)))
        found = nnx.eval_shape(lambda net, x: net(x), module, given)
    else:
        options = {"train": False} if "*, train" in drawn.text else {}
        keys = {"params": jax.random.key(0), "dropout": jax.random.key(1)}
        found, variables = jax.eval_shape(
            lambda x: module.init_with_output(keys, x, **options), given
        )
        count = sum(each.size for each in jax.tree.leaves(variables["params"]))
    return count, [tuple(each.shape) for each in jax.tree.leaves(found)]


def difference(drawn: Sample) -> str:
    """What lstminspect says otherwise than Flax, empty where both agree; `refused:` if nothing."""
    import lstminspect as li

    count, shapes = real(drawn)
    try:
        found = li.model(drawn.text)
    except li.LstmInspectError as error:
        return f"wrong: {drawn.style}: false alarm: {error}\n{drawn.text}"
    if put(found.parameters) != count:
        return f"wrong: {drawn.style}: {found.parameters} for {count}\n{drawn.text}"
    if not found.complete:
        return f"refused: {drawn.style}: {found.doubts} {found.opaque}\n{drawn.text}"
    said = [tuple(put(size) for size in shape) for shape in found.outputs if shape is not None]
    if said != shapes:
        return f"wrong: {drawn.style}: {found.outputs} = {said} for {shapes}\n{drawn.text}"
    return ""


def put(size: Any) -> int:
    """A size with numbers put in for its letters."""
    if isinstance(size, int):
        return size
    return int(size.subs({one: NUMBERS.get(str(one), 0) for one in size.free_symbols}))


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    compared = [difference(sample(seed)) for seed in range(many)]
    wrong = [each for each in compared if each.startswith("wrong")]
    refused = [each for each in compared if each.startswith("refused")]
    print(*wrong[:6], *refused[:6], sep="\n\n")
    print(f"{many - len(wrong) - len(refused)} of {many} agree, {len(refused)} refused, "
          f"{len(wrong)} wrong")  # fmt: skip
    sys.exit(bool(wrong))
