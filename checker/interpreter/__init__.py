"""The reference engine: breadth-first search over the evaluator, in plain Python, without reductions."""

from .engine import InterpreterEngine as InterpreterEngine
