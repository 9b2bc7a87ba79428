# SPDX-License-Identifier: MIT
"""JSON Schema (draft 2020-12), as much of it as doc/policy.schema.json uses.

A keyword that is not among these is an error: nothing may go unlooked at.
"""
import re

NOTES = {"$schema", "$comment", "$defs", "title", "description", "default", "examples", "x-refused"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def same(a, b):
    """Equality of JSON, where true is not 1."""
    return type(a) is type(b) and a == b


class Schema:
    def __init__(self, root):
        self.root = root

    def resolve(self, schema):
        """What a schema says, a $ref of this document followed; members beside it win."""
        seen = {}
        while "$ref" in schema:
            assert schema["$ref"].startswith("#/$defs/"), schema["$ref"]
            seen = {k: v for k, v in schema.items() if k != "$ref"} | seen
            schema = self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return schema | seen

    def holds(self, schema, v):
        s = self.resolve(schema)
        return all(getattr(self, "on_" + key.replace("$", ""))(arg, s, v)
                   for key, arg in s.items() if key not in NOTES)

    def valid(self, v):
        return self.holds(self.root, v)

    def on_type(self, arg, _, v):
        return any(TYPES[name](v) for name in (arg if isinstance(arg, list) else [arg]))

    def on_const(self, arg, _, v):
        return same(arg, v)

    def on_enum(self, arg, _, v):
        return any(same(one, v) for one in arg)

    def on_minimum(self, arg, _, v):
        return not TYPES["integer"](v) or v >= arg

    def on_maximum(self, arg, _, v):
        return not TYPES["integer"](v) or v <= arg

    def on_pattern(self, arg, _, v):
        return not isinstance(v, str) or bool(re.search(arg.replace("$", r"\Z"), v))

    def on_minLength(self, arg, _, v):
        return not isinstance(v, str) or len(v) >= arg

    def on_maxLength(self, arg, _, v):
        return not isinstance(v, str) or len(v) <= arg

    def on_items(self, arg, _, v):
        return not isinstance(v, list) or all(self.holds(arg, one) for one in v)

    def on_minItems(self, arg, _, v):
        return not isinstance(v, list) or len(v) >= arg

    def on_maxItems(self, arg, _, v):
        return not isinstance(v, list) or len(v) <= arg

    def on_minProperties(self, arg, _, v):
        return not isinstance(v, dict) or len(v) >= arg

    def on_maxProperties(self, arg, _, v):
        return not isinstance(v, dict) or len(v) <= arg

    def on_required(self, arg, _, v):
        return not isinstance(v, dict) or all(name in v for name in arg)

    def on_properties(self, arg, _, v):
        return not isinstance(v, dict) or all(self.holds(arg[k], one) for k, one in v.items() if k in arg)

    def on_patternProperties(self, arg, _, v):
        return not isinstance(v, dict) or all(self.holds(s, one) for p, s in arg.items()
                                              for k, one in v.items() if re.search(p, k))

    def on_additionalProperties(self, arg, s, v):
        assert arg is False
        return not isinstance(v, dict) or all(
            k in s.get("properties", {}) or any(re.search(p, k) for p in s.get("patternProperties", {}))
            for k in v)

    def on_anyOf(self, arg, _, v):
        return any(self.holds(one, v) for one in arg)

    def on_oneOf(self, arg, _, v):
        return sum(self.holds(one, v) for one in arg) == 1
