"""What all commands have in common: help under headings, and errors that name the option that would help."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

from sfumato.errors import SfumatoError

__all__ = ["OUTPUT", "Command"]

#: Heading of the options on files, reports and stopped runs.
OUTPUT = "Output"

_OTHERS = "Options"

# Options that take less memory with a smaller value.
_MEMORY = ("--size", "--batch", "--width")


class Command(TyperCommand):
    """A command of sfumato."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; of an error that an option would help with, say how that is typed, if there is one here.

        The library's messages are for Python as well and say it in words: "…, or allow it to be replaced" becomes
        "…, or allow it to be replaced (--force)".
        """
        try:
            return super().invoke(ctx)
        except SfumatoError as error:
            flag = f"--{error.option.replace('_', '-')}"
            if error.option and any(flag in parameter.opts for parameter in self.params):
                error.args = (f"{error} ({flag})",)
            raise
        except (MemoryError, RuntimeError) as error:
            # PyTorch has no class of its own for this on the CPU.
            if isinstance(error, RuntimeError) and not re.search("out of memory|allocate memory", str(error)):
                raise
            offered = [flag for flag in _MEMORY if any(flag in parameter.opts for parameter in self.params)]
            raise SfumatoError(f"not enough memory; choose a smaller {' or '.join(offered) or 'picture'}") from error

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List arguments, and options under the headings that they were declared with, in that order."""
        arguments: list[tuple[str, str]] = []
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                arguments.append(record)
            else:
                heading = getattr(parameter, "rich_help_panel", None) or _OTHERS
                sections.setdefault(heading, []).append(record)
        # What is needed most comes last, where the terminal stops.
        last = [(name, sections.pop(name)) for name in (OUTPUT, _OTHERS) if name in sections]
        for heading, records in [("Arguments", arguments), *sections.items(), *last]:
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
