"""Messages while a saved model is made again: classes that are not known, other versions."""

from __future__ import annotations

from lstminspect.explanations.message_kinds.kind import stated

__all__ = ["KINDS"]

OWN = ("load_model(path, custom_objects={{'{name}': {name}}})", "for a class or function of yours")
REGISTERED = (
    "@keras.saving.register_keras_serializable()",
    "above the class, in a file that is imported before the model is loaded",
)

KINDS = (
    stated(
        r"Un(?:k)?nown (?P<kind>layer|metric function|loss function|object|initializer): "
        r"'?(?P<name>\w+)",
        "The file names {name}, which this Keras does not know.",
        OWN,
        REGISTERED,
        ("model.load_weights(path)", "into a model that the code makes, where that is at hand"),
    ),
    stated(
        r"Could not locate (?:class|function) '(?P<name>\w+)'",
        "The file names {name}, which this Keras does not find.",
        OWN,
        REGISTERED,
        ("the version of Keras that saved it", "also a class of Keras itself may have moved"),
    ),
    stated(
        r"Keyword argument not understood:?'?,? ?'(?P<name>\w+)'",
        "A layer is made with the argument {name}, which its class does not take: by a file of "
        "another version, or of a class of another signature.",
        ("the version of the package that saved it", "arguments are saved with their names"),
        ("def __init__(self, {name}=None, **kwargs)", "in a class of your own; and get_config"),
    ),
    stated(
        r"Error when deserializing class '(?P<name>\w+)' using config|"
        r"(?P<layer>\w+) could not be deserialized properly",
        "The arguments in the file do not make a {name}{layer}: they are of another version.",
        ("tf_keras", "Keras 2, if a file of Keras 2 must be read as it is"),
        ("model.load_weights(path)", "into a model that the code makes"),
    ),
    stated(
        r"File not found: filepath=(?P<path>\S+?)\. ",
        "There is no file {path}, or it is not a .keras file.",
        ("os.path.abspath(path)", "where Python looks: relative to the folder it runs in"),
        (".h5 or a folder", "files of Keras 2 end otherwise than .keras"),
    ),
    stated(
        r"Unable to (?:synchronously )?open file \(unable to open file: name = '(?P<path>[^']*)'",
        "There is no file {path}.",
        ("os.path.abspath(path)", "where Python looks: relative to the folder it runs in"),
    ),
    stated(
        r"Unable to (?:synchronously )?open file \(file signature not found\)",
        "The file is not HDF5: it is another format, or was not downloaded whole.",
        ("open(path, 'rb').read(20)", "its first bytes: PK is a .keras file, < a web page"),
    ),
)
