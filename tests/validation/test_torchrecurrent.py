"""The catalogue against torchrecurrent, an independent PyTorch implementation of many of its cells.

Held together are the weights without biases, which torchrecurrent gives most cells two of a gate,
and what every cell returns.
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from sizes import fitting

from lstminspect import Cell, Layer, cells
from lstminspect.conventions.catalogue import EQUATIONS, get
from lstminspect.errors import WeightError
from lstminspect.runtime.run import run
from lstminspect.validation.torchrecurrent import ARGUMENTS, CELLS
from lstminspect.validation.torchrecurrent import in_time as run_theirs
from lstminspect.weights.pack import blocks_of

Array = Any

UNITS = 12

# Where torchrecurrent is not the paper, the paper stands; this is what torchrecurrent adds.
ADDS = {
    "janet": 1,  # beta, which the paper fixes, as a trained number
    "mut1": UNITS * UNITS,  # a matrix before the tanh of the input
    "mut2": UNITS * UNITS,  # a matrix before the input in the reset gate
    "scrn": 2 * UNITS * UNITS + 1,  # the output layer, and alpha as a trained number
}


def sizes_of(cell: Cell) -> dict[str, Any]:
    sizes: dict[str, Any] = fitting(cell, UNITS)
    if "context" in sizes:
        sizes["context"] = UNITS  # torchrecurrent's context is as wide as its state
    return sizes


def test_every_cell_of_torchrecurrent_is_in_the_catalogue() -> None:
    package = pytest.importorskip("torchrecurrent")
    theirs = {name for name in dir(package) if name.endswith("Cell")}
    assert theirs == set(CELLS)
    assert set(CELLS.values()) <= set(cells.names())


@pytest.mark.parametrize("theirs", CELLS)
def test_the_weights_of_torchrecurrent_confirm_the_count(theirs: str) -> None:
    package = pytest.importorskip("torchrecurrent")
    cell = cells.get(CELLS[theirs])
    sizes = sizes_of(cell)
    real = getattr(package, theirs)(sizes["features"], UNITS)
    weights = sum(
        each.numel() for name, each in real.named_parameters() if not name.startswith("bias")
    )
    ours = cell.without_bias().count(**sizes)
    assert ours + ADDS.get(cell.name, 0) == weights


# Where torchrecurrent has more than the paper, what makes it vanish: in the tensor, the part of so
# many is this number, or this number times the identity.
VANISHING: dict[str, tuple[tuple[str, int, int, float], ...]] = {
    "atr": (("bias_ih", 0, 1, 0),),  # a bias of p
    "brc": (("bias_ih", 2, 3, 0),),  # a bias of the candidate
    "nbrc": (("bias_ih", 2, 3, 0),),  # a bias of the candidate
    "cfn": (("bias_ih", 2, 3, 0),),  # a bias of the mapped input
    "dsgu": (("bias_hh", 0, 2, 0),),  # a bias of g
    "sgu": (("bias_hh", 0, 2, 0),),  # a bias of g
    "janet": (("beta", 0, 1, 1),),  # trained, where the paper has 1
    "light_ru": (("bias_ih", 0, 2, 0),),  # a bias of the candidate
    "multiplicative_lstm": (("bias_ih", 0, 5, 0), ("bias_hh", 0, 1, 0)),  # of both factors of m
    "mut1": (("weight_ih", 2, 3, 1), ("bias_ih", 2, 3, 0)),  # a map of x inside its tanh
    "mut2": (("weight_ih", 1, 3, 1),),  # a matrix before the x in r
    "sgrn": (("bias_ih", 0, 1, 0),),  # a bias of the mapped input, in the gate and beside it
    "trnn": (("bias_ih", 0, 2, 0),),  # a bias of the mapped input
    "wmclstm": (("bias_mh", 0, 1, 0),),  # a bias inside each tanh
    # alpha trained, biases, and an output layer y = tanh(U h + V s), which goes back as h.
    "scrn": (
        ("alpha", 0, 1, 0.95),
        ("bias_ih", 0, 1, 0),
        ("bias_hh", 0, 1, 0),
        ("bias_ch", 0, 1, 0),
        ("weight_hh", 1, 2, 1),
        ("weight_ch", 1, 2, 0),
    ),
}

# Where no setting makes it the paper: what torchrecurrent computes, as a change of our equations.
INSTEAD: dict[str, dict[str, str]] = {
    # A sum where the cell of TensorFlow has a product: see lstminspect/cells/nas.py.
    "nas": {"relu((W_e @ x) * (U_e @ h + b_e))": "relu(W_e @ x + U_e @ h + b_e)"},
    # The old c in h, where its own docstring, the paper and the authors' code have the new one.
    "lem": {"c = (1": "q = c\nc = (1", "U_h @ c": "U_h @ q"},
    # The state is the output layer's tanh of h, where its own docstring and the paper have h.
    "scrn": {"h = sigmoid": "y = sigmoid", "U_h @ h)": "U_h @ h)\nh = tanh(y)"},
}

# How the cells that the layout leaves out stand in their tensors; `~` is a part named above.
PLACES = {
    "janet": {
        "weight_ih": "W_s W_n",
        "weight_hh": "U_s U_n",
        "bias_ih": "b_s b_n",
        "bias_hh": "b_s b_n",
    },
    "lem": {
        "weight_ih": "W_a W_b W_c W_h",
        "weight_hh": "U_a U_b U_c",
        "weight_ch": "U_h",
        "bias_ih": "b_a b_b b_c b_h",
        "bias_hh": "b_a b_b b_c",
        "bias_ch": "b_h",
    },
    "mut1": {
        "weight_ih": "W_z W_r ~W_z",
        "weight_hh": "U_r U_n",
        "bias_ih": "b_z b_r ~b_z",
        "bias_hh": "b_r b_n",
    },
    "mut2": {
        "weight_ih": "W_z ~W_z W_n",
        "weight_hh": "U_z U_r U_n",
        "bias_ih": "b_z b_r b_n",
        "bias_hh": "b_z b_r b_n",
    },
    "nas": {
        "weight_ih": "W_a W_b W_d W_e W_f W_g W_i W_j",
        "weight_hh": "U_a U_b U_d U_e U_f U_g U_i U_j",
        "bias_ih": "b_a b_b b_d b_e b_f b_g b_i b_j",
        "bias_hh": "b_a b_b b_d b_e b_f b_g b_i b_j",
    },
    "scrn": {"weight_ih": "B_c W_h", "weight_hh": "U_h ~U_h", "weight_ch": "P_h ~P_h"},
}


def blocks_in(cell: Cell, tensors: dict[str, Array]) -> dict[str, Array]:
    """The blocks of `cell` in torchrecurrent's tensors."""
    if cell.name not in PLACES:
        return blocks_of(Layer(cell, **sizes_of(cell)), tensors, "torchrecurrent")[0]
    sizes, found = sizes_of(cell), {}
    for tensor, places in PLACES[cell.name].items():
        top = 0
        for text in places.split():
            rows = sizes[cell.block_named[text.lstrip("~")].shape[0]]
            if text[0] != "~":
                found[text] = found.get(text, 0) + tensors[tensor][top : top + rows]
            top += rows
        assert top == len(tensors[tensor])
    assert set(found) == set(cell.block_named)
    return found


def make_vanish(name: str, tensors: dict[str, Array]) -> None:
    """Set what torchrecurrent has more than the paper to what makes it vanish."""
    for tensor, number, parts, value in VANISHING.get(name, ()):
        array = tensors[tensor]
        part = numpy.split(array, parts)[number] if parts > 1 else array
        part[...] = value * numpy.eye(*part.shape) if part.ndim == 2 else value


def furthest(cell: Cell, blocks: Any, x: Array, starts: Any, theirs: Any, **inputs: Array) -> float:
    """How far what `cell` returns is from what torchrecurrent returned, for numbers about 1."""
    layer = Layer(cell, **sizes_of(cell), return_sequences=True, return_state=True)
    found, *ends = run(layer, blocks, x, starts, convention=EQUATIONS, **inputs)
    pairs = [(found, theirs[0])]
    pairs += [(end, theirs[1][name]) for name, end in zip(cell.states, ends, strict=True)]
    for one, other in pairs:
        assert one.shape == other.shape
        assert one.dtype == other.dtype == numpy.float32
        assert numpy.isfinite(other).all()
    return max(float(numpy.max(abs(a - b) / (1 + abs(b)))) for a, b in pairs)


@pytest.mark.parametrize("theirs", CELLS)
def test_a_cell_of_torchrecurrent_returns_what_the_equations_do(theirs: str) -> None:
    package = pytest.importorskip("torchrecurrent")
    torch = pytest.importorskip("torch")
    cell = cells.get(CELLS[theirs])
    sizes = sizes_of(cell)
    chance = numpy.random.default_rng(7)

    def drawn(*shape: int) -> Array:
        return numpy.array(chance.normal(size=shape), numpy.float32)

    arguments = ARGUMENTS.get(cell.name, {})
    real = getattr(package, theirs)(sizes["features"], UNITS, **arguments)
    tensors = {name: drawn(*each.shape) for name, each in real.named_parameters()}
    for array in tensors.values():
        array /= UNITS**0.5
    make_vanish(cell.name, tensors)
    for name, each in real.named_parameters():
        each.data = torch.from_numpy(tensors[name])

    x = drawn(3, 6, sizes["features"])
    starts = {name: drawn(3, sizes[size]) for name, size in cell.states.items()}
    declared = [each for each in cell.declared.values() if each.kind == "input"]
    inputs = {each.name: drawn(3, 6, sizes[each.size]) for each in declared if each.name != "x"}
    expected = run_theirs(real, cell, x, starts, **inputs)

    blocks = blocks_in(cell, tensors)
    said = cell.text
    for ours, instead in INSTEAD.get(cell.name, {}).items():
        assert said.count(ours) == 1
        said = said.replace(ours, instead)
    same = Cell(said) if said != cell.text else cell
    assert furthest(same, blocks, x, starts, expected, **inputs) < 1e-5
    if same is not cell:
        assert furthest(cell, blocks, x, starts, expected, **inputs) > 1e-2


STORED = sorted(set(CELLS.values()) - set(PLACES))


def test_the_layout_has_every_cell_that_can_be_stored() -> None:
    assert sorted(get("torchrecurrent").cells) == STORED


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", STORED)
def test_torchrecurrent_stores_what_the_table_says(name: str, layers: int) -> None:
    package = pytest.importorskip("torchrecurrent")
    cell = cells.get(name)
    sizes = sizes_of(cell)
    theirs = {ours: other for other, ours in CELLS.items()}[name]
    for use_bias in (True, False):
        options = {"bias": use_bias}
        others = ("recurrent_bias", "cell_bias", "memory_bias", "multiplicative_bias")
        module = getattr(package, theirs)
        known = module.__init__.__code__.co_varnames
        options |= {other: use_bias for other in others if other in known and name != "unicornn"}
        if layers == 1:
            real = module(sizes["features"], UNITS, **options)
        else:
            stacked = getattr(package, theirs.removesuffix("Cell"))
            real = stacked(sizes["features"], UNITS, num_layers=layers, **options)
        stored = [(name, tuple(each.shape)) for name, each in real.named_parameters()]
        layer = Layer(cell, **sizes, layers=layers, use_bias=use_bias)
        ours = [(weight.name, weight.shape) for weight in layer.weights_in("torchrecurrent")]
        assert ours == stored


def test_a_bias_that_the_equations_do_not_have_is_refused() -> None:
    layer = Layer("atr", 4, 3)
    tensors = {
        weight.name: numpy.ones(weight.shape) for weight in layer.weights_in("torchrecurrent")
    }
    with pytest.raises(
        WeightError, match="bias_ih has a part that atr does not, and it is not zero"
    ):
        blocks_of(layer, tensors, "torchrecurrent")
    tensors["bias_ih"][:] = 0
    assert set(blocks_of(layer, tensors, "torchrecurrent")[0]) == set(layer.cell.block_named)
