"""``coursebot people``: arguments ▶ who may sign in, as what, and to which groups they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coursebot.cli.environment import chosen_settings
from coursebot.cli.options import JsonOption
from coursebot.cli.password import chosen_password

if TYPE_CHECKING:
    from coursebot.people import People, Role

app = typer.Typer(
    help="Say who may sign in, what they may do and which groups they are in.",
    no_args_is_help=True,
)

NameArgument = Annotated[str, typer.Argument(help="What they sign in with.")]
GroupOption = Annotated[
    list[str] | None,
    typer.Option("--group", help="A group that they are in; may be given several times."),
]
RoleOption = Annotated[
    str | None,
    typer.Option(
        help="learner asks and reads; instructor has the workbench too; admin sees every course.",
        metavar="learner|instructor|admin",
        show_default="learner",
    ),
]


@app.command()
def add(name: NameArgument, role: RoleOption = None, group: GroupOption = None) -> None:
    """Add NAME; the password is asked for, or read from a pipe."""
    from coursebot.people import Role

    made = _people().add(name, chosen_password(), _role(role) or Role.LEARNER, group or ())
    typer.echo(f"{made.name} may sign in as {made.role}{_groups(made.groups)}.")


@app.command()
def passwd(name: NameArgument) -> None:
    """Set NAME's password, which ends all their sessions."""
    people = _people()
    people.change(name)  # before the password is asked for: there must be somebody
    made = people.change(name, password=chosen_password())
    typer.echo(f"{made.name} has a new password, and is signed out everywhere.")


@app.command()
def change(
    name: NameArgument,
    role: RoleOption = None,
    group: GroupOption = None,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Take all groups away.")] = False,
) -> None:
    """Change NAME's role, or put them into other groups; it holds at once."""
    if no_groups and group:
        raise typer.BadParameter("give one of the two.", param_hint="--group / --no-groups")
    groups = [] if no_groups else group
    made = _people().change(name, role=_role(role), groups=groups)
    typer.echo(f"{made.name} is {made.role}{_groups(made.groups)}.")


@app.command()
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove NAME, whose sessions end at once."""
    if not yes:
        typer.confirm(f"Remove {name}?", abort=True)
    _people().remove(name)
    typer.echo(f"{name} may not sign in any more.")


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Show everybody, their roles and groups; no password is shown."""
    from coursebot.cli.records import json_text

    there = _people().all().values()
    if as_json:
        rows = [entry.model_dump(mode="json", exclude={"password"}) for entry in there]
        typer.echo(json_text(rows, indent=2))
        return
    if not there:
        typer.echo("Nobody may sign in. Add somebody: coursebot people add NAME.", err=True)
    for entry in there:
        typer.echo("\t".join([entry.name, entry.role, " ".join(entry.groups)]).rstrip())


def _people() -> People:
    from coursebot.people import People

    chosen = chosen_settings()
    return People(chosen.data / chosen.people)


def _role(named: str | None) -> Role | None:
    from coursebot.people import Role

    if named is None:
        return None
    if named not in tuple(Role):
        raise typer.BadParameter(f"one of {', '.join(Role)}.", param_hint="--role")
    return Role(named)


def _groups(groups: tuple[str, ...]) -> str:
    return f", in {', '.join(groups)}" if groups else ", in no group"
