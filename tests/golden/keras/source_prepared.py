# 156 parameters, 0 of them not trained
import keras
from keras import layers

inputs = keras.Input((9, 8, 3), name="input_layer_1")
x = layers.Rescaling(scale=[4.36681223, 4.46428537, 4.44444466], offset=[-2.11790395, -2.03571415, -1.80444443], name="rescaling_1")(inputs)
x = layers.ZeroPadding2D(((3, 1), (3, 2)), name="zero_padding2d_1")(x)
x = layers.Conv2D(3, (3, 3), activation="tanh", strides=(2, 2), name="conv2d_1")(x)
x = layers.Rescaling(scale=[2, 2, 2], offset=[-1, -1, -1], name="rescaling_2")(x)
x4 = x
x = layers.Rescaling(scale=[255, 255, 255], offset=[-103.939003, -116.778999, -123.68], name="rescaling_3")(inputs[..., ::-1])
x = layers.DepthwiseConv2D((4, 4), activation="tanh", strides=(3, 3), name="depthwise_conv2d_1")(x)
x = layers.GlobalAveragePooling2D(name="global_average_pooling2d_1")(x)
x7 = x
x = layers.GlobalMaxPooling2D(name="global_max_pooling2d_1")(x4)
x = layers.Concatenate(name="concatenate_1")([x7, x])
outputs = layers.Dense(3, activation="softmax", name="dense_1")(x)
model = keras.Model(inputs, outputs)
