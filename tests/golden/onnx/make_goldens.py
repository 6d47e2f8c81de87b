#!/usr/bin/env python3
"""Small ONNX networks of each operator, and what ONNX Runtime makes of them.

    python3 -m venv v && v/bin/pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 safetensors==0.8.0
    v/bin/python tests/golden/onnx/make_goldens.py

cases.bin          the networks, one after the other: a line "NAME LENGTH" and so many bytes; of those that must be
                   refused a line "NAME LENGTH WHAT THE REFUSAL SAYS"
cases.safetensors  NAME.x and NAME.y of the others: two images and what comes out, images as (N, H, W, C)

tiny.onnx          a classifier of nine nodes for images of 8x8

Some of the cases begin the corpus of the fuzz target too.
"""
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

HERE = Path(__file__).parent
SEEDS = ["two_outputs", "last_list", "max_pads_relu", "conv_batchnorm_relu", "concat_lists", "matmul_bias", "pad_uneven"]
random = np.random.default_rng(20)
models, numbers = bytearray(), {}


def weights(*shape):
    return (random.integers(-64, 65, shape) / np.float32(64)).astype(np.float32)


def node(op, inputs, out, name="", **attrs):
    return helper.make_node(op, inputs.split(), out.split(), name, **attrs)


def model(nodes, tensors, x=("N", 3, 6, 7), outputs=("y",), opset=13, inputs=("x",)):
    values = [helper.make_tensor_value_info(i, TensorProto.FLOAT, x) for i in inputs]
    given = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
    initial = [numpy_helper.from_array(np.asarray(v), k) for k, v in tensors.items()]
    graph = helper.make_graph(nodes, "g", values, given, initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def ours(a, last):
    return np.ascontiguousarray(a.transpose(0, 2, 3, 1) if a.ndim == 4 and not last else a)


def put(name, m, says=""):
    data = m.SerializeToString()
    if name in SEEDS:
        (HERE.parent.parent / "fuzz/onnx" / name).write_bytes(data)
    models.extend(f"{name} {len(data)}{' ' + says if says else ''}\n".encode() + data)


def case(name, nodes, tensors=None, x=("N", 3, 6, 7), outputs=("y",), opset=13, last=False):
    m = model(nodes, tensors or {}, x, outputs, opset)
    shape = [2] + [8 if isinstance(d, str) else d for d in x[1:]]
    image = (random.integers(-512, 513, shape) / np.float32(64)).astype(np.float32)
    run = onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"])
    y = run.run([outputs[-1]], {"x": image})[0]
    put(name, m)
    numbers[name + ".x"], numbers[name + ".y"] = ours(image, last), ours(y, last)


def refused(name, says, nodes, tensors=None, **how):
    put(name, model(nodes, tensors or {}, **how), says)


def convolutions():
    def conv(name, out=4, kernel=(3, 3), bias=True, x=("N", 3, 6, 7), group=1, **attrs):
        t = {"conv.w": weights(out, x[1] // group, *kernel)} | ({"conv.b": weights(out)} if bias else {})
        case(name, [node("Conv", "x conv.w" + (" conv.b" if bias else ""), "y", group=group, **attrs)], t, x)

    conv("conv_valid")
    conv("conv_no_bias", bias=False)
    conv("conv_1x1", kernel=(1, 1), pads=[0, 0, 0, 0])
    conv("conv_pads_same", pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    conv("conv_pads_stride", pads=[1, 1, 1, 1], strides=[2, 2], x=("N", 3, 8, 8))
    conv("conv_pads_behind", pads=[0, 0, 1, 2], strides=[2, 2], x=("N", 3, 8, 9))
    conv("conv_pads_before", pads=[2, 1, 0, 0])
    conv("conv_pads_wide", pads=[3, 2, 3, 2])
    conv("conv_pads_unreached", pads=[1, 1, 1, 1], strides=[3, 3], x=("N", 3, 8, 10))
    conv("conv_same_upper_even", auto_pad="SAME_UPPER", strides=[2, 2], x=("N", 3, 8, 6))
    conv("conv_same_upper_odd", auto_pad="SAME_UPPER", strides=[2, 2], x=("N", 3, 7, 9))
    conv("conv_same_lower", auto_pad="SAME_LOWER", strides=[2, 2], x=("N", 3, 8, 7))
    conv("conv_same_lower_kernel", auto_pad="SAME_LOWER", kernel=(2, 4))
    conv("conv_auto_valid", auto_pad="VALID", strides=[2, 1])
    conv("conv_gaps", dilations=[2, 2], x=("N", 3, 9, 8))
    conv("conv_gaps_pads", dilations=[2, 3], pads=[2, 3, 2, 3], x=("N", 3, 9, 8))
    conv("conv_oblong", kernel=(2, 3), strides=[1, 2], pads=[1, 0, 0, 1])
    conv("conv_stride_large", kernel=(1, 1), strides=[3, 2])
    conv("conv_grey", x=("N", 1, 6, 6), pads=[1, 1, 1, 1])
    conv("depthwise", out=3, group=3)
    conv("depthwise_pads", out=3, group=3, pads=[1, 1, 1, 1], strides=[2, 2], x=("N", 3, 8, 8))
    conv("depthwise_same", out=3, group=3, auto_pad="SAME_UPPER", strides=[2, 2], bias=False, x=("N", 3, 8, 7))


def pools():
    def pool(name, op, relu=False, x=("N", 3, 7, 8), **attrs):
        first = [node("Relu", "x", "a")] if relu else []
        case(name, first + [node(op, "a" if relu else "x", "y", **attrs)], {}, x)

    three = {"kernel_shape": [3, 3], "strides": [2, 2]}
    pool("max_valid", "MaxPool", kernel_shape=[2, 3])
    pool("max_same", "MaxPool", auto_pad="SAME_UPPER", **three)
    pool("max_same_pads", "MaxPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    pool("max_pads_relu", "MaxPool", True, pads=[1, 1, 1, 1], x=("N", 3, 8, 8), **three)
    pool("max_pads_before", "MaxPool", True, kernel_shape=[2, 2], pads=[1, 1, 0, 0])
    pool("max_ceil", "MaxPool", ceil_mode=1, x=("N", 3, 8, 8), **three)
    pool("max_ceil_relu", "MaxPool", True, ceil_mode=1, x=("N", 3, 8, 9), **three)
    pool("max_ceil_exact", "MaxPool", ceil_mode=1, x=("N", 3, 7, 9), **three)
    pool("max_ceil_ignored", "MaxPool", True, ceil_mode=1, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1],
         x=("N", 3, 7, 7))
    pool("max_ceil_pads", "MaxPool", True, ceil_mode=1, pads=[1, 1, 1, 1], x=("N", 3, 7, 8), **three)
    pool("average_valid", "AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    pool("average_same", "AveragePool", auto_pad="SAME_UPPER", **three)
    pool("average_leaves_out", "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    pool("average_counts", "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    pool("average_counts_odd", "AveragePool", pads=[0, 1, 2, 1], count_include_pad=1, **three)
    pool("average_ceil_exact", "AveragePool", ceil_mode=1, x=("N", 3, 7, 9), **three)
    pool("global_average", "GlobalAveragePool")
    pool("global_max", "GlobalMaxPool")
    case("reduce_mean", [node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)])
    case("reduce_mean_kept", [node("ReduceMean", "x", "y", axes=[-1, -2])])
    case("reduce_mean_input", [node("ReduceMean", "x axes", "y", keepdims=0)], {"axes": np.array([2, 3])}, opset=18)
    case("pad", [node("Pad", "x pads", "y")], {"pads": np.array([0, 0, 1, 2, 0, 0, 1, 2])})
    case("pad_uneven", [node("Pad", "x pads zero", "y")],
         {"pads": np.array([0, 0, 2, 0, 0, 0, 1, 3]), "zero": np.float32(0)})
    case("pad_attribute", [node("Pad", "x", "y", pads=[0, 0, 1, 0, 0, 0, 0, 1])], opset=9)


def scales():
    norm = {"bn." + k: v for k, v in zip("sbmv", (weights(3), weights(3), weights(3), np.abs(weights(3)) + 0.5))}
    case("batchnorm", [node("BatchNormalization", "x bn.s bn.b bn.m bn.v", "y", epsilon=1e-3)], norm)
    case("batchnorm_list", [node("GlobalAveragePool", "x", "g"), node("Flatten", "g", "f"),
                            node("BatchNormalization", "f bn.s bn.b bn.m bn.v", "y")], norm)
    many = {"bn." + k: v for k, v in zip("sbmv", (weights(126), weights(126), weights(126), np.abs(weights(126)) + 1))}
    case("batchnorm_flattened", [node("Flatten", "x", "f"), node("BatchNormalization", "f bn.s bn.b bn.m bn.v", "n"),
                                 node("Gemm", "n w", "y")], many | {"w": weights(126, 4)})
    case("conv_batchnorm_relu", [node("Conv", "x c", "a"), node("BatchNormalization", "a bn.s bn.b bn.m bn.v", "b"),
                                 node("Relu", "b", "y")], norm | {"c": weights(3, 3, 3, 3)})
    one, channels, all_four = np.float32(0.75), weights(3, 1, 1), weights(1, 3, 1, 1) + np.float32(2)
    case("add_one", [node("Add", "x c", "y")], {"c": one})
    case("add_channels", [node("Add", "c x", "y")], {"c": channels})
    case("sub_channels", [node("Sub", "x c", "y")], {"c": channels})
    case("sub_from", [node("Sub", "c x", "y")], {"c": channels})
    case("mul_channels", [node("Mul", "x c", "y")], {"c": all_four})
    case("div_channels", [node("Div", "x c", "y")], {"c": all_four})
    case("mul_flattened", [node("Flatten", "x", "f"), node("Mul", "f c", "m"), node("Gemm", "m w", "y")],
         {"c": weights(126), "w": weights(126, 2)})


def activations():
    case("relu", [node("Relu", "x", "y")])
    case("clip_attributes", [node("Clip", "x", "y", min=0.0, max=1.5 * 4)], opset=7)
    case("clip_inputs", [node("Clip", "x lo hi", "y")], {"lo": np.float32(0), "hi": np.float32(6)})
    case("clip_open", [node("Clip", "x lo", "y")], {"lo": np.float32(0)})
    case("elu", [node("Elu", "x", "y")])
    case("leaky", [node("LeakyRelu", "x", "y", alpha=0.2)])
    case("sigmoid", [node("Sigmoid", "x", "y")])
    case("swish", [node("Sigmoid", "x", "s"), node("Mul", "x s", "y")])
    for name, first, constant in (("gelu", "Div", 2 ** 0.5), ("gelu_times", "Mul", 0.5 ** 0.5)):
        case(name, [node(first, "x r", "a"), node("Erf", "a", "b"), node("Add", "b one", "c"), node("Mul", "x c", "d"),
                    node("Mul", "half d", "y")],
             {"r": np.float32(constant), "one": np.float32(1), "half": np.float32(0.5)})
    case("sigmoid_twice", [node("Sigmoid", "x", "s"), node("Add", "s x", "a"), node("Add", "s a", "y")])
    case("tanh", [node("Tanh", "x", "y")])
    case("softmax_channels", [node("Softmax", "x", "y", axis=1)])
    case("softmax_list", [node("GlobalAveragePool", "x", "g"), node("Flatten", "g", "f"), node("Softmax", "f", "y")])
    case("softmax_before_13", [node("GlobalAveragePool", "x", "g"), node("Softmax", "g", "y")], opset=11)
    case("softmax_flattened", [node("Flatten", "x", "f"), node("Softmax", "f", "s"), node("Gemm", "s w", "y")],
         {"w": weights(126, 3)})


def joints():
    relu = [node("Relu", "x", "r")]
    case("add_layers", relu + [node("Add", "x r", "y")])
    case("add_itself", relu + [node("Add", "r r", "y")])
    case("sum_ten", relu + [node("Sum", "x r " * 5, "y")])
    case("sum_one", relu + [node("Sum", "r", "y")])
    case("concat", relu + [node("Concat", "r x", "y", axis=1)])
    case("concat_behind", relu + [node("Concat", "r x", "y", axis=-3)])
    case("concat_twenty", relu + [node("Concat", "r x " * 10, "y", axis=1)])
    case("concat_lists", [node("GlobalAveragePool", "x", "a"), node("Flatten", "a", "b"), node("GlobalMaxPool", "x", "c"),
                          node("Flatten", "c", "d"), node("Concat", "b d", "y", axis=1)])


def dense():
    w, b = weights(126, 5), weights(5)
    flat = [node("Flatten", "x", "f")]
    case("gemm_image", flat + [node("Gemm", "f w b", "y")], {"w": w, "b": b})
    case("gemm_turned", flat + [node("Gemm", "f w b", "y", transB=1)], {"w": np.ascontiguousarray(w.T), "b": b})
    case("gemm_factors", flat + [node("Gemm", "f w b", "y", alpha=0.5, beta=-2.0)], {"w": w, "b": b.reshape(1, 5)})
    case("gemm_one_bias", flat + [node("Gemm", "f w b", "y")], {"w": w, "b": np.array([0.5], np.float32)})
    case("gemm_no_bias", flat + [node("Gemm", "f w", "y")], {"w": w})
    case("gemm_list", [node("Gemm", "x w b", "y")], {"w": weights(18, 4), "b": weights(4)}, ("N", 18))
    case("matmul", flat + [node("MatMul", "f w", "y")], {"w": w})
    case("matmul_bias", flat + [node("MatMul", "f w", "m"), node("Add", "b m", "y")], {"w": w, "b": b})
    case("matmul_shared", flat + [node("MatMul", "f w", "m"), node("Add", "m b", "a"), node("Add", "a m", "y")],
         {"w": w, "b": b})
    case("matmul_read_before", flat + [node("MatMul", "f w", "m"), node("Relu", "m", "r"), node("Add", "m b", "a"),
                                       node("Add", "a r", "y")], {"w": w, "b": b})
    case("reshape_rest", [node("Reshape", "x to", "f"), node("Gemm", "f w", "y")], {"to": np.array([0, -1]), "w": w})
    case("reshape_all", [node("Reshape", "x to", "f"), node("Gemm", "f w", "y")], {"to": np.array([-1, 126]), "w": w})
    case("reshape_fixed", [node("Reshape", "x to", "f", allowzero=1), node("Gemm", "f w", "y")],
         {"to": np.array([2, 126]), "w": w}, (2, 3, 6, 7), opset=14)
    view = [node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0), node("Unsqueeze", "n axis", "m"),
            node("Concat", "m rest", "to", axis=0), node("Reshape", "x to", "f"), node("Gemm", "f w", "y")]
    sizes = {"zero": np.array(0), "axis": np.array([0]), "rest": np.array([-1]), "w": w}
    case("reshape_view", view, sizes)
    case("reshape_flatten", [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("Shape", "x", "s"),
                             node("Gather", "s places", "p"), node("Cast", "p", "i", to=6), node("Slice", "i a b a", "n"),
                             node("Concat", "n all", "c", axis=0), node("Cast", "c", "to", to=7), node("Reshape", "t to", "f"),
                             node("MatMul", "f w", "y")],
         {"places": np.array([0, 2, 3, 1]), "a": np.array([0], np.int32), "b": np.array([1], np.int32),
          "all": np.array([126], np.int32), "w": w})
    case("reshape_itself", [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("Shape", "t", "to"),
                            node("Reshape", "t to", "r"), node("Transpose", "r", "u", perm=[0, 3, 1, 2]),
                            node("Relu", "u", "y")])
    case("reshape_image", [node("Reshape", "x to", "i"), node("Relu", "i", "y")], {"to": np.array([0, 3, 6, 7])})
    case("squeeze", [node("GlobalAveragePool", "x", "g"), node("Squeeze", "g axes", "y")], {"axes": np.array([2, 3])})
    case("squeeze_attribute", [node("GlobalAveragePool", "x", "g"), node("Squeeze", "g", "y", axes=[3, 2])], opset=11)
    case("dense_relu_dense", flat + [node("Relu", "f", "r"), node("Dropout", "r", "d"), node("Gemm", "d w b", "h"),
                                     node("Tanh", "h", "t"), node("Gemm", "t v", "y")],
         {"w": w, "b": b, "v": weights(5, 3)})


def layouts():
    """As TensorFlow's networks come: images (N, H, W, C), turned round for the nodes that want them so."""
    c = {"c": weights(4, 3, 3, 3)}
    there, back = node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Transpose", "a", "b", perm=[0, 2, 3, 1])
    conv = node("Conv", "t c", "a", auto_pad="SAME_UPPER", strides=[2, 2])
    x = ("N", 6, 7, 3)
    case("last_image", [there, conv, back, node("Relu", "b", "y")], c, x, last=True)
    case("last_list", [there, conv, back, node("Reshape", "b to", "f"), node("MatMul", "f w", "m"),
                       node("Add", "m d", "n"), node("Softmax", "n", "y")],
         c | {"to": np.array([-1, 48]), "w": weights(48, 3), "d": weights(3)}, x, last=True)
    case("last_scaled", [node("Sub", "x m", "s"), node("Div", "s d", "v"), node("Transpose", "v", "y", perm=[0, 3, 1, 2])],
         {"m": weights(3), "d": weights(3) + np.float32(3)}, x, last=True)
    numbers["last_scaled.y"] = np.ascontiguousarray(numbers["last_scaled.y"].transpose(0, 2, 3, 1))
    case("last_mean", [there, conv, back, node("ReduceMean", "b", "y", axes=[1, 2], keepdims=0)], c, x, last=True)
    case("any_size", [node("Conv", "x c", "y", pads=[1, 1, 1, 1])], c, ("N", 3, "H", "W"))
    case("two_outputs", [node("Conv", "x c", "a", "first"), node("GlobalAveragePool", "a", "g"), node("Flatten", "g", "f"),
                         node("Identity", "f", "features"), node("Dropout", "f", "d"), node("Gemm", "d w", "l"),
                         node("Identity", "l", "logits")], c | {"w": weights(4, 3)}, outputs=("features", "logits"))
    case("constants", [helper.make_node("Constant", [], ["k"], value=numpy_helper.from_array(weights(2, 3, 1, 1))),
                       node("Conv", "x k", "y", "a/b/conv")])
    long = "/" + "/".join(f"features.{i}" for i in range(9))
    case("modules", [node("Identity", "once", "again"), node("Conv", "x c again", "a", "/layer1/layer1.0/conv1/Conv"),
                     node("Relu", "a", "b", "/layer1/layer1.0/relu/Relu"),
                     node("Conv", "b d", "e", long + "/Conv"), node("Conv", "e layer2.weight", "f", "node_Conv_17"),
                     node("Relu", "f", "g", "node_relu_3"), node("Relu", "g", "y")],
         c | {"once": weights(4), "d": weights(2, 4, 1, 1), "layer2.weight": weights(3, 2, 1, 1)})


def refusals():
    flat, c = [node("Flatten", "x", "f")], {"c": weights(4, 3, 3, 3)}
    relu = [node("Relu", "x", "r")]
    one = np.float32(1)
    refused("no_leaky", "has `alpha` 0.01; 0.2 is read", [node("LeakyRelu", "x", "y", "act")])
    refused("no_elu", "has `alpha` 2; 1 is read", [node("Elu", "x", "y", alpha=2.0)])
    refused("no_clip", "clips from -1 to 1; from 0 to 6 is read", [node("Clip", "x", "y", min=-1.0, max=1.0)], opset=7)
    refused("no_clip_end", "ends that are not one number", relu + [node("Clip", "x r", "y")])
    refused("no_groups", "has 2 groups for 4 channels in and 4 out", [node("Conv", "x w", "y", group=2)],
            {"w": weights(4, 2, 3, 3)}, x=("N", 4, 6, 6))
    refused("no_multiplier", "has 3 groups for 3 channels in and 6 out", [node("Conv", "x w", "y", group=3)],
            {"w": weights(6, 1, 3, 3)})
    refused("no_depthwise_gaps", "gaps in its windows and a group", [node("Conv", "x w", "y", group=3, dilations=[2, 2])],
            {"w": weights(3, 1, 2, 2)})
    refused("no_stride_gaps", "can have a stride or a dilation", [node("Conv", "x c", "y", strides=[2, 2], dilations=[2, 2])],
            {"c": weights(2, 3, 2, 2)})
    refused("no_computed_weights", "has weights that are computed", relu + [node("Conv", "x r", "y")])
    refused("no_computed_bias", "has a bias that is computed", relu + [node("Conv", "x c r", "y")], c)
    refused("no_fit", "do not fit 3 channels", [node("Conv", "x w", "y")], {"w": weights(4, 2, 3, 3)})
    refused("no_bias_fit", "a bias of 3; one of 4 is read", [node("Conv", "x c b", "y")], c | {"b": weights(3)})
    refused("no_kernel_fit", "says windows of 5x5", [node("Conv", "x c", "y", kernel_shape=[5, 5])], c)
    refused("no_room", "has windows of 3, and images of 2", [node("Conv", "x c", "y")], c, x=("N", 3, 2, 6))
    refused("no_line", "has 1 numbers as its `strides`", [node("Conv", "x c", "y", strides=[1])], c)
    refused("no_pads", "has 2 numbers as its `pads`", [node("Conv", "x c", "y", pads=[1, 1])], c)
    refused("no_max_pads", "may be below 0", [node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[2, 2],
                                                   pads=[1, 1, 1, 1])], x=("N", 3, 8, 8))
    refused("no_max_gaps", "`dilations`", [node("MaxPool", "x", "y", kernel_shape=[2, 2], dilations=[2, 2])])
    refused("no_window", "how large its windows are", [node("MaxPool", "x", "y")])
    refused("no_average_pads", "leaves out zeros", [node("AveragePool", "x", "y", kernel_shape=[2, 2], pads=[1, 1, 1, 1])])
    refused("no_average_ceil", "`ceil_mode`", [node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1,
                                                    count_include_pad=1)])
    refused("no_gate", "joins two layers", relu + [node("Mul", "x r", "y")])
    refused("no_field_constant", "has a constant of 6x7", [node("Add", "x c", "y")], {"c": weights(6, 7)})
    refused("no_gate_of_two", "joins two layers", [node("Sigmoid", "x", "s"), node("Add", "s x", "a"), node("Mul", "x s", "m"),
                                                   node("Add", "a m", "y")])
    refused("no_other_gate", "joins two layers", relu + [node("Sigmoid", "r", "s"), node("Mul", "x s", "y")])
    refused("no_error_function", "has no layer that does the same", [node("Div", "x c", "a"), node("Erf", "a", "y")], {"c": one})
    refused("no_share_of", "divides numbers of the file", [node("Div", "c x", "y")], {"c": one})
    refused("no_layer", "has no layer that does the same", [node("HardSwish", "x", "y")], opset=14)
    refused("no_norm", "has no layer that does the same", [node("LRN", "x", "y", size=3)])
    refused("no_turn", "turns what it reads", flat + [node("Gemm", "f w", "y", transA=1)], {"w": weights(126, 2)})
    refused("no_gemm_fit", "has weights of 5x2 for a list of 126", flat + [node("Gemm", "f w", "y")], {"w": weights(5, 2)})
    refused("no_gemm_bias", "adds something else", flat + [node("Gemm", "f w b", "y")],
            {"w": weights(126, 2), "b": weights(3)})
    refused("no_gemm_image", "reads an image; a list", [node("Gemm", "x w", "y")], {"w": weights(3, 2)})
    refused("no_conv_list", "reads a list of numbers; images", flat + [node("Conv", "f c", "y")], c)
    refused("no_softmax_axis", "goes along axis 3", [node("Softmax", "x", "y")])
    refused("no_softmax_before", "goes along axis 1", [node("Softmax", "x", "y", axis=1)], opset=11)
    refused("no_concat_axis", "does not put channels", relu + [node("Concat", "x r", "y", axis=2)])
    refused("no_orders", "in different orders", flat + [node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
                                                        node("Flatten", "t", "u"), node("Add", "f u", "y")])
    refused("no_shape", "makes another shape", [node("Reshape", "x to", "y")], {"to": np.array([0, 3, 42])})
    sizes = [node("Shape", "x", "s"), node("Reshape", "x t", "f"), node("Relu", "f", "y")]
    refused("no_size", "takes size 7 of 4", [sizes[0], node("Gather", "s k", "t")] + sizes[1:], {"k": np.array([7])})
    refused("no_cut", "cuts a list of sizes in another way", [sizes[0], node("Slice", "s k e z k", "t")] + sizes[1:],
            {"k": np.array([2]), "e": np.array([4]), "z": np.array([0])})
    refused("no_sizes", "which is no image", [sizes[0], node("Relu", "s", "y")])
    refused("no_gathering", "has no layer that does the same", [node("Gather", "x k", "y", axis=1)], {"k": np.array([0])})
    refused("no_zero", "makes another shape", [node("Reshape", "x to", "y", allowzero=1)], {"to": np.array([0, 126])}, opset=14)
    refused("no_two_images", "makes another shape", [node("Reshape", "x to", "y")], {"to": np.array([2, 126])})
    refused("no_reshape_input", "no list of at most 4 whole numbers", relu + [node("Reshape", "x r", "y")])
    refused("no_squeeze", "an image of 6x7", [node("Squeeze", "x a", "y")], {"a": np.array([2, 3])})
    refused("no_squeeze_axes", "over height and width", [node("Squeeze", "x a", "y")], {"a": np.array([1])})
    refused("no_mean_axes", "over height and width", [node("ReduceMean", "x", "y", axes=[1])])
    refused("no_transpose", "turns something else", [node("Transpose", "x", "y", perm=[0, 2, 1, 3])])
    refused("no_transpose_twice", "turns something else", [node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
                                                           node("Transpose", "t", "y", perm=[0, 2, 3, 1])])
    refused("no_last", "reads images (N, H, W, C)", [node("Conv", "x c", "y")], c, x=("N", 6, 7, 3))
    refused("no_flatten_axis", "flattens from axis 2", [node("Flatten", "x", "y", axis=2)])
    refused("no_pad_mode", "pads with other numbers", [node("Pad", "x", "y", pads=[0] * 8, mode="reflect")], opset=9)
    refused("no_pad_value", "pads with other numbers", [node("Pad", "x p v", "y")], {"p": np.zeros(8, np.int64), "v": one})
    refused("no_pad_channels", "does not pad height and width", [node("Pad", "x p", "y")],
            {"p": np.array([0, 1, 0, 0, 0, 0, 0, 0])})
    refused("no_pad_below", "does not pad height and width", [node("Pad", "x p", "y")],
            {"p": np.array([0, 0, -1, 0, 0, 0, 0, 0])})
    refused("no_scale", "has no level of 3 numbers", [node("BatchNormalization", "x a b c d", "y")],
            {"a": weights(3), "b": weights(4), "c": weights(3), "d": weights(3)})
    refused("no_variance", "a variance, is below 0", [node("BatchNormalization", "x a a a b", "y")],
            {"a": weights(3), "b": -np.ones(3, np.float32)})
    refused("no_quotient", "divides by 0", [node("Div", "x c", "y")], {"c": np.float32(0)})
    refused("no_mask", "which is no image", [node("Dropout", "x", "a m"), node("Relu", "m", "y")])
    refused("no_two_inputs", "it has two inputs, `x` and `z`", [node("Add", "x z", "y")], inputs=("x", "z"))
    refused("no_input", "does not depend on an input", [node("Relu", "c", "y")], c)
    refused("no_rank", "is no image (N, C, H, W)", [node("Relu", "x", "y")], x=("N", 3, 5))
    refused("no_channels", "of any number of channels", [node("Relu", "x", "y")], x=("N", "C", 4, 4))
    refused("no_node", "no node gives `x`", [node("Relu", "x", "z")], outputs=("x",))
    refused("no_order", "channel by channel", flat + [node("Relu", "f", "y")])
    doubled = [node("Concat", f"{'x' if i == 0 else f'd{i}'} " * 2, f"d{i + 1}", axis=1) for i in range(20)]
    refused("no_bomb", "12,582,912 weights, and the file has 1 numbers", doubled + [node("Add", "d20 c", "y")], {"c": one},
            x=("N", 3, 1, 1))
    refused("no_network", "has no layers yet", [node("Identity", "x", "y")])


def tiny():
    t = {"conv1.weight": weights(4, 3, 3, 3), "conv1.bias": weights(4), "head.weight": weights(2, 4), "head.bias": weights(2)}
    nodes = [node("Conv", "x conv1.weight conv1.bias", "c", pads=[1, 1, 1, 1]), node("Relu", "c", "r"),
             node("MaxPool", "r", "m", kernel_shape=[2, 2], strides=[2, 2]), node("GlobalAveragePool", "m", "g"),
             node("Flatten", "g", "f"), node("Identity", "f", "features"), node("Dropout", "f", "d"),
             node("Gemm", "d head.weight head.bias", "h", transB=1), node("Identity", "h", "logits")]
    onnx.save(model(nodes, t, ("N", 3, 8, 8), ("features", "logits")), HERE / "tiny.onnx")


for part in (convolutions, pools, scales, activations, joints, dense, layouts, refusals, tiny):
    part()
(HERE / "cases.bin").write_bytes(models)
save_file(numbers, HERE / "cases.safetensors")
