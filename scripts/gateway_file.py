"""``<state>/gateway.weir``: the rules file that ``weir up`` makes for a newcomer, once, and never writes again."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from weir.processes.ports import Address

NAME = "gateway.weir"

MINIMAL = """\
# The rules of this gateway. Save the file and the change is live within a second; a mistake keeps the old rules and
# says where it is. All of the language: docs/rule-language.md
language 1

# upstream orders {
#     target http://127.0.0.1:9001
# }
# rule orders {
#     when path under "/orders"
#     proxy orders
# }
"""


def demo_rules(address: Address) -> str:
    """The demo service's own rules, with the address where it listens."""
    template = resources.files("demo").joinpath(NAME).read_text(encoding="utf-8")
    return template.replace("DEMO_ADDRESS", str(address.reachable()))


def write_once(path: Path, text: str) -> None:
    """FileExistsError instead of overwriting anything; other OSErrors as they come."""
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def names_address(path: Path, address: Address) -> bool:
    """Whether the rules still lead to the demo service; true where that cannot be told."""
    try:
        return str(address.reachable()) in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return True
