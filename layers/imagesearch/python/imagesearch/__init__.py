"""Everything the functions share.

Import the modules by name: this file imports none, so that nobody pays for what they do not use.
"""

import os

# ONNX Runtime's wheels for Linux (seen in 1.31) write an id of the machine and a log of events into the home directory,
# to be sent to its makers. Its `disable_telemetry_events()` comes too late; this is read when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
