# SPDX-License-Identifier: MIT
"""A second reader of what leaves a machine, written from doc/formats.md alone.

No code of the verifier's is used, and no CBOR library: what the page says must be enough.
"""
