"""Accounts from the server's own command line: the first administrator, and a lost way in.

python -m assistant.channels.console create-admin 张三
"""

from __future__ import annotations

import argparse
import sys

from assistant.assembly import Assembly
from assistant.channels.console.accounts import invitation_address
from assistant.errors import AssistantError, NotFoundError
from assistant.resources import load
from assistant.settings import load_settings
from assistant.store.database import storage_told
from assistant.store.staff import SERVER, StaffStore, as_written
from assistant.types import Role


def main(arguments: list[str] | None = None) -> int:
    """Print the link of an invitation; 0 if that was possible, 2 if not."""
    text = load("commands")["console"]
    parser = argparse.ArgumentParser(prog="python -m assistant.channels.console")
    commands = parser.add_subparsers(required=True, dest="command")
    for name in ("create-admin", "invite"):
        command = commands.add_parser(name, help=text[name])
        command.add_argument("name", help=text["name"])
    options = parser.parse_args(arguments)
    try:
        assembly = Assembly(load_settings())
        with storage_told():
            if options.command == "create-admin":
                token = assembly.staff.create(options.name, Role.ADMINISTRATOR, SERVER)
            else:
                token = _invite(assembly.staff, options.name)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    print(text["invited"])
    if not assembly.settings.public_url:
        # At which address and port the server listens is told to the server alone.
        print(text["address"])
    print(invitation_address(assembly.settings.public_url, token))
    return 0


def _invite(staff: StaffStore, name: str) -> str:
    for account in staff.accounts():
        if account.name == as_written(name):
            return staff.invite(account.id, SERVER)
    raise NotFoundError("error_account_unknown")


if __name__ == "__main__":
    sys.exit(main())
