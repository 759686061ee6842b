"""A model for a microcontroller: counted before it is trained, then converted to int8.

python examples/convert_for_a_chip.py

Needs TensorFlow and Keras 2, which alone makes one kernel of an LSTM:
pip install 'lstminspect[keras]' tf-keras
"""

import contextlib
import io
import warnings

import numpy
import tensorflow as tf
import tf_keras

import lstminspect as li

STEPS, FEATURES, UNITS, WORDS = 49, 40, 64, 12

text = f"Input(({STEPS}, {FEATURES})), LSTM({UNITS}), Dense({WORDS})"
fit = li.fits(li.model(text), flash=256 * 1024, ram=64 * 1024)
print(fit)

layers = tf_keras.layers
model = tf_keras.Sequential(
    [tf_keras.Input((STEPS, FEATURES), batch_size=1), layers.LSTM(UNITS), layers.Dense(WORDS)]
)
# Here it would be trained.

random = numpy.random.default_rng(0)
samples = [random.normal(size=(1, STEPS, FEATURES)).astype("float32") for _ in range(8)]
converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([sample] for sample in samples)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
    warnings.simplefilter("ignore")
    content = converter.convert()

with contextlib.redirect_stdout(io.StringIO()) as said:
    tf.lite.experimental.Analyzer.analyze(model_content=content)
kernels = said.getvalue().count("Op#0 UNIDIRECTIONAL_SEQUENCE_LSTM(")
print(
    f"\nThe file has {len(content):,} bytes, {fit.needs_flash:,} of which were counted: the rest "
    f"is its format. The LSTM is {'one kernel' if kernels else 'a loop'}."
)
