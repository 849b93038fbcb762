"""The symbolic engines: steps as relations over finite-domain bit-vectors, decided by Z3.

`terms` and `execute` turn the IR into terms, `relation` a system into its transition relation, `unroll` that into runs
of a bounded length. `bmc` searches such runs; `induction` proves that no run of any length violates a property.
"""
