# 288 parameters, 8 of them not trained
import keras
from keras import layers

inputs = keras.Input((12, 12, 2), name="input_layer_1")
x = layers.Conv2D(4, (3, 3), activation="relu", padding="same", name="conv2d_1")(inputs)
x1 = x
x = layers.Conv2D(4, (3, 3), padding="same", name="conv2d_2")(x)
x2 = x
x = layers.BatchNormalization(name="batch_normalization_1")(x)
x = layers.Activation("relu", name="activation_1")(x)
x = layers.Conv2D(4, (1, 1), name="conv2d_3")(x)
x = layers.Add(name="add_1")([x, x2])
x = layers.Add(name="add_2")([x, x1])
x = layers.Concatenate(name="concatenate_1")([x, inputs])
x = layers.GlobalAveragePooling2D(name="global_average_pooling2d_1")(x)
outputs = layers.Dense(4, activation="softmax", name="dense_1")(x)
model = keras.Model(inputs, outputs)
