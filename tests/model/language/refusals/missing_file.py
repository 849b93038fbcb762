from .nowhere import thing
