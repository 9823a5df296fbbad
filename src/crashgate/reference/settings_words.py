"""The keys of crashgate.toml and their variables. Rule: plain values; the settings are floors above."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crashgate.reference.markdown import code, paragraphs, table

if TYPE_CHECKING:
    from crashgate.model.catalogue import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyDoc:
    """One key: ``takes`` says what, ``default`` is as TOML or in words, ``variable`` may be set in its place."""

    name: str
    takes: str
    default: str
    variable: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TableDoc:
    """One table of the file, in the words of ``help``; ``header`` is empty for the keys at its top."""

    header: str
    help: tuple[str, ...]
    keys: tuple[KeyDoc, ...]


def section(tables: tuple[TableDoc, ...], catalogue: "Catalogue") -> str:
    """The chapter about the configuration."""
    return paragraphs(
        "## Configuration",
        "Later ones win: defaults, `crashgate.toml`, variables, options of the command line. `CRASHGATE_CONFIG` names"
        " the file, as `--config` does. Without any connection, a vendor's own variables make one:"
        f" {_variables(catalogue)}.",
        *map(_table, tables),
    )


def _variables(catalogue: "Catalogue") -> str:
    """For each provider that has some, what its variables make."""
    told = [
        f"{code(each.variables.token)} one called {code(name)}, at {code(each.variables.url)} where that is set"
        for name, each in catalogue.providers.items()
        if each.variables is not None
    ]
    return "; ".join(told)


def _table(each: TableDoc) -> str:
    return paragraphs(
        f"### {code(each.header) if each.header else 'At the top'}",
        *each.help,
        table(
            ("key", "takes", "default", "variable"),
            [(code(key.name), key.takes, key.default, code(key.variable)) for key in each.keys],
        ),
    )
