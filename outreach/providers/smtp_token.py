"""The access token of an XOAUTH2 sign-in: given, or printed by a command and kept for a while."""

from __future__ import annotations

import shlex
import subprocess
import threading
from time import monotonic

from outreach.mail.provider import ProviderDown

KEPT_S = 300.0  # access tokens live for about an hour
COMMAND_S = 30.0


class Token:
    """`text` is the token itself; otherwise `command`, run without a shell, prints it."""

    def __init__(self, text: str = "", command: str = "") -> None:
        self._text = text
        self._command = command
        self._lock = threading.Lock()
        self._kept = ""
        self._until = 0.0

    def read(self) -> tuple[str, bool]:
        """The token, and whether a fresh one may differ. Waits for the command.

        Raises ProviderDown when the command gives none; what it printed is never repeated.
        """
        if self._text:
            return self._text, False
        with self._lock:
            if self._kept and monotonic() < self._until:
                return self._kept, True
            self._kept, self._until = self._run(), monotonic() + KEPT_S
            return self._kept, False

    def forget(self) -> None:
        """Fetch a fresh one next time."""
        with self._lock:
            self._kept = ""

    def _run(self) -> str:
        try:
            done = subprocess.run(
                shlex.split(self._command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ProviderDown("The command for the relay’s token took too long.") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it can’t be read"
            raise ProviderDown(f"The command for the relay’s token can’t be run: {why}.") from None
        token = done.stdout.decode("ascii", "replace").strip()
        if done.returncode or not token or not token.isprintable():
            raise ProviderDown(
                f"The command for the relay’s token gave none (exit code {done.returncode})."
            )
        return token
