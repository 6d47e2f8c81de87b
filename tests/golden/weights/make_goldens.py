#!/usr/bin/env python3
"""Files of weights as the formats' own libraries write them, and the seeds of the fuzz targets.

    python3 -m venv v && v/bin/pip install numpy==2.4.6 ml_dtypes==0.6.0 safetensors==0.8.0 onnx==1.23.2
    v/bin/python tests/golden/weights/make_goldens.py

small.safetensors  five tensors, of each type that is read
small_f32.safetensors  those of floats as float32, converted by numpy: what ours must come to, bit for bit
small.onnx  a classifier of seven nodes, its initialisers written in each way that ONNX has
small_stored.npz, small_packed.npz, fortran.npy, version2.npy  the float32 ones
"""
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
from numpy.lib import format as npy
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save, save_file

HERE = Path(__file__).parent
SEEDS = HERE.parent.parent / "fuzz"


def numbers(*shape):
    """Small, different from one another, and exact in float32."""
    return (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) * 3 - 17) / 64


HALF = np.array([0, -0.0, 1, -2.5, 65504, 6.103515625e-05, 5.960464477539063e-08, -6.097555160522461e-05, 0.333251953125],
                dtype=np.float16)
BRAIN = np.array([0, 1, -3.140625, 3.3895313892515355e38, 1.1754943508222875e-38, 9.183549615799121e-41],
                 dtype=ml_dtypes.bfloat16)


def safetensors_files():
    tensors = {"conv1.weight": numbers(2, 3, 1, 2), "conv1.bias": numbers(2), "half": HALF.reshape(3, 3),
               "bn.num_batches_tracked": np.array(7, dtype=np.int64), "quo\"te/\u00e9": BRAIN}
    save_file(tensors, HERE / "small.safetensors")
    floats = {k: v.astype(np.float32) for k, v in tensors.items() if v.dtype != np.int64}
    save_file(floats, HERE / "small_f32.safetensors")
    (SEEDS / "safetensors/types").write_bytes(save(tensors))
    (SEEDS / "safetensors/metadata").write_bytes(save({"w": numbers(2, 2)}, {"format": "pt"}))


def onnx_file():
    def packed(name, array, kind):
        return helper.make_tensor(name, kind, array.shape, array.flatten().tolist())

    conv, bias, dense = numbers(4, 3, 3, 3), numbers(4), numbers(2, 4)
    initial = [numpy_helper.from_array(conv, "conv.w"), packed("conv.b", bias, TensorProto.FLOAT),
               numpy_helper.from_array(dense.astype(np.float16), "dense.w"),
               packed("dense.b", np.array([0.5, -0.25], dtype=np.float16), TensorProto.FLOAT16),
               packed("shape", np.array([0, -1], dtype=np.int64), TensorProto.INT64)]
    nodes = [helper.make_node("Conv", ["x", "conv.w", "conv.b"], ["c"], "conv", kernel_shape=[3, 3], strides=[2, 2],
                              pads=[1, 1, 0, 0], group=1),
             helper.make_node("Constant", [], ["six"], value=numpy_helper.from_array(np.array(6, np.float32))),
             helper.make_node("Clip", ["c", "", "six"], ["a"]),
             helper.make_node("MaxPool", ["a"], ["m"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
             helper.make_node("GlobalAveragePool", ["m"], ["g"]),
             helper.make_node("Reshape", ["g", "shape"], ["f"]),
             helper.make_node("Gemm", ["f", "dense.w", "dense.b"], ["l"], transB=1, alpha=0.5),
             helper.make_node("Softmax", ["l"], ["y"], axis=-1)]
    graph = helper.make_graph(nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 8, 8])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])], initial)
    model = helper.make_model(graph, producer_name="ours", opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, HERE / "small.onnx")
    (SEEDS / "onnx/classifier").write_bytes(model.SerializeToString())


def npy_files():
    arrays = {"conv1.weight": numbers(2, 3, 1, 2), "conv1.bias": numbers(2), "scale": np.float16(0.5),
              "steps": np.array([1, 2], dtype=np.int64), "turned": np.asfortranarray(numbers(2, 3, 4))}
    np.savez(HERE / "small_stored.npz", **arrays)
    np.savez_compressed(HERE / "small_packed.npz", **arrays)
    np.save(HERE / "fortran.npy", np.asfortranarray(numbers(3, 5)))
    with open(HERE / "version2.npy", "wb") as out:
        npy.write_array(out, numbers(3, 5), version=(2, 0))
    np.savez(SEEDS / "npz/stored.npz", w=numbers(2, 2), b=numbers(2))
    np.savez_compressed(SEEDS / "npz/packed.npz", w=numbers(2, 2))
    np.save(SEEDS / "npz/plain.npy", numbers(2, 2))
    np.save(SEEDS / "npz/turned.npy", np.asfortranarray(numbers(2, 3)))


if __name__ == "__main__":
    safetensors_files()
    onnx_file()
    npy_files()
