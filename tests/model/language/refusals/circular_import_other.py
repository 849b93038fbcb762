from .circular_import import Mm
