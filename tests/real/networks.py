"""networks.py TOOL: networks of torchvision and Keras with random weights, saved as ONNX by their own exporters, answer in
our engine as they do there. What cannot be imported is said and left out; what must be refused is.

    python3 -m venv v && v/bin/pip install torchvision==0.29.2 onnx==1.23.2 onnxscript keras==3.15.1 tensorflow tf2onnx
"""
import os
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402

TOOL, MOST = sys.argv[1], 1e-5  # of the largest score
warnings.filterwarnings("ignore")
random = np.random.default_rng(5)
failed = asked = 0


def report(name, text, good=True):
    global failed, asked
    asked, failed = asked + 1, failed + (not good)
    print(f"  {'' if good else 'FAILED '}{name}: {text}", flush=True)


def ask(folder, file, images):
    images.astype(np.float32).tofile(f"{folder}/x")
    return subprocess.run([TOOL, file, f"{folder}/x", f"{folder}/y"], capture_output=True, text=True)


def compare(folder, name, file, images, scores):
    run = ask(folder, file, images)
    if run.returncode:
        return report(name, run.stderr.strip(), False)
    ours = np.fromfile(f"{folder}/y", np.float32).reshape(scores.shape)
    off = np.abs(ours - scores).max() / np.abs(scores).max()
    report(name, f"{run.stdout.strip()} layers, {off:.1e} off", off <= MOST)


def refuse(folder, name, file, images, says):
    run = ask(folder, file, images)
    report(name, run.stderr.strip(), run.returncode == 3 and says in run.stderr)


# ---- torchvision ----
TORCH = ["resnet18", "resnet50", "mobilenet_v2", "squeezenet1_0", "squeezenet1_1", "densenet121", "googlenet", "mnasnet0_5",
         "inception_v3", "vgg11_bn"]
TORCH_REFUSED = {"resnext50_32x4d": "has 32 groups", "efficientnet_b0": "joins two layers", "mobilenet_v3_small": "HardSwish"}


def torch_network(torch, torchvision, name):
    more = {"aux_logits": False, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
    network = getattr(torchvision.models, name)(weights=None, **more)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


def torchvision_networks(folder):
    try:
        import torch
        import torchvision
    except ImportError as missing:
        return print(f"  left out: torchvision ({missing})")
    torch.manual_seed(1)
    for name in TORCH + list(TORCH_REFUSED):
        network, size = torch_network(torch, torchvision, name), 96 if name == "inception_v3" else 224 if "vgg" in name else 64
        x = torch.randn(2, 3, size, size)
        scores = network(x).detach().numpy()
        images = x.numpy().transpose(0, 2, 3, 1).copy()
        for dynamo in (False, True):
            file, called = f"{folder}/net.onnx", f"torchvision {name}, {'new' if dynamo else 'old'} exporter"
            try:
                more = {"external_data": False} if dynamo else {}
                torch.onnx.export(network, (x,), file, dynamo=dynamo, input_names=["x"], output_names=["y"], verbose=False,
                                  **more)
            except Exception as problem:  # an exporter that is not there, or cannot do it
                print(f"  left out: {called} ({type(problem).__name__})")
                continue
            if name in TORCH_REFUSED:
                refuse(folder, called, file, images, TORCH_REFUSED[name])
            else:
                compare(folder, called, file, images, scores)


# ---- Keras ----
KERAS = ["MobileNet", "MobileNetV2", "ResNet50", "ResNet50V2", "VGG16", "DenseNet121", "InceptionV3", "Xception"]


def keras_networks(folder):
    try:
        import keras
        import tensorflow as tf
        import tf2onnx
    except ImportError as missing:
        return print(f"  left out: Keras ({missing})")
    keras.utils.set_random_seed(1)
    for name in KERAS:
        size = 96 if name in ("InceptionV3", "Xception") else 64
        network = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.moving_mean.assign(random.normal(0, 0.1, layer.moving_mean.shape))
                layer.moving_variance.assign(random.uniform(0.5, 1.5, layer.moving_variance.shape))
        signature = [tf.TensorSpec((None, size, size, 3), tf.float32, name="x")]
        run = tf.function(lambda x: network(x, training=False), input_signature=signature)
        tf2onnx.convert.from_function(run, input_signature=signature, opset=13, output_path=f"{folder}/net.onnx")
        images = random.normal(size=(2, size, size, 3)).astype(np.float32)
        compare(folder, f"Keras {name}", f"{folder}/net.onnx", images, np.asarray(network(images, training=False)))


with tempfile.TemporaryDirectory() as folder:
    torchvision_networks(folder)
    keras_networks(folder)
print(f"{asked} networks asked, {failed} failed")
sys.exit(77 if not asked else failed > 0)
