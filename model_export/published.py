"""Numbers that other people published about VGG16's ImageNet weights: an independent check of what we read.

The statistics are printed in "Inspecting Model Weights" (August 2020), of `keras.applications.VGG16`'s first and last
convolution. The first values of every layer are what a Julia session printed of MatConvNet's
`imagenet-vgg-verydeep-16.mat` (https://www.vlfeat.org/matconvnet/pretrained), the same training in another framework.
"""

from __future__ import annotations

STATISTICS = {
    ("block1_conv1", "kernel"): (-0.0024379087, 0.20669945, -0.67140007, 0.6085159),
    ("block1_conv1", "bias"): (0.5013912, 0.32847992, -0.015828926, 2.064037),
    ("block5_conv3", "kernel"): (-0.0010818949, 0.008478405, -0.09288482, 0.28699666),
    ("block5_conv3", "bias"): (0.14986369, 0.4928213, -0.50036746, 9.431553),
}
"""Mean, standard deviation, minimum and maximum, by layer and tensor."""

FIRST_VALUES = {
    "block1_conv1": (64, 3, 0.4800154, 0.73429835),
    "block1_conv2": (64, 64, 0.16621928, -0.30912212),
    "block2_conv1": (128, 64, -0.008902963, -0.04577766),
    "block2_conv2": (128, 128, -0.0023012366, -0.06418542),
    "block3_conv1": (256, 128, 0.002486315, -0.074358866),
    "block3_conv2": (256, 256, -0.0103266295, 0.019675018),
    "block3_conv3": (256, 256, 0.0024918285, 0.035415243),
    "block4_conv1": (512, 256, -0.012453815, 0.013485669),
    "block4_conv2": (512, 512, 0.007116542, 0.023680462),
    "block4_conv3": (512, 512, -0.0041355654, 0.03757768),
    "block5_conv1": (512, 512, -0.0006068934, 0.09722325),
    "block5_conv2": (512, 512, -0.0011261065, 0.21327873),
    "block5_conv3": (512, 512, 0.00040788297, 0.18837857),
}
"""Output channels, input channels, the first value of the kernel and of the bias, by layer."""
