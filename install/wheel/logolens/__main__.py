import os
import sys

from logolens import program

os.execv(program(), ["logolens", *sys.argv[1:]])
