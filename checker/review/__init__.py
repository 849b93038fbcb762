"""Design review: which designs of a scenario are safe, and which mechanisms that rests on.

`boxes`: sets of designs. `freeing`: a system whose mechanisms are part of the state. `searching`: many designs in one
search. `loop`: Z3 proposes designs, searches decide them. `implicants`: minimal sets. `review`: the whole.
"""
