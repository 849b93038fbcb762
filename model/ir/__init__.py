"""The intermediate representation: a system of agents over finite scalar variables, and its meaning.

Records, optionals, sets, ranges and queues of the language are gone here: a *shared variable* is an array of bounded
integers, a local is a bounded integer. What engines need is in this package; how values look to a reader is in `views`.
"""
