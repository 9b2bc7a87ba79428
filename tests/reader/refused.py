# SPDX-License-Identifier: MIT
"""How the reader says no."""


class Refused(Exception):
    """Text for people, and the reason's word where doc/formats.md names one."""

    def __init__(self, text, word=None):
        super().__init__(f"{word}: {text}" if word else text)
        self.word = word


def need(condition, text, word=None):
    if not condition:
        raise Refused(text, word)
