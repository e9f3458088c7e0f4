"""``keygen``: a key pair to sign certificates with."""

from __future__ import annotations

import os

import click

from ..errors import KeyFileError
from ..seal import PASSWORD_VARIABLE, write_key_pair
from .command import command
from .console import json_option, say, say_json


@command(epilog="Example: FLUXTTICE_KEY_PASSWORD=... fluxttice keygen release-key")
@click.argument("name")
@click.option("--unencrypted", is_flag=True, help="Write the private key without a password.")
@json_option
def keygen(name: str, unencrypted: bool, as_json: bool) -> None:
    """Write a new P-256 key pair: NAME (private, yours alone) and NAME.pub (to be given away).

    The private key is encrypted with the password in FLUXTTICE_KEY_PASSWORD. Give NAME.pub to those
    who verify by another way than the certificate, and keep NAME out of every repository.
    """
    password = os.environ.get(PASSWORD_VARIABLE)
    if not password and not unencrypted:
        raise KeyFileError(
            f"expected a password in {PASSWORD_VARIABLE}, got none; set it, or pass --unencrypted"
        )
    private, public, identity = write_key_pair(name, None if unencrypted else password)
    if as_json:
        say_json(
            {
                "private": str(private),
                "public": str(public),
                "key_id": identity,
                "encrypted": not unencrypted,
            }
        )
    else:
        kind = "unencrypted" if unencrypted else "encrypted"
        say(f"private key ({kind}) {private}\npublic key {public}\nkey id {identity}")


__all__ = ["keygen"]
