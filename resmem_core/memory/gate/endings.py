"""What a statement ends without a value of its own: what was sold, given up, left. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from resmem_core.memory.gate import statement_rules as rules
from resmem_core.memory.gate.statement_forms import Statement
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.tokens import stem


def ended(one: Statement, other: Statement) -> bool | None:
    """Whether the first ends the second, of the same person; None where it ends nothing by itself.

    "I sold my car" ends "I have a car".
    """
    if _leaves_work(one) and other.attribute != "work":
        return _quit(one, other)
    ending = _ENDS.get(one.attribute)
    return None if ending is None else ending(one, other)


def ends(one: Statement) -> bool:
    """Whether the statement may end one of another attribute."""
    return one.attribute in _ENDS or _leaves_work(one)


def _leaves_work(one: Statement) -> bool:
    return one.attribute == "work" and one.denied


def _quit(one: Statement, other: Statement) -> bool:
    """ "I left KPMG" ends "I'm an accountant at KPMG", and "my gym is FitX" where that is left."""
    if other.attribute == "does":
        rest = other.value - one.value
        return one.value < other.value and not other.denied and rest <= _TRADES
    return other.attribute.startswith("attribute") and other.single and one.value == other.value


def counted(value: str) -> bool:
    """A number, or a time."""
    return value[:1].isdigit() or value in _TIMES


def stems_of(text: str) -> frozenset[str]:
    """The stems of some words."""
    return frozenset(map(stem, text.split()))


def _switched(one: Statement, other: Statement) -> bool:
    """ "We switched from A" ends "we use A", and "our tool is A"."""
    if not one.was:
        return False
    if other.single or other.attribute.startswith("attribute"):
        return one.was == other.value
    rest = other.value - one.was
    uses = bool(other.value & _USES) or rest <= one.value
    return other.attribute == "does" and not other.denied and one.was <= other.value and uses


def _upgraded(one: Statement, other: Statement) -> bool:
    """ "I upgraded to a Pixel 9" ends "my phone is a Pixel 6"."""
    new, old = one.value - other.value, other.value - one.value
    number = bool(new) and bool(old) and all(map(counted, new | old))
    return other.single and bool(one.value & other.value) and number


def _lost(one: Statement, other: Statement) -> bool:
    """ "I sold my car" ends "I have a car"."""
    rest = other.value - _HAS
    return other.attribute == "does" and rest == one.value and bool(other.value & _HAS)


def _gave_up(one: Statement, other: Statement) -> bool:
    """ "I gave up coffee" ends "I drink coffee"."""
    left = {value for value in other.value - one.value if not counted(value)}
    said = one.value - _DOING if one.value - _DOING <= other.value else one.value
    done = bool(said) and said <= other.value and left <= _CONSUMES | HOW
    return other.attribute == "does" and not other.denied and done


def _parted(one: Statement, other: Statement) -> bool:
    """ "Nina and I broke up" ends "my girlfriend is Nina", "Nokia and I" ends "I work at Nokia"."""
    if other.attribute == "work":
        return one.value == other.value
    if other.attribute.split()[-1] in _PARTNERS:
        return one.value <= other.value
    together = bool(other.value & _TOGETHER) or bool(other.value & _NAMED and other.value & _HAS)
    return other.attribute == "does" and together and one.value <= other.value


def _left_group(one: Statement, other: Statement) -> bool:
    """ "I left the choir" ends "I sing in a choir"."""
    left = {value for value in other.value - one.value if not counted(value)}
    member = bool(one.value) and one.value <= other.value and left <= _MEMBER | HOW
    return other.attribute == "does" and not other.denied and member


_TIMES: Final = frozenset(map(stem, vocab.TIMES | vocab.NUMBERS)) | {"onli"}
_USES: Final = stems_of(
    "study learn use run have deploy rely host write develop build work bank subscribe drive ride "
    "play read drink eat take watch wear listen buy order shop code train see visit on with"
)
_HAS: Final = stems_of("have has own drive ride got rent lease")
_CONSUMES: Final = stems_of(
    "drink eat smoke use play take watch do have practise practice study learn attend go wear read "
    "subscribe subscription have train rent lease keep"
)
_DOING: Final = stems_of("use using do doing train training lessons classes course plan habit")
_MEMBER: Final = _CONSUMES | stems_of("sing member part belong volunteer train perform serve dance")
_PARTNERS: Final = vocab.words_of(
    "girlfriend boyfriend partner wife husband spouse fiancé fiancée fiance fiancee"
)
_NAMED: Final = stems_of("called named")
_TOGETHER: Final = stems_of("date dating seeing see with engaged married together relationship")
_TRADES: Final = frozenset(map(stem, rules.OCCUPATIONS))
HOW: Final = stems_of(
    "daily every each day week month morning evening night noon twice once weekly regularly often "
    "usually a lot mg g ml times per my with black"
)
"""How one does it, which ends with it."""
_ENDS: Final[dict[str, Callable[[Statement, Statement], bool]]] = {
    "switched": _switched,
    "upgraded": _upgraded,
    "lost": _lost,
    "gave up": _gave_up,
    "parted": _parted,
    "left": _left_group,
}
