"""Shared by all commands: help under headings, and errors that show the option or the command that would help."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

from sfumato.errors import SfumatoError

__all__ = ["OUTPUT", "Command"]

#: Heading of the options for files, reports and stopped runs.
OUTPUT = "Output"

_OTHERS = "Options"

# Options whose smaller values need less memory.
_MEMORY = ("--size", "--batch", "--width")


class Command(TyperCommand):
    """A command of sfumato."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; if an error names an option or a command that would help, append how to type it.

        The messages of the library serve Python as well and contain no flags or commands: "…, or allow it to be
        replaced" becomes "…, or allow it to be replaced (--force)". A flag that this command lacks is left out.
        """
        try:
            return super().invoke(ctx)
        except SfumatoError as error:
            flag = f"--{error.option.replace('_', '-')}"
            if error.option and any(flag in parameter.opts for parameter in self.params):
                error.args = (f"{error} ({flag})",)
            if error.command:
                error.args = (f"{error} (sfumato {error.command})",)
            raise
        except (MemoryError, RuntimeError) as error:
            # On the CPU, PyTorch raises a plain RuntimeError when memory runs out.
            if isinstance(error, RuntimeError) and not re.search("out of memory|allocate memory", str(error)):
                raise
            offered = [flag for flag in _MEMORY if any(flag in parameter.opts for parameter in self.params)]
            raise SfumatoError(f"not enough memory; choose a smaller {' or '.join(offered) or 'picture'}") from error

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List the arguments, then the options under their headings, in the order of their declaration."""
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
        # The options needed most come last, next to the prompt.
        last = [(name, sections.pop(name)) for name in (OUTPUT, _OTHERS) if name in sections]
        for heading, records in [("Arguments", arguments), *sections.items(), *last]:
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
