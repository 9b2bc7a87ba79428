# SPDX-License-Identifier: MIT
"""What mypy must find: a text where a number is due."""


def planted(count: int) -> str:
    return count
