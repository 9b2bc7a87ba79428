# SPDX-License-Identifier: MIT
"""Cases beyond authenticity: random policies, over real evidence and over what is made again
under keys of our own with other fields; lists of what is revoked."""
import random

import policies
import remade

SNP = ("milan-v2", "milan-v2-debug", "milan-v3", "genoa-v3", "milan-v3-vlek-aws", "genoa-v3-tsm")
TDX = ("v4-spr-50806f", "v4-gcp-00806f", "v4-b0c06f", "v4-00a06d", "v4-debug-50806f")


def line_of(name):
    return name.split("-")[0]


def name_all():
    """name -> (maker, the vector that it is about)"""
    out = {}
    for which in ("policy", "fields"):
        out |= {f"{which}/snp/{name}": (snp_policies, which, f"snp/{name}") for name in SNP}
        out |= {f"{which}/tdx/{name}": (td_policies, which, f"tdx/{name}") for name in TDX}
    return out | {f"crl/snp/{name}": (revocations, "crl", f"snp/{name}") for name in ("milan-v3", "genoa-v3")}


def snp_policies(which, name, base, keys, r, count):
    _, now, parts = base
    line, report, chain = line_of(name.split("/")[1]), parts[0], parts[1:4]
    if which == "fields":
        own = remade.Snp(keys, name, parts)
        chain = own.chain
    for _ in range(count + 1):
        if which == "fields":
            report = own.sign(policies.snp_fields(r, parts[0]))
        data, policy, peer = policies.snp(r, line, report)
        yield (which, -1, 0), ("snp-policy", now, [report, *chain, data, policies.text(policy),
                                                   policies.text(peer)])


def td_policies(which, name, base, keys, r, count):
    _, now, parts = base
    quote = parts[0]
    if which == "fields":
        own = remade.Td(keys, name, quote)
    for _ in range(count + 1):
        if which == "fields":
            quote = own.sign(policies.td_fields(r, parts[0]))
        data, policy, peer = policies.td(r, quote)
        yield (which, -1, 0), ("tdx-policy", now, [quote, data, policies.text(policy), policies.text(peer)])


def revocations(which, name, base, keys, r, count):
    _, now, parts = base
    own = remade.Snp(keys, name, parts)
    report = own.sign(bytearray(parts[0]))
    for what, data in remade.lists(own, now, count + 1, r):
        yield (what, 4, 0), ("snp-crl", now, [report, *own.chain, data])


def cases(name, vectors, build, count, seed):
    maker, which, about = name_all()[name]
    yield from maker(which, about, vectors[about], remade.Keys(build), random.Random(f"{seed}/{name}"), count)
