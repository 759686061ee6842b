"""Right code, which no type checker may object to."""

from typing import cast

import numpy
from sympy import Symbol

import lstminspect as li
from lstminspect.names import ConventionName

layer = li.Layer("lstm", units=64, features=3, timesteps=30, return_sequences=True)
letters = li.Layer("gru", "u", Symbol("f"), batch=8)
grid = li.Layer("rnn", numpy.arange(1, 9), numpy.array([3]))
index = li.Layer("rnn", numpy.int64(4), 3)
both = li.Layer("lstm", 4, 3, bidirectional=True, merge_mode=None, layers=1)
own_size = li.Layer("projected", units=64, features=3, projection=16)
groups = li.Layer("clockwork", units=64, features=3, groups=(8, 16, 40))
in_pytorch = li.Layer("lstm", hidden_size=64, input_size=3, num_layers=2, proj_size=16)
cell = li.Cell("h = tanh(W_h @ x + U_h @ h + b_h)")
of_own = li.Layer(cell, 4, 3)
deep = li.Layer(li.Cell("U_h: blocks(depth)\nh = tanh(U_h @ h)"), 4, 3, extra={"depth": 2})


def asked(name: str, convention: str) -> li.Report:
    """A cell and a convention that are known when the program runs."""
    return li.report(li.Layer(name, 4, 3), cast(ConventionName, convention))


report = li.report(layer, "pytorch", framework="pytorch")
again = li.cost(report.layer, report.convention, dtype="int8")
text: str = li.render([layer, letters], "markdown") + report.to_latex() + again.to_json()
rows = li.sweep(["lstm", cell], range(1, 10), [3], "equations", bidirectional=True)
first: li.Solution = li.solve(17408, "gru", features=3)
windows = li.window(layer, [1, 10])
steps: list[int] = [window.steps for window in windows[1:]]
compared = li.compare("lstm", ("gru", 73), features=32, parameters=100_000, layers=2)
symbols = li.symbols("lstm", "gru", use_bias=False).at(units=4)
drawn = li.picture(layer, "weights").to_svg()
weights = li.random_weights(layer, "pytorch")
moved = li.convert(weights, "pytorch", "keras").weights
outputs = li.run(layer, moved, numpy.zeros((1, 30, 3)), masked_output="zeros")
by_x = li.gradients(layer, moved, {"x": numpy.zeros((1, 30, 3))}, window=10).inputs["x"]
fitted: bool = li.fits(layer, flash=16_384, dtype="int8").does
sheet = li.quiz(seed=1, topics=["count", "shapes"]).without_key()
summary = li.model("LSTM(4, input_shape=(5, 3))", convention="onnx").summary(costs=True)
data = summary.to_dict()
parameters: list[int] = layer.to_dataframe()["parameters"].tolist()
explorer = li.explore(layer)
explorer.units, explorer.sizes = 8, {}
explorer.observe(print, ["units", "features"])
explored: li.Layer = explorer.layer
explorer.page.save("/dev/null")


def of_a_file(path: str) -> float:
    """A layer of a file stands where a Layer does."""
    found = li.open_file(path).layers[0]
    li.run(found, found.weights(), numpy.zeros((1, 30, 3)))
    return li.memory(found, layer, start=["keras", "haiku"], seeds=3).rows[0].half_life
