from .circular_import_other import Mm
