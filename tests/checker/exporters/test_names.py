"""Whatever things of a system are called, other languages have names for them that mean nothing else there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from comparison import Comparison
from peers import NEEDS

from shootdown.checker.exporters import EXPORTERS
from shootdown.checker.exporters.names import Names
from shootdown.model.ir.parse import parse_system
from shootdown.model.ir.system import System

OURS = """
a after_1 at_cpu0 at_cpu0_0_start b bit bit_count bits_and bits_from candidate choice cpu0 floor_mod integer mask n
nothing number Op or_of power property_seen result t0 t1 temporary_0 temporary_1 vars x y
"""
WORDS = """
active array assert auto begin bool byte case char clear const default do double else end enum extern float for goto if
init inline int linux long module mtype of register return rule short signed sizeof skip static struct switch then
typedef typeof union unix unsigned var void volatile while
"""
TAKEN = """
Air0 EOF ENOENT G_int INT_MAX MAXQ NULL Pcpu0 Pproperty_seen P_tmpdir PanSource StackSize SpinVersion State T_ID Trans
WF_x SF_y depth errno maxseq0 minseq1 now rand sa_handler si_value st_atime stdin this trpt uchar uint ulong ushort
wasnew
"""
FOREIGN = "größe grösse 变量 Ω naïve"
NAMES = [*OURS.split(), *WORDS.split(), *TAKEN.split(), *FOREIGN.split()]


def named(*names: str) -> System:
    """A system with variables of these names, which take the value of a choice one after the other."""
    arrays = "".join(f'(array "{name}" () 0 2 (0))' for name in names)
    stores = "".join(f'(set (cell "{name}") %0)' for name in names)
    same = "".join(f'(= (load "{name}") (load "{names[0]}"))' for name in names)
    return parse_system(
        f"""
        (system s {arrays}
          (process p (params 0) (temps 2) (entry 0) (point 0 start)
            (step 0 a progress (do (choose %0 0 2 1) {stores} (set %1 %0) (set (cell "{names[0]}") %1) (goto 0))))
          (agent cpu0 p ()) (agent register p ())
          (property seen always (not (= (load "{names[-1]}") 2)))
          (property same always (and {same})))
        """
    )


@pytest.mark.parametrize("language", ["murphi", "promela"])
def test_variables_of_any_name(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the usual C compiler: tcc takes some keywords for names."""
    NEEDS[language]()
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, **more: None if name == "tcc" else which(name, **more))
    row = Comparison(language, tmp_path, 600).compared("", named(*NAMES))
    assert (row.problem, row.left, row.states, row.violated) == ("", "", 3, ("seen",))


@pytest.mark.parametrize("name", ["t0", "temporary_0"])
@pytest.mark.parametrize("language", ["murphi", "promela"])
def test_temporaries_hide_no_variable(language: str, name: str, tmp_path: Path) -> None:
    NEEDS[language]()
    assert Comparison(language, tmp_path, 600).compared("", named(name)).problem == ""


@pytest.mark.parametrize("language", EXPORTERS)
def test_every_identifier_is_plain_ascii(language: str) -> None:
    text = EXPORTERS[language](named(*FOREIGN.split()))
    code = re.sub(r"/\*.*?\*/|--.*|\\\*.*|\".*?\"", "", text, flags=re.DOTALL if language == "promela" else re.NOFLAG)
    assert code.isascii()


def test_tla_declares_nothing_twice() -> None:
    """SANY refuses a parameter, quantified variable or definition that is called as something else is."""
    text = EXPORTERS["tla"](named(*NAMES))
    body = re.sub(r"\\\*.*", "", text.partition("\n====")[0])
    variables = re.findall(r"\w+", body.partition("VARIABLES")[2].partition("\n\n")[0])
    defined = re.findall(r"^(\w+)(?:\(.*\))? ==", body, re.MULTILINE)
    inner = set(re.findall(r"\b(\w+) == \[", body)) | set(re.findall(r"\\[AE] (\w+)", body))
    parameters = {
        name for heads in re.findall(r"^\w+\((.*)\) ==", body, re.MULTILINE) for name in re.findall(r"\w+", heads)
    }
    parameters.discard("_")
    every = [*variables, *defined, *inner, *parameters]
    assert len(variables) == len(NAMES) + 2
    assert {each for each in every if every.count(each) > 1} == set()
    assert not any(each.startswith(("WF_", "SF_")) for each in every)


def test_names_are_given_once_and_are_unique() -> None:
    names = Names({"if"}, never=("st_",))
    given = ["größe", "grosse", "groe", "if", "IF", "st_atime", "7", "", "变", "a b", "a_b"]
    assert [names(each) for each in given] == [
        *("groe", "grosse", "groe_2", "if_2", "IF_3", "xst_atime", "x7", "x", "x_2", "a_b", "a_b_2")
    ]
    assert names("grosse") == "grosse"
