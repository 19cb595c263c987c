"""Makes a net small without changing whether it can get stuck or send two tokens where one is meant.

What is drawn well (each split met by a join of its kind, loops with one way in and out) shrinks to almost nothing, so
that only what is drawn otherwise is walked. Source: reduction rules for workflow nets, T. Murata 1989.
"""

from __future__ import annotations

from engine.spiff.control_flow.net import END, SOURCE, STOP, Joins, Knot, Net, Way

MOST_WAYS = 64  # of one knot: beyond that, taking in the next one would cost more than it saves


def reduce(net: Net) -> None:
    """Apply every rule to every knot until none changes anything."""
    open_knots = dict.fromkeys(net.knots)
    while open_knots:
        name = next(iter(open_knots))
        del open_knots[name]
        if name in net.knots:
            open_knots |= dict.fromkeys(sorted(_reduce_at(net, net.knots[name])))  # in the same order each time


def _reduce_at(net: Net, knot: Knot) -> set[str]:
    """Apply the rules to one knot; returns the knots that may shrink further by it."""
    if knot.joins in (Joins.ALL, Joins.SOME) and len(net.into[knot.id]) < 2:
        knot.joins = Joins.EACH
    before = {edge.source for edge in (net.edges[number] for number in net.into[knot.id])}
    if _drop_what_only_ends(net, knot) or _join_side_by_side(net, knot) or _drop_own_loop(net, knot):
        return {knot.id, *before, *_after(net, knot)}
    if _take_in_next(net, knot):
        return {knot.id, *before, *_after(net, knot)}
    if _pass_on(net, knot):
        return before | {net.edges[number].target for number in _edges_of(net, before)}
    return set()


def _after(net: Net, knot: Knot) -> set[str]:
    return {net.edges[number].target for way in (*knot.ways, *knot.sides) for number in way}


def _edges_of(net: Net, names: set[str]) -> set[int]:
    return {number for name in names for way in (*net.knots[name].ways, *net.knots[name].sides) for number in way}


def _unique(ways: list[Way]) -> list[Way]:
    return list(dict.fromkeys(ways))


def _replace(knot: Knot, old: int, new: Way) -> None:
    """Put other edges in the place of one, wherever it is taken."""
    knot.ways = _unique([(way - {old}) | new if old in way else way for way in knot.ways])
    knot.sides = _unique([(way - {old}) | new if old in way else way for way in knot.sides])


def _drop_what_only_ends(net: Net, knot: Knot) -> bool:
    """A token that goes straight to its end beside others changes nothing."""
    for number in sorted(_edges_of(net, {knot.id})):
        taken = [way for way in (*knot.ways, *knot.sides) if number in way]
        if net.edges[number].target == END and all(len(way) > 1 for way in taken):
            _replace(knot, number, frozenset())
            knot.sides = [way for way in knot.sides if way not in knot.ways]
            net.drop_edge(number)
            return True
    return False


def _join_side_by_side(net: Net, knot: Knot) -> bool:
    """Two edges to the same knot are one, where it makes no difference to what that knot gets."""
    first: dict[str, list[int]] = {}
    for number in sorted(_edges_of(net, {knot.id})):
        for other in first.setdefault(net.edges[number].target, []):
            if _are_alike(net, knot, other, number):
                _replace(knot, number, frozenset({other}))
                net.drop_edge(number)
                return True
        first[net.edges[number].target].append(number)
    return False


def _are_alike(net: Net, knot: Knot, one: int, other: int) -> bool:
    ways = (*knot.ways, *knot.sides)
    match net.knots[net.edges[one].target].joins:
        case Joins.SOME:
            return True
        case Joins.ALL:
            return all((one in way) == (other in way) for way in ways)
    return not any(one in way and other in way for way in ways)


def _drop_own_loop(net: Net, knot: Knot) -> bool:
    """A way straight back to where it begins, beside another one, is a loop that can be left."""
    if knot.joins is not Joins.EACH or len(knot.ways) < 2:
        return False
    for way in knot.ways:
        (number, *more) = way
        is_only_here = sum(number in other for other in (*knot.ways, *knot.sides)) == 1
        if not more and is_only_here and net.edges[number].target == knot.id:
            knot.ways.remove(way)
            net.drop_edge(number)
            return True
    return False


def _take_in_next(net: Net, knot: Knot) -> bool:
    """A knot with one way in becomes part of the knot before it."""
    for number in sorted(_edges_of(net, {knot.id})):
        following = net.knots[net.edges[number].target]
        if _can_be_taken_in(net, knot, number, following):
            _take_in(net, knot, number, following)
            return True
    return False


def _can_be_taken_in(net: Net, knot: Knot, number: int, following: Knot) -> bool:
    if following.id in (END, STOP, knot.id) or len(net.into[following.id]) > 1 or following.sides:
        return False
    ways = (*knot.ways, *knot.sides)
    is_alone = all(len(way) == 1 for way in ways if number in way)
    return len(following.ways) == 1 or (is_alone and len(knot.ways) + len(following.ways) <= MOST_WAYS)


def _take_in(net: Net, knot: Knot, number: int, following: Knot) -> None:
    lead = net.edges[number].path
    for own in _edges_of(net, {following.id}):
        edge = net.edges[own]
        edge.source, edge.path = knot.id, (*lead, following.id, *edge.path)
    ways: list[Way] = []
    for way in knot.ways:
        ways += [(way - {number}) | own for own in following.ways] if number in way else [way]
    knot.ways = _unique(ways)
    knot.sides = _unique([(way - {number}) | following.ways[0] if number in way else way for way in knot.sides])
    net.drop_edge(number)
    del net.knots[following.id], net.into[following.id]


def _pass_on(net: Net, knot: Knot) -> bool:
    """A knot that lets each token through to another one that does so too is part of that one."""
    if knot.id == SOURCE or knot.joins is not Joins.EACH or knot.sides or len(knot.ways) != 1 or len(knot.ways[0]) != 1:
        return False
    (number,) = knot.ways[0]
    edge = net.edges[number]
    following = net.knots[edge.target]
    if following.joins is not Joins.EACH or following.id == knot.id or not net.into[knot.id]:
        return False
    for incoming in sorted(net.into[knot.id]):
        net.retarget(incoming, following.id, (*net.edges[incoming].path, knot.id, *edge.path))
    net.drop_edge(number)
    del net.knots[knot.id], net.into[knot.id]
    return True
