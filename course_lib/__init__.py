"""Recurrence: the library behind the lessons.

Importing this package is light: it imports no Keras, so that its settings below, which TensorFlow reads
once, are in place before anybody's first `import keras`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # lessons show results, not start-up logs
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its banner ignores the level above

__version__ = "0.1.0"
