"""Serve the assistant: the page, the API and their documentation.

python server.py [--host HOST] [--port PORT] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from pathlib import Path

import uvicorn

from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.errors import AssistantError
from assistant.resources import load
from assistant.settings import load_settings
from assistant.store.database import storage_told


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 2 if that cannot begin."""
    text = load("commands")["server"]
    parser = argparse.ArgumentParser(description=text["description"])
    parser.add_argument("--host", default="127.0.0.1", help=text["host"])
    parser.add_argument("--port", type=int, default=8000, help=text["port"])
    parser.add_argument("--data-dir", type=Path, help=text["data_dir"])
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        assembly = Assembly(load_settings(data_dir=options.data_dir))
        _check_port(options.host, options.port)
        # Made here, so that what is missing is said in words and not in a trace.
        print(text["loading"], flush=True)
        with storage_told():
            assembly.index.refresh()
            assembly.pipeline.warm_up()
            app = create_app(assembly)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    print(text["ready"].format(host=options.host, port=options.port), flush=True)
    # Without an access log: what people ask and from where is not written down.
    # Who a proxy asks for is believed by the settings' rule alone, not by uvicorn's own.
    uvicorn.run(
        app, host=options.host, port=options.port, access_log=False, log_level="warning",
        proxy_headers=False,
    )  # fmt: skip
    return 0


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise AssistantError("address_unusable", host=host, port=port) from error


if __name__ == "__main__":
    sys.exit(main())
