from engine.spiff.diagram import Diagram


def check_events(diagram: Diagram) -> None:
    return
