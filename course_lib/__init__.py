"""Recurrence: the library behind the lessons.

Importing this package is light: it imports no Keras, so that its settings below, which TensorFlow reads
once, are in place before anybody's first `import keras`.
"""

import logging
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # lessons show results, not start-up logs
# oneDNN's banner ignores that level. Without it a training step of lesson 10 took 4 to 8 % more processor
# time (two paired runs), and digits agree on more machines.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# The lessons multiply small matrices thousands of times. (100, 64) times (64, 192) took 0.1 ms with one
# thread of OpenBLAS and, on two busy cores, 1.5 ms with two that wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# TensorFlow's Python side warns through this logger, and its 300-word advice about tf.function retracing
# came up wherever a lesson trains several small models one after the other, as lessons do.
logging.getLogger("tensorflow").addFilter(lambda record: "retracing" not in record.getMessage())

__version__ = "0.1.0"
