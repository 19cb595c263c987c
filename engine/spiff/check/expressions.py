from engine.spiff.diagram import Diagram


def check_expressions(diagram: Diagram) -> None:
    return
