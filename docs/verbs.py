"""Every noun and verb of the command line, for `cli.md`."""

import click

from docs.markdown import code, table
from enclave.cli import cli


def verbs() -> str:
    """Every noun and verb with its words and options."""
    top = click.Context(cli, info_name="enclave")
    parts: list[str] = []
    for noun in cli.list_commands(top):
        command = cli.get_command(top, noun)
        if command is None:
            raise LookupError(noun)
        if isinstance(command, click.Group):
            parts.append(f"## {noun}\n\n{command.help}")
            within = click.Context(command, top, noun)
            parts += [_verb(one, within, f"{noun} {name}") for name, one in sorted(command.commands.items())]
        else:
            parts.append(_verb(command, top, noun))
    return "\n\n".join(parts)


def _verb(command: click.Command, parent: click.Context, words: str) -> str:
    context = click.Context(command, parent, command.name)
    usage = " ".join((f"enclave {words}", *command.collect_usage_pieces(context)))
    options = [
        one for one in command.get_params(context) if isinstance(one, click.Option) and "--help" not in one.opts
    ]
    records = [one.get_help_record(context) or ("", "") for one in options]
    rows = ((code(name), text) for name, text in records)
    listed = f"\n\n{table(('option', 'what it is'), rows)}" if records else ""
    title = "###" if " " in words else "##"
    return f"{title} {words}\n\n```\n{usage}\n```\n\n{command.help}{listed}"
