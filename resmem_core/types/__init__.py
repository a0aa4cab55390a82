"""Frozen values that flow through the product. No behaviour beyond checking themselves.

`__all__` is public; the modules below are private.
"""

from __future__ import annotations

from resmem_core.types.checks import (
    check_id,
    check_namespace,
    check_number,
    check_tokens,
    epoch,
)
from resmem_core.types.memories import (
    Decision,
    Link,
    Memory,
    Message,
    StateVector,
    Version,
)
from resmem_core.types.names import (
    HORMONES,
    KNOBS,
    MAX_ID,
    MAX_TEXT,
    NEUROCHEMICALS,
    QUADRANTS,
    How,
    Kind,
    LinkKind,
    Mode,
    Namespace,
    NamespaceLike,
    Role,
    SignalName,
    Tier,
    Trust,
    Verdict,
)
from resmem_core.types.recalled import (
    Attribute,
    Conflicting,
    Hit,
    Hits,
    Page,
)
from resmem_core.types.steps import (
    Knobs,
    Outcome,
    Signal,
    SleepReport,
)
from resmem_core.types.told import Shown, Told

__all__ = [
    "HORMONES",
    "KNOBS",
    "MAX_ID",
    "MAX_TEXT",
    "NEUROCHEMICALS",
    "QUADRANTS",
    "Attribute",
    "Conflicting",
    "Decision",
    "Hit",
    "Hits",
    "How",
    "Kind",
    "Knobs",
    "Link",
    "LinkKind",
    "Memory",
    "Message",
    "Mode",
    "Namespace",
    "NamespaceLike",
    "Outcome",
    "Page",
    "Role",
    "Shown",
    "Signal",
    "SignalName",
    "SleepReport",
    "StateVector",
    "Tier",
    "Told",
    "Trust",
    "Verdict",
    "Version",
    "check_id",
    "check_namespace",
    "check_number",
    "check_tokens",
    "epoch",
]
