"""What may be deployed: one family of rules a file; every rule is asked, so all findings come at once."""

from collections.abc import Callable

from engine.spiff.check.activities import check_activities
from engine.spiff.check.allowed import check_allowed
from engine.spiff.check.calls import check_calls
from engine.spiff.check.collaboration import check_collaboration
from engine.spiff.check.compensation import check_compensation
from engine.spiff.check.data import check_data
from engine.spiff.check.events import check_events
from engine.spiff.check.expressions import check_expressions
from engine.spiff.check.extensions import check_extensions
from engine.spiff.check.gateways import check_gateways
from engine.spiff.check.links import check_links
from engine.spiff.check.loops import check_loops
from engine.spiff.check.references import check_references
from engine.spiff.check.structure import check_structure
from engine.spiff.diagram import Diagram

FAMILIES: tuple[Callable[[Diagram], None], ...] = (
    check_allowed,
    check_extensions,
    check_references,
    check_structure,
    check_events,
    check_links,
    check_gateways,
    check_activities,
    check_compensation,
    check_calls,
    check_expressions,
    check_data,
    check_collaboration,
    check_loops,
)


def check(diagram: Diagram) -> None:
    """Note everything that is wrong with the diagram in its findings."""
    for family in FAMILIES:
        family(diagram)
