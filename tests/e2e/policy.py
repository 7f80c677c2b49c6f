"""Evaluates IAM policy documents as IAM's manual says, for the stand-in and for the checks.

Whatever is not known here stops the run: a condition that is passed over would make every verdict a guess.
"""

import fnmatch


class Unknown(Exception):
    """Something that this evaluator does not know."""


def listify(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def matches(pattern, value):
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def arn_matches(pattern, value):
    """As ArnLike: each of the six parts on its own, so that `*` does not reach over a colon."""
    wanted, found = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(found) and all(matches(w, f) for w, f in zip(wanted, found))


def _truth(value):
    return str(value).lower()


OPERATORS = {
    "StringEquals": lambda want, have: want == have,
    "StringEqualsIgnoreCase": lambda want, have: want.lower() == have.lower(),
    "StringLike": matches,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    "Bool": lambda want, have: _truth(want) == _truth(have),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def condition_holds(operator, key, wanted, context):
    wanted = [str(w) if not isinstance(w, bool) else _truth(w) for w in listify(wanted)]
    if any("${" in w for w in wanted):
        raise Unknown(f"policy variable in {wanted}")
    have = {k.lower(): v for k, v in context.items()}.get(key.lower())
    if operator == "Null":
        return wanted == [_truth(have is None)]
    quantifier, _, plain = operator.rpartition(":")
    missing_is_fine = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists") if hasattr(plain, "removesuffix") else plain
    if have is None:
        if quantifier == "ForAnyValue":
            return False
        return missing_is_fine or quantifier == "ForAllValues" or plain in NEGATED
    values = listify(have)
    if plain in NEGATED:
        test = OPERATORS[NEGATED[plain]]
        one = lambda value: not any(test(w, value) for w in wanted)  # noqa: E731
    elif plain in OPERATORS:
        one = lambda value: any(OPERATORS[plain](w, value) for w in wanted)  # noqa: E731
    else:
        raise Unknown(f"condition operator {operator}")
    if quantifier == "ForAnyValue":
        return any(one(v) for v in values)
    if quantifier in ("", "ForAllValues"):
        if quantifier == "" and len(values) != 1:
            raise Unknown(f"{key} has {len(values)} values, and {operator} takes one")
        return all(one(v) for v in values)
    raise Unknown(f"condition operator {operator}")


def _names(statement, key, value, ignore_case):
    fold = (lambda text: text.lower()) if ignore_case else (lambda text: text)
    for item in listify(statement.get(key)):
        if "${" in item:
            raise Unknown(f"policy variable in {item}")
    if "Not" + key in statement:
        return not any(matches(fold(i), fold(value)) for i in listify(statement["Not" + key]))
    return any(matches(fold(i), fold(value)) for i in listify(statement.get(key)))


def conditions_hold(statement, context):
    return all(
        condition_holds(operator, key, wanted, context)
        for operator, pairs in (statement.get("Condition") or {}).items()
        for key, wanted in pairs.items()
    )


def of_owner(resource, context):
    """The context with the account that owns a role or user, which is in its ARN."""
    fields = resource.split(":", 5)
    owner = {"aws:ResourceAccount": fields[4]} if len(fields) == 6 and fields[2] == "iam" else {}
    return {**owner, **(context or {})}


def decide(documents, action, resource, context=None):
    """`allow`, `deny` (explicitly) or `none` of identity policies."""
    verdict = "none"
    context = of_owner(resource, context)
    for document in documents:
        for statement in listify(document.get("Statement")):
            if not _names(statement, "Action", action, True) or not _names(statement, "Resource", resource, False):
                continue
            if not conditions_hold(statement, context):
                continue
            if statement["Effect"] == "Deny":
                return "deny"
            verdict = "allow"
    return verdict


def grants(documents, action, resource, context=None):
    """What allows it: (Sid, the action as the statement writes it) of every statement that does."""
    found = set()
    for document in documents:
        for statement in listify(document.get("Statement")):
            if statement["Effect"] == "Allow" and decide([{"Statement": [statement]}], action, resource, context) == "allow":
                found |= {(statement.get("Sid", ""), a) for a in listify(statement.get("Action")) if matches(a.lower(), action.lower())}
    return found


def trusts(document, action, caller, context):
    """How a trust policy lets `caller` in: `deny`, `none`, `account` (an identity policy must allow it, too) or `name`.

    A caller is {"arn", "account"} of a user or role, {"service": name} or {"federated": ARN of the provider}.
    """
    verdict = "none"
    for statement in listify(document.get("Statement")):
        if "NotPrincipal" in statement or "NotAction" in statement:
            raise Unknown("NotPrincipal or NotAction in a trust policy")
        if not any(matches(a.lower(), action.lower()) for a in listify(statement.get("Action"))):
            continue
        principal = statement.get("Principal")
        if principal == "*":
            principal = {"AWS": "*"}
        if "service" in caller:
            hit = "name" if caller["service"] in listify(principal.get("Service")) else None
        elif "federated" in caller:
            hit = "name" if caller["federated"] in listify(principal.get("Federated")) else None
        else:
            named = listify(principal.get("AWS"))
            account = caller["account"]
            hit = "name" if caller["arn"] in named else None
            if not hit and ("*" in named or account in named or f"arn:aws:iam::{account}:root" in named):
                hit = "account"
        if not hit or not conditions_hold(statement, context):
            continue
        if statement["Effect"] == "Deny":
            return "deny"
        verdict = "name" if "name" in (hit, verdict) else "account"
    return verdict
