from engine.spiff.diagram import Diagram


def check_compensation(diagram: Diagram) -> None:
    return
