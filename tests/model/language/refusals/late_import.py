from shootdown.model import Index


class Mm(Index):
    """One."""


from shootdown.model import State
