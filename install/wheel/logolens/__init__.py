"""Logolens, a Jupyter kernel for pictures. The program is native; this package only says where it lies.

    python -m logolens version      the same as `logolens version`, where bin/ is not on the PATH
"""
import shutil
from importlib import metadata

__version__ = metadata.version("logolens")


def program():
    """The full path of the program: what pip installed with this package, else what lies on the PATH, as apt's does."""
    for file in metadata.files("logolens") or ():
        if file.parts[-3:] == ("kernels", "logolens", "logolens"):
            return str(file.locate().resolve())
    found = shutil.which("logolens")
    if found:
        return found
    raise FileNotFoundError("this installation of logolens has no program; pip install --force-reinstall logolens")
