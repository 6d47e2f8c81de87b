# 760 parameters, 28 of them not trained
import keras
from keras import layers, regularizers

inputs = keras.Input((32, 24, 1), name="input_layer_1")
x = layers.Conv2D(8, (5, 3), strides=(2, 2), padding="same", use_bias=False, kernel_regularizer=regularizers.L2(0.0001), name="first")(inputs)
x = layers.BatchNormalization(momentum=0.9, name="batch_normalization_1")(x)
x = layers.Activation("leaky_relu", name="activation_1")(x)
x = layers.DepthwiseConv2D((3, 3), activation="relu6", strides=(2, 2), padding="same", name="depthwise_conv2d_1")(x)
x = layers.ZeroPadding2D((1, 2), name="zero_padding2d_1")(x)
x = layers.Conv2D(6, (3, 3), activation="swish", dilation_rate=(2, 2), padding="same", name="conv2d_2")(x)
x = layers.AveragePooling2D((3, 3), strides=(2, 2), padding="same", name="average_pooling2d_1")(x)
x = layers.BatchNormalization(epsilon=1e-05, name="batch_normalization_2")(x)
x = layers.MaxPooling2D((2, 3), strides=(1, 1), padding="same", name="max_pooling2d_1")(x)
x = layers.Dropout(0.125, name="dropout_1")(x)
x = layers.GlobalMaxPooling2D(name="global_max_pooling2d_1")(x)
x = layers.Dense(7, activation="elu", kernel_regularizer=regularizers.L2(0.5), use_bias=False, name="dense_1")(x)
outputs = layers.Dense(3, activation="softmax", name="dense_2")(x)
model = keras.Model(inputs, outputs)
