"""The meaning of calls, attributes and operators in PyTorch code: modules, tensors, `forward`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.models.reading.builtins import NOTHING, built_in
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.module_semantics import ModuleSemantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.torch_arrays import Arrays, is_numpy, scaled
from lstminspect.models.reading.torch_data import Data, DatasetValue, LoaderValue
from lstminspect.models.reading.torch_layers import Layers
from lstminspect.models.reading.torch_losses import Losses, LossValue
from lstminspect.models.reading.torch_members import Members
from lstminspect.models.reading.torch_modules import Modules
from lstminspect.models.reading.torch_objects import (
    CONTAINERS,
    SIGNATURES,
    Fault,
    PackedTensor,
    ParameterGroup,
    TensorValue,
    TorchModule,
    as_module,
    as_value,
    configured,
    is_torch,
)
from lstminspect.models.reading.torch_tensors import TensorFunctions
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Parent,
    Unknown,
)
from lstminspect.sizes import is_letter

__all__ = ["TorchSemantics"]

BASES = ("Module", "LightningModule", "ScriptModule", *CONTAINERS, *SIGNATURES)
#: Bases from other packages that hold no parameters of their own.
EMPTY = ("PreTrainedModel", "BaseFeaturesExtractor", "TorchModelV2", "FairseqEncoder",
         "FairseqDecoder", "FairseqIncrementalDecoder", "BaseFairseqModel", "LightningModule",
         "PyTorchModelHubMixin", "ModelMixin", "ConfigMixin", "SequentialRecommender", "ABC",
         "Generic", "Protocol", "object", "GenerationMixin", "PushToHubMixin",
         "HyperparametersMixin", "Registrable", "MessagePassing", "BaseModule")  # fmt: skip
#: Methods that give the module or the tensor itself.
SAME = ("to", "cuda", "cpu", "eval", "train", "float", "double", "half", "apply", "share_memory",
        "flatten_parameters", "compile")  # fmt: skip
#: What is taken for an argument that the text leaves open, and that is no letter of a count.
USUAL = {"bias": True, "affine": True, "batch_first": False, "bidirectional": False,
         "num_layers": 1}  # fmt: skip
#: Functions that give the module that they are given, with the same numbers in it.
WRAPPERS = ("weight_norm", "remove_weight_norm", "spectral_norm", "compile", "script",
            "DataParallel", "DistributedDataParallel")  # fmt: skip
MADE = re.compile(r"^[\w.]*\b[A-Z]\w*\(")


class TorchSemantics(ModuleSemantics):
    """The modules of a text, and the calls of one reading of `forward`."""

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        super().__init__(source, tree, sizes, choices)
        self.functions = TensorFunctions(self)
        self.modules = Modules(self)
        self.layers = Layers(self)
        self.members = Members(self)
        self.arrays = Arrays(self)
        self.data = Data(self)
        self.losses = Losses(self)

    # What the interpreter asks

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name could make a layer."""
        return name in SIGNATURES or name in CONTAINERS or name == "Parameter"

    def is_made(self, value: Any) -> bool:
        """True for a module, a tensor, or what makes one."""
        match value:
            case TorchModule() | TensorValue() | PackedTensor():
                return True
            case DatasetValue() | LoaderValue() | LossValue():
                return True
            case Instance():
                return isinstance(value.native, TorchModule)
            case DottedName():
                return is_torch(value, "nn") and self.makes_layers(value.last)
            case ClassObject(name):
                return name in self.relevance.makers
            case DefinedFunction(node=node):
                return getattr(node, "name", "") in self.relevance.makers
            case _:
                return False

    def progress(self) -> int:
        """A number that grows with every module and call."""
        return (
            len(self.modules.every)
            + len(self.layers.calls)
            + (1_000_000 if self.layers.depth else 0)
        )

    def entries(self, value: Any) -> list[Any] | None:
        """The entries that a loop goes through: modules in a list, the first axis of a tensor."""
        if isinstance(value, DatasetValue | LoaderValue):
            return self.data.entries(value)
        module = as_module(value)
        if module is not None and module.layer_type == "ModuleDict":
            return list(module.children)
        if module is not None:
            return [
                *(as_value(each) for each in module.children.values()),
                *module.entries.values(),
            ]
        if isinstance(value, ParameterGroup):
            return [value]
        if isinstance(value, TensorValue) and value.shape and not is_letter(value.shape[0]):
            return [TensorValue(value.shape[1:]) for _ in range(min(value.shape[0], 1000))]
        return None

    def made(self, instance: Instance, _options: dict[str, Any]) -> None:
        """Give an object of a class that is made from a module its module."""
        cls = instance.cls
        bases = list(cls.bases_outside())
        known = any(is_torch(each) and each.last in BASES for each in bases)
        own = isinstance(cls.get("forward", None), DefinedFunction)
        own = own and isinstance(cls.get("__init__", None), DefinedFunction)
        # A base can be an expression too, for example `Classifier[Sentence]`.
        open_bases = [e.text for one in cls.line() for e in one.bases if isinstance(e, Unknown)]
        known = known or any(re.search(r"\bnn\.Module\b", each) for each in open_bases)
        bases += [DottedName(each.partition("[")[0], True) for each in open_bases]
        other = [each for each in bases if each.imported and each.last not in EMPTY]
        if known or (own and bases and cls.name in self.relevance.makers):
            instance.native = TorchModule(cls.name, instance=instance)
            self.modules.every.append(instance.native)
        if not known and isinstance(instance.native, TorchModule):
            instance.native.bases = tuple(each.last for each in other)

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Register a module, a parameter; freeze or tie one."""
        if isinstance(owner, ParameterGroup | TensorValue):
            held = (owner.module, "*") if isinstance(owner, ParameterGroup) else owner.owner
            if name == "requires_grad" and value is False and held is not None:
                held[0].frozen.add(held[1])
            return
        module = as_module(owner)
        if module is None:
            return
        inner = as_module(value)
        if inner is not None:
            module.children[name] = inner
        elif isinstance(value, TensorValue) and value.owner and value.is_parameter:
            module.tied[name] = value.owner[1]
        elif isinstance(value, TensorValue) and value.is_parameter:
            module.parameters[name] = value.stored
            value.owner = (module, name)
        elif isinstance(owner, Instance) and isinstance(value, Unknown) and not value.operation:
            shown = value.origin or value.text
            if MADE.match(shown) and name in owner.names:
                self.note(f"{shown}: its parameters are not known and not counted")

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`."""
        return self.members.attribute(owner, name)

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""
        return self.members.combined(left, right, operation, node)

    def entry(self, owner: Any, _number: int, node: ast.expr) -> Any:
        """An entry of a tensor whose first axis is a letter."""
        if isinstance(owner, TensorValue) and owner.shape:
            return TensorValue(owner.shape[1:], dtype=owner.dtype)
        if isinstance(owner, TensorValue):
            return self.members.subscripted(owner, [0], node)
        return self.interpreter.values.unknown(node)

    def looped(self, several: list[Any], over: Any) -> None:
        """Take note of how long a list is that a comprehension over something open makes."""
        self.grown[id(several)] = several, self.interpreter.many(over)

    def compared(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The answer of a comparison of tensors: a tensor again, of truths."""
        several = [each for each in (left, right) if isinstance(each, TensorValue)]
        if not several or operation in ("Is", "IsNot", "In", "NotIn"):
            return self.interpreter.values.unknown(node)
        return self.members.combined(left, right, operation, node)

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""
        return self.members.subscripted(owner, keys, node)

    # Calls

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call."""
        try:
            return self._called(callee, arguments, options, node)
        except Fault:
            raise
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def _called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        values = self.interpreter.values
        match callee:
            case TorchModule():
                return self.layers.entered(callee, arguments, options, node)
            case Instance(native=TorchModule() as module):
                return self.layers.entered(module, arguments, options, node)
            case LossValue():
                return self.losses.call(callee, arguments, options, node)
            case BoundMethod(owner=LossValue() as loss):
                return loss
            case BoundMethod(owner=TensorValue(is_array=True) as array, name=name):
                return self.arrays.method(name, [array, *arguments], options, node)
            case BoundMethod(owner=TorchModule() as module, name=name):
                return self.modules.method(module, module, name, arguments, options, node)
            case BoundMethod(owner=Instance(native=TorchModule() as module) as owner, name=name):
                return self.modules.method(module, owner, name, arguments, options, node)
            case BoundMethod(owner=Parent(owner=Instance(native=TorchModule() as module) as owner),
                             name=name):  # fmt: skip
                if name == "__init__":
                    return self.modules.start(module, callee.owner, arguments, options, node)
                return self.modules.method(module, owner, name, arguments, options, node)
            case BoundMethod(owner=TensorValue() as tensor, name=name):
                return self._function(name, [tensor, *arguments], options, node)
            case BoundMethod(owner=ParameterGroup(), name=_):
                return values.unknown(node)
            case DottedName():
                return self._named(callee, arguments, options, node)
        found = scaled(callee, arguments)
        if found is not NOTHING:
            return found
        if any(isinstance(each, TensorValue | PackedTensor) for each in arguments):
            text = self.source.shown(node.func)
            if isinstance(callee, Unknown) and text.startswith("self."):
                self.note(
                    f"{self.place(node)}: {text} is not known; its parameters are not counted"
                )
            return self.lost(node, f"{text} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    def _named(
        self, callee: DottedName, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call of a name that the text does not define."""
        last = callee.last
        first = arguments[0] if arguments else None
        found = self._made_of_data(callee, arguments, options, node)
        if found is not NOTHING:
            return found
        if callee.name == "len" and isinstance(first, TensorValue) and first.shape:
            return self.as_number(first.shape[0])
        if not callee.imported and any(as_module(each) for each in arguments):
            listed = [
                several if as_module(each) and (several := self.entries(each)) is not None else each
                for each in arguments
            ]
            found = built_in(callee.name, listed, options)
            if found is not NOTHING:
                return found
        if last == "from_pretrained" and callee.name.endswith("Embedding.from_pretrained"):
            weights = first if arguments else options.get("embeddings")
            made = self.modules.pretrained(weights, node)
            if options.get("freeze", arguments[1] if len(arguments) > 1 else True) is True:
                made.frozen.add("*")
            return made
        held = as_module(first)
        if held is not None and last in WRAPPERS:
            if last in ("weight_norm", "remove_weight_norm"):
                self.modules.normalize(held, last, arguments[1:], options)
            return first
        if is_torch(callee, "nn") and last in CONTAINERS:
            return self.modules.container(last, arguments, node)
        if is_torch(callee, "nn") and last in ("TransformerEncoder", "TransformerDecoder"):
            return self.modules.copies(last, arguments, options, node)
        if is_torch(callee, "nn") and last in SIGNATURES:
            if "**" in options:
                options = {**self.modules.unsaid(last, arguments, options, node), **options}
            config = self.modules.resolved(
                configured(last, arguments, options, self.place(node)), node
            )
            return self.modules.new(TorchModule(last, config, self.place(node)))
        if is_torch(callee, "nn") and last == "Parameter":
            shape = first.shape if isinstance(first, TensorValue) else None
            many = self._many(node) if shape is None else None
            return TensorValue(shape, is_parameter=True, many=many)
        if last in ("pack_padded_sequence", "pack_sequence", "pad_packed_sequence"):
            return self.layers.packing(last, arguments, options)
        if is_torch(callee):
            module = callee.name.rpartition(".")[0]
            if last[:1].isupper() and module in ("torch.nn", "nn"):
                self.note(
                    f"{self.place(node)}: {last} is not known; its parameters are not counted"
                )
                return self.modules.new(TorchModule(last, {}, self.place(node), is_opaque=True))
            return self._function(last, arguments, options, node)
        if any(isinstance(each, TensorValue) for each in arguments):
            return self.lost(node, f"{self.source.shown(node.func)} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    def _many(self, node: ast.Call) -> Any:
        """The letter of how many numbers a Parameter of an unknown shape has."""
        place = self.place(node)
        given = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "data")]
        if not given:
            return 0
        text = f"{self.source.shown(given[0])}.numel()"
        self.note(f"{place}: the shape of this Parameter is not known", False)
        return self.letters.size(Unknown(text, f"{text}@{place}", place))

    def _made_of_data(
        self, callee: DottedName, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """Data, arrays and losses; NOTHING for a call that makes none."""
        last = callee.last
        found = self.data.call(callee, arguments, options)
        if found is not NOTHING:
            return found
        if is_numpy(callee):
            return self.arrays.numpy(callee, arguments, options)
        if not is_torch(callee) and last != "Variable":
            return NOTHING
        if last.endswith("Loss") and last[:1].isupper():
            return LossValue(last, options)
        loss = self.losses.function(last)
        if loss is not None:
            return self.losses.call(loss, arguments, options, node)
        if last in ("set_default_dtype", "set_default_tensor_type"):
            self.layers.is_float = False
        return self.arrays.torch(last, arguments, options)

    def _function(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a function of tensors."""
        found = self.functions.call(name, arguments, options, node)
        tensors = any(isinstance(each, TensorValue) for each in arguments)
        given = any(isinstance(each, TensorValue) and each.shape is not None for each in arguments)
        if found is NOTHING:
            if not tensors or name in ("size", "dim", "numel", "item", "tolist"):
                return self.interpreter.values.unknown(node)
            return self.lost(node, f"{name} is not followed here") if given else TensorValue(None)
        if isinstance(found, TensorValue) and found.shape is None and given:
            self.end(node, f"the shape of {name}(...) is not known here")
        return found
