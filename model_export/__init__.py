"""VGG16 as one ONNX file: graph, weights, quantisation, verification."""

import imagesearch  # noqa: F401 - before ONNX Runtime, which it tells to keep to itself
