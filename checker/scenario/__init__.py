"""Scenarios: from TOML files to systems."""

from .document import Scenario as Scenario
from .find import bundled_files as bundled_files
from .find import find as find
from .find import find_one as find_one
from .find import find_usable as find_usable
from .problem import ScenarioError as ScenarioError
