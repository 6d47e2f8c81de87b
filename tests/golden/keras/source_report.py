# 130532 parameters, 0 of them not trained
import keras
from keras import layers

inputs = keras.Input((64, 64, 3), name="input_layer_1")
x = layers.Conv2D(16, (3, 3), activation="relu", name="conv2d_1")(inputs)
x = layers.MaxPooling2D((2, 2), name="max_pooling2d_1")(x)
x = layers.Conv2D(32, (3, 3), activation="relu", name="conv2d_2")(x)
x = layers.MaxPooling2D((2, 2), name="max_pooling2d_2")(x)
x = layers.Conv2D(64, (3, 3), activation="relu", name="conv2d_3")(x)
x = layers.MaxPooling2D((2, 2), name="max_pooling2d_3")(x)
x = layers.Conv2D(128, (3, 3), activation="relu", name="conv2d_4")(x)
x = layers.MaxPooling2D((2, 2), name="max_pooling2d_4")(x)
x = layers.Flatten(name="flatten_1")(x)
x = layers.Dense(64, activation="relu", name="dense_1")(x)
x = layers.Dropout(0.5, name="dropout_1")(x)
outputs = layers.Dense(4, activation="softmax", name="dense_2")(x)
model = keras.Model(inputs, outputs)
